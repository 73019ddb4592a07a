"""What stands around a call: pace, the queue's length, the campaigns to choose from, warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date, day_bounds
from crm.base.scope import Scope
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import CONTACTED
from crm.campaigns.models import Campaign, Participation
from crm.companies.models import Workplace
from crm.people.models import Jobcentre


@dataclass(frozen=True)
class Pace:
    """A phoner's Danish day so far. ``rate``: booked / contacts, None before the first contact."""

    calls: int
    contacts: int
    booked: int

    @property
    def rate(self) -> float | None:
        return self.booked / self.contacts if self.contacts else None


def pace(session: Session, user_id: int, now: datetime) -> Pace:
    start, end = day_bounds(danish_date(now))
    row = session.execute(
        select(
            func.count(),
            func.count(case((Call.outcome.in_(CONTACTED), 1))),
            func.count(case((Call.outcome == "booked", 1))),
        ).where(Call.user_id == user_id, Call.ended_at >= start, Call.ended_at < end, Call.undone_at.is_(None))
    ).one()
    return Pace(*row)


def queue_left(session: Session, scope: Scope, campaign_id: int, jobcentre_id: int | None = None) -> int:
    """Entries still to be called in the scope, due or not."""
    statement = (
        select(func.count())
        .select_from(QueueEntry)
        .where(
            QueueEntry.campaign_id == campaign_id,
            QueueEntry.state == "waiting",
            scope.clause(jobcentre=QueueEntry.jobcentre_id, firm=QueueEntry.calling_firm_id),
        )
    )
    if jobcentre_id is not None:
        statement = statement.where(QueueEntry.jobcentre_id == jobcentre_id)
    return session.scalar(statement) or 0


@dataclass(frozen=True)
class Desk:
    """A jobcentre of a campaign that the phoner may call for, with the entries waiting there."""

    campaign_id: int
    campaign: str
    jobcentre_id: int
    jobcentre: str
    waiting: int
    full: bool


def desks(session: Session, scope: Scope, today: date) -> Sequence[Desk]:
    """Where the scope's firms call: campaigns that are open and not over, by name."""
    waiting = (
        select(func.count())
        .select_from(QueueEntry)
        .where(
            QueueEntry.campaign_id == Participation.campaign_id,
            QueueEntry.jobcentre_id == Participation.jobcentre_id,
            QueueEntry.calling_firm_id == Participation.calling_firm_id,
            QueueEntry.state == "waiting",
        )
        .correlate(Participation)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Campaign.id,
            Campaign.name,
            Jobcentre.id,
            Jobcentre.name,
            waiting,
            Participation.calendars_full_since.is_not(None),
        )
        .join(Participation, Participation.campaign_id == Campaign.id)
        .join(Jobcentre, Jobcentre.id == Participation.jobcentre_id)
        .where(
            Campaign.state == "open",
            Campaign.ends_on >= today,
            scope.clause(jobcentre=Participation.jobcentre_id, firm=Participation.calling_firm_id),
        )
        .order_by(Campaign.starts_on.desc(), Campaign.id, Jobcentre.name)
    )
    return [Desk(*row) for row in rows]


@dataclass(frozen=True)
class SameNumber:
    """Another entry in the phoner's reach with the same telephone number."""

    p_number: str
    name: str
    last_called_at: datetime | None


def same_number(session: Session, scope: Scope, entry: QueueEntry, limit: int = 3) -> list[SameNumber]:
    if not entry.phone:
        return []
    rows = session.execute(
        select(Workplace.p_number, Workplace.name, QueueEntry.last_called_at)
        .join(QueueEntry, QueueEntry.workplace_id == Workplace.id)
        .where(
            QueueEntry.phone == entry.phone,
            QueueEntry.workplace_id != entry.workplace_id,
            scope.clause(jobcentre=QueueEntry.jobcentre_id, firm=QueueEntry.calling_firm_id),
        )
        .order_by(QueueEntry.last_called_at.desc().nulls_last(), QueueEntry.id)
        .limit(limit)
    )
    return [SameNumber(*row) for row in rows]
