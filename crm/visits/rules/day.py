"""The consultant's day as a line of stops, and what fits between them: pure. The one judge of a bookable time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from crm.travel.places import Leg, Place, TravelEngine
from crm.travel.rules import minutes_between
from crm.visits.rules.lunch import Lunch, breaks, only
from crm.visits.rules.places import Areas, covers
from crm.visits.rules.starts import STEP, starts
from crm.visits.rules.stops import NEAR, OVER, TAKEN, Span, Stop

__all__ = [
    "NEAR",
    "STEP",
    "TAKEN",
    "Day",
    "Span",
    "Stop",
    "Verdict",
    "Wish",
    "bookable",
    "judge",
    "line",
    "openings",
    "turned_down",
]


@dataclass(frozen=True, slots=True)
class Day:
    """One consultant's day. ``hours``: spans in which visits may lie, in order; ``stops``: visits, held times,
    absences and own appointments, by start. The day leaves the base no earlier than its first hour and is back there
    by its last.

    The consultant's wishes: ``lunch``; ``areas`` in which visits may lie; ``earliest`` and ``latest`` start. None,
    or no areas: no wish.
    """

    hours: Sequence[Span]
    stops: Sequence[Stop]
    base: Place
    base_town: str
    max_visits: int
    lunch: Lunch | None = None
    areas: Areas = ()
    earliest: datetime | None = None
    latest: datetime | None = None

    @property
    def visits(self) -> int:
        """Booked and held times: a held one may become a visit at any moment."""
        return sum(1 for stop in self.stops if stop.kind in TAKEN)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be placed: where (``postcode`` for the areas, ``blur``: see ``places.BLUR``), for how long, with which
    margin (minutes), not before and not after."""

    place: Place
    blur: int
    minutes: int
    margin: int
    earliest: datetime
    latest: datetime
    postcode: str = ""

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)


@dataclass(slots=True)
class Verdict:
    """Whether a visit may start at a moment, with its drives; ``reason`` is a key of words.REFUSED, None when it may.

    ``before``/``after``: the stops it lies between, ``there``/``onward``: the drives from and to them, which an engine
    need not hold for the same both ways. ``needed_min`` includes the margin.
    """

    starts_at: datetime
    reason: str | None = None
    before: Stop | None = None
    after: Stop | None = None
    before_min: int = 0
    after_min: int = 0
    extra_min: int = 0
    ferry: str | None = None
    needed_min: int | None = None
    available_min: int | None = None
    there: Leg | None = None
    onward: Leg | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """The time between two stops, with the drives a visit in it would take and the margin of each: of the two ends of
    a drive the larger campaign margin, and the larger blur. A third place that is not known well makes no drive longer;
    did it, a booking could put the visit before it in conflict."""

    before: Stop
    after: Stop
    there: Leg
    onward: Leg
    replaced: Leg
    margin_there: int
    margin_onward: int

    @property
    def ferry(self) -> str | None:
        return self.there.ferry or self.onward.ferry


def judge(day: Day, wish: Wish, start: datetime, engine: TravelEngine) -> Verdict:
    """Why a visit may not start at ``start``, or that it may. Moments are aware; sums are made in UTC."""
    start = start.astimezone(UTC)
    end = start + wish.length
    reason = _outside(day, wish, start, end)
    if reason is not None:
        return reason
    before, after = _neighbours(day, start, end)
    gap = _gap(before, after, wish, engine)
    verdict = _driven(day, gap, start, end)
    lost = verdict.reason is None and day.lunch and not _eaten(day.lunch, gap, start, end)
    if lost and day.lunch and only(breaks(day.lunch, line(day), engine.leg), start):
        return replace(verdict, reason="lunch")
    return verdict


def _outside(day: Day, wish: Wish, start: datetime, end: datetime) -> Verdict | None:
    if not covers(day.areas, wish.postcode):
        return Verdict(start, "area")
    if start < wish.earliest or (day.earliest and start < day.earliest):
        return Verdict(start, "notice")
    if start > wish.latest or (day.latest and start > day.latest):
        return Verdict(start, "horizon")
    for stop in day.stops:
        if stop.starts_at < end and start < stop.ends_at:
            return Verdict(start, OVER[stop.kind], before=stop)
    if not any(opens <= start and end <= closes for opens, closes in day.hours):
        return Verdict(start, "hours")
    if day.visits >= day.max_visits:
        return Verdict(start, "capacity")
    return None


def _neighbours(day: Day, start: datetime, end: datetime) -> tuple[Stop, Stop]:
    stops = line(day)
    before = max((s for s in reversed(stops) if s.ends_at <= start), key=lambda stop: stop.freed)
    after = next(s for s in stops if s.starts_at >= end)
    return before, after


def line(day: Day) -> list[Stop]:
    """The stops with the base at both ends, by start; a visit before the base where they begin together."""
    opens, closes, stops = day.hours[0][0], day.hours[-1][1], day.stops
    out = Stop(opens, opens, day.base, day.base_town, "base")
    home = Stop(closes, closes, day.base, day.base_town, "base")
    if not stops or (opens < stops[0].starts_at and stops[-1].starts_at <= closes):
        return [out, *stops, home]
    return sorted((out, home, *stops), key=lambda stop: (stop.starts_at, stop.kind == "base"))


