"""How a job stands at a moment: what it is doing, when it comes next, whether it is late. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.triggers.interval import IntervalTrigger

from crm.recurring.models import JobRun, Leader
from crm.recurring.rules.schedule import SILENT, Plan, is_due, next_after, overdue_since

LONGEST_RUN = timedelta(hours=1)
PATIENCE = timedelta(minutes=10)
"""A run that goes on for so long after the job's next time, or after its first hour, hangs: its process is frozen."""


@dataclass(frozen=True)
class Standing:
    """``state``: running, asked, failed, overdue, never or well. ``next_at``: when it comes next; the moment
    itself when it only waits for the leader. ``overdue_since``: it should have begun by then, or have ended."""

    key: str
    state: str
    next_at: datetime
    overdue_since: datetime | None


def standing(plan: Plan, row: JobRun | None, now: datetime) -> Standing:
    late = _late(plan, row, now) if row is not None else None
    return Standing(plan.key, _state(row, late), _next(plan, row, now), late)


def _late(plan: Plan, row: JobRun, now: datetime) -> datetime | None:
    if row.running_since is None:
        return overdue_since(plan.trigger, row.started_at, now)
    due = min(next_after(plan.trigger, row.running_since), row.running_since + LONGEST_RUN)
    return due if due + PATIENCE < now else None


def _state(row: JobRun | None, late: datetime | None) -> str:
    if row is None:
        return "never"
    if row.running_since:
        return "running"
    if row.asked_at:
        return "asked"
    if row.failed_in_a_row:
        return "failed"
    if late:
        return "overdue"
    return "well" if row.started_at else "never"


def _next(plan: Plan, row: JobRun | None, now: datetime) -> datetime:
    last = row.started_at if row else None
    if row is not None and row.asked_at and not row.running_since:
        return now
    if last is None or is_due(plan.trigger, last, now):
        return next_after(plan.trigger, now) if row is not None and row.running_since else now
    due = next_after(plan.trigger, last if isinstance(plan.trigger, IntervalTrigger) else now)
    retry = row.retry_at if row else None
    return max(now, min(due, retry)) if retry else due


def is_silent(leader: Leader | None, now: datetime) -> bool:
    """Whether nobody runs the jobs: no leader yet, or no sign of life of it for long."""
    return leader is None or now - leader.beat_at > SILENT
