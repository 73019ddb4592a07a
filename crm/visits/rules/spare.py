"""Spare time of a day, and whether a workplace can be looked in on within it. Pure; moments UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import cos, radians

from crm.travel.places import Leg, Place, TravelEngine
from crm.travel.rules import minutes_between
from crm.visits.rules.route import STAYS, Halt, Route, Span

LEAST = 40
"""Minutes that must be free beyond drive, margin and lunch before anything is proposed."""
LOOK_IN = 20
"""Minutes that looking in on a company takes at the least."""
REACH_KM = 25.0
"""Nothing further away is proposed, however long the gap."""
KM_A_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Opening:
    """A stretch without stops. One is at ``origin`` from ``starts_at`` on and has to be at ``goal`` by ``ends_at``.

    ``direct``: the drive between them. ``margin``: minutes kept back before the next stop; ``lunch``: minutes kept
    free. ``free_min``: what is left.
    """

    starts_at: datetime
    ends_at: datetime
    origin: Place
    goal: Place
    direct: Leg
    margin: int = 0
    lunch: int = 0
    before: Halt | None = None
    after: Halt | None = None

    @property
    def free_min(self) -> int:
        return minutes_between(self.starts_at, self.ends_at) - self.direct.minutes - self.margin - self.lunch


@dataclass(frozen=True, slots=True)
class Fit:
    """How looking in fits an opening: the drives there and on, what they cost beyond the drive that is made anyway
    (``extra_min``), from when to when one may stay, and for how long."""

    there: Leg
    onward: Leg
    extra_min: int
    from_at: datetime
    until: datetime
    stay_min: int

    @property
    def estimate(self) -> bool:
        return self.there.estimate or self.onward.estimate


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees between which a workplace must lie to be worth judging."""

    south: float
    north: float
    west: float
    east: float

    @property
    def middle(self) -> Place:
        return Place((self.south + self.north) / 2, (self.west + self.east) / 2)


def openings(day: Route, base: Place, hours: Sequence[Span], engine: TravelEngine, now: datetime) -> list[Opening]:
    """Where at least LEAST minutes are free from ``now`` on, in order; the time before the first stop and after the
    last one within the working hours included. What is over is cut off."""
    if not hours:
        return []
    opens, closes = min(s for s, _ in hours), max(e for _, e in hours)
    result = []
    for one in _between(day, opens, closes) or [Opening(opens, closes, base, base, STAYS)]:
        start = max(one.starts_at, now)
        if start < one.ends_at and one.direct.reachable:
            cut = replace(one, starts_at=start)
            if cut.free_min >= LEAST:
                result.append(cut)
    return result


def _between(day: Route, opens: datetime, closes: datetime) -> list[Opening]:
    found = []
    last = len(day.legs) - 1
    for number, leg in enumerate(day.legs):
        before, after = day.halts[number], day.halts[number + 1]
        start = opens if number == 0 else before.ends_at
        end = closes if number == last else after.starts_at
        lunch = minutes_between(*leg.lunch) if leg.lunch else 0
        margin = leg.margin if number < last else 0
        found.append(Opening(start, end, before.place, after.place, leg.leg, margin, lunch, before, after))
    return found


def box(opening: Opening) -> Box:
    """Round both ends, as far as the free minutes reach at a kilometre a minute there and back."""
    km = min(REACH_KM, max(0.0, (opening.free_min - LOOK_IN) / 2) + 5.0)
    ends = (opening.origin, opening.goal)
    south, north = min(p.lat for p in ends), max(p.lat for p in ends)
    west, east = min(p.lon for p in ends), max(p.lon for p in ends)
    up = km / KM_A_DEGREE
    across = km / (KM_A_DEGREE * max(0.2, cos(radians((south + north) / 2))))
    return Box(south - up, north + up, west - across, east + across)


def fit(opening: Opening, place: Place, engine: TravelEngine, blur: int = 0) -> Fit | None:
    """How looking in at ``place`` fits, which is known with ``blur`` minutes' doubt; None where it does not: no
    drive, or under LOOK_IN minutes to stay."""
    there, onward = engine.leg(opening.origin, place), engine.leg(place, opening.goal)
    if not (there.reachable and onward.reachable):
        return None
    drives = there.minutes + onward.minutes
    margin = opening.margin + max(0, blur - (opening.after.blur if opening.after else 0))
    stay = minutes_between(opening.starts_at, opening.ends_at) - drives - margin - opening.lunch
    if stay < LOOK_IN:
        return None
    arrive = opening.starts_at + timedelta(minutes=there.minutes)
    leave = opening.ends_at - timedelta(minutes=onward.minutes + margin)
    return Fit(there, onward, max(0, drives - opening.direct.minutes), arrive, leave, stay)
