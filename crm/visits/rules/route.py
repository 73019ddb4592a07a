"""The day as it is driven: legs, when to leave, slack, spare time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm.travel.places import Leg, Place, TravelEngine
from crm.travel.rules import minutes_between

SPARE = 30
"""Minutes free beyond drive and margin that are shown as spare time."""


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop of the route. ``kind``: base, visit, away. ``ref``: the visit behind it. ``done``: is over."""

    kind: str
    place: Place
    starts_at: datetime
    ends_at: datetime
    ref: Any = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class RouteLeg:
    """The drive from one halt to the next. ``leave_by``: the latest start, margin included, so as to be in time.

    ``slack_min``: minutes between being free to go and having to; negative when late. ``free_at``: when the halt
    before ends (for the base None: one leaves when one must).
    """

    leg: Leg
    leave_by: datetime
    arrive_by: datetime
    slack_min: int | None
    spare_min: int


@dataclass(frozen=True, slots=True)
class Route:
    """``legs[i]`` leads from ``halts[i]`` to ``halts[i + 1]``. Moments UTC."""

    halts: Sequence[Halt] = field(default_factory=list)
    legs: Sequence[RouteLeg] = field(default_factory=list)
    margin: int = 0

    @property
    def driving_min(self) -> int:
        return sum(leg.leg.minutes for leg in self.legs)

    @property
    def km(self) -> float:
        return sum(leg.leg.km for leg in self.legs)

    @property
    def home_at(self) -> datetime | None:
        """When the day is back at its base."""
        if not self.legs:
            return None
        return self.halts[-2].ends_at + timedelta(minutes=self.legs[-1].leg.minutes)

    def leg_to(self, ref: Any) -> RouteLeg | None:
        """The drive that ends at the visit."""
        return next((leg for leg, halt in zip(self.legs, self.halts[1:], strict=True) if halt.ref is ref), None)


def route(base: Place, halts: Sequence[Halt], engine: TravelEngine, margin: int) -> Route:
    """The day from the base through ``halts`` (by start) and home. Empty without halts.

    Leave-by is the appointment less the drive less ``margin`` minutes.
    """
    if not halts:
        return Route()
    first, last = halts[0].starts_at, halts[-1].ends_at
    line = [Halt("base", base, first, first), *halts, Halt("base", base, last, last)]
    legs = []
    for before, after in zip(line, line[1:], strict=False):
        leg = engine.leg(before.place, after.place)
        drive, spared = timedelta(minutes=leg.minutes), timedelta(minutes=margin)
        if after is line[-1]:
            legs.append(RouteLeg(leg, before.ends_at, before.ends_at + drive, None, 0))
            continue
        leave_by = after.starts_at - drive - spared
        slack = None if before is line[0] else minutes_between(before.ends_at, after.starts_at) - leg.minutes
        spare = max(0, (slack or 0) - margin)
        legs.append(RouteLeg(leg, leave_by, after.starts_at, slack, spare if spare >= SPARE else 0))
    return Route(line, legs, margin)
