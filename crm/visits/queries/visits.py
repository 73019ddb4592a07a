"""Visits through a scope, one or many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from crm.base.clock import day_bounds
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calling.models import Call, QueueEntry
from crm.people.models import User, UserRole
from crm.visits.models import Visit, VisitEvent


def reach(scope: Scope, *, booked: bool = False) -> ColumnElement[bool]:
    """Own: the consultant's visits; with ``booked`` also those the user booked (for reading), a phoner's only while
    their firm calls for the list they came from."""
    clause = scope.clause(jobcentre=Visit.jobcentre_id, firm=Visit.booked_firm_id, own=Visit.consultant_id)
    if not booked or scope.own is None:
        return clause
    firms = select(UserRole.calling_firm_id).where(UserRole.user_id == scope.own, UserRole.role == "phoner")
    still = exists().where(QueueEntry.id == Visit.queue_entry_id, QueueEntry.calling_firm_id.in_(firms))
    return clause | and_(Visit.booked_by == scope.own, or_(Visit.booked_firm_id.is_(None), still))


def visit(session: Session, scope: Scope, visit_id: int, *, booked: bool = False) -> Visit:
    """With its people and history; ``booked`` as in ``reach``. Raises NotFound outside the scope."""
    found = session.scalar(
        select(Visit)
        .where(Visit.id == visit_id, reach(scope, booked=booked))
        .options(
            *_people(Visit.consultant, Visit.responsible),
            selectinload(Visit.events).options(*_people(VisitEvent.actor, VisitEvent.responsible)),
        )
    )
    if found is None:
        raise NotFound
    return found


def _people(*links: Any) -> list[Any]:
    """Load who is named with the row itself; their roles are not asked for."""
    return [joinedload(link).lazyload(User.roles) for link in links]


def visits(
    scope: Scope,
    *,
    state: str | None = None,
    frm: date | None = None,
    to: date | None = None,
    consultant_id: int | None = None,
    campaign_id: int | None = None,
) -> Select[Visit]:
    """The statement of a list for reading; ``frm`` and ``to`` are Danish days, both included. Order and paging are
    the caller's."""
    statement = select(Visit).where(reach(scope, booked=True)).options(*_people(Visit.consultant, Visit.responsible))
    if state:
        statement = statement.where(Visit.state == state)
    if frm:
        statement = statement.where(Visit.starts_at >= day_bounds(frm)[0])
    if to:
        statement = statement.where(Visit.starts_at < day_bounds(to)[1])
    if consultant_id:
        statement = statement.where(Visit.consultant_id == consultant_id)
    if campaign_id:
        statement = statement.where(Visit.campaign_id == campaign_id)
    return statement


def upcoming(session: Session, scope: Scope, now: datetime, *, limit: int = 20) -> Sequence[Visit]:
    """Booked visits that have not begun, the next first."""
    return session.scalars(
        visits(scope, state="booked").where(Visit.starts_at >= now).order_by(Visit.starts_at).limit(limit)
    ).all()


def unreported(session: Session, scope: Scope, now: datetime, *, limit: int = 50) -> Sequence[Visit]:
    """Booked visits that are over and lack their report, the oldest first."""
    return session.scalars(
        visits(scope, state="booked").where(Visit.ends_at < now).order_by(Visit.starts_at).limit(limit)
    ).all()


def booked_with(session: Session, user_id: int, entry: QueueEntry, key: str | None) -> Visit | None:
    """The visit that the user has booked for the entry with this idempotency key already, unless it was undone."""
    if not key:
        return None
    with_key = (Call.entry_id == Visit.queue_entry_id, Call.user_id == user_id, Call.idempotency_key == key)
    return session.scalar(
        select(Visit)
        .join(Call, and_(*with_key, Call.undone_at.is_(None)))
        .where(Visit.queue_entry_id == entry.id, Visit.booked_by == user_id, Visit.booked_at == Call.ended_at)
    )
