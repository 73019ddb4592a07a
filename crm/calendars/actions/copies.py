"""Our events in consultants' own calendars: wishes to write them, and what came of it. The writing itself is the
outbox's, after commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.db import for_update_skip_locked
from crm.calendars.models import BusySource, CalendarCopy, CalendarEvent
from crm.calendars.queries.copies import Known, Task, settled, writing
from crm.calendars.rules import Span
from crm.calendars.rules.copies import Theirs, moved_to
from crm.integrations.actions import send, withdraw

CHANNEL = "calendar"
LINGER = timedelta(seconds=10)
"""A booking can be taken back for so long, and changes in quick succession are written once."""
_TITLE = "Besøg i konsulentens egen kalender"


def want(session: Session, now: datetime, event: CalendarEvent, *, moved: bool = True) -> int:
    """Ask for the event to be written into its consultant's own calendars, or out of them; how many.

    ``moved``: its time or state changed, so a change of theirs that waits is overtaken by it. Without, such a change
    goes on waiting and nothing is written over it.
    """
    sources = writing(session, [event.consultant_id])
    if not sources:
        return 0
    known = _copies(session, event.uid, [source.id for source in sources])
    wished = 0
    for source in sources:
        copy = known.get(source.id)
        if event.status == "CANCELLED" and (copy is None or copy.state == "gone"):
            continue
        if copy is None:
            copy = CalendarCopy(source_id=source.id, uid=event.uid, href="", version=0)
            session.add(copy)
        if moved:
            _overtake(copy)
        _wish(session, now, copy, event.sequence)
        wished += 1
    return wished


def want_all(session: Session, now: datetime, source: BusySource) -> int:
    """All of the consultant's events that are not over, into a calendar that has just been connected."""
    events = session.scalars(
        select(CalendarEvent)
        .where(
            CalendarEvent.consultant_id == source.consultant_id,
            CalendarEvent.status == "CONFIRMED",
            CalendarEvent.ends_at > now,
        )
        .order_by(CalendarEvent.starts_at)
    ).all()
    return sum(want(session, now, event) for event in events)


def want_failed(session: Session, now: datetime, source: BusySource) -> int:
    """Once more what could not be written while the calendar did not answer."""
    failed = session.scalars(
        select(CalendarCopy).where(CalendarCopy.source_id == source.id, CalendarCopy.state == "failed")
    ).all()
    for copy in failed:
        _wish(session, now, copy, copy.sequence)
    return len(failed)


def want_gone(session: Session, now: datetime, source: BusySource) -> int:
    """Out with everything of ours: the calendar is being disconnected."""
    copies = session.scalars(
        select(CalendarCopy).where(CalendarCopy.source_id == source.id, CalendarCopy.state != "gone")
    ).all()
    for copy in copies:
        if copy.href or copy.state == "wanted":
            _overtake(copy)
            _wish(session, now, copy, copy.sequence)
        else:
            copy.state = "gone"
    session.flush()
    return len(copies)


def want_out(session: Session, now: datetime, uid: str) -> int:
    """The event is no longer anybody's: out of every calendar it has come into."""
    copies = session.scalars(select(CalendarCopy).where(CalendarCopy.uid == uid, CalendarCopy.state != "gone")).all()
    for copy in copies:
        _overtake(copy)
        if not copy.href and withdraw(session, _key(copy)):
            session.delete(copy)  # it had not left yet
            session.flush()
        else:
            _wish(session, now, copy, copy.sequence + 1)
    return len(copies)


def settle(session: Session, now: datetime, uid: str, consultant_id: int) -> int:
    """The consultant's change of our event is not to be: our time is written over theirs again."""
    event = session.scalar(
        select(CalendarEvent).where(CalendarEvent.uid == uid, CalendarEvent.consultant_id == consultant_id)
    )
    return want(session, now, event) if event is not None else 0


def _copies(session: Session, uid: str, source_ids: Collection[int]) -> dict[int, CalendarCopy]:
    found = session.scalars(select(CalendarCopy).where(CalendarCopy.uid == uid, CalendarCopy.source_id.in_(source_ids)))
    return {copy.source_id: copy for copy in found}


def _overtake(copy: CalendarCopy) -> None:
    """Their change is settled: their time may be written over; what they deleted is written anew."""
    if copy.theirs_change == "moved":
        copy.settled_starts_at, copy.settled_ends_at = copy.theirs_starts_at, copy.theirs_ends_at
    elif copy.theirs_change == "deleted":
        copy.href, copy.etag = "", None
    _forget(copy)


