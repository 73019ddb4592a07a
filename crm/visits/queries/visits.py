"""Visits through a scope, one or many, and the consultant's day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from crm.base.clock import danish_date, day_bounds
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calendars.models import Absence, CalendarProfile
from crm.calendars.queries import profiles, times
from crm.calendars.rules import Span
from crm.calling.models import Call, QueueEntry
from crm.campaigns.models import Campaign
from crm.people.models import User, UserRole
from crm.travel.engine import Place, default_engine
from crm.visits.models import Visit, VisitEvent
from crm.visits.rules.route import Halt, Route, route
from crm.visits.rules.words import OCCUPYING_STATES


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


@dataclass(frozen=True)
class DayPlan:
    """A consultant's day. ``route``: base, visits and absences, home. ``next``: the visit that comes (or goes on) now,
    None when the day is over or not this one. ``margin``: minutes of the campaign's margin."""

    day: date
    profile: CalendarProfile | None
    visits: Sequence[Visit]
    route: Route
    next: Visit | None
    hours: Sequence[Span]
    absences: Sequence[Absence]
    following: date | None
    bookers: dict[int, User]

    @property
    def unreported(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.state == "booked"]


def day_plan(session: Session, consultant: User, day: date, now: datetime) -> DayPlan:
    """The day with drives and leave-by times. A cancelled visit is no stop of it."""
    start, end = day_bounds(day)
    found = session.scalars(
        select(Visit)
        .where(
            Visit.consultant_id == consultant.id,
            Visit.state.in_(OCCUPYING_STATES),
            Visit.starts_at >= start,
            Visit.starts_at < end,
        )
        .order_by(Visit.starts_at)
    ).all()
    profile = profiles(session, [consultant.id]).get(consultant.id)
    time = times(session, [consultant.id], start, end)[consultant.id]
    away = session.scalars(
        select(Absence)
        .where(Absence.consultant_id == consultant.id, Absence.starts_at < end, Absence.ends_at > start)
        .order_by(Absence.starts_at)
    ).all()
    driven = _driven(session, profile, found) if profile else Route()
    upcoming_now = _next(found, now) if day == danish_date(now) else None
    following = _next_day(session, consultant, end)
    return DayPlan(day, profile, found, driven, upcoming_now, time.hours, away, following, _bookers(session, found))


def _next(found: Sequence[Visit], now: datetime) -> Visit | None:
    """The first visit that is not over; after the last one, where the consultant still is without a report."""
    booked = [visit for visit in found if visit.state == "booked"]
    ahead = (visit for visit in booked if visit.ends_at > now)
    return next(ahead, None) or next((visit for visit in reversed(booked) if visit.arrived_at), None)


def _driven(session: Session, profile: CalendarProfile, found: Sequence[Visit]) -> Route:
    """The day's drive from the base and back, with the widest margin of the campaigns in it."""
    campaigns = {visit.campaign_id for visit in found}
    margin = session.scalar(select(func.max(Campaign.margin_minutes)).where(Campaign.id.in_(campaigns)))
    base = Place(profile.base_lat, profile.base_lon)
    return route(base, [_halt(visit) for visit in found], default_engine(), margin or 0)


def _next_day(session: Session, consultant: User, end: datetime) -> date | None:
    following = session.scalar(
        select(func.min(Visit.starts_at)).where(
            Visit.consultant_id == consultant.id, Visit.state == "booked", Visit.starts_at >= end
        )
    )
    return danish_date(following) if following else None


def _bookers(session: Session, found: Sequence[Visit]) -> dict[int, User]:
    """Who booked the visits, by id."""
    ids = {visit.booked_by for visit in found if visit.booked_by}
    return {user.id: user for user in session.scalars(select(User).where(User.id.in_(ids)))} if ids else {}


def _halt(visit: Visit) -> Halt:
    return Halt("visit", Place(visit.lat, visit.lon), visit.starts_at, visit.ends_at, visit, visit.state != "booked")


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
