"""The phoner's screen: what is in hand, the next company, the outcome, pause. GET never writes.

A script that asks is answered with the next screen itself, to be swapped in; without one it is a redirect.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _

from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.calling import actions, queries, rules
from crm.calling.forms import OutcomeForm
from crm.calling.models import Call, QueueEntry
from crm.calling.views.blueprint import ENTRY, pages
from crm.calling.views.screen import DESK, PAUSE, asked_by_script, chosen_desk, company_page, jobcentre_for, start_page
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

LARGEST = 9007199254740992


@pages.get("/call")
@requires("calling.call")
def call() -> Any:
    """The company I hold; else the page to begin, go on, or see why the queue is dry."""
    entry = queries.live_claim(session(), actor().id, now())
    if entry is not None and entry.calling_firm_id in scope().firms:
        return company_page(entry)
    return start_page(dry="dry" in request.args)


def shown(entry: QueueEntry | None, done: Call | None = None) -> Any:
    """The company just claimed, or why there is none: swapped in, or by a redirect."""
    if asked_by_script():
        return company_page(entry, done=done) if entry else start_page(dry=True, done=done)
    return redirect(url_for("calling.call") if entry else url_for("calling.call", dry=1))


@pages.post("/call/next")
@requires("calling.call")
def next_entry() -> Any:
    """Claim, and show it. Without a choice in the form the last one holds."""
    desk = _posted_desk(request.form.get("desk", "")) or chosen_desk()
    if desk is None:
        return redirect(url_for("calling.call"))
    cookie[DESK] = list(desk)
    cookie.pop(PAUSE, None)
    entry = actions.claim(session(), actor(), now(), *desk)
    actions.note_presence(session(), actor(), now(), "calling", campaign_id=desk[0], jobcentre_id=desk[1])
    return shown(entry)


def _posted_desk(raw: str) -> tuple[int, int | None] | None:
    """``campaign:jobcentre``, or ``campaign:`` for all of its jobcentres. Raises NotFound for anything else."""
    if not raw:
        return None
    campaign, _colon, jobcentre = raw.partition(":")
    numbers = [campaign, jobcentre or "0"]
    if not all(number.isascii() and number.isdigit() and int(number) <= LARGEST for number in numbers):
        raise NotFound
    return int(campaign), int(jobcentre) if jobcentre else None


@pages.post("/call/pause")
@requires("calling.call")
def pause() -> Any:
    """Give the company back (notes are kept on it), and say why no calls are made."""
    reason = request.form.get("pause", "short")
    held = queries.live_claim(session(), actor().id, now())
    if held is not None and request.form.get("entry_id") == str(held.id):
        actions.save_draft(session(), actor(), now(), held, request.form.get("note", "")[:4000].replace("\0", ""))
    actions.pause(session(), actor(), now(), reason)
    actions.note_presence(session(), actor(), now(), "paused", reason=reason)
    since = (cookie.get(PAUSE) or {}).get("since") or now().isoformat()
    cookie[PAUSE] = {"reason": reason, "since": since}
    return start_page() if asked_by_script() else redirect(url_for("calling.call"))


@pages.post(f"/call/{ENTRY}/outcome")
@requires("calling.call")
def outcome(entry_id: int) -> Any:
    """Finish and bring the next company. A refusal keeps what was typed: in the open page for scripts, else in the
    page that is sent back."""
    form = OutcomeForm()
    entry = queries.entry(session(), scope(), entry_id)
    try:
        if not form.validate():
            raise Invalid(N_("Noget er for langt eller kan ikke læses. Ret det, og gem igen."))
        done, following = actions.finish_and_next(
            session(),
            actor(),
            now(),
            entry,
            _by_phone(form),
            jobcentre_id=jobcentre_for(entry),
            reason=form.reason.data or None,
            call_back_at=_call_back_at(form),
            mine=form.mine.data != "0",
            note=form.note.data or "",
            idempotency_key=form.key.data or None,
        )
    except Refusal as refusal:
        session().rollback()
        return _saved_already() if refusal.code == "idempotency_key" else refused(entry_id, form, refusal)
    return shown(following, done)


def _saved_already() -> Any:
    """The first answer was lost on its way, and another outcome was chosen since: say what holds, and go on."""
    flash(_("Opkaldet blev gemt med det første udfald, før forbindelsen røg."), "warning")
    return shown(queries.live_claim(session(), actor().id, now()))


def _by_phone(form: OutcomeForm) -> str:
    if form.outcome.data == rules.BOOKED:
        raise Invalid(N_("Et besøg bookes ved at vælge en tid til højre."), errors={"outcome": N_("Vælg en tid")})
    return form.outcome.data or ""


def _call_back_at(form: OutcomeForm) -> datetime | None:
    if form.outcome.data != rules.CALL_BACK or not form.call_back_at.data:
        return None
    try:
        return rules.parse_time(form.call_back_at.data, now())
    except ValueError as exc:
        raise Invalid(str(exc), errors={"call_back_at": str(exc)}) from exc


def refused(entry_id: int, form: OutcomeForm, refusal: Refusal) -> Any:
    """What is wrong, in the open page or in one that has everything that was typed."""
    entry = queries.entry(session(), scope(), entry_id)
    lost = refusal.code == "stale"
    text = say(refusal.message, refusal.fields)
    if asked_by_script():
        return render_template("calling/_answer.html", entry=entry, lost=lost, text=text), refusal.status
    if lost:
        return render_template("calling/lost.html", entry=entry, form=form, text=text), refusal.status
    form.refused(refusal)
    return company_page(entry, form, refusal=text), refusal.status
