"""The outbox, for administrators: what left the building, what waits, what failed, and trying again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import NotFound
from crm.base.types import format_phone
from crm.integrations.actions import retry
from crm.integrations.opt_outs import lift, note_delivery, opt_outs, take_in_sms
from crm.integrations.queries import counts, message, messages
from crm.integrations.telephony import twiml
from crm.web.edge import now, session
from crm.web.headers import CSP
from crm.web.hooks import field, signed
from crm.web.permit import PUBLIC, actor, requires

pages = Blueprint("integrations", __name__)
hooks = Blueprint("sms", __name__, url_prefix="/telephony")

SIZE = 50
STATES = ("pending", "sending", "sent", "failed", "unknown", "withheld")
# A mail is foreign text: it may look as it likes, but runs, fetches and sends nothing, and belongs to no origin.
MAIL_CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"


@pages.get("/outbox")
@requires("outbox.read")
def outbox() -> Any:
    """Newest first; ``before`` is the last id of the page before."""
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    before = request.args.get("before", type=int)
    before = before if before and 0 < before < 2**53 else None
    rows = messages(session(), state or None, before, SIZE + 1)
    return render_template(
        "integrations/outbox.html",
        messages=rows[:SIZE],
        more=len(rows) > SIZE,
        state=state,
        counts=counts(session()),
        states=STATES,
        labels=labels(),
        paged=before is not None,
        opt_outs=[] if before else opt_outs(session()),
    )


def labels() -> dict[str, tuple[str, str]]:
    """state -> words and tone."""
    return {
        "pending": (_("Venter"), "accent"),
        "sending": (_("Sendes"), "accent"),
        "sent": (_("Sendt"), "good"),
        "failed": (_("Fejlet"), "bad"),
        "unknown": (_("Uvist"), "warn"),
        "withheld": (_("Tilbageholdt"), "warn"),
    }


@pages.get("/outbox/<int:message_id>")
@requires("outbox.read")
def outbox_message(message_id: int) -> Any:
    found = message(session(), message_id)
    response = make_response(render_template("integrations/message.html", message=found, labels=labels()))
    response.headers["Content-Security-Policy"] = f"{CSP}; frame-src 'self'"
    return response


@pages.get("/outbox/<int:message_id>/html")
@requires("outbox.read")
def outbox_html(message_id: int) -> Any:
    """The mail's HTML version alone, for the sandboxed frame."""
    found = message(session(), message_id)
    if not found.body_html:
        raise NotFound
    return Response(found.body_html, mimetype="text/html", headers={"Content-Security-Policy": MAIL_CSP})


@pages.get("/outbox/<int:message_id>/attachments/<int:number>")
@requires("outbox.read")
def outbox_attachment(message_id: int, number: int) -> Any:
    """One attachment as a download, whatever its type says."""
    found = message(session(), message_id)
    if number >= len(found.attachments):
        raise NotFound
    item = found.attachments[number]
    response = Response(str(item["text"]).encode(), mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=str(item["name"]))
    return response


@pages.post("/outbox/<int:message_id>/retry")
@requires("outbox.read")
def outbox_retry(message_id: int) -> Any:
    found = message(session(), message_id)
    retry(session(), actor(), now(), found)
    flash(_("Beskeden prøves igen nu."), "success")
    return redirect(url_for("integrations.outbox_message", message_id=found.id))


@pages.post("/outbox/opt-outs/lift")
@requires("outbox.read")
def outbox_lift() -> Any:
    """The number may get SMS again; only on the owner's own word."""
    phone = request.form.get("phone", "")[:20]
    lift(session(), actor(), now(), phone)
    flash(_("%(phone)s kan få SMS igen.", phone=format_phone(phone)), "success")
    return redirect(url_for("integrations.outbox"))


@hooks.post("/sms")
@requires(PUBLIC)
@signed
def sms_in() -> Any:
    """An SMS to us. STOP, START and HJÆLP are answered and obeyed; for the rest the answer says that nobody reads."""
    if not field("MessageSid"):
        return "", 204
    told = {"sid": field("MessageSid"), "sender": field("From"), "text": field("Body", 1600)}
    return Response(twiml.answer(take_in_sms(session(), now(), **told)), mimetype="text/xml")


@hooks.post("/sms-status")
@requires(PUBLIC)
@signed
def sms_status() -> Any:
    """Whether an SMS of ours arrived."""
    message_id = request.args.get("message", default=0, type=int)
    if 0 < message_id < 2**53:
        note_delivery(session(), now(), message_id, field("MessageStatus"), field("ErrorCode", 20))
    return "", 204
