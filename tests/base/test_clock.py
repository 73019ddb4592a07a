"""Danish time: clock changes, working days, holidays, and the product's own clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.base.clock import (
    Clock,
    add_working_days,
    at,
    danish,
    day_bounds,
    is_working_day,
    next_working_day,
    working_days_between,
)
from crm.base.errors import ConfigurationError

DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


@given(DAYS, st.integers(0, 1439))
def test_a_wall_clock_minute_comes_back_as_itself_unless_the_clock_skips_it(day: date, minute: int) -> None:
    local = danish(at(day, minute))
    skipped = (local.hour * 60 + local.minute) - minute
    assert local.date() == day
    assert skipped in (0, 60)  # 60: the hour the spring change leaves out
    if skipped:
        assert 120 <= minute < 180


def test_days_of_clock_change_last_23_and_25_hours() -> None:
    def hours(day: date) -> float:
        start, end = day_bounds(day)
        return (end - start) / timedelta(hours=1)

    assert [hours(date(2026, 3, 29)), hours(date(2026, 10, 25)), hours(date(2026, 11, 24))] == [23, 25, 24]


@given(DAYS, st.integers(1, 400))
def test_working_days_forth_and_counted_agree(day: date, count: int) -> None:
    end = add_working_days(day, count)
    assert is_working_day(end)
    assert working_days_between(day, end) == count
    assert working_days_between(end, day) == -count


@given(DAYS)
def test_the_next_working_day_skips_only_days_off(day: date) -> None:
    found = next_working_day(day)
    assert is_working_day(found)
    assert not any(is_working_day(day + timedelta(days=n)) for n in range((found - day).days))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 4, 2), False),  # skærtorsdag
        (date(2026, 5, 1), True),  # Store Bededag is gone since 2024
        (date(2027, 4, 23), True),  # it would have been Store Bededag
        (date(2026, 6, 5), False),  # grundlovsdag: public offices are closed
        (date(2026, 12, 24), False),
        (date(2026, 12, 23), True),
        (date(2026, 11, 21), False),  # a Saturday
    ],
)
def test_danish_days_off(day: date, works: bool) -> None:
    assert is_working_day(day) is works


def test_the_clock_starts_where_it_is_told_and_runs_on() -> None:
    start = datetime(2030, 1, 1, 12, tzinfo=UTC)
    clock = Clock("2030-01-01T13:00:00+01:00")
    assert timedelta(0) <= clock.now() - start < timedelta(seconds=30)
    assert clock.shifted
    assert not Clock().shifted


@pytest.mark.parametrize("start", ["in the morning", "2030-01-01T13:00:00"])
def test_a_clock_start_without_offset_or_sense_is_refused(start: str) -> None:
    with pytest.raises(ConfigurationError, match="CRM_CLOCK"):
        Clock(start)
