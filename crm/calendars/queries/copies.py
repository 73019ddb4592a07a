"""Our events in consultants' own calendars: what is to be written where, and what is known of what lies there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.calendars.models import BusyObject, BusySource, CalendarCopy, CalendarEvent
from crm.calendars.queries.feed import entry_of
from crm.calendars.rules import Entry, Span


@dataclass(frozen=True, slots=True)
class Sealed:
    """A source's way in, as it lies in the database: sealed."""

    address: str
    username: str
    password: str
    collection: str


@dataclass(frozen=True, slots=True)
class Task:
    """One event to be brought into one calendar. ``entry`` None: it is not to be there (any more). ``known``: it was
    written there under ``path`` before. ``waits``: their change of it is not settled yet. ``resting``: the calendar
    fails, and is not asked again before then."""

    copy_id: int
    version: int
    source_id: int
    sealed: Sealed
    uid: str
    path: str
    known: bool
    entry: Entry | None
    settled: Span | None
    waits: bool
    resting: datetime | None


def task(session: Session, copy_id: int) -> Task | None:
    """None when the calendar has been disconnected meanwhile."""
    row = session.execute(
        select(CalendarCopy, BusySource, CalendarEvent)
        .join(BusySource, BusySource.id == CalendarCopy.source_id)
        .outerjoin(
            CalendarEvent,
            (CalendarEvent.uid == CalendarCopy.uid) & (CalendarEvent.consultant_id == BusySource.consultant_id),
        )
        .where(CalendarCopy.id == copy_id)
    ).one_or_none()
    if row is None:
        return None
    copy, source, event = row
    entry = entry_of(event) if event is not None and source.writes and source.ending_at is None else None
    return Task(
        copy.id,
        copy.version,
        source.id,
        sealed(source),
        copy.uid,
        copy.href,
        bool(copy.href),
        entry,
        settled(copy),
        copy.theirs_change is not None,
        source.next_at if source.failing_since else None,
    )


def sealed(source: BusySource) -> Sealed:
    return Sealed(source.address, source.username, source.password, source.collection)


def settled(copy: CalendarCopy) -> Span | None:
    if copy.settled_starts_at is None or copy.settled_ends_at is None:
        return None
    return copy.settled_starts_at, copy.settled_ends_at


@dataclass(frozen=True, slots=True)
class Known:
    """A copy as it was when reading began; another one since then is left to the next reading."""

    href: str
    etag: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reading of a source sets out from. ``objects``: path -> ETag of what is kept of it."""

    source_id: int
    sealed: Sealed
    reads: bool
    token: str | None
    objects: dict[str, str | None]
    copies: dict[str, Known]


def reading(session: Session, source_id: int) -> Reading | None:
    """None when the calendar has been disconnected meanwhile."""
    source = session.get(BusySource, source_id)
    if source is None:
        return None
    objects = session.execute(select(BusyObject.href, BusyObject.etag).where(BusyObject.source_id == source_id))
    copies = session.scalars(
        select(CalendarCopy).where(CalendarCopy.source_id == source_id, CalendarCopy.state != "gone")
    )
    return Reading(
        source_id,
        sealed(source),
        source.reads,
        source.sync_token,
        {row.href: row.etag for row in objects},
        {copy.uid: Known(copy.href, copy.etag, copy.version) for copy in copies},
    )


def writing(session: Session, consultant_ids: Collection[int]) -> Sequence[BusySource]:
    """The calendars into which these consultants' visits are written."""
    return session.scalars(
        select(BusySource)
        .where(
            BusySource.consultant_id.in_(consultant_ids),
            BusySource.kind == "caldav",
            BusySource.writes,
            BusySource.ending_at.is_(None),
        )
        .order_by(BusySource.id)
    ).all()


def left_in(session: Session, source_id: int) -> int:
    """Our events that are still in the calendar, or on their way into it or out of it."""
    return (
        session.scalar(
            select(func.count())
            .select_from(CalendarCopy)
            .where(CalendarCopy.source_id == source_id, CalendarCopy.state != "gone")
        )
        or 0
    )


def counts(session: Session, source_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """For each calendar: our events in it or on their way, as ``left_in``, and those that could not be written."""
    state = CalendarCopy.state
    rows = session.execute(
        select(CalendarCopy.source_id, func.count().filter(state != "gone"), func.count().filter(state == "failed"))
        .where(CalendarCopy.source_id.in_(source_ids))
        .group_by(CalendarCopy.source_id)
    )
    found = {number: (left, failed) for number, left, failed in rows}
    return {number: found.get(number, (0, 0)) for number in source_ids}
