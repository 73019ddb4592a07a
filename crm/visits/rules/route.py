"""The day as it is driven: legs, when to leave, slack, lunch, spare time. Pure; moments UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from crm.travel.places import Leg, Place, TravelEngine
from crm.travel.rules import minutes_between

Span: TypeAlias = tuple[datetime, datetime]

SPARE = 30
"""Minutes free beyond drive, margin and lunch that are shown as spare time."""
STAYS = Leg(0.0, 0, None, True)
"""No drive: the consultant is there already."""


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop of the route. ``kind``: base, visit, away (absence), busy (an own appointment; like an absence it is
    spent at the base as far as anyone knows), hold (a time kept for somebody who is talking with the company). ``ref``:
    the visit or absence behind it. ``done``: is over. ``margin``: of the visit's campaign; ``blur``: places.BLUR."""

    kind: str
    place: Place
    starts_at: datetime
    ends_at: datetime
    ref: Any = None
    done: bool = False
    margin: int = 0
    blur: int = 0


@dataclass(frozen=True, slots=True)
class Lunch:
    """Minutes wished free of visits and driving between two moments."""

    minutes: int
    frm: datetime
    to: datetime


@dataclass(frozen=True, slots=True)
class RouteLeg:
    """The drive from one halt to the next. ``leave_by``: the latest start, margin included, so as to be in time; on
    the way home when the last halt ends.

    ``slack_min``: minutes between being free to go (lunch over) and having to, the margin not counted; negative when
    late; None from the base and on the way home. ``lunch``: where lunch is had before the drive. ``margin``: minutes
    to spare that booking demands of this drive; with less slack the drive is too tight.
    """

    leg: Leg
    leave_by: datetime
    arrive_by: datetime
    slack_min: int | None
    spare_min: int
    lunch: Span | None = None
    margin: int = 0

    @property
    def tight(self) -> bool:
        """Whether booking would refuse the drive as it lies."""
        return self.slack_min is not None and self.slack_min < self.margin


@dataclass(frozen=True, slots=True)
class Route:
    """``legs[i]`` leads from ``halts[i]`` to ``halts[i + 1]``. Moments UTC."""

    halts: Sequence[Halt] = field(default_factory=list)
    legs: Sequence[RouteLeg] = field(default_factory=list)

    @property
    def driving_min(self) -> int:
        return sum(leg.leg.minutes for leg in self.legs)

    @property
    def km(self) -> float:
        return sum(leg.leg.km for leg in self.legs)

    @property
    def reachable(self) -> bool:
        """Whether every drive can be made the same day; where not, the sums leave it out."""
        return all(leg.leg.reachable for leg in self.legs)

    @property
    def estimate(self) -> bool:
        """Whether a drive is an estimate, for the engine that is meant to answer did not."""
        return any(leg.leg.estimate for leg in self.legs)

    @property
    def home_at(self) -> datetime | None:
        """When the day is back at its base."""
        return self.legs[-1].arrive_by if self.legs else None

    def leg_to(self, ref: Any) -> RouteLeg | None:
        """The drive that ends at the visit."""
        return next((leg for leg, halt in zip(self.legs, self.halts[1:], strict=True) if halt.ref is ref), None)


def route(
    base: Place | None, halts: Sequence[Halt], engine: TravelEngine, margin: int = 0, lunch: Lunch | None = None
) -> Route:
    """The day from the base through ``halts`` (by start, none over another) and home; without a base only the drives
    between the halts. Empty without halts.

    Leave-by is the appointment less the drive less its margin, which is the one that ``day.judge`` demands: of the two
    ends the larger campaign margin (``margin`` at the least) and the larger blur. Between two stops of which neither is
    a visit there is none.
    """
    if not halts:
        return Route()
    first, last = halts[0].starts_at, halts[-1].ends_at
    line = list(halts)
    if base is not None:
        line = [Halt("base", base, first, first), *halts, Halt("base", base, last, last)]
    drives = [_drive(before, after, engine) for before, after in zip(line, line[1:], strict=False)]
    wished = lunch is not None and lunch.minutes and base is not None
    spared = [_margin(before, after, margin) for before, after in zip(line, line[1:], strict=False)]
    at, eaten = _lunch(line, drives, spared, lunch) if lunch and wished else (None, None)
    legs = [
        _leg(line[number], line[number + 1], leg, spared[number], eaten if number == at else None)
        for number, leg in enumerate(drives)
    ]
    return Route(line, legs)


