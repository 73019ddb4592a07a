"""The recurring jobs: their times, exactly once, one leader, hand-over."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apscheduler.triggers.cron import CronTrigger
from flask import Flask

from crm.base.clock import DANISH, Clock, at
from crm.base.errors import NotFound, Refusal
from crm.followups.actions import nag
from crm.followups.models import Nag
from crm.recurring.actions import ask
from crm.recurring.models import JobRun, Leader
from crm.scheduler import JOBS, Job, OnClock, background, run_job, start
from crm.scheduler.running import clear_dead, who
from tests.factories import make_queue_entry, make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.recurring import make_run

WAIT = 120.0  # seconds; only a failing test waits so long


def owing(app: Flask, count: int = 1, due_on: date = date(2026, 11, 24)) -> None:
    with app.extensions["crm.sessions"]() as db:
        visit = make_visit(db, state="held", entry=make_queue_entry(db), starts_at=datetime(2026, 11, 2, 9, tzinfo=UTC))
        for number in range(count):
            make_follow_up(db, visit=visit, due_on=due_on, promise=f"Aftale {number}")
        db.commit()


def count(app: Flask, model: type) -> int:
    with app.extensions["crm.sessions"]() as db:
        return db.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_each_job_is_described_and_has_a_key_of_its_own() -> None:
    assert {job.key for job in JOBS} >= {"nag", "deliver", "firms", "due", "order", "capacity"}
    assert len({job.key for job in JOBS}) == len(JOBS)
    assert all(job.description for job in JOBS)


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2026, 7, 1), date(2026, 3, 30), date(2026, 10, 26)])
def test_nags_are_written_at_half_past_seven_danish_time_winter_and_summer(day: date) -> None:
    trigger = next(job.trigger for job in JOBS if job.key == "nag")
    fires = trigger.get_next_fire_time(None, at(day, 0))
    assert fires.astimezone(UTC) == at(day, 450)


def test_a_shifted_clock_shifts_the_jobs() -> None:
    clock = Clock("2027-03-01T07:29:00+01:00")
    trigger = OnClock(CronTrigger(day_of_week="mon-fri", hour=7, minute=30, timezone=DANISH), clock)
    real = datetime.now(UTC)
    assert timedelta(seconds=50) < trigger.get_next_fire_time(None, real) - real <= timedelta(seconds=60)


def test_a_job_runs_by_hand_and_an_unknown_one_is_refused(app: Flask) -> None:
    owing(app)
    assert run_job(app, "nag") == 1
    assert run_job(app, "nag") == 0
    with pytest.raises(NotFound):
        run_job(app, "coffee")


def test_the_outbox_is_emptied_by_its_job(app: Flask, tmp_path: Path) -> None:
    owing(app)
    with app.extensions["crm.sessions"]() as db:
        nag(db, app.extensions["crm.clock"].now())
        db.commit()
    assert run_job(app, "deliver") == 1
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1


def test_capacity_runs_without_campaigns(app: Flask) -> None:
    assert run_job(app, "capacity") == 0


def at_once(app: Flask) -> set[str]:
    return {job.id for job in background(app, timedelta()).get_jobs() if job.next_run_time <= datetime.now(UTC)}


def all_begun(app: Flask, moment: datetime) -> None:
    with app.extensions["crm.sessions"].begin() as db:
        for job in JOBS:
            make_run(db, job.key, started_at=moment)


def test_what_never_ran_runs_at_the_first_start(app: Flask) -> None:
    assert at_once(app) == {job.key for job in JOBS}


def test_what_is_caught_up_with_comes_one_after_the_other_reminders_and_mail_first(app: Flask) -> None:
    """Not all upon the first page."""
    before = datetime.now(UTC)
    times = {job.id: job.next_run_time - before for job in background(app).get_jobs()}
    assert list(times) == [job.key for job in JOBS]
    assert list(times)[:2] == ["nag", "deliver"]
    gaps = [b - a for a, b in itertools.pairwise(times.values())]
    assert all(gap >= timedelta(seconds=0.5) for gap in gaps)
    assert times[JOBS[-1].key] < timedelta(minutes=1)


def test_a_start_catches_up_with_every_job_whose_time_passed_while_nobody_led(app: Flask) -> None:
    """The clock stands at 10.00 on a Tuesday."""
    clock = app.extensions["crm.clock"]
    all_begun(app, clock.now() - timedelta(seconds=5))
    assert at_once(app) == set()
    with app.extensions["crm.sessions"].begin() as db:
        db.get_one(JobRun, "nag").started_at = at(date(2026, 11, 23), 450)  # yesterday's
        db.get_one(JobRun, "respell").started_at = at(date(2026, 11, 24), 130)  # this night's
        db.get_one(JobRun, "drives").started_at = at(date(2026, 11, 20), 200)
        db.get_one(JobRun, "capacity").started_at = clock.now() - timedelta(minutes=6)
        db.get_one(JobRun, "holds").started_at = clock.now() - timedelta(minutes=6)
    assert at_once(app) == {"nag", "drives", "capacity"}


def test_the_reminders_are_not_caught_up_with_on_a_sunday(app: Flask) -> None:
    all_begun(app, at(date(2026, 11, 20), 471))
    app.extensions["crm.clock"] = Clock("2026-11-22T10:00:00+01:00")
    assert "nag" not in at_once(app)
    app.extensions["crm.clock"] = Clock("2026-11-23T07:29:00+01:00")
    assert "nag" not in at_once(app)
    app.extensions["crm.clock"] = Clock("2026-11-23T07:31:00+01:00")
    assert "nag" in at_once(app)


def test_an_interval_goes_on_from_where_it_was(app: Flask) -> None:
    clock = app.extensions["crm.clock"]
    all_begun(app, clock.now() - timedelta(minutes=3))
    [due] = [job.next_run_time for job in background(app).get_jobs() if job.id == "capacity"]
    assert timedelta(seconds=115) < due - datetime.now(UTC) < timedelta(seconds=121)


def test_a_run_is_written_down_and_so_is_its_failure(app: Flask) -> None:
    owing(app, 2)
    jobs = (*JOBS, Job("broken", JOBS[0].trigger, broken, "Går galt"))
    assert run_job(app, "nag", jobs) == 2
    with pytest.raises(ZeroDivisionError):
        run_job(app, "broken", jobs)
    with app.extensions["crm.sessions"]() as db:
        nagged, failed = db.get_one(JobRun, "nag"), db.get_one(JobRun, "broken")
    assert (nagged.runs, nagged.done, nagged.failures, nagged.running_since) == (1, 2, 0, None)
    assert (failed.runs, failed.failures, failed.running_since) == (1, 1, None)
    assert failed.last_error.startswith("ZeroDivisionError: ")
    assert failed.retry_at is not None


def broken(_app: Flask) -> int:
    return 1 // 0


@pytest.mark.parametrize("kind", ["app", pytest.param("pg_app", marks=pytest.mark.postgres)])
def test_a_job_never_runs_twice_at_once(kind: str, request: pytest.FixtureRequest) -> None:
    made: Flask = request.getfixturevalue(kind)
    inside, let_go, seen = threading.Event(), threading.Event(), []

    def slow(_app: Flask) -> int:
        seen.append(1)
        inside.set()
        assert let_go.wait(WAIT)
        return 1

    jobs = (Job("slow", JOBS[0].trigger, slow, "Langsomt"), Job("other", JOBS[0].trigger, lambda _app: 7, "Andet"))
    runner = threading.Thread(target=run_job, args=(made, "slow", jobs))
    runner.start()
    assert inside.wait(WAIT)
    with pytest.raises(Refusal) as refused:
        run_job(made, "slow", jobs)
    assert refused.value.code == "running"
    assert clear_dead(made) == 0, "its process lives"
    assert run_job(made, "other", jobs) == 7
    let_go.set()
    runner.join()
    assert seen == [1]
    with made.extensions["crm.sessions"]() as db:
        assert db.get_one(JobRun, "slow").runs == 1


def test_what_was_asked_for_runs_within_seconds_and_a_dead_run_is_found(app: Flask) -> None:
    clock = app.extensions["crm.clock"]
    all_begun(app, clock.now())
    with app.extensions["crm.sessions"].begin() as db:
        ask(db, make_user(db), clock.now(), "respell")
        db.get_one(JobRun, "drives").running_since = clock.now() - timedelta(hours=1)
    running = start(app, retry_seconds=0.05)
    try:
        assert eventually(lambda: runs_of(app, "respell") == 2)
        assert eventually(lambda: runs_of(app, "drives") == 3), "cut short is one, the run after it another"
    finally:
        running.stop()
    with app.extensions["crm.sessions"]() as db:
        assert db.get_one(JobRun, "respell").asked_at is None
        assert db.get_one(JobRun, "drives").failures == 1
        leader = db.scalars(sa.select(Leader)).one()
    assert leader.name.startswith(who())


def runs_of(app: Flask, key: str) -> int:
    with app.extensions["crm.sessions"]() as db:
        return int(db.get_one(JobRun, key).runs)


def eventually(holds: Callable[[], bool]) -> bool:
    for _ in range(int(WAIT / 0.05)):
        if holds():
            return True
        threading.Event().wait(0.05)
    return False


def test_on_sqlite_the_one_process_runs_the_jobs(app: Flask) -> None:
    owing(app)
    running = start(app, retry_seconds=0.05)
    assert running.leads.wait(WAIT)
    running.stop()
    assert not running.leads.is_set()
    assert count(app, Nag) == 1