def _gap(before: Stop, after: Stop, wish: Wish, engine: TravelEngine) -> Gap:
    return Gap(
        before,
        after,
        engine.leg(before.place, wish.place),
        engine.leg(wish.place, after.place),
        engine.leg(before.place, after.place),
        _margin(before, wish),
        _margin(after, wish),
    )


def _margin(stop: Stop, wish: Wish) -> int:
    return max(stop.margin, wish.margin) + max(stop.blur, wish.blur)


def _eaten(lunch: Lunch, gap: Gap, start: datetime, end: datetime) -> bool:
    """Whether there is time for lunch before the visit or after it, within its own gap."""
    return lunch.fits(gap.before.ends_at, start, gap.there.minutes) or lunch.fits(
        end, gap.after.starts_at, gap.onward.minutes
    )


def _accepted(gap: Gap, start: datetime) -> Verdict:
    there, onward = gap.there, gap.onward
    extra = there.minutes + onward.minutes - gap.replaced.minutes
    return Verdict(
        start,
        None,
        gap.before,
        gap.after,
        there.minutes,
        onward.minutes,
        extra,
        gap.ferry,
        there=there,
        onward=onward,
    )


def _driven(day: Day, gap: Gap, start: datetime, end: datetime) -> Verdict:
    """The two drives against the working time around the visit; a pause in the hours is not driven in."""
    sides = _accepted(gap, start)
    if not (gap.there.reachable and gap.onward.reachable):
        return replace(sides, reason="unreachable")
    for reason, leg, margin, frm, to in (
        ("travel_before", gap.there, gap.margin_there, gap.before.ends_at, start),
        ("travel_after", gap.onward, gap.margin_onward, end, gap.after.starts_at),
    ):
        available = minutes_between(frm, to) - _pauses(day.hours, frm, to)
        if leg.minutes + margin > available:
            return replace(sides, reason=reason, needed_min=leg.minutes + margin, available_min=available)
    return sides


def _pauses(hours: Sequence[Span], frm: datetime, to: datetime) -> int:
    """Minutes of [frm, to) between two stretches of the hours."""
    total = 0
    for (_, stop), (start, _) in zip(hours, hours[1:], strict=False):
        a, b = max(stop, frm), min(start, to)
        if a < b:
            total += minutes_between(a, b)
    return total


def bookable(day: Day, wish: Wish, engine: TravelEngine) -> Iterator[Verdict]:
    """Every half-hour start that ``judge`` accepts; each gap's drives are found once, and not at all where there is
    no room for a visit anyway."""
    if not covers(day.areas, wish.postcode):
        return
    latest = min(wish.latest, day.latest) if day.latest else wish.latest
    earliest = max(wish.earliest, day.earliest) if day.earliest else wish.earliest
    for before, after in openings(day, timedelta(minutes=wish.minutes + 2 * wish.margin), latest, earliest):
        yield from _in_gap(day, _gap(before, after, wish, engine), wish, (earliest, latest), engine)


def openings(
    day: Day, least: timedelta, latest: datetime, earliest: datetime | None = None
) -> Iterator[tuple[Stop, Stop]]:
    """The neighbours between which at least ``least`` is free, ending after ``earliest`` and beginning by ``latest``;
    none on a day that is full."""
    if not day.hours or day.visits >= day.max_visits:
        return
    before, *rest = line(day)
    for after in rest:
        opens, closes = before.ends_at, after.starts_at
        if closes - opens >= least and opens <= latest and (earliest is None or closes > earliest):
            yield before, after
        if after.freed >= before.freed:
            before = after


def _in_gap(day: Day, gap: Gap, wish: Wish, within: Span, engine: TravelEngine) -> Iterator[Verdict]:
    """The starts between the earliest and the latest that the two drives leave; a break in the hours, which is not
    driven in, is looked at start by start, and so is a gap in which lunch might be eaten."""
    if not (gap.there.reachable and gap.onward.reachable):
        return
    frees, due = gap.before.ends_at, gap.after.starts_at
    first = frees + timedelta(minutes=gap.there.minutes + gap.margin_there)
    last = due - timedelta(minutes=gap.onward.minutes + gap.margin_onward)
    length = wish.length
    if first + length > last:
        return
    whole = len(day.hours) == 1
    lunch = day.lunch if day.lunch and day.lunch.could_fit(frees, due) else None
    known = False
    for start in starts(day.hours, length, max(first, within[0]), last):
        if start > within[1]:
            return
        if lunch and not _eaten(lunch, gap, start, start + length):
            if known or only(breaks(lunch, line(day), engine.leg), start):
                known = True
                continue
            lunch = None
        if whole or _driven(day, gap, start, start + length).reason is None:
            yield _accepted(gap, start)


def turned_down(day: Day, wish: Wish, engine: TravelEngine) -> Iterator[Verdict]:
    """Every half-hour start of the working day that cannot be had, with the reason."""
    if not day.hours:
        return
    for start in starts(day.hours, STEP, day.hours[0][0], day.hours[-1][1]):
        verdict = judge(day, wish, start, engine)
        if verdict.reason is not None:
            yield verdict
