"""The recurring jobs: their times, exactly once, one leader, hand-over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apscheduler.triggers.cron import CronTrigger
from flask import Flask

from crm.base.clock import DANISH, Clock, at
from crm.base.errors import NotFound
from crm.followups.actions import nag
from crm.followups.models import Nag
from crm.integrations.models import OutboxMessage
from crm.scheduler import JOBS, LOCK, OnClock, Scheduler, background, run_job, start
from tests.conftest import build_app
from tests.factories import make_queue_entry, make_visit
from tests.factories.followups import make_follow_up

HOLDERS = sa.text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND (classid::bigint << 32) + objid::bigint = :key "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
WAIT = 20.0  # seconds; only a failing test waits so long


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


def test_a_start_after_half_past_seven_catches_up_and_one_on_a_sunday_does_not(app: Flask) -> None:
    def at_once() -> set[str]:
        return {job.id for job in background(app).get_jobs() if getattr(job, "next_run_time", None)}

    assert at_once() == {"nag"}
    app.extensions["crm.clock"] = Clock("2026-11-22T10:00:00+01:00")
    assert at_once() == set()


def test_on_sqlite_the_one_process_runs_the_jobs(app: Flask) -> None:
    owing(app)
    running = start(app, retry_seconds=0.05)
    assert running.leads.wait(WAIT)
    running.stop()
    assert not running.leads.is_set()
    assert count(app, Nag) == 1


@pytest.fixture
def pair(pg_app: Flask, tmp_path: Path) -> Iterator[tuple[Scheduler, Scheduler]]:
    """Two processes' schedulers on one PostgreSQL database; the first one leads."""
    other = build_app(pg_app.extensions["crm.settings"].database_url, tmp_path)
    owing(pg_app, 20)
    first = start(pg_app, retry_seconds=0.1)
    assert first.leads.wait(WAIT)
    second = start(other, retry_seconds=0.1)
    yield first, second
    for running in (first, second):
        running.stop()
    other.extensions["crm.engine"].dispose()


@pytest.mark.postgres
def test_on_postgresql_one_leads_and_hands_over(pg_app: Flask, pair: tuple[Scheduler, Scheduler]) -> None:
    first, second = pair
    assert not second.leads.wait(0.5)
    first.stop()
    assert second.leads.wait(WAIT)
    second.stop()
    assert count(pg_app, Nag) == 20
    assert count(pg_app, OutboxMessage) == 20


@pytest.mark.postgres
def test_a_leader_whose_connection_dies_steps_down(pg_app: Flask, pair: tuple[Scheduler, Scheduler]) -> None:
    first, second = pair
    with pg_app.extensions["crm.engine"].connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        [leader] = db.scalars(HOLDERS, {"key": LOCK}).all()
        assert db.scalar(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": leader})
        settled = 0  # for a moment both lead: the old one learns of its loss when it next asks
        for _ in range(int(WAIT / 0.05)):
            held_by = db.scalars(HOLDERS, {"key": LOCK}).all()
            one = first.leads.is_set() != second.leads.is_set()
            settled = settled + 1 if one and len(held_by) == 1 and held_by != [leader] else 0
            if settled >= 10 and count(pg_app, Nag) == 20:
                break
            threading.Event().wait(0.05)
    assert settled >= 10
    assert count(pg_app, Nag) == 20


@pytest.mark.postgres
def test_two_runs_at_once_write_each_nag_and_mail_once(pg_app: Flask) -> None:
    owing(pg_app, 60)
    moment = at(date(2026, 11, 26), 450)
    together = threading.Barrier(4)
    written: list[int] = []

    def run() -> None:
        with pg_app.extensions["crm.sessions"]() as db:
            together.wait()
            written.append(nag(db, moment))
            db.commit()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(written) == 60
    assert count(pg_app, Nag) == 60
    assert count(pg_app, OutboxMessage) == 60
