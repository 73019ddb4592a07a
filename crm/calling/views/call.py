"""The phoner's screen: next company, outcome, notes, pause. GET never writes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _

from crm.base.clock import danish, danish_date
from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.calling import actions, queries, rules
from crm.calling.forms import OutcomeForm
from crm.calling.models import Call, QueueEntry
from crm.calling.views.blueprint import ENTRY, pages
from crm.calling.views.screen import DESK, PAUSE, call_screen, chosen_desk, jobcentre_for, spoken_moment
from crm.campaigns.rules import in_calling_hours
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
        return render_template("calling/call.html", **call_screen(entry))
    return render_template("calling/start.html", **_start())


def _start() -> dict[str, Any]:
    desks = queries.desks(session(), scope(), danish_date(now()))
    kept = chosen_desk()
    offered = {(desk.campaign_id, desk.jobcentre_id) for desk in desks} | {(desk.campaign_id, None) for desk in desks}
    chosen = kept if kept in offered else (desks[0].campaign_id, None) if desks else None
    dry: dict[str, Any] = {}
    if chosen and "dry" in request.args:
        asked = {"jobcentre_id": chosen[1], "me": actor().id}
        reasons = queries.why_dry(session(), scope(), chosen[0], now(), **asked)
        coming = queries.next_due(session(), scope(), chosen[0], now(), **asked)
        dry = {
            "reasons": [(_(rules.WHY_DRY[key]), count) for key, count in reasons],
            "coming": coming,
            "coming_text": spoken_moment(coming) if coming else "",
        }
    return {
        "desks": desks,
        "chosen": chosen,
        "pace": queries.pace(session(), actor().id, now()),
        "pause": cookie.get(PAUSE),
        "pauses": rules.PAUSES,
        "dry": dry,
    }


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
    return redirect(url_for("calling.call") if entry else url_for("calling.call", dry=1))


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
    since = (cookie.get(PAUSE) or {}).get("since") or now().isoformat()
    cookie[PAUSE] = {"reason": reason, "since": since}
    return redirect(url_for("calling.call"))


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
        return _refused(entry_id, form, refusal)
    flash(_saved(done, entry), "success")
    return _go(url_for("calling.call") if following else url_for("calling.call", dry=1))


def _by_phone(form: OutcomeForm) -> str:
    if form.outcome.data == "booked":
        raise Invalid(N_("Et besøg bookes ved at vælge en tid til højre."), errors={"outcome": N_("Vælg en tid")})
    return form.outcome.data or ""


def _call_back_at(form: OutcomeForm) -> datetime | None:
    if form.outcome.data != "call_back" or not form.call_back_at.data:
        return None
    try:
        return rules.parse_time(form.call_back_at.data, now())
    except ValueError as exc:
        raise Invalid(str(exc), errors={"call_back_at": str(exc)}) from exc


def _refused(entry_id: int, form: OutcomeForm, refusal: Refusal) -> Any:
    entry = queries.entry(session(), scope(), entry_id)
    lost = refusal.code == "stale"
    text = say(refusal.message, refusal.fields)
    if request.headers.get("HX-Request"):
        return render_template("calling/_answer.html", entry=entry, lost=lost, text=text), refusal.status
    if lost:
        return render_template("calling/lost.html", entry=entry, form=form, text=text), refusal.status
    form.refused(refusal)
    return render_template("calling/call.html", refusal=text, **call_screen(entry, form)), refusal.status


def _saved(done: Call, entry: QueueEntry) -> str:
    """What was saved, and when the company comes again."""
    meaning = rules.OUTCOMES[done.outcome]
    text: str = _("Gemt: %(outcome)s, %(company)s.", outcome=_(meaning.label), company=entry.workplace.name)
    return text if meaning.final else text + str(" " + _("Ringes op %(when)s.", when=spoken_moment(entry.due_at)))


def _go(target: str) -> Any:
    return ("", 204, {"HX-Redirect": target}) if request.headers.get("HX-Request") else redirect(target)


@pages.post(f"/call/{ENTRY}/note")
@requires("calling.call")
def note(entry_id: int) -> Any:
    """Notes save themselves; the answer says when, on the Danish clock."""
    entry = queries.entry(session(), scope(), entry_id)
    text = request.form.get("note", "")
    if len(text) > 4000:
        raise Invalid(N_("Noten er for lang: højst 4000 tegn."), errors={"note": N_("Højst 4000 tegn")})
    actions.save_draft(session(), actor(), now(), entry, text.replace("\0", ""))
    local = danish(now())
    return "", 204, {"X-Saved-At": f"{local.hour}.{local:%M.%S}"}


@pages.post(f"/call/{ENTRY}/heartbeat")
@requires("calling.call")
def heartbeat(entry_id: int) -> Any:
    """Keep the company mine; 409 with what to do when it no longer is."""
    entry = queries.entry(session(), scope(), entry_id)
    try:
        actions.heartbeat(session(), actor(), now(), entry)
    except Refusal as refusal:
        session().rollback()
        entry = queries.entry(session(), scope(), entry_id)
        text = say(refusal.message, refusal.fields)
        return render_template("calling/_answer.html", entry=entry, lost=True, text=text), refusal.status
    return "", 204


@pages.post(f"/call/{ENTRY}/retake")
@requires("calling.call")
def retake(entry_id: int) -> Any:
    """Take a lost company back, with the notes typed meanwhile, if nobody else has it."""
    form = OutcomeForm()
    entry = queries.entry(session(), scope(), entry_id)
    try:
        actions.retake(session(), actor(), now(), entry)
        actions.save_draft(session(), actor(), now(), entry, (form.note.data or "")[:4000])
    except Refusal as refusal:
        session().rollback()
        return _refused(entry_id, form, refusal)
    return redirect(url_for("calling.call"))


@pages.get("/call/when")
@requires("calling.call")
def when() -> Any:
    """How a typed call-back time is understood, while it is typed."""
    text = request.args.get("call_back_at", "")[:60].strip()
    held = queries.live_claim(session(), actor().id, now())
    if not text or held is None:
        return ""
    try:
        moment = rules.parse_time(text, now())
    except ValueError as exc:
        return render_template("calling/_when.html", refusal=_(str(exc)))
    if not in_calling_hours(held.campaign, moment):
        message, fields = rules.outside_hours(held.campaign)
        return render_template("calling/_when.html", moment=moment, refusal=say(message, fields))
    return render_template("calling/_when.html", moment=moment)
