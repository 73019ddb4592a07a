"""The feed: what a token opens, and what is shown."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session, lazyload

from crm.base.db import UTCDateTime
from crm.base.errors import NotFound
from crm.calendars.models import CalendarEvent, FeedLink
from crm.calendars.rules import Entry
from crm.people.models import User
from crm.people.rules import token_hash

KEEP_CANCELLED = timedelta(days=30)
FEED_PAST = timedelta(days=60)
SETTLED = timedelta(minutes=5)
"""No transaction lasts this long: what is older than this can be seen by everybody."""
FORMAT = 3
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
    row = session.execute(_LINK, {"token_hash": token_hash(token)}).one_or_none()
    if row is None:
        raise NotFound
    link, user = row
    if link.revoked_at is not None or not user.active:
        return Feed(user, link.kind, "", True)
    count, stamps, changed_at = _state(session, link, now)
    name = zlib.crc32(user.name.encode())
    version = f"{FORMAT}-{user.id}-{link.kind}-{count}-{int(stamps or 0):x}-{name:x}"
    return Feed(user, link.kind, version, False, changed_at)


def _state(session: Session, link: FeedLink, now: datetime) -> tuple[int, int | None, datetime | None]:
    """Number and sum of stamps of the events shown, and the last change of anything shown, with what has left since:
    cancelled ones by age, old ones, undone ones. One query."""
    count, stamps, written, cancelled, ended = session.execute(_STATE, _of(link.consultant_id, now)).one()
    left = [cancelled + KEEP_CANCELLED if cancelled else None, ended + FEED_PAST if ended else None]
    latest = max(filter(None, [link.created_at, link.gone_at, written, *left]))
    return count, stamps, latest.replace(microsecond=0) if latest < now - SETTLED else None


def feed_events(session: Session, consultant_id: int, now: datetime) -> Sequence[CalendarEvent]:
    """What the feed shows: from two months back on; cancelled ones for 30 days after the cancellation."""
    return session.scalars(_EVENTS, _of(consultant_id, now)).all()


def _of(consultant_id: int, now: datetime) -> dict[str, Any]:
    return {"who": consultant_id, "past": now - FEED_PAST, "cancelled": now - KEEP_CANCELLED}


# The statements are made once: a calendar that asks again and again is answered in less time than making them takes.
_PAST, _LONG_CANCELLED = bindparam("past", type_=UTCDateTime()), bindparam("cancelled", type_=UTCDateTime())
_WHOSE = CalendarEvent.consultant_id == bindparam("who")
_SHOWN = and_(
    CalendarEvent.ends_at > _PAST,
    (CalendarEvent.status != "CANCELLED") | (CalendarEvent.updated_at > _LONG_CANCELLED),
)
_LEFT = (CalendarEvent.status == "CANCELLED") & (CalendarEvent.updated_at <= _LONG_CANCELLED)
_LINK = (
    select(FeedLink, User)
    .join(User, User.id == FeedLink.consultant_id)
    .where(FeedLink.token_hash == bindparam("token_hash"))
    .options(lazyload(User.roles))
)
_STATE = select(
    func.count().filter(_SHOWN),
    func.sum(CalendarEvent.stamp).filter(_SHOWN),
    func.max(CalendarEvent.updated_at),
    func.max(CalendarEvent.updated_at).filter(_LEFT),
    func.max(CalendarEvent.ends_at).filter(CalendarEvent.ends_at <= _PAST),
).where(_WHOSE)
_EVENTS = select(CalendarEvent).where(_WHOSE, _SHOWN).order_by(CalendarEvent.starts_at, CalendarEvent.id)


def entry_of(event: CalendarEvent) -> Entry:
    """The event as the rules write it."""
    return Entry(
        event.uid,
        event.starts_at,
        event.ends_at,
        event.summary,
        event.location,
        event.description,
        event.status,
        event.sequence,
        event.updated_at,
        event.kind,
        event.all_day,
        event.completed_at,
    )
