"""Reads about recurring jobs: how each went, who leads, what was set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.recurring.models import JobRun, Leader, SetAside


def runs(session: Session) -> Mapping[str, JobRun]:
    return {row.key: row for row in session.scalars(select(JobRun))}


def last_begun(session: Session) -> Mapping[str, datetime]:
    """When each job began last."""
    rows = select(JobRun.key, JobRun.started_at).where(JobRun.started_at.is_not(None))
    return {key: at for key, at in session.execute(rows) if at is not None}


def wanted(session: Session, now: datetime) -> Sequence[str]:
    """Jobs that somebody asked for, and those whose next try after a failure has come; not while they run."""
    due = or_(JobRun.asked_at.is_not(None), JobRun.retry_at <= now)
    return session.scalars(select(JobRun.key).where(due, JobRun.running_since.is_(None)).order_by(JobRun.key)).all()


def leader(session: Session) -> Leader | None:
    return session.scalar(select(Leader))


def aside_counts(session: Session) -> Mapping[str, int]:
    """Items set aside, by job."""
    rows = session.execute(select(SetAside.job, func.count()).group_by(SetAside.job))
    return dict(rows.all())


def due_again(session: Session, job: str, now: datetime) -> Sequence[str]:
    """Items of a job that were set aside and whose next try has come."""
    due = select(SetAside.item).where(SetAside.job == job, SetAside.retry_at <= now)
    return session.scalars(due.order_by(SetAside.id)).all()


def aside(session: Session, job: str | None = None, before: int | None = None, limit: int = 50) -> Sequence[SetAside]:
    """Newest first; ``before`` is the last id of the page before."""
    statement = select(SetAside).order_by(SetAside.id.desc()).limit(limit)
    if job:
        statement = statement.where(SetAside.job == job)
    if before:
        statement = statement.where(SetAside.id < before)
    return session.scalars(statement).all()


def one_aside(session: Session, number: int) -> SetAside:
    """Locked. Raises NotFound."""
    found = session.get(SetAside, number, with_for_update=True)
    if found is None:
        raise NotFound
    return found


def failing(rows: Mapping[str, JobRun]) -> Sequence[str]:
    """Keys of the jobs whose last run failed."""
    return sorted(key for key, row in rows.items() if row.failed_in_a_row)
