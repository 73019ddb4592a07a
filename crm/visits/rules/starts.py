"""The half-hour starts that fit into spans of working time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from crm.visits.rules.stops import Span

STEP = timedelta(minutes=30)


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
