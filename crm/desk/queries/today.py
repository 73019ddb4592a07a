"""What each role wants to know in the morning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from crm.base.clock import at, danish_date, day_bounds
from crm.base.scope import Scope
from crm.calling.models import QueueEntry
from crm.calling.rules import CONTACTED
from crm.campaigns.models import Campaign, Participation
from crm.desk.rules import week_of
from crm.followups.models import FollowUp, Nag
from crm.integrations.queries import counts
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit
from crm.visits.rules import OCCUPYING_STATES

ROWS = 12


def call_backs(session: Session, user_id: int, now: datetime) -> Sequence[QueueEntry]:
    """Calls this phoner has promised by the end of today, the earliest first."""
    _start, end = day_bounds(danish_date(now))
    return session.scalars(
        select(QueueEntry)
        .where(
            QueueEntry.call_back_by == user_id,
            QueueEntry.state == "waiting",
            QueueEntry.rank == 0,
            QueueEntry.due_at < end,
        )
        .order_by(QueueEntry.due_at)
        .limit(ROWS)
    ).all()


def overdue(session: Session, scope: Scope, today: date, limit: int = ROWS) -> tuple[Sequence[FollowUp], int]:
    """The follow-ups longest past their day, and how many there are; one query."""
    found = session.execute(
        select(FollowUp, func.count().over())
        .where(
            FollowUp.state == "open",
            FollowUp.voided_at.is_(None),
            FollowUp.due_on < today,
            scope.clause(jobcentre=FollowUp.jobcentre_id),
        )
        .options(joinedload(FollowUp.owner, innerjoin=True).lazyload(User.roles))
        .order_by(FollowUp.due_on, FollowUp.id)
        .limit(limit)
    ).all()
    return [row for row, _count in found], found[0][1] if found else 0


@dataclass(frozen=True)
class Visits:
    today: Sequence[Visit]
    this_week: int
    unreported: int


def visits(session: Session, scope: Scope, now: datetime) -> Visits:
    """Today's visits of the jobcentres, with how many the week holds and how many lack their report."""
    start, end = day_bounds(danish_date(now))
    monday = week_of(danish_date(now))
    mine = scope.clause(jobcentre=Visit.jobcentre_id)
    rows = session.scalars(
        select(Visit)
        .where(mine, Visit.starts_at >= start, Visit.starts_at < end, Visit.state.in_(OCCUPYING_STATES))
        .options(joinedload(Visit.consultant, innerjoin=True).lazyload(User.roles))
        .order_by(Visit.starts_at)
        .limit(50)
    ).all()
    in_week = (Visit.starts_at >= at(monday, 0)) & (Visit.starts_at < at(monday + timedelta(weeks=1), 0))
    week, late = session.execute(
        select(
            func.count(case((in_week & Visit.state.in_(OCCUPYING_STATES), 1))),
            func.count(case(((Visit.state == "booked") & (Visit.ends_at < now), 1))),
        ).where(mine)
    ).one()
    return Visits(rows, week, late)


@dataclass(frozen=True)
class Pace:
    """A running campaign. ``recent``: bookings of the last seven days; ``full``: jobcentres with full calendars."""

    campaign: Campaign
    jobcentres: int
    full: int
    contacted: int
    booked: int
    recent: int
    left: int


def paces(session: Session, scope: Scope, now: datetime) -> list[Pace]:
    """Open campaigns, the newest first; three queries."""
    joined = {
        row[0]: row[1:]
        for row in session.execute(
            select(Participation.campaign_id, func.count(), func.count(Participation.calendars_full_since))
            .where(scope.clause(jobcentre=Participation.jobcentre_id))
            .group_by(Participation.campaign_id)
        )
    }
    open_ones = session.scalars(
        select(Campaign)
        .where(Campaign.state == "open", Campaign.id.in_(joined))
        .order_by(Campaign.starts_on.desc(), Campaign.id.desc())
        .limit(ROWS)
    ).all()
    booked = QueueEntry.final_outcome == "booked"
    week = now - timedelta(days=7)
    found = {
        row[0]: row[1:]
        for row in session.execute(
            select(
                QueueEntry.campaign_id,
                func.count(case((QueueEntry.final_outcome.in_(CONTACTED), 1))),
                func.count(case((booked, 1))),
                func.count(case((booked & (QueueEntry.final_at >= week), 1))),
                func.count(case((QueueEntry.state == "waiting", 1))),
            )
            .where(
                QueueEntry.campaign_id.in_([one.id for one in open_ones]),
                scope.clause(jobcentre=QueueEntry.jobcentre_id),
            )
            .group_by(QueueEntry.campaign_id)
        )
    }
    return [Pace(one, *joined[one.id], *found.get(one.id, (0, 0, 0, 0))) for one in open_ones]


@dataclass(frozen=True)
class Left:
    jobcentre_id: int
    jobcentre: str
    left: int
    total: int
    full: bool


def queues(session: Session, scope: Scope, campaign_id: int) -> list[Left]:
    """Entries left by jobcentre, the emptiest first: where lists are wanted next."""
    counted = (
        select(
            QueueEntry.jobcentre_id,
            func.count(case((QueueEntry.state == "waiting", 1))).label("left"),
            func.count().label("total"),
        )
        .where(QueueEntry.campaign_id == campaign_id)
        .group_by(QueueEntry.jobcentre_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Jobcentre.id,
            Jobcentre.name,
            func.coalesce(counted.c.left, 0),
            func.coalesce(counted.c.total, 0),
            Participation.calendars_full_since.isnot(None),
        )
        .join(Participation, Participation.jobcentre_id == Jobcentre.id)
        .outerjoin(counted, counted.c.jobcentre_id == Jobcentre.id)
        .where(Participation.campaign_id == campaign_id, scope.clause(jobcentre=Jobcentre.id))
        .order_by(func.coalesce(counted.c.left, 0), Jobcentre.name)
        .limit(ROWS)
    )
    return [Left(*row) for row in rows]


@dataclass(frozen=True)
class House:
    """What an administrator looks after."""

    active: int
    disabled: int
    outbox: dict[str, int]
    last_nag: datetime | None


def house(session: Session) -> House:
    active, disabled = session.execute(
        select(func.count(case((User.active, 1))), func.count(case((~User.active, 1))))
    ).one()
    return House(active, disabled, dict(counts(session)), session.scalar(select(func.max(Nag.written_at))))
