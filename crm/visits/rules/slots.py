"""Bookable times as they are offered: ranked, explained, and near to a time that was refused. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm.base.clock import danish, danish_date
from crm.base.errors import N_
from crm.visits.rules.day import Verdict
from crm.visits.rules.lunch import Lunch
from crm.visits.rules.places import Areas, spelled
from crm.visits.rules.stops import NEAR, Stop
from crm.visits.rules.weights import EVEN, Weights
from crm.visits.rules.words import REFUSED, REFUSED_SHORT


@dataclass(slots=True)
class Slot:
    """One time with one consultant. Drives in minutes; ``extra_driving_min``: what the visit adds to the day.
    ``fairness`` and ``earliness``: what the jobcentre's weights add to it in the ranking.

    ``beside``/``town``/``at``: the explanation (keys of EXPLANATIONS); of a time that another holds, ``at`` is when
    the held one begins. ``reason`` and its figures for a refused one;
    ``by_visit``: it is another visit that stands in the way of the drive, not the day's end or beginning;
    ``held_until``: when the hold that stands in the way lapses; ``lunch`` and ``areas``: the consultant's wishes,
    ``postcode`` the workplace's. ``verdict``: the stops and drives on both sides, None for a slot read from a text; it
    keeps of them whether a drive is an estimate (``guess``).
    """

    consultant_id: int
    consultant: str
    initials: str
    starts_at: datetime
    ends_at: datetime
    travel_before_min: int
    travel_after_min: int
    extra_driving_min: int
    ferry: str | None
    visits_that_week: int
    beside: str
    town: str
    at: datetime | None
    reason: str | None = None
    place: str = ""
    needed_min: int | None = None
    available_min: int | None = None
    max_visits: int | None = None
    by_visit: bool = False
    held_until: datetime | None = None
    fairness: int = 0
    earliness: int = 0
    lunch: Lunch | None = None
    areas: Areas = ()
    postcode: str = ""
    verdict: Verdict | None = None
    guess: bool = False

    @property
    def score(self) -> int:
        """Minutes by which times are ranked: see ``weights``."""
        return self.extra_driving_min + self.fairness + self.earliness

    @property
    def estimated(self) -> bool:
        """A drive was answered by the engine that stands in for another one."""
        legs = (self.verdict.there, self.verdict.onward) if self.verdict else ()
        return self.guess or any(leg.estimate for leg in legs if leg)

    @property
    def key(self) -> str:
        """The value of the radio button."""
        return f"{self.consultant_id}|{self.starts_at.isoformat()}"

    @property
    def code(self) -> str | None:
        """The stable code of the refusal, None for a bookable time."""
        return REFUSED[self.reason][0] if self.reason else None


@dataclass(frozen=True, slots=True)
class Offer:
    """``slots``: bookable, best first. ``refused``: by time, only when asked for. ``earliest``/``latest``: what notice
    and horizon allow. ``consultants``: how many were asked. ``weights``: what the slots are ranked by."""

    slots: Sequence[Slot]
    refused: Sequence[Slot]
    earliest: datetime
    latest: datetime
    consultants: int
    weights: Weights = EVEN


MINUTE = timedelta(minutes=1)

EXPLANATIONS = {
    "after": N_("efter besøg i {town} {at}"),
    "before": N_("før besøg i {town} {at}"),
    "first": N_("første besøg den dag"),
    "last": N_("sidste besøg den dag"),
}


def explained(verdict: Verdict, ends_at: datetime) -> tuple[str, str, datetime | None]:
    """(key of EXPLANATIONS, town, time) that say where the visit lies in the day."""
    before, after = verdict.before, verdict.after
    beside = before if before and before.kind == "visit" else None
    onward = after if after and after.kind == "visit" else None
    if (
        beside
        and verdict.starts_at - beside.ends_at <= NEAR
        and not (onward and onward.starts_at - ends_at < verdict.starts_at - beside.ends_at)
    ):
        return "after", beside.town, beside.starts_at
    if onward and onward.starts_at - ends_at <= NEAR:
        return "before", onward.town, onward.starts_at
    return (
        ("last" if beside and not onward else "first" if not beside else "after"),
        beside.town if beside else "",
        beside.starts_at if beside else None,
    )


def rank(slot: Slot) -> tuple[int, int, int, datetime, int]:
    """Lowest score, then least extra driving, then the consultant with the fewest visits that week, then the
    earliest."""
    extra = slot.extra_driving_min
    return extra + slot.fairness + slot.earliness, extra, slot.visits_that_week, slot.starts_at, slot.consultant_id


def clock_text(moment: datetime) -> str:
    """``9.05`` on the Danish clock."""
    local = danish(moment)
    return f"{local.hour}.{local.minute:02d}"


def explanation(slot: Slot) -> tuple[str, dict[str, str]]:
    """Danish msgid and its fields."""
    return EXPLANATIONS[slot.beside], {"town": slot.town, "at": clock_text(slot.at) if slot.at else ""}


def refusal_short(slot: Slot) -> tuple[str, dict[str, Any]]:
    """Danish msgid and fields of the short reason of a refused slot."""
    return REFUSED_SHORT[slot.reason or "hours"], refusal_fields(slot)


def refusal_fields(slot: Slot) -> dict[str, Any]:
    return {
        "needed": slot.needed_min,
        "available": max(slot.available_min or 0, 0),
        "place": slot.place,
        "max": slot.max_visits,
        "until": clock_text(slot.held_until) if slot.held_until else "",
        "postcode": slot.postcode,
        "areas": spelled(slot.areas),
        "lunch": slot.lunch.length // MINUTE if slot.lunch else None,
        "lunch_from": clock_text(slot.lunch.opens) if slot.lunch else "",
        "lunch_to": clock_text(slot.lunch.closes) if slot.lunch else "",
    }


def other_end(verdict: Verdict) -> Stop | None:
    """Where the drive that fails comes from or goes to."""
    return verdict.after if verdict.reason == "travel_after" else verdict.before


def alternatives(slots: Sequence[Slot], wanted_at: datetime, consultant_id: int) -> list[tuple[Slot, str]]:
    """Three times instead of a refused one, each with why (a key of panel.WHY_FIRST): the nearest the same day (the
    very same time with another consultant, if there is one), the same consultant's nearest, the least driving; filled
    up with the best of the rest. ``slots`` are ranked."""
    day = danish_date(wanted_at)

    def apart(slot: Slot) -> tuple[float, bool, int]:
        return (
            abs((slot.starts_at - wanted_at).total_seconds()),
            slot.consultant_id != consultant_id,
            slot.extra_driving_min,
        )

    nearest = sorted((s for s in slots if danish_date(s.starts_at) == day), key=apart)
    same = sorted((s for s in slots if s.consultant_id == consultant_id), key=apart)
    first = "same_time" if nearest and nearest[0].starts_at == wanted_at else "same_day"
    chosen: list[tuple[Slot, str]] = []
    for why, candidates in ((first, nearest), ("same_consultant", same), *[("least_driving", slots)] * 3):
        fresh = next((s for s in candidates if all(s is not c for c, _ in chosen)), None)
        if fresh is not None and len(chosen) < 3:
            chosen.append((fresh, why))
    return chosen
