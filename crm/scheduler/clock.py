"""The clock that runs the recurring jobs: composition only.

On SQLite the clock runs in the one process. On PostgreSQL every process may start it: the one that holds a session
advisory lock on a connection of its own runs the jobs, and when that process or its connection dies, the next one
takes over. What that guarantees stands in docs/decisions/050-scheduler.md.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from crm.base.clock import Clock
from crm.base.db import read_only_session
from crm.base.errors import Refusal
from crm.recurring.actions import beat, take_lead
from crm.recurring.models import Leader
from crm.recurring.queries import last_begun, wanted
from crm.recurring.rules import SILENT, describe, is_due, next_after
from crm.scheduler.jobs import JOBS
from crm.scheduler.locks import Held, held, unseat
from crm.scheduler.running import clear_dead, run_job, who

log = logging.getLogger("crm.scheduler")

RETRY_SECONDS = 2.0
"""How often the leader gives a sign of life and looks for jobs that somebody asked for; others ask for the lock."""
SQLITE_BEAT = 10.0
"""SQLite's only writer is not to be taken for a sign of life every other second."""
CLEAR_EVERY = 30.0
SPREAD = timedelta(seconds=1)
"""Between two jobs that are caught up with at a start, so that they do not all come upon the first page."""
_numbers = itertools.count(1)


def start(app: Flask, *, retry_seconds: float = RETRY_SECONDS, silent: timedelta = SILENT) -> Scheduler:
    """Start the clock beside the caller; ``stop()`` ends it and hands the lock on. ``silent``: how long a leader may
    give no sign of life before it is unseated."""
    made = Scheduler(app, retry_seconds, silent)
    made.thread.start()
    return made


class LostLead(Exception):
    """Somebody else leads."""


class Scheduler:
    """The running clock. ``leads`` is set while this process runs the jobs."""

    def __init__(self, app: Flask, retry_seconds: float, silent: timedelta) -> None:
        self.app = app
        self.silent = silent
        self.engine: sa.Engine = app.extensions["crm.engine"]
        self.clock: Clock = app.extensions["crm.clock"]
        number = next(_numbers)
        self.name = who() if number == 1 else f"{who()}/{number}"
        self.retry_seconds = retry_seconds
        self.leads = threading.Event()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, name="crm-scheduler", daemon=True)
        self._last_beat: tuple[datetime | None, float] = (None, 0.0)

    def stop(self, patience: float | None = None) -> bool:
        """Let a job that is running finish, then end; False when it still runs after ``patience`` seconds."""
        self.stopping.set()
        self.thread.join(patience)
        return not self.thread.is_alive()

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._stand_for_leader()
            except (SQLAlchemyError, OSError, LostLead) as exc:
                log.warning("scheduler lost the lead: %s", getattr(exc, "orig", None) or exc)
            self.stopping.wait(self.retry_seconds)

    def _stand_for_leader(self) -> None:
        with held(self.engine, "leader") as lock:
            if lock is not None:
                self._lead(lock)
                return
        self._watch()

    def _watch(self) -> None:
        """A leader whose sign of life stays the same for long is frozen while its connection lives: it is ended, so
        that somebody else can lead. No clocks are compared: only ours runs."""
        if self.engine.dialect.name == "sqlite":
            return
        with read_only_session(self.app.extensions["crm.sessions"]) as session:
            seen = session.scalar(sa.select(Leader.beat_at))
        if seen != self._last_beat[0] or seen is None:
            self._last_beat = seen, time.monotonic()
        elif time.monotonic() - self._last_beat[1] > self.silent.total_seconds():
            log.warning("the leader has given no sign of life for %s: it is unseated", self.silent)
            unseat(self.engine)

    def _lead(self, lock: Held) -> None:
        """Run the jobs until told to stop, or until the connection that holds the lock fails."""
        self._as_leader(lock, take_lead)
        clear_dead(self.app)
        clock = background(self.app)
        clock.start()
        self.leads.set()
        log.info("scheduler leads: %s", ", ".join(job.key for job in JOBS))
        beaten = cleared = time.monotonic()
        try:
            while not self.stopping.wait(self.retry_seconds):
                passed = time.monotonic()
                if lock.connection is not None or passed - beaten >= SQLITE_BEAT:
                    beaten = passed
                    self._as_leader(lock, beat)
                if passed - cleared >= CLEAR_EVERY:
                    cleared = passed
                    clear_dead(self.app)
                self._run_wanted(clock)
        finally:
            self.leads.clear()
            # whoever has lost the lead stands for it again at once: what still runs is held by its job's own lock
            clock.shutdown(wait=self.stopping.is_set())

    def _as_leader(self, lock: Held, write: Any) -> None:
        """Through the connection that holds the lock, so that a sign of life proves the lock."""
        if lock.connection is not None:
            said = write(lock.connection, self.clock.now(), self.name)
        else:
            with self.app.extensions["crm.sessions"].begin() as session:
                said = write(session, self.clock.now(), self.name)
        if said is False:
            raise LostLead("another scheduler has written itself down as leader")

    def _run_wanted(self, clock: BackgroundScheduler) -> None:
        with read_only_session(self.app.extensions["crm.sessions"]) as session:
            keys = wanted(session, self.clock.now())
        for key in keys:
            if clock.get_job(key) is not None:
                clock.modify_job(key, next_run_time=datetime.now(UTC))


def background(app: Flask, spread: timedelta = SPREAD) -> BackgroundScheduler:
    """APScheduler with our jobs, not started. A job whose time passed while nobody led, or that never ran, runs at
    once, one after the other in the order of the list, and once; an interval goes on from where it was."""
    made = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    clock: Clock = app.extensions["crm.clock"]
    with read_only_session(app.extensions["crm.sessions"]) as session:
        begun = last_begun(session)
    soon = datetime.now(UTC)
    for job in JOBS:
        trigger, last = OnClock(job.trigger, clock), begun.get(job.key)
        if last is None or is_due(job.trigger, last, clock.now()):
            first, soon = soon, soon + spread
        else:
            first = next_after(job.trigger, last) - trigger.shift
        made.add_job(_safely, trigger, args=[app, job.key], id=job.key, name=job.description, next_run_time=first)
    return made


def _safely(app: Flask, key: str) -> None:
    """A job that fails is written down and comes again; it never stops the others."""
    try:
        run_job(app, key)
    except Refusal as exc:
        log.info("job %s: %s", key, exc)
    except Exception as exc:
        log.error("job %s failed: %s", key, describe(exc))


class OnClock(BaseTrigger):  # type: ignore[misc]
    """A trigger that goes by the product's clock, which CRM_CLOCK may have set to another day, and by our reading of
    the days on which clocks change (recurring.rules.next_after). Times that have passed are one."""

    def __init__(self, trigger: BaseTrigger, clock: Clock) -> None:
        self.trigger = trigger
        self.shift = clock.now() - datetime.now(UTC) if clock.shifted else timedelta()

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        due = next_after(self.trigger, (previous or now).astimezone(UTC) + self.shift) - self.shift
        return due if due > now else next_after(self.trigger, now.astimezone(UTC) + self.shift) - self.shift
