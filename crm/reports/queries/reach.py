"""What a reader may choose among, and how far a campaign has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calling.models import QueueEntry
from crm.calling.rules import CONTACTED
from crm.campaigns.models import Campaign, Participation
from crm.people.models import Jobcentre, Region
from crm.reports.queries.groups import Facts, Within, narrowed
from crm.reports.rules import DEFINITIONS, Rate, in_danish_order
from crm.visits.models import Visit


def campaigns(session: Session, scope: Scope) -> Sequence[Campaign]:
    """Campaigns with a jobcentre in reach, the newest first."""
    statement = select(Campaign).order_by(Campaign.starts_on.desc(), Campaign.id.desc())
    if not scope.everything:
        inside = select(Participation.campaign_id).where(scope.clause(jobcentre=Participation.jobcentre_id))
        statement = statement.where(Campaign.id.in_(inside))
    return session.scalars(statement).all()


def campaign(session: Session, scope: Scope, campaign_id: int) -> Campaign:
    """Raises NotFound outside the scope."""
    found = next((one for one in campaigns(session, scope) if one.id == campaign_id), None)
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Place:
    """A jobcentre with its region, both for the filters."""

    id: int
    name: str
    region_id: int
    region: str


def places(session: Session, scope: Scope, campaign_id: int | None) -> list[Place]:
    """The campaign's jobcentres in reach, in Danish order; None: of any campaign."""
    inside = select(Participation.jobcentre_id)
    if campaign_id is not None:
        inside = inside.where(Participation.campaign_id == campaign_id)
    found = session.execute(
        select(Jobcentre.id, Jobcentre.name, Region.id, Region.name)
        .join(Region, Region.id == Jobcentre.region_id)
        .where(Jobcentre.id.in_(inside), scope.clause(jobcentre=Jobcentre.id))
    )
    return sorted((Place(*row) for row in found), key=lambda place: in_danish_order(place.name))


@dataclass(frozen=True)
class Reach:
    """From list to visit: contacted of the approved lists, held of booked."""

    contacted: Rate
    held: Rate


def reach(session: Session, scope: Scope, campaign_id: int, within: Within) -> Reach:
    """In one query. With a stretch of time: final answers in it, and the visits that came of them by now; the
    lists themselves have no time."""
    facts = Facts(QueueEntry.jobcentre_id, None, None, None, None, QueueEntry.final_at)
    lists = Within(within.region_id, within.jobcentre_id)
    held = (
        select(Visit.queue_entry_id)
        .where(Visit.campaign_id == campaign_id, Visit.state == "held")
        .distinct()
        .subquery()
    )
    timely = [facts.at >= within.frm] if within.frm else []
    timely += [facts.at < within.to] if within.to else []
    booked = QueueEntry.final_outcome == "booked"
    wanted = (QueueEntry.final_outcome.in_(CONTACTED), booked, and_(booked, held.c.queue_entry_id.isnot(None)))
    counts = [func.coalesce(func.sum(case((and_(one, *timely), 1), else_=0)), 0) for one in wanted]
    statement = (
        select(func.count(QueueEntry.id), *counts)
        .select_from(QueueEntry)
        .outerjoin(held, held.c.queue_entry_id == QueueEntry.id)
        .where(QueueEntry.campaign_id == campaign_id)
    )
    row = session.execute(narrowed(statement, facts, scope, lists)).one()
    return Reach(
        Rate(DEFINITIONS["reach"].name, int(row[1]), int(row[0])),
        Rate(DEFINITIONS["held_rate"].name, int(row[3]), int(row[2])),
    )
