"""Which times the phoner sees of all that can be had: few enough to read aloud. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.base.clock import danish, danish_date
from crm.base.errors import N_
from crm.visits.rules.slots import Slot, rank

A_DAY = 4
"""Consultants shown a day."""
APART = timedelta(hours=2)
"""A second time with the same consultant the same day lies at least this far from the first."""
TELLING = ("travel_before", "travel_after", "unreachable")
"""Reasons worth showing beside times that can be had, where another visit is in the way of the drive; and a time that
somebody holds right now."""
WISHED = ("lunch", "busy")
"""Reasons that lie with the consultant's own day, shown where no drive is in the way."""
PAST = ("notice", "horizon", "hours", "held")
"""Reasons that say nothing of the consultant's day, or are shown one by one."""

WHY_FIRST = {
    "same_time": N_("Samme tid"),
    "same_day": N_("Samme dag"),
    "same_consultant": N_("Samme konsulent"),
    "morning": N_("Om formiddagen"),
    "afternoon": N_("Om eftermiddagen"),
    "least_driving": N_("Mindst kørsel"),
}
WHY_REST = {"and_same": N_("og samme konsulent"), "other": N_("anden konsulent")}


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


def chosen(
    slots: Sequence[Slot], refused: Iterable[Slot], *, every: bool = False, keep: str | None = None
) -> list[PanelDay]:
    """Day by day the consultants with the least driving: their best time, another well apart from it, one that
    cannot be had, with its reason, and those that others hold. ``slots`` are ranked. ``keep``: the key of a time that
    is shown whatever its rank. With ``every`` all times that can be had, and the first of each reason for not."""
    by_day: dict[date, dict[int, list[Slot]]] = {}
    for slot in slots:
        by_day.setdefault(danish_date(slot.starts_at), {}).setdefault(slot.consultant_id, []).append(slot)
    turned: dict[tuple[date, int], list[Slot]] = {}
    reasons: dict[tuple[date, int], dict[str | None, Slot]] = {}
    wished: dict[tuple[date, int], list[Slot]] = {}
    held: dict[tuple[date, int], list[Slot]] = {}
    for slot in refused:
        where = danish_date(slot.starts_at), slot.consultant_id
        if slot.reason == "held" and slot.at == slot.starts_at:
            held.setdefault(where, []).append(slot)
            continue
        if slot.reason not in PAST:
            reasons.setdefault(where, {}).setdefault(slot.reason, slot)
        if slot.reason in TELLING and slot.by_visit:
            turned.setdefault(where, []).append(slot)
        elif slot.reason in WISHED:
            wished.setdefault(where, []).append(slot)
    days = []
    for day in sorted(by_day):
        people = sorted(by_day[day].items(), key=lambda item: rank(item[1][0]))
        groups = []
        for number, (who, ranked) in enumerate(people):
            kept = [s for s in ranked if s.key == keep]
            if number >= A_DAY and not every and not kept:
                continue
            near = [*kept, *(s for s in apart(ranked) if s.key != keep)]
            where = day, who
            off = [*turned.get(where, ()), *wished.get(where, ())][:1]
            shown = [*ranked, *reasons.get(where, {}).values()] if every else [*near, *off]
            shown = sorted([*shown, *held.get(where, ())], key=lambda s: s.starts_at)
            groups.append(Group(ranked[0].initials, ranked[0].consultant, shown))
        days.append(PanelDay(day, groups))
    return days


def apart(ranked: Sequence[Slot]) -> list[Slot]:
    """The best time and the best of those well apart from it."""
    first = ranked[0]
    second = next((s for s in ranked if abs(s.starts_at - first.starts_at) >= APART), None)
    return [first, second] if second else [first]


def morning(slot: Slot) -> bool:
    return before_noon(slot.starts_at)


def before_noon(moment: datetime) -> bool:
    return danish(moment).hour < 12


def why_other(why: str, slot: Slot, wanted_at: datetime, consultant_id: int) -> tuple[str, str]:
    """Keys of WHY_FIRST and WHY_REST: what an alternative has in common with the time that was refused."""
    same = slot.consultant_id == consultant_id
    if why == "same_consultant":
        alike = before_noon(slot.starts_at) == before_noon(wanted_at)
        first = ("morning" if morning(slot) else "afternoon") if alike else "same_consultant"
        return first, "and_same" if alike else ""
    return why, "and_same" if same else "other"
