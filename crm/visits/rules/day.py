"""The consultant's day as a line of stops, and what fits between them: pure. The one judge of a bookable time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from crm.travel.places import Leg, Place, TravelEngine
from crm.travel.rules import minutes_between

Span: TypeAlias = tuple[datetime, datetime]

STEP = timedelta(minutes=30)
POSTCODE_MARGIN = 5
"""More minutes of margin where a place is known by its postcode only."""
TAKEN = {"visit": "overlap", "hold": "held"}
"""Kinds of stops that are visits or may become one, and why a time over them cannot be had."""
NEAR = timedelta(hours=2)
"""A neighbouring visit this close is the one worth naming."""


@dataclass(slots=True)
class Stop:
    """Where the consultant is, and until when. ``kind``: ``base`` (the day's two ends), ``visit``, ``hold`` (a time
    that is kept for somebody who is talking with the company, until ``lapses``), ``away`` (absence, spent at the base
    as far as anyone knows). ``exact``: the place is known better than by postcode."""

    starts_at: datetime
    ends_at: datetime
    place: Place
    town: str
    kind: str = "visit"
    exact: bool = True
    lapses: datetime | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """One consultant's day. ``hours``: spans in which visits may lie, in order; ``stops``: visits, held times and
    absences, by start. The day leaves the base no earlier than its first hour and is back there by its last."""

    hours: Sequence[Span]
    stops: Sequence[Stop]
    base: Place
    base_town: str
    max_visits: int

    @property
    def visits(self) -> int:
        """Booked and held times: a held one may become a visit at any moment."""
        return sum(1 for stop in self.stops if stop.kind in TAKEN)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be placed: where, for how long, with which margin (minutes), not before and not after."""

    place: Place
    exact: bool
    minutes: int
    margin: int
    earliest: datetime
    latest: datetime

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)


