"""Times as phoners type them: every form in the issue, in either order, and refusals that say what to write."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.base.clock import at, danish, is_working_day
from crm.calling.rules import parse_time
from crm.calling.rules.times import UNREADABLE
from tests.conftest import NOW

moments = st.integers(0, 4 * 365 * 24 * 60).map(lambda n: datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=n))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [  # said on Tuesday 24 November 2026 at 10.00
        ("14", "2026-11-24 14:00"),
        ("kl 14", "2026-11-24 14:00"),
        ("kl. 14,30", "2026-11-24 14:30"),
        ("halv 2", "2026-11-24 13:30"),
        ("kvart over 1", "2026-11-24 13:15"),
        ("kvart i 11", "2026-11-24 10:45"),
        ("efter kl. 14", "2026-11-24 14:00"),
        ("ca. 13", "2026-11-24 13:00"),
        ("i morgen 9", "2026-11-25 09:00"),
        ("på mandag kl. 13.30", "2026-11-30 13:30"),
        ("14.30 i morgen", "2026-11-25 14:30"),
        ("kl. 9 på fredag", "2026-11-27 09:00"),
        ("mandag formiddag", "2026-11-30 10:00"),
        ("mandag morgen", "2026-11-30 08:00"),
        ("i morgen tidlig", "2026-11-25 08:00"),
        ("i morgen formiddag", "2026-11-25 10:00"),
        ("i morgen samme tid", "2026-11-25 10:00"),
        ("torsdag eftermiddag", "2026-11-26 14:00"),
        ("torsdag om eftermiddagen", "2026-11-26 14:00"),
        ("efter frokost", "2026-11-24 13:00"),
        ("på torsdag efter frokost", "2026-11-26 13:00"),
        ("i eftermiddag", "2026-11-24 14:00"),
        ("sidst på dagen", "2026-11-24 15:30"),
        ("senere i dag", "2026-11-24 12:00"),
        ("om en uge", "2026-12-01 09:00"),
        ("om 14 dage kl 10", "2026-12-08 10:00"),
        ("om 3 hverdage", "2026-11-27 09:00"),
        ("om en måned", "2026-12-22 09:00"),
        ("d. 3/12", "2026-12-03 09:00"),
        ("d. 3/12 kl. 10.15", "2026-12-03 10:15"),
        ("10 d. 3/12", "2026-12-03 10:00"),
        ("3. december", "2026-12-03 09:00"),
        ("mandag 30.11", "2026-11-30 09:00"),
        ("torsdag den 3. december 13.30", "2026-12-03 13:30"),
        ("1/3 2027", "2027-03-01 09:00"),
        ("1/3 2027 kl 10", "2027-03-01 10:00"),
        ("næste uge", "2026-11-30 09:00"),
        ("næste uge tirsdag 10", "2026-12-01 10:00"),
        ("tirsdag i næste uge kl. 10", "2026-12-01 10:00"),
        ("tirsdag kl. 10 i næste uge", "2026-12-01 10:00"),
        ("1/2 time", "2026-11-24 10:30"),
        ("om 1/2 time", "2026-11-24 10:30"),
        ("½ time", "2026-11-24 10:30"),
        ("om et kvarter", "2026-11-24 10:15"),
        ("om halvanden time", "2026-11-24 11:30"),
        ("1,5 time", "2026-11-24 11:30"),
        ("20 min", "2026-11-24 10:20"),
        ("om to timer", "2026-11-24 12:00"),
        ("monday morning", "2026-11-30 10:00"),
        ("tomorrow after lunch", "2026-11-25 13:00"),
        ("this afternoon", "2026-11-24 14:00"),
        ("later today", "2026-11-24 12:00"),
        ("next week tuesday 10", "2026-12-01 10:00"),
        ("half an hour", "2026-11-24 10:30"),
    ],
)
def test_what_phoners_type(typed: str, meant: str) -> None:
    assert f"{danish(parse_time(typed, NOW)):%Y-%m-%d %H:%M}" == meant


@pytest.mark.parametrize(
    ("typed", "at_clock", "meant"),
    [
        ("i eftermiddag", "15:10", "2026-11-24 16:10"),  # it has begun: in an hour
        ("efter frokost", "14:00", "2026-11-25 13:00"),  # past: the next working day, as a clock is
        ("senere i dag", "13:07", "2026-11-24 15:15"),
        ("i dag", "15:20", "2026-11-24 16:20"),
        ("om en uge", "15:20", "2026-12-01 09:00"),
    ],
)
def test_what_is_meant_later_in_the_day(typed: str, at_clock: str, meant: str) -> None:
    hour, minute = at_clock.split(":")
    now = at(danish(NOW).date(), int(hour) * 60 + int(minute))
    assert f"{danish(parse_time(typed, now)):%Y-%m-%d %H:%M}" == meant


@pytest.mark.parametrize(
    "typed", ["i formiddag 25", "mandag snart", "halv 9.30", "næste gang", "uge", "efter", "10 11 12", "i"]
)
def test_what_cannot_be_read_is_answered_with_examples(typed: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_time(typed, NOW)
    assert str(caught.value) == UNREADABLE


@pytest.mark.parametrize(
    ("typed", "at_clock"), [("i formiddag", "15:00"), ("senere i dag", "22:30"), ("i eftermiddag", "17:00")]
)
def test_a_part_of_today_that_is_over_is_said_to_be(typed: str, at_clock: str) -> None:
    hour, minute = at_clock.split(":")
    now = at(danish(NOW).date(), int(hour) * 60 + int(minute))
    with pytest.raises(ValueError, match="forbi"):
        parse_time(typed, now)


CLOCKS = st.tuples(st.integers(7, 23), st.integers(0, 59)).map(lambda clock: f"{clock[0]}.{clock[1]:02d}")
DAYS = st.sampled_from(["i morgen", "på fredag", "om 3 dage", "næste uge", "24/12", "3. december", "næste mandag"])


@settings(deadline=None)
@given(moments, DAYS, CLOCKS)
def test_day_and_clock_mean_the_same_in_either_order(now: datetime, day: str, clock: str) -> None:
    said = [f"{day} {clock}", f"{clock} {day}", f"{day} kl. {clock}", f"kl. {clock} {day}"]
    meant = set()
    for text in said:
        try:
            meant.add(parse_time(text, now))
        except ValueError as refusal:
            meant.add(str(refusal))
    assert len(meant) == 1, (day, clock, meant)


@settings(deadline=None)
@given(moments, st.permutations(["næste uge", "tirsdag", "kl. 10"]))
def test_three_parts_in_any_order(now: datetime, parts: list[str]) -> None:
    moment = danish(parse_time(" ".join(parts), now))
    assert (moment.weekday(), moment.hour, moment.minute) == (1, 10, 0)
    assert 1 <= (moment.date() - danish(now).date()).days <= 14


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            ["i", "om", "en", "uge", "morgen", "næste", "mandag", "to", "on", "9", "13.30", "1/2", "time", "efter"]
            + ["frokost", "formiddag", "kl.", "d.", "3/12", "halv", "2.", "december", "2027", "senere", "dag", "½"]
        ),
        max_size=6,
    ),
    moments,
)
def test_any_row_of_such_words_is_later_than_now_or_refused(words: list[str], now: datetime) -> None:
    moment, reason = now + timedelta(seconds=1), "."
    try:
        moment = parse_time(" ".join(words), now)
    except ValueError as refusal:
        reason = str(refusal)
    assert moment > now
    assert reason.endswith(".")


def test_relative_days_are_never_days_off() -> None:
    for start, text in itertools.product(range(60), ("om en uge", "om 3 dage", "om 2 hverdage", "næste uge")):
        now = NOW + timedelta(days=start)
        assert is_working_day(danish(parse_time(text, now)).date()), (text, now)
