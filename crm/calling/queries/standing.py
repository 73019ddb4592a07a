"""How far each jobcentre of a campaign is: its queue, its bookings. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date, day_bounds
from crm.base.scope import Scope
from crm.calling.models import ListAllotment, QueueEntry
from crm.calling.queries.dry import reasons_by_place
from crm.calling.rules.standing import Standing
from crm.campaigns.models import CallList, Campaign, Participation
from crm.people.models import CallingFirm, Jobcentre


@dataclass(frozen=True)
class Place:
    """A jobcentre of the campaign. ``begun_at``: its first list was approved, None before that."""

    jobcentre_id: int
    name: str
    target: int | None
    full_since: datetime | None
    begun_at: datetime | None


def places(session: Session, scope: Scope, campaign_id: int) -> list[Place]:
    """Those in the scope, by name."""
    begun = (
        select(func.min(CallList.approved_at))
        .where(CallList.participation_id == Participation.id)
        .correlate(Participation)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Jobcentre.id, Jobcentre.name, Participation.target_visits, Participation.calendars_full_since, begun)
        .join(Jobcentre, Jobcentre.id == Participation.jobcentre_id)
        .where(Participation.campaign_id == campaign_id, scope.clause(jobcentre=Participation.jobcentre_id))
        .order_by(Jobcentre.name)
    )
    return [Place(*row) for row in rows]


def firms(session: Session, scope: Scope, campaign_id: int) -> Sequence[CallingFirm]:
    """The firms that call for the campaign's jobcentres in the scope, or for one of their lists, by name."""
    inside = and_(Participation.campaign_id == campaign_id, scope.clause(jobcentre=Participation.jobcentre_id))
    standing = select(Participation.calling_firm_id).where(inside)
    allotted = (
        select(ListAllotment.calling_firm_id)
        .join(CallList, CallList.id == ListAllotment.call_list_id)
        .join(Participation, Participation.id == CallList.participation_id)
        .where(inside)
    )
    reach = or_(CallingFirm.id.in_(standing), CallingFirm.id.in_(allotted))
    return session.scalars(select(CallingFirm).where(reach).order_by(CallingFirm.name)).all()


@dataclass(frozen=True)
class Booked:
    """Companies of a jobcentre that said yes: in all, on the Danish day of ``now``, and on each pace day."""

    total: int
    today: int
    daily: tuple[int, ...]


def bookings(
    session: Session, scope: Scope, campaign_id: int, now: datetime, days: Sequence[date]
) -> dict[int, Booked]:
    """Jobcentre id -> bookings, one query. What is booked on a day off counts to the working day before it."""
    final = QueueEntry.final_at
    today, end = day_bounds(danish_date(now))
    ends = [at(day, 0) for day in days[1:]] + [today]
    bins = [
        func.count(case((and_(final >= at(day, 0), final < stop), 1))) for day, stop in zip(days, ends, strict=True)
    ]
    rows = session.execute(
        select(QueueEntry.jobcentre_id, func.count(), func.count(case((and_(final >= today, final < end), 1))), *bins)
        .where(
            QueueEntry.campaign_id == campaign_id,
            QueueEntry.final_outcome == "booked",
            scope.clause(jobcentre=QueueEntry.jobcentre_id),
        )
        .group_by(QueueEntry.jobcentre_id)
    )
    return {row[0]: Booked(row[1], row[2], tuple(row[3:])) for row in rows}


def standings(
    session: Session, scope: Scope, campaign: Campaign, now: datetime
) -> dict[int, dict[int | None, Standing]]:
    """Jobcentre id -> firm id -> where its waiting entries stand, by the reasons of why-dry; one query."""
    found: dict[int, dict[int | None, Standing]] = {}
    for (jobcentre_id, firm_id), counts in reasons_by_place(session, scope, campaign, now).items():
        found.setdefault(jobcentre_id, {})[firm_id] = Standing().add(counts)
    return found
