"""Calling hours across clock changes and holidays, segments, the random order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.base.clock import danish, is_working_day
from crm.base.errors import Invalid
from crm.campaigns.rules import (
    Filters,
    check_filters,
    draw_key,
    in_calling_hours,
    months_before,
    next_opening,
    parse_postcodes,
)


@dataclass
class Hours:
    calls_from: int = 8 * 60
    calls_to: int = 17 * 60
    calls_any_day: bool = False
    starts_on: date = date(2026, 1, 1)
    ends_on: date = date(2030, 12, 31)
    state: str = "open"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


moments = st.integers(0, 5 * 365 * 24 * 60).map(lambda minutes: utc(2026, 1, 5) + timedelta(minutes=minutes))
hours = st.builds(
    Hours, calls_from=st.integers(0, 1439), calls_to=st.integers(1, 1440), calls_any_day=st.booleans()
).filter(lambda h: h.calls_from < h.calls_to)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (utc(2026, 11, 24, 7, 0), True),  # Tuesday 8.00
        (utc(2026, 11, 24, 6, 59), False),  # 7.59
        (utc(2026, 11, 24, 16, 0), False),  # 17.00, half-open
        (utc(2026, 11, 22, 10, 0), False),  # Sunday
        (utc(2026, 12, 24, 10, 0), False),  # Christmas Eve, a Thursday
        (utc(2026, 5, 1, 10, 0), True),  # Store Bededag is a working day since 2024
        (utc(2026, 4, 3, 10, 0), False),  # Good Friday
        (utc(2026, 3, 30, 6, 0), True),  # the Monday after the spring change: 8.00 is 6.00 UTC
        (utc(2026, 10, 26, 6, 30), False),  # the Monday after the autumn change: 7.30
    ],
)
def test_calling_hours_follow_the_danish_clock_and_calendar(moment, is_open):
    assert in_calling_hours(Hours(), moment) is is_open


def test_any_day_round_the_clock_is_always_open():
    campaign = Hours(0, 1440, True)
    assert all(in_calling_hours(campaign, utc(2026, 10, 25) + timedelta(minutes=30 * n)) for n in range(60))


@settings(max_examples=300)
@given(hours, moments)
def test_next_opening_is_the_first_open_moment(campaign, now):
    opening = next_opening(campaign, now)
    if in_calling_hours(campaign, now):
        assert opening == now
        return
    if opening is None:
        return
    assert opening > now
    assert in_calling_hours(campaign, opening)
    assert not in_calling_hours(campaign, opening - timedelta(minutes=1))
    middle = now + (opening - now) / 2
    if not campaign.calls_any_day and opening - now < timedelta(hours=12):
        assert not in_calling_hours(campaign, middle)


@given(hours, moments)
def test_open_moments_lie_inside_the_wall_clock_window_on_working_days(campaign, now):
    if in_calling_hours(campaign, now):
        local = danish(now)
        assert campaign.calls_any_day or is_working_day(local.date())
        minute = local.hour * 60 + local.minute
        # An opening that the spring change skips starts an hour later on the clock.
        assert campaign.calls_from <= minute < campaign.calls_to or local.date().month in (3, 10)


@pytest.mark.parametrize(
    "day",
    [date(y, 3, d) for y, d in ((2026, 29), (2027, 28), (2028, 26), (2029, 25))]
    + [date(y, 10, d) for y, d in ((2026, 25), (2027, 31), (2028, 29), (2029, 28))],
)
def test_no_hour_is_lost_or_doubled_when_the_clock_changes(day):
    campaign = Hours(8 * 60, 17 * 60, True)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=3)
    open_minutes = sum(in_calling_hours(campaign, start + timedelta(minutes=n)) for n in range(27 * 60))
    assert open_minutes == 9 * 60


def test_a_closed_or_finished_campaign_never_opens_again():
    now = utc(2026, 11, 24, 9)
    assert next_opening(Hours(state="closed"), now) is None
    assert not in_calling_hours(Hours(state="closed"), now)
    assert next_opening(Hours(ends_on=date(2026, 11, 23)), now) is None
    # 28 November is a Saturday.
    assert next_opening(Hours(starts_on=date(2026, 11, 28)), now) == utc(2026, 11, 30, 7)


filters = st.builds(
    Filters,
    industries=st.lists(st.sampled_from("CFHI"), unique=True).map(tuple),
    min_employees=st.none() | st.integers(0, 9),
    max_employees=st.none() | st.integers(9, 500),
    postcodes=st.lists(st.sampled_from(["8700", "8732"]), unique=True).map(tuple),
    not_contacted_months=st.none() | st.integers(1, 120),
    exclude_partners=st.booleans(),
    sample=st.none() | st.integers(1, 9999),
)


@given(filters)
def test_filters_come_back_from_what_they_are_stored_as(chosen):
    check_filters(chosen, "CFHI")
    assert Filters.from_json(chosen.to_json()) == chosen


def test_no_stored_filters_are_no_conditions():
    assert Filters.from_json({}) == Filters()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Filters(industries=("ZZ",)), "industries"),
        (Filters(postcodes=("87",)), "postcodes"),
        (Filters(min_employees=-1), "min_employees"),
        (Filters(min_employees=9, max_employees=3), "max_employees"),
        (Filters(not_contacted_months=0), "not_contacted_months"),
        (Filters(sample=0), "sample"),
    ],
)
def test_each_wrong_condition_is_named(wrong, field):
    with pytest.raises(Invalid) as refused:
        check_filters(wrong, "CFHI")
    assert list(refused.value.errors) == [field]


def test_postcodes_are_read_from_a_line_of_text():
    assert parse_postcodes(" 8700, 8732;8740 8700\n800 ") == ("8700", "8732", "8740", "0800")
    with pytest.raises(ValueError, match="4 cifre"):
        parse_postcodes("8700, Horsens")


def test_months_back_stay_inside_the_month():
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 15), 12) == date(2025, 1, 15)
    assert months_before(date(2026, 12, 31), 1) == date(2026, 11, 30)


def test_the_random_order_is_fixed_by_its_key():
    assert draw_key(4711, "1000000001") == 15778855164966668338
    assert draw_key(4711, "1000000001") != draw_key(4712, "1000000001")
