"""What Prometheus is told of jobs, outbox and follow-ups: read from the database at each scrape, so that several
processes agree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import Engine, case, func, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.followups.models import FollowUp, Nag
from crm.integrations.models import OutboxMessage
from crm.recurring import queries
from crm.recurring.models import JobRun

_COUNTED: WeakKeyDictionary[Engine, tuple[tuple[Any, ...], dict[str, int]]] = WeakKeyDictionary()


def figures(session: Session, now: datetime) -> Iterable[Metric]:
    return [*_jobs(session), *_leader(session, now), *_outbox(session, now), *_follow_ups(session, now)]


def _jobs(session: Session) -> Iterable[Metric]:
    rows = sorted(queries.runs(session).items())
    counters = (
        ("crm_job_runs", "Runs of a job that ended", "runs"),
        ("crm_job_failures", "Runs of a job that failed or were cut short", "failures"),
        ("crm_job_duration_seconds", "Time a job's runs took together", "seconds_total"),
        ("crm_job_items", "Things a job did", "done_total"),
    )
    for name, words, field in counters:
        counter = CounterMetricFamily(name, words, labels=["job"])
        for key, row in rows:
            counter.add_metric([key], float(getattr(row, field)))
        yield counter
    yield _moments("crm_job_last_begin_timestamp_seconds", "When a job began last", rows, "started_at")
    yield _moments("crm_job_last_success_timestamp_seconds", "When a job last succeeded", rows, "succeeded_at")
    running = GaugeMetricFamily("crm_job_running", "Whether a job runs now", labels=["job"])
    for key, row in rows:
        running.add_metric([key], float(row.running_since is not None))
    yield running
    aside = GaugeMetricFamily(
        "crm_job_set_aside_items", "Items a job could not do, waiting for their next try", labels=["job"]
    )
    for job, count in sorted(queries.aside_counts(session).items()):
        aside.add_metric([job], count)
    yield aside


def _moments(name: str, words: str, rows: Iterable[tuple[str, JobRun]], field: str) -> Metric:
    gauge = GaugeMetricFamily(name, words, labels=["job"])
    for key, row in rows:
        moment = getattr(row, field)
        if moment is not None:
            gauge.add_metric([key], moment.timestamp())
    return gauge


def _leader(session: Session, now: datetime) -> Iterable[Metric]:
    leader = queries.leader(session)
    if leader is None:
        return
    age = max(0.0, (now - leader.beat_at).total_seconds())
    beat = leader.beat_at.timestamp()
    yield GaugeMetricFamily("crm_leader_last_beat_timestamp_seconds", "The leader's last sign of life", value=beat)
    yield GaugeMetricFamily("crm_leader_beat_age_seconds", "Since the leader's last sign of life", value=age)
    yield CounterMetricFamily("crm_leader_handovers", "Changes of the leader", value=leader.handovers)


def _outbox(session: Session, now: datetime) -> Iterable[Metric]:
    found = select(OutboxMessage.channel, OutboxMessage.state, func.count(), func.min(OutboxMessage.not_before))
    rows = session.execute(found.group_by(OutboxMessage.channel, OutboxMessage.state)).all()
    counts = GaugeMetricFamily("crm_outbox_messages", "Messages by way and state", labels=["channel", "state"])
    oldest = GaugeMetricFamily("crm_outbox_oldest_due_seconds", "How long the oldest one is due", labels=["channel"])
    for channel, state, count, first in sorted(rows, key=lambda row: (row[0], row[1])):
        counts.add_metric([channel, state], count)
        if state == "pending":
            oldest.add_metric([channel], max(0.0, (now - first).total_seconds()))
    return counts, oldest


def _follow_ups(session: Session, now: datetime) -> Iterable[Metric]:
    nags = CounterMetricFamily("crm_nags_written", "Reminders written", labels=["step"])
    for step, count in sorted(_nags(session).items()):
        nags.add_metric([step], count)
    late = func.sum(case((FollowUp.due_on < danish_date(now), 1), else_=0))
    live = (FollowUp.state == "open", FollowUp.voided_at.is_(None))
    opened, overdue = session.execute(select(func.count(), late).select_from(FollowUp).where(*live)).one()
    yield nags
    yield GaugeMetricFamily("crm_follow_ups_open", "Agreements that are not done", value=opened)
    yield GaugeMetricFamily("crm_follow_ups_overdue", "Agreements whose day has passed", value=int(overdue or 0))


def _nags(session: Session) -> dict[str, int]:
    """Step -> how many. Nags are written, never changed: while their number and the last one are the same as at the
    scrape before, so are these, and a hundred thousand rows need not be read again."""
    number, last = select(func.count()).select_from(Nag), select(func.max(Nag.id))
    state = tuple(session.execute(select(number.scalar_subquery(), last.scalar_subquery())).one())
    engine = session.connection().engine
    kept = _COUNTED.get(engine)
    if kept is None or kept[0] != state:
        rows = session.execute(select(Nag.step, func.count()).group_by(Nag.step))
        kept = _COUNTED[engine] = (state, {row[0]: row[1] for row in rows})
    return kept[1]
