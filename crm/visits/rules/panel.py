"""Which times the phoner sees of all that can be had: few enough to read aloud. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crm.base.clock import danish, danish_date
from crm.base.errors import N_
from crm.visits.rules.slots import Slot, rank

A_DAY = 4
"""Consultants shown a day."""
APART = timedelta(hours=2)
"""A second time with the same consultant the same day lies at least this far from the first."""
TELLING = ("travel_before", "travel_after", "unreachable")
"""Reasons worth showing beside times that can be had."""

WHY = {
    "same_time": N_("Samme tid"),
    "same_day": N_("Samme dag"),
    "same_consultant": N_("Samme konsulent"),
    "least_driving": N_("Mindst kørsel"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """One consultant's times one day, in order."""

    initials: str
    name: str
    slots: list[Slot]


@dataclass(frozen=True, slots=True)
class PanelDay:
    day: date
    groups: list[Group]


def chosen(slots: Sequence[Slot], refused: Iterable[Slot], *, every: bool = False) -> list[PanelDay]:
    """Day by day the consultants with the least driving: their best time, another well apart from it, and one that
    cannot be driven, with its reason. ``slots`` are ranked. With ``every`` all times that can be had."""
    by_day: dict[date, dict[int, list[Slot]]] = {}
    for slot in slots:
        by_day.setdefault(danish_date(slot.starts_at), {}).setdefault(slot.consultant_id, []).append(slot)
    turned: dict[tuple[date, int], list[Slot]] = {}
    for slot in refused:
        if slot.reason in TELLING and slot.by_visit:
            turned.setdefault((danish_date(slot.starts_at), slot.consultant_id), []).append(slot)
    days = []
    for day in sorted(by_day):
        people = sorted(by_day[day].items(), key=lambda item: rank(item[1][0]))
        groups = []
        for who, ranked in people if every else people[:A_DAY]:
            shown = ranked if every else [*apart(ranked), *turned.get((day, who), ())[:1]]
            shown = sorted(shown, key=lambda s: s.starts_at)
            groups.append(Group(ranked[0].initials, ranked[0].consultant, shown))
        days.append(PanelDay(day, groups))
    return days


def apart(ranked: Sequence[Slot]) -> list[Slot]:
    """The best time and the best of those well apart from it."""
    first = ranked[0]
    second = next((s for s in ranked if abs(s.starts_at - first.starts_at) >= APART), None)
    return [first, second] if second else [first]


def morning(slot: Slot) -> bool:
    return danish(slot.starts_at).hour < 12
