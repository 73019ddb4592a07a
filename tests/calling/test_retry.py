"""The next try: another part of the day than the tries so far, over hours, holidays and clock changes to 2030."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from crm.base.clock import at, danish, danish_date
from crm.calling.actions import finish
from crm.calling.models import QueueEntry
from crm.calling.rules import OUTCOMES, Retry, calls_today, day_part, next_try
from crm.people.models import User
from tests.calling.test_rules import Hours, hours, in_hours, parts_covered
from tests.conftest import NOW
from tests.factories import make_participation, make_queue_entry
from tests.factories.calling import make_phoner

DAY = timedelta(days=1)
moments = st.integers(0, 5 * 365 * 24 * 60).map(lambda n: datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=n))
retries = st.builds(
    Retry,
    st.integers(0, 5 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    st.booleans(),
    st.booleans(),
)
SPREAD = Retry(timedelta(hours=4), other_part=True)


def tries(campaign: Hours, retry: Retry, first: datetime, count: int) -> list[datetime]:
    """The moments of so many tries, each called as soon as the rule allows."""
    made = [first]
    while len(made) < count:
        made.append(next_try(campaign, retry, made[-1], made[:-1]))
    return made


@settings(deadline=None)
@given(hours, moments, retries, st.lists(moments, max_size=6), st.booleans())
def test_any_retry_lies_in_calling_hours_after_its_pause_and_on_another_day_when_it_must(
    campaign: Hours, called: datetime, retry: Retry, earlier: list[datetime], day_full: bool
) -> None:
    moment = next_try(campaign, retry, called, earlier, day_full=day_full)
    assert moment >= called + retry.pause
    assert in_hours(campaign, moment)
    if retry.next_day or day_full:
        assert danish_date(moment) > danish_date(called)


@settings(deadline=None)
@given(hours, moments, st.booleans())
def test_the_third_try_falls_at_another_time_of_day_than_the_first_two(
    campaign: Hours, first: datetime, next_day: bool
) -> None:
    assume(in_hours(campaign, first))
    made = tries(campaign, replace(SPREAD, next_day=next_day), first, 3)
    assert len({day_part(moment) for moment in made}) == parts_covered(campaign)


@settings(deadline=None)
@given(moments, st.integers(4, 9))
def test_tries_wander_evenly_and_never_repeat_a_part_at_once(first: datetime, count: int) -> None:
    assume(in_hours(Hours(), first))
    parts = [day_part(moment) for moment in tries(Hours(), SPREAD, first, count)]
    assert all(one != following for one, following in zip(parts, parts[1:], strict=False))
    assert max(parts.count(part) for part in range(3)) - min(parts.count(part) for part in range(3)) <= 1


@settings(deadline=None)
@given(moments, st.lists(moments, max_size=5))
def test_the_untried_part_comes_first_even_when_it_is_later(called: datetime, earlier: list[datetime]) -> None:
    assume(in_hours(Hours(), called))
    tried = {day_part(moment) for moment in [*earlier, called]}
    moment = next_try(Hours(), SPREAD, called, earlier)
    if len(tried) < 3:
        assert day_part(moment) not in tried
    else:
        assert day_part(moment) != day_part(called)


@pytest.mark.parametrize(
    ("called", "meant"),
    [
        (["2026-11-24 08:30", "2026-11-24 12:30"], "2026-11-24 16:30"),
        (["2026-11-24 09:30", "2026-11-24 13:30"], "2026-11-25 14:00"),  # today's afternoon is over by then
        (["2026-11-24 09:00", "2026-11-24 15:00"], "2026-11-25 11:00"),
        (["2026-11-23 12:00", "2026-11-24 15:00"], "2026-11-25 08:00"),
        (["2026-12-23 09:00", "2026-12-23 13:30"], "2026-12-28 14:00"),  # Christmas between
        (["2027-03-24 09:00", "2027-03-24 15:00"], "2027-03-30 11:00"),  # Easter, and summer time begins
        (["2029-10-26 09:00", "2029-10-26 15:00"], "2029-10-29 11:00"),  # winter time begins between
    ],
)
def test_known_thirds(called: list[str], meant: str) -> None:
    made = []
    for text in called:
        local = datetime.fromisoformat(text)
        made.append(at(local.date(), local.hour * 60 + local.minute))
    moment = next_try(Hours(), SPREAD, made[-1], made[:-1])
    assert f"{danish(moment):%Y-%m-%d %H:%M}" == meant


@settings(deadline=None)
@given(moments, moments, st.integers(1, 9))
def test_the_days_calls_are_those_of_the_same_danish_day(last: datetime, now: datetime, count: int) -> None:
    same = danish_date(last) == danish_date(now)
    assert calls_today(count, last, now) == (count if same else 0)
    assert calls_today(count, None, now) == 0


def call(session: Session, phoner: User, entry: QueueEntry, when: datetime, outcome: str, **details: Any) -> None:
    entry.claimed_by, entry.claimed_at, entry.claimed_until = phoner.id, when, when + timedelta(minutes=5)
    session.flush()
    finish(session, phoner, when, entry, outcome, **details)
    session.refresh(entry)


def test_an_entrys_own_calls_are_spread_and_capped_by_day(session: Session) -> None:
    part = make_participation(session)
    campaign = part.campaign
    campaign.calls_from, campaign.calls_to, campaign.calls_any_day = 8 * 60, 17 * 60, False
    campaign.max_attempts_a_day = 2
    phoner, entry = make_phoner(session, part), make_queue_entry(session, participation=part)
    seen = []
    when = NOW
    for _ in range(3):
        call(session, phoner, entry, when, "no_answer")
        seen.append((day_part(when), entry.day_attempts))
        when = entry.due_at
    assert {part for part, _count in seen} == {0, 1, 2}
    assert (entry.attempts, entry.rank, entry.awake) == (3, 1, False)


def test_after_the_days_last_try_even_a_busy_line_waits_for_tomorrow(session: Session) -> None:
    part = make_participation(session)
    part.campaign.max_attempts_a_day = 2
    phoner, entry = make_phoner(session, part), make_queue_entry(session, participation=part)
    call(session, phoner, entry, NOW, "busy")
    assert entry.due_at == NOW + OUTCOMES["busy"].retry.pause
    call(session, phoner, entry, entry.due_at, "busy")
    assert (danish_date(entry.due_at), entry.day_attempts) == (danish_date(NOW + DAY), 2)
    call(session, phoner, entry, entry.due_at, "busy")
    assert (danish_date(entry.due_at), entry.day_attempts) == (danish_date(NOW + DAY), 1), "a new day counts anew"


def test_a_call_back_is_kept_however_full_the_day_is(session: Session) -> None:
    part = make_participation(session)
    part.campaign.max_attempts_a_day = 1
    phoner, entry = make_phoner(session, part), make_queue_entry(session, participation=part)
    promised = NOW + timedelta(hours=2)
    call(session, phoner, entry, NOW, "call_back", call_back_at=promised)
    assert (entry.due_at, entry.rank, entry.call_back_by, entry.awake) == (promised, 0, phoner.id, False)
