"""A note or a task of ours as it lies in a consultant's own calendar. Pure.

Unlike an engagement it is theirs to do with as they like: what they change there is never a proposal. A digest of what
we wrote last tells whether there is anything new to write; their alarms stay.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from hashlib import sha256

from icalendar import Alarm, Calendar, Event, Todo

from crm.base.clock import danish_date
from crm.calendars.rules.ical import Entry, new_calendar, todo_status

WROTE = "X-JOBAABNER-NOTE"


def note_text(entry: Entry, before: str = "") -> str:
    """The object to be written. ``before``: what lies there, whose alarms are kept."""
    calendar = new_calendar()
    part = Todo() if entry.kind == "todo" else Event()
    day = danish_date(entry.starts_at)
    stamp = entry.updated_at.astimezone(UTC).replace(microsecond=0)
    part.add("uid", entry.uid)
    part.add("sequence", entry.sequence)
    part.add("dtstamp", stamp)
    part.add("last-modified", stamp)
    part.add("summary", entry.summary)
    for name in ("location", "description"):
        if text := getattr(entry, name):
            part.add(name, text)
    if isinstance(part, Todo):
        part.add("due", day)
        part.add("status", todo_status(entry))
        if entry.completed_at is not None:
            part.add("completed", entry.completed_at.astimezone(UTC).replace(microsecond=0))
            part.add("percent-complete", 100)
    else:
        part.add("dtstart", day)
        part.add("dtend", day + timedelta(days=1))
        part.add("transp", "TRANSPARENT")
    part.add(WROTE, _digest(entry))
    for alarm in _alarms(before, entry.uid):
        part.add_component(alarm)
    calendar.add_component(part)
    return bytes(calendar.to_ical()).decode()


def note_same(theirs: str, entry: Entry) -> bool:
    """Whether we have written just this before: then it is left as they have it."""
    part = _part(theirs, entry.uid)
    return part is not None and str(part.get(WROTE, "")) == _digest(entry)


def _digest(entry: Entry) -> str:
    told = (entry.kind, danish_date(entry.starts_at), entry.summary, entry.location, entry.description)
    return sha256(repr((*told, todo_status(entry))).encode()).hexdigest()[:16]


def _alarms(text: str, uid: str) -> list[Alarm]:
    part = _part(text, uid) if text else None
    return [one for one in part.subcomponents if isinstance(one, Alarm)] if part is not None else []


def _part(text: str, uid: str) -> Event | Todo | None:
    try:
        calendar = Calendar.from_ical(text)
    except ValueError:
        return None
    for one in calendar.walk():
        if isinstance(one, Event | Todo) and str(one.get("uid", "")) == uid:
            return one
    return None