@dataclass(slots=True)
class Verdict:
    """Whether a visit may start at a moment, with its drives; ``reason`` is a key of words.REFUSED, None when it may.

    ``before``/``after``: the stops it lies between. ``needed_min`` includes the margin.
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


@dataclass(frozen=True, slots=True)
class Gap:
    """The time between two stops, with the drives a visit in it would take."""

    before: Stop
    after: Stop
    there: Leg
    onward: Leg
    replaced: Leg
    margin: int

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
    return _driven(day, _gap(before, after, wish, engine), start, end)


def _outside(day: Day, wish: Wish, start: datetime, end: datetime) -> Verdict | None:
    if start < wish.earliest:
        return Verdict(start, "notice")
    if start > wish.latest:
        return Verdict(start, "horizon")
    for stop in day.stops:
        if stop.starts_at < end and start < stop.ends_at:
            return Verdict(start, TAKEN.get(stop.kind, "away"), before=stop)
    if not any(opens <= start and end <= closes for opens, closes in day.hours):
        return Verdict(start, "hours")
    if day.visits >= day.max_visits:
        return Verdict(start, "capacity")
    return None


def _neighbours(day: Day, start: datetime, end: datetime) -> tuple[Stop, Stop]:
    line = _line(day)
    before = max((s for s in reversed(line) if s.ends_at <= start), key=_freed)
    after = next(s for s in line if s.starts_at >= end)
    return before, after


def _freed(stop: Stop) -> tuple[datetime, bool]:
    """Of stops that end together a visit says where the consultant is, not the base."""
    return stop.ends_at, stop.kind != "base"


def _line(day: Day) -> list[Stop]:
    """The stops with the base at both ends, by start; a visit before the base where they begin together."""
    ends = (day.hours[0][0], day.hours[-1][1])
    bases = [Stop(moment, moment, day.base, day.base_town, "base") for moment in ends]
    return sorted((*bases, *day.stops), key=lambda stop: (stop.starts_at, stop.kind == "base"))


def _gap(before: Stop, after: Stop, wish: Wish, engine: TravelEngine) -> Gap:
    exact = before.exact and after.exact and wish.exact
    return Gap(
        before,
        after,
        engine.leg(before.place, wish.place),
        engine.leg(wish.place, after.place),
        engine.leg(before.place, after.place),
        wish.margin + (0 if exact else POSTCODE_MARGIN),
    )


def _driven(day: Day, gap: Gap, start: datetime, end: datetime) -> Verdict:
    """The two drives against the working time around the visit; a pause in the hours is not driven in."""
    sides = Verdict(
        start,
        None,
        gap.before,
        gap.after,
        gap.there.minutes,
        gap.onward.minutes,
        gap.there.minutes + gap.onward.minutes - gap.replaced.minutes,
        gap.ferry,
    )
    if not (gap.there.reachable and gap.onward.reachable):
        return replace(sides, reason="unreachable")
    for reason, leg, frm, to in (
        ("travel_before", gap.there, gap.before.ends_at, start),
        ("travel_after", gap.onward, end, gap.after.starts_at),
    ):
        available = minutes_between(frm, to) - _pauses(day.hours, frm, to)
        if leg.minutes + gap.margin > available:
            return replace(sides, reason=reason, needed_min=leg.minutes + gap.margin, available_min=available)
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
    for before, after in openings(day, timedelta(minutes=wish.minutes + 2 * wish.margin), wish.latest):
        yield from _in_gap(day, _gap(before, after, wish, engine), wish)


def openings(day: Day, least: timedelta, latest: datetime) -> Iterator[tuple[Stop, Stop]]:
    """The neighbours between which at least ``least`` is free, beginning by ``latest``; none on a day that is full."""
    if not day.hours or day.visits >= day.max_visits:
        return
    before, *rest = _line(day)
    for after in rest:
        if after.starts_at - before.ends_at >= least and before.ends_at <= latest:
            yield before, after
        if _freed(after) >= _freed(before):
            before = after


def _in_gap(day: Day, gap: Gap, wish: Wish) -> Iterator[Verdict]:
    """The starts between the earliest and the latest that the two drives leave; a break in the hours, which is not
    driven in, is looked at start by start."""
    if not (gap.there.reachable and gap.onward.reachable):
        return
    first = gap.before.ends_at + timedelta(minutes=gap.there.minutes + gap.margin)
    last = gap.after.starts_at - timedelta(minutes=gap.onward.minutes + gap.margin)
    if first + wish.length > last:
        return
    whole = len(day.hours) == 1
    extra = gap.there.minutes + gap.onward.minutes - gap.replaced.minutes
    for start in starts(day.hours, wish.length, max(first, wish.earliest), last):
        if start > wish.latest:
            return
        if whole or _driven(day, gap, start, start + wish.length).reason is None:
            yield Verdict(start, None, gap.before, gap.after, gap.there.minutes, gap.onward.minutes, extra, gap.ferry)


def starts(hours: Sequence[Span], length: timedelta, frm: datetime, to: datetime) -> Iterator[datetime]:
    """Half-hour starts of a visit of ``length`` that lies within one stretch of the hours and within [frm, to)."""
    for opens, closes in hours:
        start = _up(max(opens, frm))
        last = min(closes, to) - length
        while start <= last:
            yield start
            start += STEP


def _up(moment: datetime) -> datetime:
    """The next full or half hour; Denmark's offset is whole hours, so UTC's and the wall clock's agree."""
    over = moment.minute % 30 * 60 + moment.second
    if not over and not moment.microsecond:
        return moment
    return moment.replace(microsecond=0) + timedelta(seconds=1800 - over)


def turned_down(day: Day, wish: Wish, engine: TravelEngine) -> Iterator[Verdict]:
    """Every half-hour start of the working day that cannot be had, with the reason."""
    if not day.hours:
        return
    for start in starts(day.hours, STEP, day.hours[0][0], day.hours[-1][1]):
        verdict = judge(day, wish, start, engine)
        if verdict.reason is not None:
            yield verdict
