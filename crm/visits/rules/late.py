"""A delay, and what it does to the rest of the day. Pure; moments UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.travel.rules import minutes_between
from crm.visits.rules.route import Halt, Route

CHOICES = (15, 30, 45)
ROUND = 5
"""Minutes that a time is rounded up to before a company is told of it."""


@dataclass(frozen=True, slots=True)
class Delayed:
    """A visit of the rest of the day. ``expected_at``: when the consultant can be there, never before the visit begins;
    ``late_min``: minutes after it begins, 0 where the day's slack takes the delay up."""

    halt: Halt
    expected_at: datetime
    late_min: int

    @property
    def said_at(self) -> datetime:
        """The time to tell: on the next five minutes, so that it can be kept."""
        over = minutes_between(self.halt.starts_at, self.expected_at) % ROUND
        return self.expected_at + timedelta(minutes=ROUND - over if over else 0)


def propagate(day: Route, first: int, minutes: int, *, arrived: bool) -> list[Delayed]:
    """What a delay of ``minutes`` does from halt ``first`` on: the visits, in order.

    ``arrived``: the consultant is at that halt already and leaves it later than planned; else they come there late.
    A visit keeps its length. The margin and what is free between stops take the delay up; lunch gives way. An own
    appointment or an absence ends when it ends, unless one comes back after that.
    """
    found: list[Delayed] = []
    delay = timedelta(minutes=minutes)
    free = day.halts[first].starts_at
    for number in range(first, len(day.halts) - 1):
        halt = day.halts[number]
        if number == first:
            expected = halt.starts_at if arrived else halt.starts_at + delay
        else:
            expected = max(halt.starts_at, free + timedelta(minutes=day.legs[number - 1].leg.minutes))
        if halt.kind != "visit":
            free = max(halt.ends_at, expected)
            continue
        free = expected + (halt.ends_at - halt.starts_at)
        if number == first and arrived:
            free += delay
            continue
        found.append(Delayed(halt, expected, minutes_between(halt.starts_at, expected)))
    return found


def suggested(late_min: int, choices: Sequence[int] = CHOICES) -> int:
    """The choice that covers a delay; the least where there is none, the greatest where none covers it."""
    return next((choice for choice in choices if choice >= late_min), choices[-1])
