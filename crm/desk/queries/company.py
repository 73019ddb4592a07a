"""What stands beside a company's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, joinedload

from crm.base.scope import Scope
from crm.calling.models import QueueEntry
from crm.campaigns.models import CallList, Campaign, ListEntry
from crm.companies.models import Workplace
from crm.desk.queries.reach import workplaces
from crm.people.models import Jobcentre
from crm.visits.models import Visit


@dataclass(frozen=True)
class InCampaign:
    """The workplace's place in a campaign's queue. ``basis``: the recorded legal basis of the list, if any."""

    campaign_id: int
    campaign: str
    jobcentre_id: int
    jobcentre: str
    entry_id: int
    state: str
    final_outcome: str | None
    last_outcome: str | None
    attempts: int
    due_at: datetime
    basis: str | None


def campaigns(session: Session, scope: Scope, workplace_id: int) -> list[InCampaign]:
    """Newest first; for a calling firm its own."""
    statement = (
        select(
            Campaign.id,
            Campaign.name,
            Jobcentre.id,
            Jobcentre.name,
            QueueEntry.id,
            QueueEntry.state,
            QueueEntry.final_outcome,
            QueueEntry.last_outcome,
            QueueEntry.attempts,
            QueueEntry.due_at,
            CallList.legal_basis,
        )
        .join(QueueEntry, QueueEntry.campaign_id == Campaign.id)
        .join(Jobcentre, Jobcentre.id == QueueEntry.jobcentre_id)
        .join(ListEntry, ListEntry.id == QueueEntry.list_entry_id)
        .join(CallList, CallList.id == ListEntry.call_list_id)
        .where(QueueEntry.workplace_id == workplace_id)
    )
    if scope.firms and not scope.jobcentres and not scope.everything:
        statement = statement.where(QueueEntry.calling_firm_id.in_(scope.firms))
    return [InCampaign(*row) for row in session.execute(statement.order_by(Campaign.starts_on.desc()).limit(20))]


def next_visit(session: Session, scope: Scope, workplace_id: int, now: datetime) -> Visit | None:
    """The next booked one, of any jobcentre; for a calling firm one it booked."""
    statement = (
        select(Visit)
        .where(Visit.workplace_id == workplace_id, Visit.state == "booked", Visit.ends_at > now)
        .options(joinedload(Visit.consultant, innerjoin=True))
    )
    if scope.firms and not scope.jobcentres and not scope.everything:
        statement = statement.join(QueueEntry, QueueEntry.id == Visit.queue_entry_id).where(
            Visit.booked_firm_id.in_(scope.firms), QueueEntry.calling_firm_id.in_(scope.firms)
        )
    return session.scalars(statement.order_by(Visit.starts_at).limit(1)).first()


def siblings(session: Session, scope: Scope, workplace: Workplace, today: date) -> Sequence[Workplace]:
    """The company's other workplaces in reach, at most ten."""
    return session.scalars(
        select(Workplace)
        .where(
            and_(Workplace.company_id == workplace.company_id, Workplace.id != workplace.id), workplaces(scope, today)
        )
        .order_by(func.lower(Workplace.name))
        .limit(10)
    ).all()