def _margin(before: Halt, after: Halt, least: int) -> int:
    """See ``day.Gap``."""
    if not {before.kind, after.kind} & {"visit", "hold"}:
        return 0
    return max(before.margin, after.margin, least) + max(before.blur, after.blur)


def _leg(before: Halt, after: Halt, leg: Leg, margin: int, pause: Span | None) -> RouteLeg:
    if after.kind == "base":
        leave = max(before.ends_at, pause[1]) if pause else before.ends_at
        return RouteLeg(leg, leave, leave + timedelta(minutes=leg.minutes), None, 0, pause, margin)
    leave = _leave_by(after, leg, margin)
    if before.kind == "base":
        return RouteLeg(leg, leave, after.starts_at, None, 0, pause, margin)
    had = minutes_between(*pause) if pause else 0
    slack = minutes_between(before.ends_at, after.starts_at) - leg.minutes - had
    spare = max(0, slack - margin) if leg.reachable else 0
    return RouteLeg(leg, leave, after.starts_at, slack, spare if spare >= SPARE else 0, pause, margin)


def _drive(before: Halt, after: Halt, engine: TravelEngine) -> Leg:
    if before.place == after.place and not {before.kind, after.kind} & {"visit", "hold"}:
        return STAYS
    return engine.leg(before.place, after.place)


def _leave_by(after: Halt, leg: Leg, margin: int) -> datetime:
    return after.starts_at - timedelta(minutes=leg.minutes + margin)


def _lunch(
    line: Sequence[Halt], drives: Sequence[Leg], margins: Sequence[int], lunch: Lunch
) -> tuple[int | None, Span | None]:
    """Before which drive, and when: the first place in the day where it can be had. None before the day leaves its
    base, where it needs no place on the route, and where it cannot be had at all."""
    length = timedelta(minutes=lunch.minutes)
    if lunch.frm + length <= _leave_by(line[1], drives[0], margins[0]):
        return None, None
    for number in range(1, len(drives)):
        start = max(line[number].ends_at, lunch.frm)
        end = start + length
        home = number == len(drives) - 1
        if end <= lunch.to and (home or end <= _leave_by(line[number + 1], drives[number], margins[number])):
            back = line[number].ends_at + timedelta(minutes=drives[number].minutes)
            if home and back + length <= lunch.to:
                return None, None
            return number, (start, end)
    return None, None


def beside(visits: Sequence[Halt], taken: Iterable[Halt], hours: Sequence[Span]) -> tuple[list[Halt], list[Halt]]:
    """Absences and own appointments as stops: what of them lies in the working day and over no visit, joined where
    they run into each other; and those that lie over a visit, which no drive can heed."""
    if not hours:
        return [], []
    opens, closes = min(s for s, _ in hours), max(e for _, e in hours)
    apart: list[Halt] = []
    over: list[Halt] = []
    for halt in sorted(taken, key=lambda h: (h.starts_at, h.ends_at)):
        start, end = max(halt.starts_at, opens), min(halt.ends_at, closes)
        if start >= end:
            continue
        if any(visit.starts_at < end and start < visit.ends_at for visit in visits):
            over.append(halt)
        elif apart and start < apart[-1].ends_at:
            if end > apart[-1].ends_at:
                former = apart.pop()
                kind = former.kind if former.kind == halt.kind else "away"
                apart.append(Halt(kind, former.place, former.starts_at, end, former.ref, former.done and halt.done))
        else:
            apart.append(Halt(halt.kind, halt.place, start, end, halt.ref, halt.done))
    return apart, over
