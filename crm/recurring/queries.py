"""Reads about recurring jobs: how each went, who leads, what was set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import NotFound
from crm.recurring.models import JobRun, Leader, SetAside

DISMISSED = "recurring.dismiss"
WORDS = (DISMISSED, "recurring.release", "recurring.anew")
"""What the log says of an item set aside; the last one holds."""


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


def _dismissed() -> ColumnElement[bool]:
    """Whether the last word of people about an item set aside is that it is put away; the log has it, since who, when
    and why belong there. (SQLite gives an id again when its row is gone, hence the time.)"""
    word = select(Activity.verb).where(
        Activity.subject_type == SetAside.__tablename__,
        Activity.subject_id == SetAside.id,
        Activity.verb.in_(WORDS),
        Activity.at >= SetAside.first_at,
    )
    last = word.order_by(Activity.id.desc()).limit(1).correlate(SetAside).scalar_subquery()
    return func.coalesce(last, "") == DISMISSED


def is_dismissed(session: Session, row: SetAside) -> bool:
    return session.scalar(select(SetAside.id).where(SetAside.id == row.id, _dismissed())) is not None


def dismissed(session: Session, limit: int = 50) -> Sequence[tuple[SetAside, Activity]]:
    """What was put away for good, with who, when and why (``data["reason"]``); the last one first."""
    rows = session.scalars(select(SetAside).where(_dismissed()).limit(limit)).all()
    words = select(Activity).where(
        Activity.subject_type == SetAside.__tablename__,
        Activity.subject_id.in_([row.id for row in rows]),
        Activity.verb == DISMISSED,
    )
    said = {word.subject_id: word for word in session.scalars(words.order_by(Activity.id))}
    return sorted(((row, said[row.id]) for row in rows), key=lambda pair: -pair[1].id)


def aside_counts(session: Session, *, all_of_them: bool = False) -> Mapping[str, int]:
    """Items set aside, by job; ``all_of_them``: those put away for good too."""
    rows = select(SetAside.job, func.count()).group_by(SetAside.job)
    return dict(session.execute(rows if all_of_them else rows.where(~_dismissed())).all())


def due_again(session: Session, job: str, now: datetime) -> Sequence[str]:
    """Items of a job that were set aside and whose next try has come."""
    due = select(SetAside.item).where(SetAside.job == job, SetAside.retry_at <= now)
    return session.scalars(due.order_by(SetAside.id)).all()


def aside(session: Session, job: str | None = None, before: int | None = None, limit: int = 50) -> Sequence[SetAside]:
    """Newest first, without what was put away; ``before`` is the last id of the page before."""
    statement = select(SetAside).where(~_dismissed()).order_by(SetAside.id.desc()).limit(limit)
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
