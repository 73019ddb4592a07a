"""Visits lie on working days, and no consultant is in two places."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.base.clock import danish, is_working_day
from crm.demo.timetable import VISIT, Diary, calling_days, moment, pace
from tests.conftest import NOW


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.dates(date(2025, 1, 1), date(2029, 12, 1)), st.integers(1, 3))
def test_a_diary_never_doubles(seed: int, first: date, people: int) -> None:
    rng, diary = Random(seed), Diary(list(range(people)))
    placed = [diary.place(rng, first, first + timedelta(days=30), 2) for _ in range(200)]
    found = [one for one in placed if one is not None]
    assert len(set(found)) == len(found)
    for person in range(people):
        starts = sorted(start for who, start in found if who == person)
        assert all(later - earlier >= VISIT * 2 for earlier, later in zip(starts, starts[1:], strict=False))
        assert all(is_working_day(danish(start).date()) for start in starts)


def test_calls_are_on_working_days_before_today() -> None:
    days = calling_days(NOW, 4)
    assert all(is_working_day(day) and day < NOW.date() for day in days)
    assert len(pace(Random(1), days)) == len(days)
    assert all(8 <= danish(moment(Random(seed), days[0])).hour < 17 for seed in range(50))
