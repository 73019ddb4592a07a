"""Times in the words of the screen, for components/call.html."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from crm.base.clock import danish, danish_date
from crm.base.words import LONG_DAYS
from crm.calendars.rules import monday_of, week_bounds, week_name, week_of
from crm.visits.queries import Ask, Board, board
from crm.visits.rules.panel import WHY_FIRST, WHY_REST, PanelDay, chosen, morning, why_other
from crm.visits.rules.slots import Slot, refusal_short
from crm.visits.rules.told import from_dict
from crm.visits.views.explain import details, note
from crm.web.filters import dk_day, dk_long_day, dk_time
from crm.web.i18n import say


@dataclass(frozen=True)
class Panel:
    """What the panel shows. ``days``: as components/call.html wants them. ``away``: the chosen time when it lies in
    another week. ``found``: any time at all within reach. ``outside``: consultants who wish for no visits there."""

    monday: date
    days: list[dict[str, Any]]
    away: Slot | None
    best: Slot | None
    found: bool
    people: int
    earlier: str | None
    later: str | None
    every: bool
    more: int
    outside: list[str]

    @property
    def week(self) -> int:
        return self.monday.isocalendar().week

    @property
    def week_before(self) -> int:
        return (self.monday - timedelta(days=7)).isocalendar().week

    @property
    def week_after(self) -> int:
        return (self.monday + timedelta(days=7)).isocalendar().week

    @property
    def name(self) -> str:
        return week_name(self.monday)


def panel(
    session: Session,
    now: datetime,
    ask: Ask,
    week: str | None,
    *,
    every: bool = False,
    checked: str | None = None,
    without: Iterable[str] = (),
) -> Panel:
    """The asked-for week, else the one of the checked time, else the first one with a time in it; ``checked``: the
    key of the time that is chosen, shown whatever its rank; ``without``: keys shown elsewhere on the page."""
    wish = ask.wish(now)
    whole = board(session, now, ask, now, wish.latest)
    marked, monday, here, found = _week(whole, now, week, checked)
    start, end = week_bounds(monday)
    best = here[0] if here else None
    shown = [s for s in here if s.key not in set(without)]
    days = chosen(shown, whole.refused(max(start, now), end) if here else [], every=every, keep=checked)
    listed = sum(1 for day in days for group in day.groups for s in group.slots if not s.reason)
    return Panel(
        monday,
        [day_of(day, now, best, checked) for day in days],
        marked if marked is not None and marked not in here and marked.key not in set(without) else None,
        best,
        found,
        len(whole.people),
        week_name(monday - timedelta(days=7)) if monday > monday_of(now) else None,
        week_name(monday + timedelta(days=7)) if monday + timedelta(days=7) <= danish_date(wish.latest) else None,
        every,
        len(shown) - listed,
        [person.name for person in whole.outside()],
    )


def _week(
    whole: Board, now: datetime, week: str | None, checked: str | None
) -> tuple[Slot | None, date, list[Slot], bool]:
    """The checked slot, the Monday of the week to show, its slots best first, and whether there are any at all.

    Weeks are looked at one by one until one has a time: most often it is the first, and the others need no work.
    """
    last = whole.wish.latest + timedelta(minutes=1)

    def of(monday: date) -> list[Slot]:
        start, end = week_bounds(monday)
        return whole.bookable(max(start, now), min(end, last))

    first = monday_of(whole.wish.earliest)
    count = (monday_of(last) - first).days // 7 + 1
    mondays = [first + timedelta(weeks=n) for n in range(max(count, 1))]
    marked = None
    if checked is not None:
        marked = next((s for monday in mondays for s in of(monday) if s.key == checked), None)
    asked = week_of(week) or (monday_of(marked.starts_at) if marked else None)
    if asked is not None:
        here = of(asked)
        return marked, asked, here, bool(here) or any(of(monday) for monday in mondays)
    for monday in mondays:
        if here := of(monday):
            return marked, monday, here, True
    return marked, first, [], False


def day_of(day: PanelDay, now: datetime, best: Slot | None, checked: str | None) -> dict[str, Any]:
    return {
        "label": day_label(day.day, now),
        "groups": [
            {
                "who": group.initials,
                "who_name": group.name,
                "slots": [row(s, checked=checked, best=best is s) for s in group.slots],
            }
            for group in day.groups
        ],
    }


def day_label(day: date, now: datetime) -> str:
    """``Tirsdag, om 6 dage``"""
    away = (day - danish_date(now)).days
    name = _(LONG_DAYS[day.weekday()]).capitalize()
    if away == 0:
        return str(_("%(weekday)s, i dag", weekday=name))
    if away == 1:
        return str(_("%(weekday)s, i morgen", weekday=name))
    return str(ngettext("%(weekday)s, om %(num)s dag", "%(weekday)s, om %(num)s dage", away, weekday=name))


def row(
    slot: Slot, *, checked: str | None = None, best: bool = False, why: tuple[str, str] | None = None
) -> dict[str, Any]:
    """One line of the list of times; ``why``: keys of WHY_FIRST and WHY_REST."""
    line: dict[str, Any] = {
        "value": slot.key,
        "starts": slot.starts_at,
        "day": dk_day(slot.starts_at),
        "time": span(slot.starts_at, slot.ends_at),
        "checked": slot.key == checked and not slot.reason,
        "attrs": {
            "data-when": _("%(day)s kl. %(time)s", day=dk_long_day(slot.starts_at), time=dk_time(slot.starts_at)),
            "data-who": slot.consultant,
        },
    }
    if slot.reason:
        return line | {"off": say(*refusal_short(slot))}
    line |= {
        "drive": _("%(minutes)s min kørsel", minutes=f"{slot.extra_driving_min:+d}".replace("-", "−")),
        "note": note(slot),
        "more": details(slot),
    }
    if best:
        line["best"] = _best(slot)
    if why:
        rest = say(WHY_REST[why[1]]) if why[1] else ""
        line["why"] = (say(WHY_FIRST[why[0]]), f"{',' * (why[1] == 'other')} {rest}" if rest else "")
    return line


def _best(slot: Slot) -> str:
    """Why the first of the list is the best: least driving, unless the jobcentre weighs more than that."""
    if slot.fairness or slot.earliness:
        return str(_("bedst efter jobcentrets vægte"))
    return str(_("mindst kørsel, og om formiddagen") if morning(slot) else _("mindst kørsel"))


def alternatives_block(found: Sequence[Mapping[str, Any]], wanted: tuple[int, datetime] | None) -> list[dict[str, Any]]:
    """The alternatives of a refusal as the list of times shows them; ``wanted``: the consultant and start that were
    refused. The first one is where the work goes on."""
    if not found or wanted is None:
        return []
    groups: list[dict[str, Any]] = []
    for item in found:
        slot = from_dict(item)
        line = row(slot, why=why_other(item["why"], slot, wanted[1], wanted[0]))
        if not groups:
            line["attrs"] |= {"data-autofocus": True}
        groups.append({"who": slot.initials, "who_name": slot.consultant, "slots": [line]})
    labels = [_("Nærmeste tid"), _("To nærmeste tider"), _("Tre nærmeste tider")]
    return [{"label": labels[min(len(groups), 3) - 1], "groups": groups, "flat": True}]


def others_block(days: Sequence[Mapping[str, Any]], lost: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The week's other times in one list below the alternatives, the one that was lost struck through at its place."""
    groups = [{**group, "slots": [slot]} for day in days for group in day["groups"] for slot in group["slots"]]
    if lost is not None:
        place = sum(1 for group in groups if group["slots"][0]["starts"] < lost["slots"][0]["starts"])
        groups.insert(place, dict(lost))
    return [{"label": _("Øvrige tider"), "groups": groups, "flat": True}] if groups else []


def lost_row(name: str, initials: str, starts_at: datetime, ends_at: datetime, taken_at: datetime | None) -> Any:
    """The time that was taken, struck through, and when somebody took it."""
    gone = _("taget af en anden %(time)s", time=clock(taken_at)) if taken_at else _("taget af en anden")
    line = {"value": "", "starts": starts_at, "day": dk_day(starts_at), "time": span(starts_at, ends_at)}
    return {"who": initials, "who_name": name, "slots": [line | {"off": gone, "taken": True}]}


def span(starts_at: datetime, ends_at: datetime) -> str:
    """``10.00–11.00``"""
    return f"{dk_time(starts_at)}–{dk_time(ends_at)}"


def clock(moment: datetime) -> str:
    """``10.44.07`` on the Danish clock."""
    local = danish(moment)
    return f"{local.hour}.{local:%M.%S}"


__all__ = [
    "Panel",
    "alternatives_block",
    "clock",
    "from_dict",
    "lost_row",
    "note",
    "others_block",
    "panel",
    "row",
    "span",
]
