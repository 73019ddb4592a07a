"""Working days, the ladder and the nag's moment, through five years."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.base.clock import add_working_days, at, is_working_day, next_working_day
from crm.followups.rules import (
    FollowUpDecision,
    NoFollowUp,
    due_problem,
    kind_of,
    nag_day,
    overdue_days,
    problems,
    quick_dates,
)

FIRST, LAST = date(2026, 1, 1), date(2030, 12, 31)
days = st.dates(FIRST, LAST)
working_days = days.map(next_working_day)
moments = st.integers(0, 5 * 365 * 24 * 60).map(lambda n: datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=n))
VISIT = date(2026, 11, 24)


def decision(**changes: object) -> FollowUpDecision:
    return FollowUpDecision(
        **{
            "owed_by": "jobcentre",
            "due_on": date(2026, 12, 1),
            "promise": "Sende CV'er",  # type: ignore[arg-type]
            "kind": "we_owe",
            **changes,
        }
    )


@given(moments)
@settings(deadline=None)
def test_a_nag_day_is_a_working_day_whose_half_past_seven_has_come_and_the_last_such(now: datetime) -> None:
    day = nag_day(now)
    assert is_working_day(day)
    assert at(day, 450) <= now < at(add_working_days(day, 1), 450)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-24T07:29:00+01:00", date(2026, 11, 23)),
        ("2026-11-24T07:30:00+01:00", date(2026, 11, 24)),
        ("2026-07-01T05:30:00+00:00", date(2026, 7, 1)),  # summer time
        ("2026-03-30T07:30:00+02:00", date(2026, 3, 30)),  # the morning after the clocks went forward
        ("2026-11-22T12:00:00+01:00", date(2026, 11, 20)),  # a Sunday
        ("2026-12-24T12:00:00+01:00", date(2026, 12, 23)),
        ("2027-03-29T12:00:00+02:00", date(2027, 3, 24)),  # Easter Monday: back before Maundy Thursday
    ],
)
def test_half_past_seven_danish_time(now: str, day: date) -> None:
    assert nag_day(datetime.fromisoformat(now)) == day


@given(working_days, st.integers(0, 40))
@settings(deadline=None)
def test_overdue_days_count_working_days_only(due: date, count: int) -> None:
    today = add_working_days(due, count)
    assert overdue_days(due, today) == count
    following = today + timedelta(days=1)
    if not is_working_day(following):
        assert overdue_days(due, following) == count
    assert overdue_days(today, due) == 0


@given(days)
@settings(deadline=None)
def test_quick_dates_are_different_working_days_ahead(today: date) -> None:
    chosen = [day for _key, day in quick_dates(today)]
    assert chosen == sorted(set(chosen))
    assert all(is_working_day(day) and day > today for day in chosen)
    assert all(due_problem(day, today) is None for day in chosen)


def test_quick_dates_of_the_drawing() -> None:
    assert quick_dates(date(2026, 11, 19)) == [
        ("friday", date(2026, 11, 27)),
        ("fortnight", date(2026, 12, 3)),
        ("march", date(2027, 3, 1)),
    ]


@given(days, days)
@settings(deadline=None)
def test_a_date_that_passes_is_a_working_day_from_the_visit_on(due: date, visit: date) -> None:
    fine = due_problem(due, visit) is None
    assert fine == (due >= visit and is_working_day(due) and due <= visit + timedelta(days=1098))


@pytest.mark.parametrize(
    ("given_decision", "fields"),
    [
        (None, ["follow_up"]),
        (NoFollowUp("  "), ["no_follow_up_because"]),
        (decision(promise=" "), ["follow_up.promise"]),
        (decision(owed_by="nobody"), ["follow_up.owed_by"]),
        (decision(kind="hope"), ["follow_up.kind"]),
        (decision(kind="company_owes"), ["follow_up.kind"]),
        (decision(due_on=VISIT - timedelta(days=1)), ["follow_up.due_on"]),
        (decision(due_on=date(2026, 12, 25)), ["follow_up.due_on"]),
        (decision(due_on=date.max), ["follow_up.due_on"]),
        (decision(promise="", due_on=date.min), ["follow_up.promise", "follow_up.due_on"]),
    ],
)
def test_a_decision_that_lacks_something_names_it(given_decision: FollowUpDecision | None, fields: list[str]) -> None:
    assert list(problems(given_decision, VISIT)) == fields


def test_a_whole_decision_passes_and_so_does_a_reason_for_none() -> None:
    assert problems(decision(), VISIT) == {}
    assert problems(decision(kind="care"), VISIT) == {}
    assert problems(NoFollowUp("De lukker afdelingen"), VISIT) == {}


def test_the_kind_follows_from_who_and_when() -> None:
    assert kind_of("company", openings=True, due_on=VISIT, visit_day=VISIT) == "company_owes"
    assert kind_of("jobcentre", openings=False, due_on=date(2027, 3, 1), visit_day=VISIT) == "future_need"
    assert kind_of("jobcentre", openings=True, due_on=date(2027, 3, 1), visit_day=VISIT) == "we_owe"
    assert kind_of("jobcentre", openings=False, due_on=date(2026, 12, 1), visit_day=VISIT) == "we_owe"
