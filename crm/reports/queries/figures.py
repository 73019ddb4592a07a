"""Grouped sums of calls, visits, openings and promises. Each is one query, whatever the number of rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.scope import Scope
from crm.calling.models import QueueEntry
from crm.calling.rules import CONTACTED
from crm.followups.models import FollowUp
from crm.followups.queries.kept import counted, due, in_time
from crm.followups.rules import AGREED
from crm.openings.models import Opening
from crm.reports.queries.groups import Facts, Row, Within, grouped, narrowed
from crm.visits.models import Visit

VISITS = Facts(
    Visit.jobcentre_id, Visit.booked_firm_id, Visit.booked_by, Visit.consultant_id, Visit.workplace_id, Visit.starts_at
)


def calls(session: Session, scope: Scope, campaign_id: int, by: str | None, within: Within) -> list[Row]:
    """(booked, contacted). By consultant: the consultant of the entry's last visit; who declined has none."""
    facts = Facts(
        QueueEntry.jobcentre_id,
        QueueEntry.final_firm_id,
        QueueEntry.final_by,
        None,
        QueueEntry.workplace_id,
        QueueEntry.final_at,
    )
    statement = select(QueueEntry.id).where(
        QueueEntry.campaign_id == campaign_id, QueueEntry.final_outcome.in_(CONTACTED)
    )
    if by == "consultant":
        last = (
            select(Visit.queue_entry_id, func.max(Visit.id).label("id"))
            .where(Visit.campaign_id == campaign_id)
            .group_by(Visit.queue_entry_id)
            .subquery()
        )
        facts = Facts(facts.jobcentre, facts.firm, facts.phoner, Visit.consultant_id, facts.workplace, facts.at)
        statement = statement.outerjoin(
            last, and_(last.c.queue_entry_id == QueueEntry.id, QueueEntry.final_outcome == "booked")
        )
        statement = statement.outerjoin(Visit, Visit.id == last.c.id)
    sums = [_count(QueueEntry.final_outcome == "booked"), func.count(QueueEntry.id)]
    return grouped(session, narrowed(statement, facts, scope, within), facts, by, sums)


def visits(session: Session, scope: Scope, campaign_id: int, by: str | None, within: Within) -> list[Row]:
    """Of held visits: (openings, held, with an opening, pressed, asked whether pressed)."""
    told = (
        select(Opening.visit_id, func.sum(Opening.positions).label("positions"))
        .where(Opening.campaign_id == campaign_id, Opening.voided_at.is_(None))
        .group_by(Opening.visit_id)
        .subquery()
    )
    statement = (
        select(Visit.id)
        .where(Visit.campaign_id == campaign_id, Visit.state == "held")
        .outerjoin(told, told.c.visit_id == Visit.id)
    )
    sums = [
        func.sum(told.c.positions),
        func.count(Visit.id),
        _count(told.c.positions > 0),
        _count(Visit.pressed.is_(True)),
        _count(Visit.pressed.isnot(None)),
    ]
    return grouped(session, narrowed(statement, VISITS, scope, within), VISITS, by, sums)


@dataclass(frozen=True)
class TypeSums:
    """Positions by type of opening, ``akutjob`` those of the ordinary ones that were urgent."""

    positions: dict[str, int]
    akutjob: int


def types(session: Session, scope: Scope, campaign_id: int, within: Within) -> TypeSums:
    """Openings of held visits by type, voided ones nowhere."""
    statement = (
        select(Opening.type, func.sum(Opening.positions), _positions(Opening.akutjob.is_(True)))
        .join(Visit, Visit.id == Opening.visit_id)
        .where(
            Visit.campaign_id == campaign_id,
            Opening.campaign_id == campaign_id,
            Visit.state == "held",
            Opening.voided_at.is_(None),
        )
    )
    rows = session.execute(narrowed(statement, VISITS, scope, within).group_by(Opening.type)).all()
    return TypeSums({row[0]: int(row[1]) for row in rows}, sum(int(row[2]) for row in rows))


def promises(
    session: Session, scope: Scope, campaign_id: int, by: str | None, within: Within, now: datetime
) -> list[Row]:
    """(kept by the jobcentre, due from it, kept by the company, due from it).

    Due, kept, and which ones count at all: as followups.queries.kept says.
    """
    statement = (
        select(FollowUp.id)
        .join(Visit, Visit.id == FollowUp.visit_id)
        .where(
            FollowUp.campaign_id == campaign_id,
            FollowUp.kind.in_(AGREED),
            due(danish_date(now)),
            counted(session),
        )
    )
    kept = in_time(session)
    sums = [
        _count(one)
        for side in ("jobcentre", "company")
        for one in (and_(FollowUp.owed_by == side, kept), FollowUp.owed_by == side)
    ]
    return grouped(session, narrowed(statement, VISITS, scope, within), VISITS, by, sums)


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _positions(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, Opening.positions), else_=0)), 0)
