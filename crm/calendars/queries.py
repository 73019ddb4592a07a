"""Reads of consultants' time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calendars.models import Absence, CalendarEvent, CalendarProfile, FeedLink, WorkingHours
from crm.calendars.rules import Span, Stretch, hours_between, without
from crm.people.models import User, UserRole
from crm.people.rules import token_hash

KEEP_CANCELLED = timedelta(days=30)
FEED_PAST = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Time:
    """A consultant's working hours and absences between two moments, UTC, each in order."""

    hours: list[Span]
    absences: list[Span]

    @property
    def free(self) -> list[Span]:
        return without(self.hours, self.absences)


def times(session: Session, consultant_ids: Collection[int], frm: datetime, to: datetime) -> dict[int, Time]:
    """Working hours and absences of each consultant in [frm, to); two queries whatever their number."""
    weekly: dict[int, list[Stretch]] = {number: [] for number in consultant_ids}
    for who, *stretch in session.execute(
        select(
            WorkingHours.consultant_id, WorkingHours.weekday, WorkingHours.starts_minute, WorkingHours.ends_minute
        ).where(WorkingHours.consultant_id.in_(consultant_ids))
    ):
        weekly[who].append(Stretch(*stretch))
    away: dict[int, list[Span]] = {number: [] for number in consultant_ids}
    for who, start, end in session.execute(
        select(Absence.consultant_id, Absence.starts_at, Absence.ends_at)
        .where(Absence.consultant_id.in_(consultant_ids), Absence.starts_at < to, Absence.ends_at > frm)
        .order_by(Absence.starts_at)
    ):
        away[who].append((start, end))
    known: dict[tuple[Stretch, ...], list[Span]] = {}
    result = {}
    for who, stretches in weekly.items():
        key = tuple(sorted(stretches, key=lambda s: (s.weekday, s.starts_minute)))
        if key not in known:
            known[key] = hours_between(key, frm, to)
        result[who] = Time(known[key], away[who])
    return result


def free(session: Session, consultant_ids: Collection[int], frm: datetime, to: datetime) -> dict[int, list[Span]]:
    """Working hours minus absences of each consultant in [frm, to), UTC, in order."""
    return {who: time.free for who, time in times(session, consultant_ids, frm, to).items()}


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
    """Published events that touch [frm, to), cancelled ones too, in order."""
    return session.scalars(
        select(CalendarEvent)
        .where(CalendarEvent.consultant_id == consultant_id, CalendarEvent.starts_at < to, CalendarEvent.ends_at > frm)
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


def feed_link(session: Session, consultant_id: int) -> FeedLink | None:
    """The live link, None when there is none."""
    return session.scalar(
        select(FeedLink).where(FeedLink.consultant_id == consultant_id, FeedLink.revoked_at.is_(None))
    )


@dataclass(frozen=True)
class Feed:
    """What a token opens: whose calendar, and a version that changes with anything shown in it."""

    consultant: User
    version: str
    revoked: bool


def feed(session: Session, token: str, now: datetime) -> Feed:
    """Look a token up; cheap, so that an unchanged feed is answered without reading its events.

    Raises NotFound for a token that was never given.
    """
    row = session.execute(
        select(FeedLink, User)
        .join(User, User.id == FeedLink.consultant_id)
        .where(FeedLink.token_hash == token_hash(token))
    ).one_or_none()
    if row is None:
        raise NotFound
    link, user = row
    if link.revoked_at is not None or not user.active:
        return Feed(user, "", True)
    count, latest = session.execute(
        select(func.count(), func.max(CalendarEvent.updated_at)).where(*_shown(user.id, now))
    ).one()
    stamp = int(latest.timestamp() * 1_000_000) if latest else 0
    return Feed(user, f"{user.id}-{count}-{stamp}", False)


def feed_events(session: Session, consultant_id: int, now: datetime) -> Sequence[CalendarEvent]:
    """What the feed shows: from two months back on; cancelled ones for 30 days after the cancellation."""
    return session.scalars(
        select(CalendarEvent).where(*_shown(consultant_id, now)).order_by(CalendarEvent.starts_at, CalendarEvent.id)
    ).all()


def _shown(consultant_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        CalendarEvent.consultant_id == consultant_id,
        CalendarEvent.ends_at > now - FEED_PAST,
        (CalendarEvent.status != "CANCELLED") | (CalendarEvent.updated_at > now - KEEP_CANCELLED),
    )
