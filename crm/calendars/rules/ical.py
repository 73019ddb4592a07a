"""iCalendar texts (RFC 5545) and invitations (RFC 5546): pure. All times in UTC, so no time zone can be misread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vDuration, vText

PRODID = "-//Jobaabner//Besoeg 1.0//DA"
REFRESH = timedelta(hours=1)
CANCELLED_PREFIX = "AFLYST: "


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as calendars show it. ``uid`` stable for life; ``sequence`` rises on a change of time or status."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str
    description: str
    status: str
    sequence: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Party:
    """Organiser or attendee of an invitation."""

    name: str
    email: str


def feed_text(name: str, entries: Iterable[Entry]) -> bytes:
    """A calendar to subscribe to. No METHOD and no ATTENDEE: it is a publication, not an invitation."""
    calendar = _calendar()
    calendar.add("x-wr-calname", name)
    calendar.add("name", name)
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def invitation_text(method: Literal["REQUEST", "CANCEL"], entry: Entry, organizer: Party, attendee: Party) -> str:
    """One invitation or its cancellation; the MIME part that carries it must name the same METHOD."""
    calendar = _calendar()
    calendar.add("method", method)
    event = _event(entry)
    host = vCalAddress(f"mailto:{organizer.email}")
    host.params["CN"] = vText(organizer.name)
    event["organizer"] = host
    guest = vCalAddress(f"mailto:{attendee.email}")
    guest.params["CN"] = vText(attendee.name)
    guest.params["ROLE"] = vText("REQ-PARTICIPANT")
    if method == "REQUEST":
        guest.params["PARTSTAT"] = vText("NEEDS-ACTION")
        guest.params["RSVP"] = vText("TRUE")
    event.add("attendee", guest, encode=False)
    calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _event(entry: Entry) -> Event:
    cancelled = entry.status == "CANCELLED"
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    stamp = entry.updated_at.astimezone(UTC).replace(microsecond=0)
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", (CANCELLED_PREFIX if cancelled else "") + entry.summary)
    if entry.location:
        event.add("location", entry.location)
    if entry.description:
        event.add("description", entry.description)
    event.add("status", entry.status)
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    return event
