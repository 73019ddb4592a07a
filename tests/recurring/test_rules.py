"""Schedules: the next time on the Danish clock, once a day on every day of every year; words; who is late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from crm.base.clock import DANISH, at, danish, is_working_day
from crm.recurring.models import JobRun
from crm.recurring.rules import as_cron, describe, in_words, is_due, next_after, overdue_since, standing
from crm.scheduler import JOBS, Job
from tests.conftest import NOW

SPRING = [date(2026, 3, 29), date(2027, 3, 28), date(2028, 3, 26), date(2029, 3, 25), date(2030, 3, 31)]
AUTUMN = [date(2026, 10, 25), date(2027, 10, 31), date(2028, 10, 29), date(2029, 10, 28), date(2030, 10, 27)]
CHANGES = SPRING + AUTUMN
DAILY = [(2, 10), (2, 45), (3, 20), (7, 30), (0, 0), (23, 59)]
FIVE_YEARS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def daily(hour: int, minute: int | str, days: str = "*") -> CronTrigger:
    return CronTrigger(day_of_week=days, hour=hour, minute=minute, timezone=DANISH)


def between(trigger: object, start: datetime, end: datetime) -> list[datetime]:
    found = [next_after(trigger, start)]
    while found[-1] < end:
        found.append(next_after(trigger, found[-1]))
    return found[:-1]


@pytest.mark.parametrize("day", CHANGES, ids=str)
@pytest.mark.parametrize(("hour", "minute"), DAILY)
def test_a_daily_job_runs_once_on_the_day_the_clocks_change(day: date, hour: int, minute: int) -> None:
    start, end = at(day, 0), at(day + timedelta(days=1), 0)
    [fired] = between(daily(hour, minute), start - timedelta(microseconds=1), end)
    skipped = day in SPRING and hour == 2
    assert (danish(fired).hour, danish(fired).minute) == (3 if skipped else hour, minute)
    assert danish(fired).fold == 0


def test_the_check_fails_on_apschedulers_own_trigger() -> None:
    """The sabotaged control: in autumn its 02.10 comes twice."""
    trigger, day = daily(2, 10), date(2026, 10, 25)
    first = trigger.get_next_fire_time(None, at(day, 0).astimezone(DANISH))
    again = trigger.get_next_fire_time(None, (first.astimezone(UTC) + timedelta(minutes=1)).astimezone(DANISH))
    assert danish(first).date() == danish(again).date() == day


@given(FIVE_YEARS, st.sampled_from(DAILY))
def test_times_of_a_daily_job_go_forward_one_a_danish_day(moment: datetime, when: tuple[int, int]) -> None:
    first = next_after(daily(*when), moment)
    second = next_after(daily(*when), first)
    assert moment < first < second
    assert danish(second).date() - danish(first).date() == timedelta(days=1)
    assert first - moment <= timedelta(hours=25)


@given(FIVE_YEARS)
def test_no_moment_between_is_skipped(moment: datetime) -> None:
    """What comes after any earlier moment of the same stretch is the same time."""
    trigger = daily(7, 30, "mon-fri")
    found = next_after(trigger, moment)
    assert next_after(trigger, moment + (found - moment) / 2) == found
    assert next_after(trigger, found - timedelta(microseconds=1)) == found


def test_every_working_morning_of_five_years_has_its_reminders_at_half_past_seven() -> None:
    fired = between(
        daily(7, 30, "mon-fri"), datetime(2025, 12, 31, 12, tzinfo=UTC), datetime(2030, 12, 31, 12, tzinfo=UTC)
    )
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365 * 5 + 1)]
    assert {at(day, 450) for day in days if is_working_day(day)} <= set(fired)
    assert len(fired) == len(set(fired)) == sum(day.weekday() < 5 for day in days)


def test_what_runs_every_few_minutes_misses_no_hour_when_clocks_change() -> None:
    trigger = CronTrigger(minute="*/20", timezone=DANISH)
    for day, hours in ((SPRING[0], 23), (AUTUMN[0], 25), (date(2026, 6, 1), 24)):
        start, end = at(day, 0), at(day + timedelta(days=1), 0)
        assert len(between(trigger, start - timedelta(microseconds=1), end)) == hours * 3


def test_an_interval_counts_from_the_last_run_and_nothing_else_is_a_schedule() -> None:
    assert next_after(IntervalTrigger(seconds=15), NOW) == NOW + timedelta(seconds=15)
    with pytest.raises(TypeError):
        next_after(DateTrigger(NOW), NOW)


@pytest.mark.parametrize(
    ("trigger", "words", "cron"),
    [
        (daily(7, 30, "mon-fri"), "hverdage kl. 7.30", "30 7 * * mon-fri"),
        (daily(7, "30,50", "mon-fri"), "hverdage kl. 7.30, 7.50", "30,50 7 * * mon-fri"),
        (daily(2, 10), "hver dag kl. 2.10", "10 2 * * *"),
        (daily(6, 5, "mon"), "mandage kl. 6.05", "5 6 * * mon"),
        (daily(6, 5, "mon,wed"), "efter planen 5 6 * * mon,wed", "5 6 * * mon,wed"),
        (CronTrigger(minute=5), "hver time, 5 minutter over hel", "5 * * * *"),
        (CronTrigger(minute="*/10"), "hvert 10. minut", "*/10 * * * *"),
        (CronTrigger(day=1, hour=4, minute=0), "den 1. i måneden kl. 4.00", "0 4 1 * *"),
        (CronTrigger(hour="8-16", minute=0), "hver time fra kl. 8.00 til 16.00", "0 8-16 * * *"),
        (CronTrigger(hour="8,16", minute=0), "efter planen 0 8,16 * * *", "0 8,16 * * *"),
        (IntervalTrigger(seconds=15), "hvert 15. sekund", "@every 15s"),
        (IntervalTrigger(minutes=1), "hvert minut", "@every 1m"),
        (IntervalTrigger(minutes=5), "hvert 5. minut", "@every 5m"),
        (IntervalTrigger(hours=1), "hver time", "@every 1h"),
        (IntervalTrigger(hours=6), "hver 6. time", "@every 6h"),
    ],
)
def test_schedules_in_words_and_as_cron(trigger: object, words: str, cron: str) -> None:
    message, fields = in_words(trigger)
    assert (message.format(**fields), as_cron(trigger)) == (words, cron)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.key)
def test_every_job_of_the_product_can_be_told_and_foretold(job: Job) -> None:
    message, fields = in_words(job.trigger)
    assert "efter planen" not in message, "say it in words"
    assert message.format(**fields)
    assert next_after(job.trigger, NOW) > NOW


def test_a_job_is_due_when_its_time_passed_or_the_clock_was_set_back() -> None:
    trigger = daily(7, 30, "mon-fri")
    assert is_due(trigger, None, NOW)
    assert is_due(trigger, NOW - timedelta(days=1), NOW)
    assert not is_due(trigger, at(date(2026, 11, 24), 450), NOW)
    assert is_due(trigger, NOW + timedelta(days=3), NOW)


def test_overdue_has_some_grace() -> None:
    minute = IntervalTrigger(minutes=1)
    assert overdue_since(minute, NOW - timedelta(minutes=2), NOW) is None
    assert overdue_since(minute, NOW - timedelta(minutes=9), NOW) == NOW - timedelta(minutes=8)
    assert overdue_since(daily(7, 30), at(date(2026, 11, 23), 450), at(date(2026, 11, 24), 451)) is None
    assert overdue_since(daily(7, 30), at(date(2026, 11, 23), 450), NOW) == at(date(2026, 11, 24), 450)
    assert overdue_since(minute, None, NOW) is None


def run(**fields: object) -> JobRun:
    return JobRun(**{"key": "nag", "started_at": NOW - timedelta(seconds=30), "failed_in_a_row": 0, **fields})


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (None, "never"),
        (run(), "well"),
        (run(started_at=None), "never"),
        (run(running_since=NOW, asked_at=NOW, failed_in_a_row=1), "running"),
        (run(asked_at=NOW, failed_in_a_row=1), "asked"),
        (run(failed_in_a_row=2), "failed"),
        (run(started_at=NOW - timedelta(hours=2)), "overdue"),
        (run(started_at=NOW - timedelta(hours=2), running_since=NOW - timedelta(hours=2)), "running"),
    ],
)
def test_how_a_job_stands(row: JobRun | None, state: str) -> None:
    job = Job("nag", IntervalTrigger(minutes=1), lambda _app: 0, "Rykker")
    assert standing(job, row, NOW).state == state


@pytest.mark.parametrize(
    ("trigger", "ran", "late"),
    [
        (IntervalTrigger(seconds=15), timedelta(minutes=10), False),
        (IntervalTrigger(seconds=15), timedelta(minutes=11), True),
        (daily(7, 30), timedelta(hours=1), False),
        (daily(7, 30), timedelta(hours=1, minutes=11), True),
    ],
)
def test_a_run_that_goes_on_and_on_is_late(trigger: BaseTrigger, ran: timedelta, late: bool) -> None:
    """Its process may be frozen, and nobody else can run the job meanwhile."""
    began = at(date(2026, 11, 24), 450)
    job = Job("x", trigger, lambda _app: 0, "x")
    found = standing(job, run(started_at=began, running_since=began), began + ran)
    assert (found.state, found.overdue_since is not None) == ("running", late)


def test_the_next_time_of_a_job() -> None:
    job = Job("nag", IntervalTrigger(minutes=30), lambda _app: 0, "Rykker")
    due = NOW - timedelta(seconds=30) + timedelta(minutes=30)
    assert standing(job, run(), NOW).next_at == due
    assert standing(job, run(failed_in_a_row=1, retry_at=NOW + timedelta(minutes=10)), NOW).next_at == NOW + timedelta(
        minutes=10
    )
    assert standing(job, run(asked_at=NOW), NOW).next_at == NOW
    assert standing(job, None, NOW).next_at == NOW


def test_an_error_is_told_without_the_datas_values() -> None:
    engine = sa.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT * FROM nowhere WHERE name = :name"), {"name": "Mette Hansen"})
    except sa.exc.OperationalError as exc:
        told = describe(exc)
    assert told.startswith("OperationalError: no such table: nowhere\n")
    assert "Mette" not in told
    assert told.splitlines()[-1].startswith("  sqlalchemy/"), "the innermost place"


def test_an_error_says_where_in_the_product_it_happened_and_leaves_out_the_libraries(session: Session) -> None:
    """The walk through the libraries is long; our own lines stand in the middle of it."""
    try:
        session.execute(sa.select(JobRun.key).where(JobRun.started_at == NOW.replace(tzinfo=None)))
    except sa.exc.StatementError as exc:
        told = describe(exc)
    assert told.startswith(("StatementError: ", "ValueError: "))
    places = [line.strip() for line in told.splitlines()[1:]]
    assert any(place.startswith("crm/base/db.py:") for place in places)
    assert sum(place.startswith("sqlalchemy/") for place in places) <= 1


def test_no_error_of_the_database_tells_parameters(session: Session) -> None:
    with pytest.raises(sa.exc.DBAPIError) as raised, session.begin_nested():
        session.execute(sa.text("SELECT * FROM nowhere WHERE name = :name"), {"name": "Mette Hansen"})
    assert "Mette" not in str(raised.value)
