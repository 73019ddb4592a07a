"""The day the target is reached: by the pace of whole working days, and honest when that cannot be told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.base.clock import add_working_days, is_working_day, working_days_between
from crm.calling.rules.forecast import DAYS, forecast, pace_days

TODAY = date(2026, 11, 24)  # a Tuesday
END = date(2027, 3, 31)
LONG_AGO = date(2026, 1, 1)


def test_ten_a_day_reach_fifty_more_in_five_working_days() -> None:
    found = forecast(150, 10, 200, [10] * 10, TODAY, END)
    assert (found.state, found.pace, found.day) == ("expected", 10, date(2026, 12, 1))
    assert found.earliest is not None
    assert found.latest is not None
    assert found.earliest <= found.day <= found.latest  # type: ignore[operator]


def test_todays_share_still_to_come_counts() -> None:
    assert forecast(190, 0, 200, [10] * 10, TODAY, END).day == TODAY
    assert forecast(190, 10, 200, [10] * 10, TODAY, END).day == date(2026, 11, 25)


def test_a_weekend_books_nothing_by_itself() -> None:
    saturday = date(2026, 11, 28)
    assert forecast(190, 0, 200, [10] * 10, saturday, END).day == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("state", "booked", "target", "daily", "ends"),
    [
        ("no_target", 5, None, [9] * 10, END),
        ("reached", 200, 200, [], END),
        ("over", 5, 200, [9] * 10, TODAY - timedelta(days=1)),
        ("few_days", 5, 200, [9, 9], END),
        ("standing", 5, 200, [0] * 10, END),
        ("few_bookings", 5, 200, [0] * 6 + [1] * 4, END),
        ("late", 5, 2000, [9] * 10, END),
        ("expected", 5, 200, [9] * 10, END),
    ],
)
def test_it_says_what_it_can_say(state: str, booked: int, target: int | None, daily: list[int], ends: date) -> None:
    found = forecast(booked, 0, target, daily, TODAY, ends)
    assert found.state == state
    assert (found.day is not None) == (state == "expected")


def test_no_day_is_promised_when_there_are_too_few_to_call() -> None:
    told = [forecast(150, 10, 200, [10] * 10, TODAY, END, workable).state for workable in (0, 49, 50, None)]
    assert told == ["nobody", "short", "expected", "expected"]


def test_what_is_not_reached_in_time_is_counted_up_to_the_last_day() -> None:
    found = forecast(100, 0, 1000, [10] * 10, TODAY, date(2026, 11, 27))
    assert (found.state, found.by_end) == ("late", 140)
    assert found.earliest is None


def test_uneven_days_leave_more_open_than_even_ones() -> None:
    even = forecast(0, 0, 300, [10] * 10, TODAY, END)
    uneven = forecast(0, 0, 300, [0, 20] * 5, TODAY, END)
    assert even.day == uneven.day
    assert uneven.earliest < even.earliest  # type: ignore[operator]
    assert uneven.latest is None or uneven.latest > even.latest  # type: ignore[operator]


@given(
    st.lists(st.integers(0, 60), min_size=3, max_size=10),
    st.integers(0, 500),
    st.integers(0, 40),
    st.integers(1, 900),
    st.dates(date(2025, 1, 1), date(2030, 12, 31)),
    st.integers(0, 200),
)
def test_the_day_is_a_day_of_calling_and_bookings_bring_it_nearer(
    daily: list[int], before: int, booked_today: int, target: int, today: date, left: int
) -> None:
    ends = today + timedelta(days=left)
    booked = before + booked_today
    found = forecast(booked, booked_today, target, daily, today, ends)
    more = forecast(booked + 1, booked_today + 1, target, daily, today, ends)
    if found.state == "expected":
        assert found.day is not None
        assert today <= found.day <= ends
        assert is_working_day(found.day) or found.day == today
        assert more.state == "reached" or (more.day is not None and more.day <= found.day)
        assert found.earliest is not None
        assert found.earliest <= found.day
        assert found.latest is None or found.day <= found.latest <= ends
        assert found.by_end is not None
        assert found.by_end >= target - 1
    if found.state == "late":
        assert found.by_end is not None
        assert booked <= found.by_end < target
    # Nothing faster than the pace is promised: the day never lies nearer than the bookings that are left.
    if found.state == "expected" and found.day != today and found.pace:
        assert working_days_between(today, found.day) >= (target - booked - found.pace) / found.pace - 1e-6  # type: ignore[arg-type]


@given(st.dates(date(2025, 1, 1), date(2030, 12, 31)), st.integers(0, 40))
def test_pace_days_are_the_last_working_days_before_today_since_the_beginning(today: date, ago: int) -> None:
    begun = today - timedelta(days=ago)
    found = pace_days(today, begun)
    assert found == sorted(found)
    assert all(is_working_day(day) and begun <= day < today for day in found)
    assert len(found) == min(DAYS, sum(is_working_day(begun + timedelta(days=n)) for n in range(ago)))
    assert not found or found[-1] == add_working_days(today, -1)