def _forget(copy: CalendarCopy) -> None:
    copy.theirs_change = copy.theirs_starts_at = copy.theirs_ends_at = copy.theirs_seen_at = None


def _wish(session: Session, now: datetime, copy: CalendarCopy, sequence: int) -> None:
    copy.state, copy.sequence, copy.version = "wanted", sequence, copy.version + 1
    session.flush()
    send(
        session,
        now,
        channel=CHANNEL,
        dedupe_key=_key(copy),
        to=f"kalender {copy.source_id}",
        subject=_TITLE,
        text=f"copy {copy.id}",
        not_before=now + LINGER,
    )


def _key(copy: CalendarCopy) -> str:
    return f"calendar:{copy.source_id}:{copy.uid}:{copy.sequence}:{copy.version}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task. ``state``: ``written``, ``gone``, or ``theirs`` when nothing was written because of what
    the consultant did there: ``span`` is when it lies there now, None where they deleted it."""

    state: str
    path: str
    etag: str | None
    span: Span | None = None


def note(session: Session, now: datetime, task: Task, outcome: Outcome) -> None:
    """Write down what came of a task; a wish that has come up meanwhile stays one."""
    copy = session.get(CalendarCopy, task.copy_id, with_for_update=True)
    if copy is None:
        return
    copy.href, copy.etag = outcome.path, outcome.etag
    if outcome.state == "theirs":
        if copy.version == task.version:
            _take(copy, now, outcome.span)
    elif copy.version == task.version:
        copy.state, copy.written_at = outcome.state, now
        if outcome.state == "gone":
            copy.href, copy.etag = "", None
        copy.settled_starts_at = copy.settled_ends_at = None
    session.flush()


def note_failed(session: Session, task: Task) -> None:
    """It could not be written; it is tried again by the outbox, and when the calendar answers again."""
    copy = session.get(CalendarCopy, task.copy_id, with_for_update=True)
    if copy is not None and copy.version == task.version:
        copy.state = "failed"
        session.flush()


@dataclass(frozen=True, slots=True)
class Seen:
    """One of our events as it was read in their calendar."""

    uid: str
    path: str
    etag: str | None
    theirs: Theirs


def saw(
    session: Session,
    now: datetime,
    source: BusySource,
    before: Mapping[str, Known],
    seen: Iterable[Seen],
    gone: Collection[str],
) -> int:
    """Take in what a reading found of our events: moves and deletions of theirs wait for their word, other edits are
    theirs to make. How many have changed. What we have written since the reading began is left to the next one."""
    found = {one.uid: one for one in seen}
    events = {
        event.uid: event
        for event in session.scalars(
            select(CalendarEvent).where(
                CalendarEvent.consultant_id == source.consultant_id, CalendarEvent.uid.in_(list(before))
            )
        )
    }
    changed = 0
    copies = select(CalendarCopy).where(CalendarCopy.source_id == source.id).order_by(CalendarCopy.id)
    # a copy that somebody changes at this moment is about to be written, and its write meets their change by itself
    for copy in session.scalars(for_update_skip_locked(session, copies)):
        event, known = events.get(copy.uid), before.get(copy.uid)
        if event is None or event.status == "CANCELLED" or known is None or copy.state == "gone":
            continue
        if event.kind != "engagement":
            continue  # theirs to move and delete
        if (copy.href, copy.etag, copy.version) != (known.href, known.etag, known.version):
            continue
        was = copy.theirs_change, copy.theirs_starts_at
        if copy.uid in found:
            _look(copy, now, found[copy.uid], (event.starts_at, event.ends_at))
        elif copy.href and copy.href in gone:
            _take(copy, now, None)
        changed += was != (copy.theirs_change, copy.theirs_starts_at)
    session.flush()
    return changed


def _look(copy: CalendarCopy, now: datetime, seen: Seen, ours: Span) -> None:
    if not copy.href and copy.state != "failed":
        return  # met before our first write of it is known to have arrived; the writing settles it
    copy.href, copy.etag = seen.path, seen.etag
    if moved_to(seen.theirs, ours, settled(copy)):
        _take(copy, now, seen.theirs.span)
    else:
        _forget(copy)


def _take(copy: CalendarCopy, now: datetime, span: Span | None) -> None:
    """Their change, to wait for a yes or a no; the same again keeps when it was first seen."""
    change, start = ("moved", span[0]) if span else ("deleted", None)
    if (copy.theirs_change, copy.theirs_starts_at) != (change, start):
        copy.theirs_seen_at = now
    copy.theirs_change, copy.theirs_starts_at = change, start
    copy.theirs_ends_at = span[1] if span else None
