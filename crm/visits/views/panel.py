"""The right column of the call screen as a fragment: times, what is held, and what was refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import render_template
from flask_babel import gettext as _

from crm.base.errors import Refusal
from crm.calendars.rules import monday_of, week_name
from crm.calling.models import QueueEntry
from crm.people.models import User
from crm.visits.api.ahead import while_writing
from crm.visits.models import SlotHold
from crm.visits.queries import Ask, ask_for_entry
from crm.visits.queries.holds import live_hold
from crm.visits.rules.holds import LASTS, seconds_left
from crm.visits.views.slots import alternatives_block, clock, lost_row, others_block, panel, row, span
from crm.web.edge import now, session
from crm.web.filters import dk_day
from crm.web.i18n import say
from crm.web.permit import actor

SLOTS = "visits/_slots.html"


def fragment(entry: QueueEntry, week: str | None, *, every: bool = False) -> str:
    """The list of times; where no place is known, why."""
    try:
        ask = ask_of(entry)
    except Refusal as refusal:
        problem = say(refusal.message, refusal.fields)
        return render_template(SLOTS, entry=entry, panel=None, days=[], refusal=None, hold=None, problem=problem)
    hold = live_hold(session(), actor().id, now(), entry)
    shown = panel(session(), now(), ask, week, every=every, checked=key_of(hold) if hold else None)
    return render_template(SLOTS, entry=entry, refusal=None, problem=None, hold=told(hold), **listed(shown))


def ask_of(entry: QueueEntry) -> Ask:
    return ask_for_entry(entry, notice=actor().has_role("phoner"))


def key_of(hold: SlotHold) -> str:
    """The radio button of the held time."""
    return f"{hold.consultant_id}|{hold.starts_at.isoformat()}"


def told(hold: SlotHold | None) -> dict[str, int] | None:
    """Seconds left and in all."""
    total = int(LASTS.total_seconds())
    return {"left": min(total, seconds_left(hold.until, now())), "total": total} if hold else None


def listed(shown: Any) -> dict[str, Any]:
    days = shown.days
    if shown.away is not None:
        line = row(shown.away, checked=shown.away.key)
        group = {"who": shown.away.initials, "who_name": shown.away.consultant, "slots": [line]}
        days = [{"label": _("Holdt til dig"), "groups": [group]}, *days]
    return {"panel": shown, "days": days}


def refused_view(
    entry: QueueEntry, refusal: Refusal, wanted: tuple[int, datetime] | None, errors: list[str]
) -> dict[str, Any]:
    """What the fragment shows when a time could not be had: why, the nearest others, and the rest of that week."""
    view: dict[str, Any] = {"entry": entry, "refusal": refusal, "problem": None, "errors": errors, "hold": None}
    nearest = alternatives_block(refusal.extra.get("alternatives", []), wanted)
    view |= {"nearest": nearest, "detail": detail(entry, refusal, wanted), "panel": None, "days": []}
    if refusal.code == "no_place":
        return view
    hold = live_hold(session(), actor().id, now(), entry)
    typed = f"{wanted[0]}|{wanted[1].isoformat()}" if wanted and refusal.status == 422 else None
    week = week_name(monday_of(wanted[1])) if wanted else None
    checked = typed or (key_of(hold) if hold else None)
    without = [line["value"] for block in nearest for group in block["groups"] for line in group["slots"]]
    with while_writing():
        shown = panel(session(), now(), ask_of(entry), week, checked=checked, without=without)
    view |= listed(shown) | {"hold": told(hold)}
    if nearest:
        view["days"] = others_block(view["days"], lost(entry, refusal, wanted))
    return view


def lost(entry: QueueEntry, refusal: Refusal, wanted: tuple[int, datetime] | None) -> Any:
    """The line of the time that somebody else has now."""
    if refusal.code != "overlap" or wanted is None:
        return None
    consultant, ends_at = _asked_for(entry, wanted)
    taken = refusal.extra.get("hold", {}).get("taken_at")
    name, initials = (consultant.name, consultant.initials) if consultant else ("", "")
    return lost_row(name, initials, wanted[1], ends_at, datetime.fromisoformat(taken) if taken else None)


def detail(entry: QueueEntry, refusal: Refusal, wanted: tuple[int, datetime] | None) -> str:
    """Why: that the hold ran out, and when, else the refusal's own sentence."""
    lapsed = refusal.extra.get("hold", {}).get("lapsed_at")
    if not lapsed or wanted is None or datetime.fromisoformat(lapsed) > now():
        return say(refusal.message, refusal.fields)
    consultant, ends_at = _asked_for(entry, wanted)
    return str(
        _(
            "Din reservation af %(day)s %(time)s hos %(who)s udløb %(clock)s.",
            day=dk_day(wanted[1]),
            time=span(wanted[1], ends_at),
            who=consultant.initials if consultant else "",
            clock=clock(datetime.fromisoformat(lapsed)),
        )
    )


def _asked_for(entry: QueueEntry, wanted: tuple[int, datetime]) -> tuple[User | None, datetime]:
    return session().get(User, wanted[0]), wanted[1] + timedelta(minutes=entry.campaign.visit_minutes)
