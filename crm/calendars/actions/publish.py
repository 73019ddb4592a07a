"""The event as calendars show it: written by the room that owns the engagement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.calendars.models import CalendarEvent


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
) -> CalendarEvent:
    """Write or change the event ``uid`` of the consultant; the same again changes nothing.

    Another consultant's event of that uid is cancelled: the engagement has gone from them to this one. SEQUENCE rises
    with a change of time, place or status (RFC 5545, 3.8.7.4), and beyond what the engagement has had elsewhere.
    """
    new: dict[str, Any] = {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "summary": summary[:300],
        "location": location[:400],
        "description": description,
        "status": status,
    }
    known = session.scalars(select(CalendarEvent).where(CalendarEvent.uid == uid)).all()
    for other in known:
        if other.consultant_id != consultant_id and other.status != "CANCELLED":
            other.status, other.sequence, other.updated_at = "CANCELLED", other.sequence + 1, now
    event = next((one for one in known if one.consultant_id == consultant_id), None)
    if event is None:
        highest = max((one.sequence for one in known), default=0)
        event = CalendarEvent(uid=uid, consultant_id=consultant_id, sequence=highest, updated_at=now, **new)
        session.add(event)
    else:
        _change(event, now, new, max(one.sequence for one in known) + 1)
    session.flush()
    return event


def _change(event: CalendarEvent, now: datetime, new: Mapping[str, Any], sequence: int) -> None:
    changed = {name for name, value in new.items() if getattr(event, name) != value}
    for name in changed:
        setattr(event, name, new[name])
    if changed:
        event.updated_at = now
    if changed - {"summary", "description"}:
        event.sequence = sequence


def unpublish(session: Session, uid: str) -> None:
    """Remove the event ``uid`` as if it had never been; what people may have seen is cancelled instead."""
    session.execute(delete(CalendarEvent).where(CalendarEvent.uid == uid))
