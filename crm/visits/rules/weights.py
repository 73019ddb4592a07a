"""How a jobcentre weighs its times: everything in minutes of extra driving. Pure.

    score = extra driving + fairness × visits that week + earliness × working days ahead

The lowest score comes first. Of equal ones comes the least extra driving, then the consultant with the fewest visits
that week, then the earliest. With both weights 0 the score is the extra driving alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from crm.base.clock import is_working_day

LARGEST = 240
"""Minutes that a weight is at most."""


@dataclass(frozen=True, slots=True)
class Weights:
    """``fairness_min``: minutes of driving that one visit more that week is worth; ``earliness_min``: one working day
    later."""

    fairness_min: int = 0
    earliness_min: int = 0

    def score(self, extra_min: int, visits_that_week: int, days_ahead: int) -> int:
        return extra_min + self.fairness_min * visits_that_week + self.earliness_min * days_ahead


EVEN = Weights()


def days_ahead(today: date, days: Iterable[date]) -> dict[date, int]:
    """Working days from today to each of the days; 0 for today and what lies before it."""
    result: dict[date, int] = {}
    reached, count = today, 0
    for day in sorted(set(days)):
        while reached < day:
            reached += timedelta(days=1)
            count += is_working_day(reached)
        result[day] = count
    return result


@dataclass(frozen=True, slots=True)
class Example:
    """Two times as the page's example weighs them."""

    extra_min: int
    visits_that_week: int
    days_ahead: int


NEAR_BUT_BUSY = Example(10, 6, 5)
FAR_BUT_FREE = Example(25, 2, 1)


def weighed(weights: Weights, example: Example) -> int:
    return weights.score(example.extra_min, example.visits_that_week, example.days_ahead)
