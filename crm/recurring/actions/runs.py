"""Runs of jobs, written in short transactions of their own: one row a job. The caller holds the job's lock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.db import insert_new
from crm.base.errors import N_
from crm.recurring.models import JobRun
from crm.recurring.rules import AGAIN

CUT_SHORT = N_("Kørslen blev afbrudt: processen, den kørte i, holdt op.")


def _row(session: Session, key: str) -> JobRun:
    """The job's row, locked; made when it is not there."""
    blank = {"key": key, "done": 0, "runs": 0, "failures": 0, "running_by": ""}
    totals = {"seconds_total": 0.0, "done_total": 0, "failed_in_a_row": 0}
    found = session.get(JobRun, key, with_for_update=True, populate_existing=True)
    if found is None:
        insert_new(session, JobRun, [{**blank, **totals}], ["key"])
        found = session.get_one(JobRun, key, with_for_update=True, populate_existing=True)
    return found


def ask(session: Session, actor: Any, now: datetime, key: str) -> None:
    """Somebody wants the job run now: the leader does so within seconds. Asking twice asks once."""
    row = _row(session, key)
    if row.asked_at is None:
        row.asked_at, row.asked_by = now, actor.id
        activity.record(session, actor, now, "recurring.ask", actor, job=key)
    session.flush()


def begin(session: Session, now: datetime, key: str, by: str) -> None:
    """``by`` runs it from now on. A run that never ended belongs to a process that died: it is written as failed."""
    row = _row(session, key)
    if row.running_since is not None:
        _count_failure(row, now, CUT_SHORT)
    row.started_at = row.running_since = now
    row.running_by, row.asked_at, row.asked_by, row.retry_at = by[:120], None, None, None
    session.flush()


def finish(session: Session, now: datetime, key: str, *, done: int, seconds: float) -> None:
    row = _row(session, key)
    _ended(row, now, seconds)
    row.done, row.done_total, row.succeeded_at, row.failed_in_a_row = done, row.done_total + done, now, 0
    session.flush()


def failed(session: Session, now: datetime, key: str, *, error: str, seconds: float) -> None:
    """The job raised; it is tried again before its own time, ever more seldom."""
    row = _row(session, key)
    _ended(row, now, seconds)
    row.done = 0
    _count_failure(row, now, error)
    row.retry_at = now + AGAIN[min(row.failed_in_a_row, len(AGAIN)) - 1]
    session.flush()


def cut_short(session: Session, now: datetime, key: str) -> bool:
    """A run whose process died in its midst; it is due again at once. False when it is not running."""
    row = _row(session, key)
    if row.running_since is None:
        return False
    row.running_since, row.running_by, row.runs = None, "", row.runs + 1
    _count_failure(row, now, CUT_SHORT)
    row.retry_at = now
    session.flush()
    return True


def _ended(row: JobRun, now: datetime, seconds: float) -> None:
    row.finished_at, row.running_since, row.running_by = now, None, ""
    row.seconds, row.seconds_total, row.runs = seconds, row.seconds_total + seconds, row.runs + 1


def _count_failure(row: JobRun, now: datetime, error: str) -> None:
    row.failures, row.failed_in_a_row = row.failures + 1, row.failed_in_a_row + 1
    row.last_error, row.last_error_at = error, now
