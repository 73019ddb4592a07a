"""Consultants in reach, and what their calendars hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calendars.models import Absence, CalendarEvent, CalendarProfile, WorkingHours
from crm.calendars.rules import Stretch
from crm.people.models import User, UserRole


def profiles(session: Session, consultant_ids: Collection[int]) -> dict[int, CalendarProfile]:
    """Home base and visits a day; a consultant without a profile is left out and cannot be booked."""
    found = session.scalars(select(CalendarProfile).where(CalendarProfile.consultant_id.in_(consultant_ids)))
    return {profile.consultant_id: profile for profile in found}


def weekly_hours(session: Session, consultant_id: int) -> list[Stretch]:
    rows = session.execute(
        select(WorkingHours.weekday, WorkingHours.starts_minute, WorkingHours.ends_minute)
        .where(WorkingHours.consultant_id == consultant_id)
        .order_by(WorkingHours.weekday, WorkingHours.starts_minute)
    )
    return [Stretch(*row) for row in rows]


def absences(session: Session, consultant_id: int, frm: datetime, to: datetime | None = None) -> Sequence[Absence]:
    """Absences that touch [frm, to), in order."""
    statement = select(Absence).where(Absence.consultant_id == consultant_id, Absence.ends_at > frm)
    if to is not None:
        statement = statement.where(Absence.starts_at < to)
    return session.scalars(statement.order_by(Absence.starts_at).limit(200)).all()


def absence(session: Session, scope: Scope, absence_id: int) -> Absence:
    """Raises NotFound outside the scope."""
    found = session.get(Absence, absence_id)
    if found is None:
        raise NotFound
    consultant(session, scope, found.consultant_id)
    return found


def events(session: Session, consultant_id: int, frm: datetime, to: datetime) -> Sequence[CalendarEvent]:
    """Published engagements that touch [frm, to), cancelled ones too, in order."""
    return session.scalars(
        select(CalendarEvent)
        .where(
            CalendarEvent.kind == "engagement",
            CalendarEvent.consultant_id == consultant_id,
            CalendarEvent.starts_at < to,
            CalendarEvent.ends_at > frm,
        )
        .order_by(CalendarEvent.starts_at)
    ).all()


def consultants(session: Session, scope: Scope) -> Sequence[User]:
    """Active consultants in reach, by name."""
    return session.scalars(
        select(User)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role == "consultant", User.active, scope.clause(jobcentre=UserRole.jobcentre_id, own=User.id))
        .order_by(User.name)
        .distinct()
        .options(lazyload(User.roles))
    ).all()


def consultant(session: Session, scope: Scope, consultant_id: int) -> User:
    """One consultant in reach. Raises NotFound."""
    found = session.scalar(
        select(User)
        .join(UserRole, UserRole.user_id == User.id)
        .where(
            User.id == consultant_id,
            UserRole.role == "consultant",
            scope.clause(jobcentre=UserRole.jobcentre_id, own=User.id),
        )
        .limit(1)
    )
    if found is None:
        raise NotFound
    return found
