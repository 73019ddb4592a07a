"""What the telephone provider calls: whom to dial, how the call goes. Signed, CSRF-exempt, the same in any order."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from flask import Blueprint, Response, current_app, request

from crm.base.errors import Refusal
from crm.base.settings import Settings
from crm.calling.actions.phone import Told, connect, take_in
from crm.calling.rules.phone import AGREED, DIAL_RESULT
from crm.integrations.telephony import twiml
from crm.web.edge import now, session
from crm.web.hooks import field, signed
from crm.web.i18n import say
from crm.web.permit import PUBLIC, requires

hooks = Blueprint("telephony", __name__, url_prefix="/telephony")
log = logging.getLogger("crm.telephony")

CALL_SID = re.compile(r"CA[0-9a-f]{32}")
KEPT = ("CallStatus", "CallDuration", "Timestamp", "SequenceNumber", "SipResponseCode", "ErrorCode", "DialCallStatus",
        "DialCallDuration", "DialBridged", "Digits")  # fmt: skip


def settings() -> Settings:
    found: Settings = current_app.extensions["crm.settings"]
    return found


def _xml(text: str) -> Response:
    return Response(text, mimetype="text/xml")


def _nothing() -> Any:
    return "", 204


@hooks.post("/voice")
@requires(PUBLIC)
@signed
def voice() -> Any:
    """Whom to dial: the browser sends our one-time token, and never a number."""
    try:
        if not CALL_SID.fullmatch(field("CallSid")):
            return _nothing()
        phone = connect(session(), now(), field("call"), field("CallSid"), field("From"))
    except Refusal as refusal:
        session().rollback()
        log.warning("a call was not connected: %s", refusal.code)
        return _xml(twiml.refused(say(refusal.message, refusal.fields)))
    s = settings()
    return _xml(
        twiml.outgoing(
            number=phone.number,
            caller_id=s.twilio_caller_id or "+4500000000",
            base_url=s.base_url,
            token=phone.token,
            ask_to_record=s.telephony_recording,
        )
    )


@hooks.post("/status")
@requires(PUBLIC)
@signed
def status() -> Any:
    """A leg's new state."""
    _tell(field("CallStatus"), seconds=_number(field("CallDuration")))
    return _nothing()


@hooks.post("/dial-result")
@requires(PUBLIC)
@signed
def dial_result() -> Any:
    """The <Dial> is over. When the phoner's own leg has ended by then, it was the phoner who hung up."""
    told = field("DialCallStatus")
    phoner_left = field("CallStatus") in ("completed", "canceled")
    talked = told in ("completed", "answered")
    by = "phoner" if phoner_left else "company" if talked else None
    seconds = _number(field("DialCallDuration")) if talked else None
    _tell(DIAL_RESULT, state="completed" if talked else told, seconds=seconds, by=by)
    return _xml(twiml.ended())


@hooks.post("/ask")
@requires(PUBLIC)
@signed
def ask() -> Any:
    """What the company hears first, when calls may be recorded at all."""
    if not settings().telephony_recording:
        return _xml(twiml.nothing())
    return _xml(twiml.question(base_url=settings().base_url, token=request.args.get("call", "")))


@hooks.post("/agree")
@requires(PUBLIC)
@signed
def agree() -> Any:
    """The key the company pressed: 1 is a yes, all else a no."""
    if not settings().telephony_recording or field("Digits") != "1":
        return _xml(twiml.nothing())
    return _xml(twiml.recorded() if _tell(AGREED) else twiml.nothing())


def _tell(name: str, **told: Any) -> bool:
    """Keep the event; False when it concerns no call of ours."""
    sid = field("CallSid")
    if not CALL_SID.fullmatch(sid) or not name:
        return False
    raw = {key: field(key, 60) for key in KEPT if key in request.form}
    event = Told(sid, name, _moment(field("Timestamp")), raw=raw, **told)
    return take_in(session(), now(), request.args.get("call", "")[:40], event) is not None


def _moment(timestamp: str) -> datetime:
    """RFC 2822; now when it is missing or cannot be read."""
    try:
        moment = parsedate_to_datetime(timestamp)
    except ValueError:
        return now()
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else None
