"""One run of one job: under the job's lock, written down at begin and end."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from crm.base.clock import Clock
from crm.base.db import read_only_session
from crm.base.errors import N_, NotFound, Refusal
from crm.recurring import actions
from crm.recurring.models import JobRun
from crm.recurring.rules import describe
from crm.scheduler.jobs import JOBS, Job
from crm.scheduler.locks import held

log = logging.getLogger("crm.scheduler")


class NotBegun(Exception):
    """The job was not run: neither its lock nor its begin could be written. The cause says why."""


class Untold(Exception):
    """The job ended, and the database could not be told how. The cause says what it, or else the database, raised."""


def who() -> str:
    """Host and process, as people see it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_job(app: Flask, key: str, jobs: Sequence[Job] = JOBS) -> int:
    """Run one job now; what it did. Raises NotFound for an unknown key, Refusal ``running`` while it runs anywhere,
    whatever the job raises, once that is written down, and NotBegun or Untold when nothing can be written."""
    job = next((job for job in jobs if job.key == key), None)
    if job is None:
        raise NotFound
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(held(app.extensions["crm.engine"], f"job {key}"))
            if lock is not None:
                _note(app, lambda session, now: actions.begin(session, now, key, who()))
        except (SQLAlchemyError, OSError) as exc:
            raise NotBegun(key) from exc
        if lock is None:
            raise Refusal("running", N_("Jobbet kører allerede. Vent, til det er færdigt."))
        return _written_down(app, job)


def _written_down(app: Flask, job: Job) -> int:
    began = time.monotonic()
    try:
        done = job.function(app)
    except BaseException as exc:
        error, seconds = describe(exc), time.monotonic() - began
        try:
            _note(app, lambda session, now: actions.failed(session, now, job.key, error=error, seconds=seconds))
        except SQLAlchemyError:
            log.warning("job %s failed, and the database cannot be told", job.key)
            if isinstance(exc, Exception):
                raise Untold(job.key) from exc
        raise
    seconds = time.monotonic() - began
    try:
        _note(app, lambda session, now: actions.finish(session, now, job.key, done=done, seconds=seconds))
    except SQLAlchemyError as exc:
        raise Untold(job.key) from exc
    if done:
        log.info("job %s: %s", job.key, done)
    return done


def clear_dead(app: Flask) -> int:
    """Runs whose process died are written as failed, and are due again; how many. Who gets a job's lock knows that
    nobody runs it."""
    with read_only_session(app.extensions["crm.sessions"]) as session:
        running = session.scalars(select(JobRun.key).where(JobRun.running_since.is_not(None))).all()
    cleared = 0
    for key in running:
        with held(app.extensions["crm.engine"], f"job {key}") as lock:
            if lock is not None:
                cleared += _note(app, lambda session, now, key=key: actions.cut_short(session, now, key))
    return cleared


def _note(app: Flask, write: Callable[..., Any]) -> Any:
    """A small transaction of its own."""
    clock: Clock = app.extensions["crm.clock"]
    now: datetime = clock.now()
    with app.extensions["crm.sessions"].begin() as session:
        return write(session, now)
