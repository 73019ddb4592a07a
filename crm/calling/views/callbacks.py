"""Promised call-backs: the phoner's own and anyone's, the alert when one is due, and a supervisor's list to move."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.calling import actions, queries, rules
from crm.calling.queries import CallBack
from crm.calling.views.asked import supervision
from crm.calling.views.blueprint import ENTRY, pages
from crm.people.models import User
from crm.web.edge import now, session
from crm.web.filters import dk_day, dk_time
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

LARGEST = 9007199254740992
PAGE = 100
ANYONE, KEEP = "anyone", "keep"
SHIFTS: dict[str, tuple[str, rules.Shift | None]] = {
    "none": (N_("uændret tid"), None),
    "1h": (N_("1 time senere"), rules.Shift(hours=1)),
    "2h": (N_("2 timer senere"), rules.Shift(hours=2)),
    "day": (N_("samme tid næste hverdag"), rules.Shift(days=1)),
    "week": (N_("samme tid 5 hverdage senere"), rules.Shift(days=5)),
}


@pages.get("/call/callbacks")
@requires("calling.call")
def call_backs() -> Any:
    return render_template("calling/callbacks.html", **_own())


def _own(errors: dict[int, str] | None = None, typed: dict[int, str] | None = None) -> dict[str, Any]:
    """``errors`` and ``typed``: by entry, of a time that could not be kept."""
    db, me = session(), actor().id
    sections = [(_section(me, _("Dem, jeg har lovet"), "mine")), _section(None, _("Hvem som helst"), "anyone")]
    held = queries.live_claim(db, me, now())
    return {
        "sections": sections,
        "held": held,
        "errors": errors or {},
        "typed": typed or {},
        "pace": queries.pace(db, me, now()),
    }


def _section(user_id: int | None, title: str, kind: str) -> dict[str, Any]:
    found = queries.call_backs(session(), scope(), user_id, now(), limit=PAGE)
    total = queries.call_backs_count(session(), scope(), user_id, now()) if len(found) == PAGE else len(found)
    return {
        "kind": kind,
        "title": title,
        "lines": [_line(one) for one in found],
        "total": total,
        "due": sum(one.overdue(now()) for one in found),
    }


def _line(one: CallBack) -> dict[str, Any]:
    held = one.holder_id is not None and one.holder_id != actor().id
    return {
        "one": one,
        "when": said_when(one.due_at),
        "late": said_late(now() - one.due_at) if one.overdue(now()) else "",
        "holder": one.holder if held else "",
    }


def said_when(moment: datetime, today: bool = True) -> str:
    """``i dag kl. 14.00`` (without ``today`` only ``kl. 14.00``), else ``to. 26. nov. kl. 9.00``."""
    if danish_date(moment) != danish_date(now()):
        return str(_("%(day)s kl. %(time)s", day=dk_day(moment), time=dk_time(moment)))
    said = _("i dag kl. %(time)s", time=dk_time(moment)) if today else _("kl. %(time)s", time=dk_time(moment))
    return str(said)


def said_late(late: timedelta) -> str:
    """How long a promise has been waiting."""
    minutes = int(late.total_seconds() // 60)
    if minutes < 1:
        return str(_("nu"))
    if minutes < 60:
        return str(ngettext("%(num)s minut over", "%(num)s minutter over", minutes))
    if minutes < 24 * 60:
        return str(ngettext("%(num)s time over", "%(num)s timer over", minutes // 60))
    return str(ngettext("%(num)s dag over", "%(num)s dage over", minutes // (24 * 60)))


@pages.get("/call/callbacks/due")
@requires("calling.call")
def call_backs_due() -> Any:
    """What I promised for now; nothing when there is none. The phoner's screen asks every minute."""
    found = [one for one in queries.call_backs_due(session(), actor().id, now()) if one.firm_id in scope().firms]
    lines = [{"one": one, "when": said_when(one.due_at, today=False)} for one in found]
    return render_template("calling/_callbacks_due.html", lines=lines) if found else ""


@pages.post(f"/call/callbacks/{ENTRY}/call")
@requires("calling.call")
def call_back_now(entry_id: int) -> Any:
    """Take exactly this company, and open it; what I have in hand waits as my next."""
    entry = queries.entry(session(), scope(), entry_id)
    try:
        actions.call_back_now(session(), actor(), now(), entry)
    except Refusal as refusal:
        return _refused(refusal)
    return _go(url_for("calling.call"))


