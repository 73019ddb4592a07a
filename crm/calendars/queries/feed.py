"""The feed: what a token opens, and what is shown."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.calendars.models import CalendarEvent, FeedLink
from crm.people.models import User
from crm.people.rules import token_hash

KEEP_CANCELLED = timedelta(days=30)
FEED_PAST = timedelta(days=60)
SETTLED = timedelta(minutes=5)
"""No transaction lasts this long: what is older than this can be seen by everybody."""
FORMAT = 2
"""Rises when the same events are written in another way."""


def feed_link(session: Session, consultant_id: int, kind: str = "own") -> FeedLink | None:
    """The live link of a kind, None when there is none."""
    return session.scalar(
        select(FeedLink).where(
            FeedLink.consultant_id == consultant_id, FeedLink.kind == kind, FeedLink.revoked_at.is_(None)
        )
    )


@dataclass(frozen=True)
class Feed:
    """What a token opens: whose calendar, and a version that changes with anything shown in it.

    ``kind``: ``own`` or ``busy``. ``changed_at``: when it last changed, to the second; None while another change of
    the same moment could still come to light.
    """

    consultant: User
    kind: str
    version: str
    revoked: bool
    changed_at: datetime | None = None


def feed(session: Session, token: str, now: datetime) -> Feed:
    """Look a token up; cheap, so that an unchanged feed is answered without reading its events.

    The version holds the sum of the stamps of the events shown. Every write of an event draws a new stamp, and one
    that comes or goes, by whatever way or by the passing of time, is in the sum or is not: no order of changes and no
    clock can hide one. Raises NotFound for a token that was never given.
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
        return Feed(user, link.kind, "", True)
    count, stamps = session.execute(
        select(func.count(), func.sum(CalendarEvent.stamp)).where(*_shown(user.id, now))
    ).one()
    name = zlib.crc32(user.name.encode())
    version = f"{FORMAT}-{user.id}-{link.kind}-{count}-{int(stamps or 0):x}-{name:x}"
    return Feed(user, link.kind, version, False, _changed_at(session, link, now))


def _changed_at(session: Session, link: FeedLink, now: datetime) -> datetime | None:
    """The last change of anything shown, with what has left since: cancelled ones by age, old ones, undone ones."""
    event = CalendarEvent
    written, cancelled, ended = session.execute(
        select(
            func.max(event.updated_at),
            func.max(event.updated_at).filter(event.status == "CANCELLED", event.updated_at <= now - KEEP_CANCELLED),
            func.max(event.ends_at).filter(event.ends_at <= now - FEED_PAST),
        ).where(event.consultant_id == link.consultant_id)
    ).one()
    left = [cancelled + KEEP_CANCELLED if cancelled else None, ended + FEED_PAST if ended else None]
    latest = max(filter(None, [link.created_at, link.gone_at, written, *left]))
    return latest.replace(microsecond=0) if latest < now - SETTLED else None


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
