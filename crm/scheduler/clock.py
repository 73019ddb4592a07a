"""The clock that runs the recurring jobs: composition only.

On SQLite the clock runs in the one process. On PostgreSQL every process may start it: the one that holds a session
advisory lock on a connection of its own runs the jobs, and when that process or its connection dies, the next one
takes over.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from flask import Flask
from sqlalchemy.exc import DBAPIError

from crm.base.clock import DANISH, Clock, danish_date
from crm.followups.rules import nag_day
from crm.scheduler.jobs import JOBS, run_job

log = logging.getLogger("crm.scheduler")

LOCK = 7_203_411_902  # the advisory lock's number: any constant that nothing else in the database uses
RETRY_SECONDS = 5.0


def start(app: Flask, *, retry_seconds: float = RETRY_SECONDS) -> Scheduler:
    """Start the clock beside the caller; ``stop()`` ends it and hands the lock on."""
    engine: sa.Engine = app.extensions["crm.engine"]
    made = Scheduler(app, None if engine.dialect.name == "sqlite" else engine, retry_seconds)
    made.thread.start()
    return made


class Scheduler:
    """The running clock. ``leads`` is set while this process runs the jobs."""

    def __init__(self, app: Flask, engine: sa.Engine | None, retry_seconds: float) -> None:
        self.app = app
        self.engine = engine
        self.retry_seconds = retry_seconds
        self.leads = threading.Event()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, name="crm-scheduler", daemon=True)

    def stop(self) -> None:
        """Let a job that is running finish, then end."""
        self.stopping.set()
        self.thread.join()

    def _run(self) -> None:
        if self.engine is None:
            self._lead(lambda: None)
            return
        while not self.stopping.is_set():
            try:
                self._stand_for_leader(self.engine)
            except DBAPIError as exc:
                log.warning("scheduler lost the database: %s", exc.orig)
            self.stopping.wait(self.retry_seconds)

    def _stand_for_leader(self, engine: sa.Engine) -> None:
        """Hold the lock on a connection that belongs to no pool; it is given back when the connection ends."""
        own = sa.create_engine(engine.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with own.connect() as connection:
            if connection.scalar(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}):
                self._lead(lambda: connection.execute(sa.text("SELECT 1")))

    def _lead(self, still_holding: Callable[[], object]) -> None:
        """Run the jobs until told to stop, or until ``still_holding`` raises."""
        clock = background(self.app)
        clock.start()
        self.leads.set()
        log.info("scheduler leads: %s", ", ".join(job.key for job in JOBS))
        try:
            while not self.stopping.wait(self.retry_seconds):
                still_holding()
        finally:
            self.leads.clear()
            clock.shutdown(wait=True)


def background(app: Flask) -> BackgroundScheduler:
    """APScheduler with our jobs, not started. A start later than 07.30 on a working day catches up with the nags."""
    made = BackgroundScheduler(
        timezone=DANISH, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 12 * 3600}
    )
    clock: Clock = app.extensions["crm.clock"]
    late = nag_day(clock.now()) == danish_date(clock.now())
    for job in JOBS:
        first = {"next_run_time": datetime.now(UTC)} if job.key == "nag" and late else {}
        made.add_job(
            _safely, OnClock(job.trigger, clock), args=[app, job.key], id=job.key, name=job.description, **first
        )
    return made


def _safely(app: Flask, key: str) -> None:
    """A job that fails is logged and comes again at its time."""
    try:
        run_job(app, key)
    except Exception:
        log.exception("job %s failed", key)


class OnClock(BaseTrigger):  # type: ignore[misc]
    """A trigger that goes by the product's clock, which CRM_CLOCK may have set to another day."""

    def __init__(self, trigger: BaseTrigger, clock: Clock) -> None:
        self.trigger = trigger
        self.shift = clock.now() - datetime.now(UTC) if clock.shifted else timedelta()

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> Any:
        found = self.trigger.get_next_fire_time(previous + self.shift if previous else None, now + self.shift)
        return found - self.shift if found else None