@pages.post(f"/call/callbacks/{ENTRY}/change")
@requires("calling.call")
def change_call_back(entry_id: int) -> Any:
    """Another time, in a phoner's words, or hand it to anyone."""
    entry = queries.entry(session(), scope(), entry_id)
    text = request.form.get("when", "").strip()[:60]
    anyone = request.form.get("do") == ANYONE
    try:
        at = None if anyone else _read(text)
        actions.change_call_back(session(), actor(), now(), entry, at=at, anyone=anyone)
    except Invalid as refusal:
        session().rollback()
        said = say(refusal.message, refusal.fields)
        return render_template("calling/callbacks.html", **_own({entry_id: said}, {entry_id: text})), 422
    except Refusal as refusal:
        return _refused(refusal)
    name = entry.workplace.name
    if anyone:
        flash(_("%(company)s kan nu ringes op af hvem som helst.", company=name), "success")
    else:
        flash(_("%(company)s ringes op %(when)s.", company=name, when=said_when(entry.due_at)), "success")
    return redirect(url_for("calling.call_backs"))


def _read(text: str) -> datetime:
    """Raises Invalid."""
    try:
        return rules.parse_time(text, now())
    except ValueError as exc:
        raise Invalid(str(exc), errors={"when": str(exc)}) from exc


def _refused(refusal: Refusal) -> Any:
    """In the open page for scripts; else back to the list with what happened."""
    if request.headers.get("HX-Request"):
        raise refusal
    session().rollback()
    flash(say(refusal.message, refusal.fields), "error")
    return redirect(url_for("calling.call_backs"))


def _go(target: str) -> Any:
    return ("", 204, {"HX-Redirect": target}) if request.headers.get("HX-Request") else redirect(target)


@pages.get("/calling/callbacks")
@requires("calling.supervise")
def supervised_call_backs() -> Any:
    return render_template("calling/callbacks_supervised.html", **_supervised(request.args.get("phoner", "")))


@pages.post("/call/callbacks/move")
@requires("calling.supervise")
def move_call_backs() -> Any:
    """The ticked ones to anyone, another phoner of the firm, or later."""
    whose = request.form.get("phoner", "")
    numbers = [int(raw) for raw in request.form.getlist("entry") if raw.isascii() and raw.isdigit() and len(raw) < 16]
    entries = [queries.entry(session(), scope(), number) for number in numbers[: PAGE * 2]]
    to, (_label, shift) = request.form.get("to", KEEP), SHIFTS.get(request.form.get("shift", ""), SHIFTS["none"])
    try:
        if to == KEEP and shift is None:
            raise Invalid(N_("Vælg, hvem der skal ringe, eller hvornår."), errors={"to": N_("Vælg en ændring")})
        taker = _taker(to)
        moved = actions.move_call_backs(session(), actor(), now(), entries, to=taker, keep=to == KEEP, shift=shift)
    except Invalid as refusal:
        session().rollback()
        said = say(refusal.message, refusal.fields)
        return render_template("calling/callbacks_supervised.html", **_supervised(whose, said, numbers)), 422
    flash(_moved(moved, taker, to), "success" if moved.moved else "error")
    return redirect(url_for("calling.supervised_call_backs", phoner=whose or None))


def _taker(to: str) -> User | None:
    """The phoner chosen, of those the page offers. Raises NotFound for anybody else."""
    if to in (ANYONE, KEEP):
        return None
    known = {str(one.user_id) for one in queries.promisers(session(), scope(), now())}
    if to not in known:
        raise NotFound
    return session().get(User, int(to))


def _moved(moved: actions.Moved, taker: User | None, to: str) -> str:
    whom = taker.name if taker else _("hvem som helst") if to == ANYONE else ""
    text: str = ngettext("%(num)s genopkald er flyttet", "%(num)s genopkald er flyttet", moved.moved)
    text += " " + str(_("til %(name)s.", name=whom)) if whom else "."
    if moved.left:
        text += " " + str(
            ngettext(
                "%(num)s er i røret eller ringet op imens og er ladt i fred.",
                "%(num)s er i røret eller ringet op imens og er ladt i fred.",
                moved.left,
            )
        )
    return text


def _supervised(whose: str, refusal: str = "", ticked: list[int] | None = None) -> dict[str, Any]:
    """``whose``: a phoner's number, ``anyone``, or the first who has promises. Raises NotFound for one out of reach."""
    people = queries.promisers(session(), scope(), now())
    chosen = next((one for one in people if str(one.user_id) == whose), None)
    if whose not in ("", ANYONE) and chosen is None:
        raise NotFound
    if not whose and people and people[0].promises:
        chosen = people[0]
    title = chosen.name if chosen else _("Hvem som helst")
    waiting = queries.call_backs_count(session(), scope(), None, now())
    return {
        "people": people,
        "chosen": chosen,
        "whose": str(chosen.user_id) if chosen else ANYONE,
        "section": _section(chosen.user_id if chosen else None, title, "supervised"),
        "anyones": waiting,
        "takers": [one for one in people if chosen is None or one.firm_id == chosen.firm_id],
        "shifts": {key: _(label) for key, (label, _shift) in SHIFTS.items()},
        "refusal": refusal,
        "ticked": ticked or [],
        "form": request.form,
        "nav": supervision(None),
    }
