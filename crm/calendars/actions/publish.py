"""The event as calendars show it: written by the room that owns the engagement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from crm.calendars.actions.copies import want, want_out
from crm.calendars.models import CalendarEvent, FeedLink


def publish(
    session: Session,
    now: datetime,
    *,
    uid: str,
    consultant_id: int,
    starts_at: datetime,
    ends_at: datetime,
    summary: str,
    location: str = "",
    description: str = "",
    status: str = "CONFIRMED",
    kind: str = "engagement",
    all_day: bool = False,
    completed_at: datetime | None = None,
) -> CalendarEvent:
    """Write or change the event ``uid`` of the consultant; the same again changes nothing.

    Another consultant's event of that uid is cancelled: the engagement has gone from them to this one. SEQUENCE rises
    with a change of time, place or status (RFC 5545, 3.8.7.4), and beyond what the engagement has had elsewhere. What
    changes goes into the consultants' own calendars by the outbox.
    """
    new: dict[str, Any] = {"starts_at": starts_at, "ends_at": ends_at, "description": description, "status": status}
    new |= {"summary": summary[:300], "location": location[:400]}
    new |= {"kind": kind, "all_day": all_day, "completed_at": completed_at}
    known = session.scalars(select(CalendarEvent).where(CalendarEvent.uid == uid)).all()
    _end(session, now, [other for other in known if other.consultant_id != consultant_id])
    event = next((one for one in known if one.consultant_id == consultant_id), None)
    if event is None:
        highest = max((one.sequence for one in known), default=0)
        event = CalendarEvent(uid=uid, consultant_id=consultant_id, sequence=highest, updated_at=now, **new)
        session.add(event)
        changed = set(new)
    else:
        changed = _change(event, now, new, max(one.sequence for one in known) + 1)
    session.flush()
    if changed:
        want(session, now, event, moved=bool(changed & {"starts_at", "ends_at", "status"}))
    return event


def _end(session: Session, now: datetime, others: Iterable[CalendarEvent]) -> None:
    for other in others:
        if other.status != "CANCELLED":
            other.status, other.sequence, other.updated_at = "CANCELLED", other.sequence + 1, now
            want(session, now, other)


def _change(event: CalendarEvent, now: datetime, new: Mapping[str, Any], sequence: int) -> set[str]:
    """Take over what is new; the names of what was."""
    changed = {name for name, value in new.items() if getattr(event, name) != value}
    for name in changed:
        setattr(event, name, new[name])
    if changed:
        event.updated_at = now
    if changed - {"summary", "description"}:
        event.sequence = sequence
    return changed


def unpublish(session: Session, now: datetime, uid: str) -> None:
    """Remove the event ``uid`` as if it had never been; what people may have seen is cancelled instead."""
    whose = select(CalendarEvent.consultant_id).where(CalendarEvent.uid == uid)
    session.execute(
        update(FeedLink)
        .where(FeedLink.consultant_id.in_(whose))
        .values(gone_at=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(CalendarEvent).where(CalendarEvent.uid == uid))
    want_out(session, now, uid)
