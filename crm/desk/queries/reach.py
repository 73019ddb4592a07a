"""Which workplaces a person may open and find."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calling.models import QueueEntry
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.people.models import Municipality


def workplaces(scope: Scope, today: date) -> ColumnElement[bool]:
    """Those in the municipalities of the scope's jobcentres or in their queues; for a calling firm, those in its
    queues of campaigns that run today."""
    if scope.everything:
        return true()
    parts: list[ColumnElement[bool]] = []
    if scope.jobcentres:
        towns = select(Municipality.code).where(Municipality.jobcentre_id.in_(scope.jobcentres))
        queued = select(QueueEntry.workplace_id).where(QueueEntry.jobcentre_id.in_(scope.jobcentres))
        parts += [Workplace.municipality_code.in_(towns), Workplace.id.in_(queued)]
    if scope.firms:
        running = and_(Campaign.state == "open", Campaign.starts_on <= today, Campaign.ends_on >= today)
        parts.append(
            Workplace.id.in_(
                select(QueueEntry.workplace_id)
                .join(Campaign, Campaign.id == QueueEntry.campaign_id)
                .where(QueueEntry.calling_firm_id.in_(scope.firms), running)
            )
        )
    return or_(*parts) if parts else false()


def workplace(session: Session, scope: Scope, workplace_id: int, today: date) -> Workplace:
    """Raises NotFound outside reach."""
    found = session.scalar(select(Workplace).where(Workplace.id == workplace_id, workplaces(scope, today)))
    if found is None:
        raise NotFound
    return found
