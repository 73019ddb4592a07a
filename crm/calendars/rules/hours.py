"""Pure rules of consultants' time: weekly hours on the Danish clock, spans of time, iCalendar texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from crm.base.clock import at, danish_holidays
from crm.base.errors import N_

Span: TypeAlias = tuple[datetime, datetime]
"""Half-open, UTC."""

WEEKDAYS = (N_("Mandag"), N_("Tirsdag"), N_("Onsdag"), N_("Torsdag"), N_("Fredag"), N_("Lørdag"), N_("Søndag"))
DEFAULT_HOURS = ((0, 480, 960), (1, 480, 960), (2, 480, 960), (3, 480, 960), (4, 480, 840))
"""Monday to Thursday 8.00-16.00, Friday 8.00-14.00, as (weekday, from, to) in minutes of the Danish day."""
MAX_VISITS = 12


@dataclass(frozen=True, slots=True)
class Stretch:
    """A weekly stretch of working hours: weekday 0 = Monday, minutes of the Danish day."""

    weekday: int
    starts_minute: int
    ends_minute: int


def hours_between(stretches: Iterable[Stretch], frm: datetime, to: datetime) -> list[Span]:
    """The weekly hours as spans between two moments, in order. Public holidays are not working time.

    The clock of the day counts: 8.00 is 8.00 on both sides of a clock change, and a stretch over the change is
    an hour shorter or longer.
    """
    by_day: dict[int, list[Stretch]] = {}
    for stretch in stretches:
        by_day.setdefault(stretch.weekday, []).append(stretch)
    spans: list[Span] = []
    for day in days_between(frm, to):
        if day in danish_holidays(day.year):
            continue
        for stretch in by_day.get(day.weekday(), ()):
            spans.append((at(day, stretch.starts_minute), _end(day, stretch.ends_minute)))
    return merged((max(start, frm), min(end, to)) for start, end in spans)


def _end(day: date, minute: int) -> datetime:
    return at(day + timedelta(days=1), 0) if minute == 1440 else at(day, minute)


def days_between(frm: datetime, to: datetime) -> list[date]:
    """The Danish dates that [frm, to) touches."""
    from crm.base.clock import danish_date

    first, last = danish_date(frm), danish_date(to - timedelta(microseconds=1))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, touching and overlapping ones joined, empty ones dropped."""
    result: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def without(spans: Sequence[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of ``spans`` (in order) outside ``taken``."""
    left = list(spans)
    for start, end in taken:
        rest: list[Span] = []
        for a, b in left:
            if end <= a or b <= start:
                rest.append((a, b))
                continue
            if a < start:
                rest.append((a, start))
            if end < b:
                rest.append((end, b))
        left = rest
    return left


def stretch_problem(stretches: Sequence[Stretch]) -> str | None:
    """Why these weekly hours cannot be used (a Danish msgid), None when they can."""
    for stretch in stretches:
        if not (0 <= stretch.starts_minute < stretch.ends_minute <= 1440):
            return N_("Arbejdstiden skal slutte efter, at den begynder.")
    ordered = sorted(stretches, key=lambda s: (s.weekday, s.starts_minute))
    for one, other in zip(ordered, ordered[1:], strict=False):
        if one.weekday == other.weekday and other.starts_minute < one.ends_minute:
            return N_("To arbejdstider på samme dag går ind over hinanden.")
    return None
