"""When the demo's calls and visits took place: Danish working days, no two visits of a consultant together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from crm.base.clock import add_working_days, at, danish_date, is_working_day

VISIT = timedelta(minutes=60)
# Two hours from start to start leave an hour to drive, which is enough within a municipality.
STARTS = {0: (540, 660, 780), 1: (540, 660, 780), 2: (540, 660, 780), 3: (540, 660, 780), 4: (540, 660)}


def working_days(first: date, last: date) -> list[date]:
    return [day for number in range((last - first).days + 1) if is_working_day(day := first + timedelta(days=number))]


def calling_days(now: datetime, weeks: int) -> list[date]:
    """The working days of the last ``weeks`` weeks, today not among them."""
    today = danish_date(now)
    return working_days(today - timedelta(days=7 * weeks), today - timedelta(days=1))


def pace(rng: Random, days: Sequence[date]) -> list[float]:
    """How much is called each day: a slow start, a dip at mid-term, no two days alike."""
    count = len(days)
    return [
        min(1.0, 0.35 + 3 * index / count) * (0.55 if 0.46 < index / count < 0.54 else 1.0) * rng.uniform(0.75, 1.25)
        for index in range(count)
    ]


def moment(rng: Random, day: date, first: int = 8 * 60 + 15, last: int = 16 * 60 + 10) -> datetime:
    """A moment of a phoner's day, to the second."""
    return at(day, rng.randrange(first, last)) + timedelta(seconds=rng.randrange(60))


class Diary:
    """Which starts of which consultants are taken."""

    def __init__(self, consultants: Sequence[int], a_day: int = 3) -> None:
        self.consultants, self.a_day = list(consultants), a_day
        self._taken: set[tuple[int, date, int]] = set()
        self._count: dict[tuple[int, date], int] = {}

    def place(self, rng: Random, booked_on: date, last: date, lead: int) -> tuple[int, datetime] | None:
        """(consultant, start) of a free time ``lead`` or more working days on, by ``last``; None when all is taken."""
        day = add_working_days(booked_on, lead)
        while day <= last:
            free = [
                (person, start)
                for person in self.consultants
                for start in STARTS.get(day.weekday(), ())
                if (person, day, start) not in self._taken and self._count.get((person, day), 0) < self.a_day
            ]
            if free:
                person, start = rng.choice(free)
                self._taken.add((person, day, start))
                self._count[person, day] = self._count.get((person, day), 0) + 1
                return person, at(day, start)
            day = add_working_days(day, 1)
        return None
