"""Which booked visits no longer fit the day they lie in, and what stands in their way. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crm.base.errors import N_
from crm.travel.places import TravelEngine
from crm.visits.rules.day import Day, Stop, Verdict, Wish, judge

NOT_JUDGED: dict[str, Any] = {"max_visits": 10_000, "lunch": None, "areas": (), "earliest": None, "latest": None}
"""Wishes say what is booked from now on and make no drive impossible. How many visits a day may have is judged for the
day as a whole, not for one visit against the others."""

GONE = "gone"
"""Not a refused time: whoever no longer works there is offered none at all."""

WORDS = {
    GONE: N_(
        "Konsulenten er ikke længere konsulent i jobcentret. Giv besøget til en kollega, flyt det eller aflys det."
    ),
    "overlap": N_("Et andet besøg ligger samtidig."),
    "away": N_("Konsulenten er fraværende på det tidspunkt."),
    "busy": N_("Konsulenten er optaget i sin egen kalender på det tidspunkt."),
    "travel_before": N_("Konsulenten kan ikke nå frem: {needed} min kørsel fra {place}, {available} min fri."),
    "travel_after": N_("Konsulenten kan ikke nå videre: {needed} min kørsel til {place}, {available} min fri."),
    "unreachable": N_("{place} og virksomheden kan ikke nås samme dag."),
    "hours": N_("Besøget ligger uden for konsulentens arbejdstid."),
    "capacity": N_("Konsulenten har flere besøg den dag end de {max}, der er plads til."),
}
OTHERWISE = N_("Besøget passer ikke længere i konsulentens dag.")


@dataclass(frozen=True, slots=True)
class Booked:
    """A visit that is to be made. ``ref`` rises with the order of booking; ``wish``: its place, length and margin;
    ``gone``: its consultant has been disabled, or belongs to the jobcentre no more."""

    ref: int
    starts_at: datetime
    wish: Wish
    gone: bool = False

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + self.wish.length


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands in a visit's way: ``reason`` (a key of WORDS), the drive's figures in minutes (margin
    included), ``place`` where the drive comes from or goes to, ``neighbour`` the visit there, ``most`` visits a day."""

    ref: int
    reason: str
    needed_min: int | None = None
    available_min: int | None = None
    place: str = ""
    neighbour: int | None = None
    most: int | None = None
    taken: str = ""

    @property
    def data(self) -> dict[str, Any]:
        """As it is kept: JSON."""
        return {
            "needed_min": self.needed_min,
            "available_min": self.available_min,
            "place": self.place,
            "neighbour_id": self.neighbour,
            "max": self.most,
        }

    def signature(self, starts_at: datetime, consultant_id: int) -> str:
        """The same line for the same trouble of a visit that lies where it lay."""
        parts = (
            consultant_id,
            f"{starts_at:%Y%m%dT%H%MZ}",
            self.reason,
            self.needed_min,
            self.available_min,
            self.neighbour,
            self.most,
            self.taken,
            self.place,
        )
        return "|".join("" if part is None else str(part) for part in parts)[:200]


def troubles(day: Day | None, booked: Sequence[Booked], engine: TravelEngine) -> list[Trouble]:
    """One for each of ``booked`` that does not fit the day, by start; the day holds them among its stops.

    ``day`` None: the consultant does not work. Of two visits with too little time between them the later one is named;
    of more visits than the consultant takes those that were booked last.
    """
    found = {one.ref: Trouble(one.ref, GONE) for one in booked if one.gone}
    verdicts = {one.ref: _judged(day, one, engine) for one in booked}
    by_start = {one.starts_at: one.ref for one in booked}
    for one in booked:
        verdict = verdicts[one.ref]
        if verdict.reason is None or one.gone:
            continue
        trouble = _trouble(one, verdict, by_start, engine)
        other = trouble.neighbour
        if other is not None and _after(verdict, trouble, one) and verdicts[other].reason is not None:
            continue
        found[one.ref] = trouble
    if day is not None:
        crowd = [one for one in sorted(booked, key=lambda one: -one.ref) if one.ref not in found]
        for one in crowd[: max(0, day.visits - day.max_visits - len(found))]:
            found[one.ref] = Trouble(one.ref, "capacity", most=day.max_visits)
    return [found[one.ref] for one in sorted(booked, key=lambda one: one.starts_at) if one.ref in found]


def _judged(day: Day | None, one: Booked, engine: TravelEngine) -> Verdict:
    if day is None or not day.hours:
        return Verdict(one.starts_at, "hours")
    rest = [stop for stop in day.stops if not is_of(stop, one)]
    wish = replace(one.wish, earliest=one.starts_at, latest=one.starts_at)
    return judge(replace(day, stops=rest, **NOT_JUDGED), wish, one.starts_at, engine)


def is_of(stop: Stop, one: Booked) -> bool:
    """Whether the stop is the visit itself: a consultant has no two visits that begin together."""
    return stop.kind == "visit" and stop.starts_at == one.starts_at


def _trouble(one: Booked, verdict: Verdict, by_start: Mapping[datetime, int], engine: TravelEngine) -> Trouble:
    side = _side(verdict, one, engine)
    visit = side is not None and side.kind == "visit"
    return Trouble(
        one.ref,
        verdict.reason or "hours",
        verdict.needed_min,
        verdict.available_min,
        side.town if side is not None and verdict.reason in ("travel_before", "travel_after", "unreachable") else "",
        by_start.get(side.starts_at) if side is not None and visit else None,
        taken=f"{side.starts_at:%H%M}-{side.ends_at:%H%M}" if side is not None and side.kind != "base" else "",
    )


def _side(verdict: Verdict, one: Booked, engine: TravelEngine) -> Stop | None:
    """The stop that stands in the way."""
    if verdict.reason == "travel_after":
        return verdict.after
    if verdict.reason == "unreachable" and verdict.before is not None:
        there = engine.leg(verdict.before.place, one.wish.place)
        return verdict.after if there.reachable else verdict.before
    return verdict.before


def _after(verdict: Verdict, trouble: Trouble, one: Booked) -> bool:
    """Whether the trouble lies with the visit that comes next."""
    after = verdict.after
    return (
        trouble.reason in ("travel_after", "unreachable")
        and after is not None
        and after.starts_at >= one.ends_at
        and trouble.taken == f"{after.starts_at:%H%M}-{after.ends_at:%H%M}"
    )


def in_words(reason: str, data: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Danish msgid and its fields of what stands in the way."""
    return WORDS.get(reason, OTHERWISE), {
        "needed": data.get("needed_min"),
        "available": max(data.get("available_min") or 0, 0),
        "place": data.get("place") or "",
        "max": data.get("max"),
    }
