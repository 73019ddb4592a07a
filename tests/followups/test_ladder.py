"""The ladder and the working days, through five years, whatever the times it is run at."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.base.clock import add_working_days, at, danish, is_working_day, next_working_day
from crm.followups.rules import LADDER, ORDER, Ladder, may_tell, missed, nag_day, overdue_days, step_on, thresholds

FIRST, LAST = date(2026, 1, 1), date(2030, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
WORKING = [day for day in DAYS if is_working_day(day)]
LADDERS = st.builds(
    lambda before, overdue, lead, region: Ladder(before, overdue, overdue + lead, overdue + lead + region),
    st.integers(0, 6),
    st.integers(1, 6),
    st.integers(1, 8),
    st.integers(1, 12),
)


def run(ladder: Ladder, due_on: date, moments: list[datetime]) -> list[tuple[str, date]]:
    """What is written by a run at each moment, in this order: the rule of actions.nags with a dictionary for a table.

    A run writes the highest step reached on its day, unless that one or a higher one of this date is there.
    """
    written: dict[str, date] = {}
    for now in moments:
        step = step_on(due_on, nag_day(now), ladder)
        if step is not None and all(ORDER.index(step.key) > ORDER.index(key) for key in written):
            written[step.key] = nag_day(now)
    return list(written.items())


def test_every_working_day_of_five_years_has_its_step() -> None:
    """Run each morning, each step is written on exactly its day."""
    for due in WORKING[30:-30]:
        mornings = [at(add_working_days(due, count), 450) for count in range(-3, 13)]
        assert run(Ladder(), due, mornings) == [(step.key, add_working_days(due, step.after)) for step in LADDER]


@given(LADDERS, st.sampled_from(DAYS[40:-90]), st.lists(st.integers(-20 * 1440, 80 * 1440), max_size=40))
@settings(max_examples=400, deadline=None)
def test_each_step_once_at_any_times_in_any_order(ladder: Ladder, due_on: date, minutes: list[int]) -> None:
    start = datetime(due_on.year, due_on.month, due_on.day, tzinfo=UTC)
    moments = [start + timedelta(minutes=offset) for offset in minutes]
    found = run(ladder, due_on, moments)
    keys = [key for key, _day in found]
    assert len(set(keys)) == len(keys)
    assert [ORDER.index(key) for key in keys] == sorted(ORDER.index(key) for key in keys), "never a step down"
    for key, day in found:
        after = next(step.after for step in ladder.steps if step.key == key)
        assert is_working_day(day)
        assert day >= add_working_days(next_working_day(due_on), after), "never before its day"
    again = run(ladder, due_on, sorted([*moments, *moments]))
    assert again == run(ladder, due_on, sorted(moments)), "running twice writes nothing more"


@given(st.sampled_from(DAYS[10:-10]), st.integers(0, 1439))
@settings(max_examples=400, deadline=None)
def test_the_day_of_a_run_is_the_last_morning_that_has_come(day: date, minute: int) -> None:
    now = at(day, minute)
    found = nag_day(now)
    assert is_working_day(found)
    assert at(found, 450) <= now
    assert now < at(add_working_days(found, 1), 450)
    assert may_tell(now) == (is_working_day(day) and 450 <= minute < 16 * 60)
    assert not may_tell(now) or found == day, "a digest is always of its own day"


def test_both_clock_changes_leave_the_morning_at_half_past_seven() -> None:
    for year in range(2026, 2031):
        for month in (3, 10):
            sunday = max(day for day in DAYS if (day.year, day.month, day.weekday()) == (year, month, 6))
            for day in (add_working_days(sunday, -1), add_working_days(sunday, 1)):
                local = danish(at(day, 450))
                assert (local.hour, local.minute) == (7, 30)
                assert nag_day(at(day, 450)) == day
                assert nag_day(at(day, 450) - timedelta(seconds=1)) < day


@given(LADDERS, st.sampled_from(WORKING[80:-80]), st.integers(-40, 80))
@settings(max_examples=400, deadline=None)
def test_the_query_s_dates_say_the_same_as_the_rule(ladder: Ladder, day: date, offset: int) -> None:
    due_on = day + timedelta(days=offset)
    by_dates = next((step for step, until in thresholds(day, ladder) if due_on <= until), None)
    assert by_dates == step_on(due_on, day, ladder)


@given(LADDERS, st.sampled_from(ORDER), st.sampled_from([None, *ORDER]))
def test_a_nag_stands_for_the_steps_that_nobody_wrote(ladder: Ladder, step: str, written: str | None) -> None:
    found = [one.key for one in missed(ladder, step, written)]
    floor = -1 if written is None else ORDER.index(written)
    assert all(floor < ORDER.index(key) <= ORDER.index(step) for key in found)
    assert found == [one.key for one in ladder.steps if one.key in found]


def test_a_ladder_without_reminders_ahead() -> None:
    assert [step.key for step in Ladder(before=0).steps] == ["due", "overdue", "escalated", "region"]


def test_each_step_lies_after_the_one_before() -> None:
    assert Ladder(1, 2, 2, 10).problems() == {"lead": 3}
    assert Ladder(0, 0, 5, 5).problems() == {"overdue": 1, "region": 6}
    assert Ladder().problems() == {}


def test_a_saturday_counts_no_day() -> None:
    assert overdue_days(date(2026, 12, 4), date(2026, 12, 6)) == 0
    assert overdue_days(date(2026, 12, 4), date(2026, 12, 7)) == 1
