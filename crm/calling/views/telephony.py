"""The telephone on the phoner's screen: ring, hang up, how it goes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, cast

from flask import current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import event

from crm.base.clock import danish
from crm.base.errors import Refusal
from crm.calling.actions.phone import give_up, start_call
from crm.calling.models import PhoneCall, QueueEntry
from crm.calling.queries import entry as entry_of
from crm.calling.queries.phone import open_phones, phone_now
from crm.calling.rules.phone import ENDS, PROPOSES, STATES, length
from crm.calling.views.blueprint import ENTRY, pages
from crm.integrations.telephony import Telephony
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

log = logging.getLogger("crm.telephony")


def telephony() -> Telephony:
    return cast(Telephony, current_app.extensions["crm.telephony"])


def phone_view(entry: QueueEntry) -> dict[str, Any]:
    """What ``calling/_phone.html`` shows for an entry the actor holds."""
    line = telephony()
    return {
        "provider": line.name,
        "reports": line.reports,
        "in_browser": line.in_browser,
        "number": entry.phone,
        "edge": current_app.extensions["crm.settings"].twilio_edge,
        **phone_state(phone_now(session(), actor().id, entry)),
    }


def phone_state(phone: PhoneCall | None) -> dict[str, Any]:
    """The state line. on: a call is under way. elapsed: seconds it counts from, None when nothing counts."""
    if phone is None:
        return {"state": "", "on": False, "words": "", "elapsed": None, "dot": "", "proposes": ""}
    ended = phone.ended_at is not None or phone.state in ENDS
    since = phone.answered_at or phone.started_at
    return {
        "state": phone.state,
        "on": not ended,
        "words": _words(phone),
        "elapsed": None if ended or not _counts(phone) else max(0, int((now() - since).total_seconds())),
        "dot": "" if ended else "good" if phone.state == "in-progress" or not reporting(phone) else "warn",
        "proposes": PROPOSES.get(phone.state, ""),
    }


def reporting(phone: PhoneCall) -> bool:
    return phone.provider in ("twilio", "fake")


def _counts(phone: PhoneCall) -> bool:
    return phone.state in ("ringing", "in-progress") or not reporting(phone)


def _words(phone: PhoneCall) -> str:
    """``Ringet op 10.38.40``, ``Ringer …``, ``Afsluttet efter 2.14 · virksomheden lagde på``."""
    if phone.ended_at is None and _counts(phone) and phone.state != "ringing":
        return str(_("Ringet op %(time)s", time=_clock(phone.started_at)))
    if phone.state != "completed" or phone.seconds is None:
        return str(_(STATES[phone.state]))
    said = _("Afsluttet efter %(length)s", length=length(phone.seconds))
    return f"{said} · {_('virksomheden lagde på')}" if phone.hangup_by == "company" else str(said)


def _clock(moment: datetime) -> str:
    local = danish(moment)
    return f"{local.hour}.{local:%M.%S}"


def after_commit(action: Callable[[], None]) -> None:
    """What reaches out of the house, only once the call is safely written; a provider that does not answer undoes
    nothing (the job ends the call)."""

    def act(_session: Any) -> None:
        try:
            action()
        except OSError as exc:
            log.warning("the telephone provider does not answer: %s", exc)

    event.listen(session(), "after_commit", act, once=True)


@pages.post(f"/call/{ENTRY}/dial")
@requires("calling.call")
def dial(entry_id: int) -> Any:
    """Check every rule again, open a call, and tell the browser how to place it. 409 with the reason when a rule
    says no. Without scripts: back to the page, or on to the telephone's own program."""
    found = entry_of(session(), scope(), entry_id)
    line, user_id = telephony(), actor().id
    try:
        earlier = [phone.parent_sid for phone in open_phones(session(), user_id) if phone.parent_sid]
        phone = start_call(session(), actor(), now(), found, line.name)
    except Refusal as refusal:
        session().rollback()
        text = say(refusal.message, refusal.fields)
        if not _by_script():
            flash(text, "error")
            return redirect(url_for("calling.call"))
        return jsonify(code=refusal.code, text=text, html=_fragment(found, refusal=text)), refusal.status
    token = phone.token
    ready = line.line(user_id, token, phone.number)

    def place() -> None:
        for sid in earlier:
            line.hang_up(sid)
        line.begin(user_id, token)

    after_commit(place)
    if not _by_script():
        return redirect(ready.tel or url_for("calling.call"))
    return jsonify(
        provider=ready.provider,
        tel=ready.tel,
        access_token=ready.access_token,
        call=ready.call,
        html=_fragment(found),
    )


@pages.get(f"/call/{ENTRY}/phone")
@requires("calling.call")
def phone(entry_id: int) -> Any:
    """The state line and its buttons; 204 when it is still what the page shows (``seen``)."""
    found = entry_of(session(), scope(), entry_id)
    view = phone_view(found)
    if request.args.get("seen") == view["state"]:
        return "", 204
    return render_template("calling/_phone_line.html", entry=found, phone=view)


@pages.post(f"/call/{ENTRY}/hangup")
@requires("calling.call")
def hang_up(entry_id: int) -> Any:
    """End the call that is on: at the provider, or here when the provider has not heard of it yet."""
    found = entry_of(session(), scope(), entry_id)
    line = telephony()
    for on in open_phones(session(), actor().id):
        if on.entry_id != found.id:
            continue
        if on.parent_sid and on.provider == line.name:
            after_commit(partial(line.hang_up, on.parent_sid))
        elif reporting(on):
            give_up(session(), now(), on)
        else:
            on.state, on.ended_at = "completed", now()
    session().flush()
    if not _by_script():
        return redirect(url_for("calling.call"))
    return _fragment(found)


def _by_script() -> bool:
    return bool(request.headers.get("HX-Request"))


def _fragment(entry: QueueEntry, **more: Any) -> str:
    return render_template("calling/_phone_line.html", entry=entry, phone=phone_view(entry), **more)
