"""Outcomes, retry times across clock changes and holidays, and times as people type them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.base.clock import at, danish, is_working_day
from crm.base.errors import Invalid
from crm.calling.rules import DECLINE_REASONS, OUTCOMES, checked, day_part, next_try, parse_time
from tests.conftest import NOW


@dataclass
class Hours:
    calls_from: int = 8 * 60
    calls_to: int = 17 * 60
    calls_any_day: bool = False
    state: str = "open"
    starts_on: date = date(2026, 1, 1)
    ends_on: date = date(2031, 12, 31)


moments = st.integers(0, 4 * 365 * 24 * 60).map(lambda n: datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=n))
hours = st.one_of(
    st.just(Hours(0, 1440, True)),
    st.builds(
        lambda frm, length, any_day: Hours(frm, min(frm + length, 1440), any_day),
        st.integers(4 * 60, 20 * 60),
        st.integers(60, 16 * 60),
        st.booleans(),
    ),
)
retried = st.sampled_from([outcome for outcome in OUTCOMES.values() if outcome.retry])


def in_hours(campaign: Hours, moment: datetime) -> bool:
    local = danish(moment)
    open_day = campaign.calls_any_day or is_working_day(local.date())
    return open_day and campaign.calls_from <= local.hour * 60 + local.minute < campaign.calls_to


def parts_covered(campaign: Hours) -> int:
    bounds = ((0, 11 * 60), (11 * 60, 14 * 60), (14 * 60, 1440))
    return sum(max(a, campaign.calls_from) < min(b, campaign.calls_to) for a, b in bounds)


def test_every_outcome_says_what_comes_next() -> None:
    letters = [outcome.letter for outcome in OUTCOMES.values()]
    assert len(set(letters)) == len(letters)
    for outcome in OUTCOMES.values():
        assert outcome.final + (outcome.retry is not None) + (outcome.key == "call_back") == 1
        assert not (outcome.contacted and outcome.unworkable)
    assert {key for key, outcome in OUTCOMES.items() if outcome.contacted} == {"booked", "declined"}


@settings(deadline=None)
@given(hours, moments, retried)
def test_a_retry_lies_in_calling_hours_after_its_pause(campaign: Hours, called: datetime, outcome) -> None:
    moment = next_try(campaign, outcome.retry, called)
    assert moment >= called + outcome.retry.pause
    assert in_hours(campaign, moment)


@settings(deadline=None)
@given(hours, moments)
def test_no_answer_is_tried_at_another_time_of_day(campaign: Hours, called: datetime) -> None:
    moment = next_try(campaign, OUTCOMES["no_answer"].retry, called)
    assert moment - called >= timedelta(hours=4)
    if parts_covered(campaign) > 1:
        assert day_part(moment) != day_part(called)


@settings(deadline=None)
@given(hours, moments)
def test_voicemail_waits_for_another_day(campaign: Hours, called: datetime) -> None:
    assert danish(next_try(campaign, OUTCOMES["voicemail"].retry, called)).date() > danish(called).date()


@pytest.mark.parametrize(
    ("called", "outcome", "tried"),
    [
        ("2026-11-24 08:30", "no_answer", "2026-11-24 12:30"),  # morning, then midday the same day
        ("2026-11-24 10:00", "no_answer", "2026-11-24 14:00"),
        ("2026-11-24 14:30", "no_answer", "2026-11-25 08:00"),  # afternoon, then the next morning
        ("2026-11-27 15:00", "no_answer", "2026-11-30 08:00"),  # Friday, then Monday
        ("2026-12-23 15:00", "no_answer", "2026-12-28 08:00"),  # over Christmas
        ("2026-11-24 09:00", "busy", "2026-11-24 09:30"),
        ("2026-11-27 16:45", "busy", "2026-11-30 08:00"),
        ("2026-11-24 09:00", "voicemail", "2026-11-25 11:00"),
        ("2026-03-27 15:00", "voicemail", "2026-03-30 08:00"),  # summer time begins in between
        ("2026-10-23 15:00", "no_answer", "2026-10-26 08:00"),  # and ends
        ("2026-04-01 15:00", "voicemail", "2026-04-07 08:00"),  # Easter
    ],
)
def test_known_retries(called: str, outcome: str, tried: str) -> None:
    def moment(text: str) -> datetime:
        local = datetime.fromisoformat(text)
        return at(local.date(), local.hour * 60 + local.minute)

    assert next_try(Hours(), OUTCOMES[outcome].retry, moment(called)) == moment(tried)


def test_three_tries_wander_through_the_day() -> None:
    called, parts = at(date(2026, 11, 24), 9 * 60), []
    for _ in range(3):
        parts.append(day_part(called))
        called = next_try(Hours(), OUTCOMES["no_answer"].retry, called)
    assert len(set(parts)) == 3


@pytest.mark.parametrize(
    ("typed", "meant"),
    [  # said on Tuesday 24 November 2026 at 10.00
        ("14", "2026-11-24 14:00"),
        ("9", "2026-11-25 09:00"),
        ("2", "2026-11-24 14:00"),
        ("13.30", "2026-11-24 13:30"),
        ("1330", "2026-11-24 13:30"),
        ("i morgen 9", "2026-11-25 09:00"),
        ("I MORGEN kl. 9.15", "2026-11-25 09:15"),
        ("i overmorgen", "2026-11-26 09:00"),
        ("mandag", "2026-11-30 09:00"),
        ("på mandag kl. 13.30", "2026-11-30 13:30"),
        ("tirsdag 10", "2026-12-01 10:00"),
        ("on 10", "2026-11-25 10:00"),
        ("næste torsdag kl 8", "2026-12-03 08:00"),
        ("24/11 15", "2026-11-24 15:00"),
        ("1/3 10", "2027-03-01 10:00"),
        ("2. december kl. 10", "2026-12-02 10:00"),
        ("onsdag den 2. december kl. 10.30", "2026-12-02 10:30"),
        ("om 2 timer", "2026-11-24 12:00"),
        ("om en halv time", "2026-11-24 10:30"),
        ("om en uge", "2026-12-01 09:00"),
        ("tomorrow 9", "2026-11-25 09:00"),
        ("2026-11-26T10:00+01:00", "2026-11-26 10:00"),
    ],
)
def test_natural_times(typed: str, meant: str) -> None:
    assert f"{danish(parse_time(typed, NOW)):%Y-%m-%d %H:%M}" == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "snart",
        "25",
        "13.75",
        "31/2 10",
        "i dag 9",
        "om nul timer",
        "om",
        "mandag snart",
        "2026-13-45T10:00",
        "1/1/2020 10",
        "٣ ٣",
        "i går",
    ],
)
def test_times_that_cannot_be_used(typed: str) -> None:
    with pytest.raises(ValueError):
        parse_time(typed, NOW)


@settings(deadline=None)
@given(st.text(max_size=40), moments)
def test_any_text_gives_a_later_moment_or_a_reason(typed: str, now: datetime) -> None:
    try:
        moment = parse_time(typed, now)
    except ValueError as exc:
        reason = str(exc)
        moment = now + timedelta(seconds=1)
    else:
        reason = "."
    assert moment > now
    assert reason.endswith(".")


DAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")


@settings(deadline=None)
@given(moments, st.integers(0, 6), st.integers(7, 23), st.integers(0, 59))
def test_a_weekday_is_the_next_one_at_that_clock(now: datetime, weekday: int, hour: int, minute: int) -> None:
    moment = danish(parse_time(f"{DAYS[weekday]} kl. {hour}.{minute:02d}", now))
    assert (moment.weekday(), moment.hour, moment.minute) == (weekday, hour, minute)
    assert 1 <= (moment.date() - danish(now).date()).days <= 7


@settings(deadline=None)
@given(moments, st.integers(7, 23), st.integers(0, 59))
def test_a_clock_is_today_or_the_next_working_day(now: datetime, hour: int, minute: int) -> None:
    moment = danish(parse_time(f"{hour}.{minute:02d}", now))
    today = danish(now).date()
    assert (moment.hour, moment.minute) == (hour, minute)
    assert moment.date() == today or (is_working_day(moment.date()) and at(today, hour * 60 + minute) <= now)


def test_what_an_outcome_needs() -> None:
    for reason in DECLINE_REASONS:
        assert checked(Hours(), NOW, "declined", reason, None).final
    for outcome, reason, when, field in [
        ("declined", None, None, "reason"),
        ("declined", "because", None, "reason"),
        ("maybe", None, None, "outcome"),
        ("call_back", None, None, "call_back_at"),
        ("call_back", None, NOW, "call_back_at"),
        ("call_back", None, at(date(2026, 11, 28), 600), "call_back_at"),  # a Saturday
        ("call_back", None, at(date(2026, 11, 25), 7 * 60), "call_back_at"),
    ]:
        with pytest.raises(Invalid) as caught:
            checked(Hours(), NOW, outcome, reason, when)
        assert field in caught.value.errors
