"""Invitations by mail (iTIP, RFC 5546): asking for a time, taking it back, reading the answer. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from icalendar import Calendar, Event, vCalAddress, vText

from crm.calendars.rules.ical import Entry, event_of, new_calendar


@dataclass(frozen=True, slots=True)
class Party:
    """Organiser or attendee of an invitation."""

    name: str
    email: str


def invitation_text(
    method: Literal["REQUEST", "CANCEL"], entry: Entry, organizer: Party, attendee: Party, url: str = ""
) -> str:
    """One invitation or its cancellation; the MIME part that carries it must name the same METHOD.

    ``organizer``: the mailbox that answers go to (RFC 5546, 3.2.3). ``url``: where the attendee can change it.
    """
    calendar = new_calendar()
    calendar.add("method", method)
    event = event_of(entry)
    _people(event, method, organizer, attendee)
    if url:
        event.add("url", url)
    calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


def _people(event: Event, method: str, organizer: Party, attendee: Party) -> None:
    host = vCalAddress(f"mailto:{organizer.email}")
    _named(host, organizer)
    event["organizer"] = host
    guest = vCalAddress(f"mailto:{attendee.email}")
    _named(guest, attendee)
    guest.params["ROLE"] = vText("REQ-PARTICIPANT")
    if method == "REQUEST":
        guest.params["PARTSTAT"] = vText("NEEDS-ACTION")
        guest.params["RSVP"] = vText("TRUE")
    event.add("attendee", guest, encode=False)


def _named(address: vCalAddress, party: Party) -> None:
    """CN in letters that every program reads: Outlook does not know how double quotes and new lines are written in
    it (RFC 6868), so these are made single quotes and spaces. None for a party without a name."""
    name = " ".join("".join(c if c.isprintable() else " " for c in party.name).replace('"', "'").split())
    if name:
        address.params["CN"] = vText(name)


ANSWERS = ("ACCEPTED", "DECLINED", "TENTATIVE")
LARGEST = 200_000  # bytes of one calendar file; an answer is a few hundred
LONGEST_COMMENT = 2000


@dataclass(frozen=True, slots=True)
class Answer:
    """A REPLY to an invitation (RFC 5546, 3.2.3). ``email``: the attendee's, lower case. ``sequence``: of the
    invitation that is answered, None where it does not say. ``at``: UTC, when it was given, where that is told."""

    uid: str
    email: str
    partstat: str
    sequence: int | None
    comment: str
    at: datetime | None


def answers(data: bytes, charset: str = "") -> list[Answer]:
    """The answers in a calendar file, whatever program wrote it; empty for anything that is no REPLY."""
    if len(data) > LARGEST or b"REPLY" not in data.upper().replace(b"\0", b""):
        return []
    try:
        calendar = Calendar.from_ical(_decoded(data, charset))
        if str(calendar.get("method", "")).strip().upper() != "REPLY":
            return []
        return [found for event in calendar.walk("VEVENT") if (found := _answer(event)) is not None]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, LookupError):
        return []  # a stranger's text: the parser may stumble over it in any way


def _decoded(data: bytes, charset: str) -> str:
    """The text by its mark, as UTF-8, as it says of itself, or as Windows writes; one of them can always be read."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    for name in ("utf-8-sig", charset or "utf-8"):
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("cp1252", "replace")


def _answer(event: Any) -> Answer | None:
    uid = str(event.get("uid", "")).strip()
    found = event.get("attendee", [])
    for attendee in found if isinstance(found, list) else [found]:
        partstat = str(attendee.params.get("PARTSTAT", "")).upper()
        email = re.sub(r"(?i)^\s*mailto:\s*", "", str(attendee)).strip().lower()
        if uid and partstat in ANSWERS and "@" in email and len(email) <= 254:
            said = event.get("comment") or attendee.params.get("X-RESPONSE-COMMENT") or ""
            return Answer(uid, email, partstat, _sequence(event), _one_text(said), _stamp(event))
    return None


def _one_text(said: Any) -> str:
    parts = said if isinstance(said, list) else [said]
    return "\n".join(str(part) for part in parts).replace("\0", "").strip()[:LONGEST_COMMENT]


def _sequence(event: Any) -> int | None:
    try:
        return min(max(int(str(event.get("sequence"))), 0), 2**31 - 1)
    except ValueError:
        return None


def _stamp(event: Any) -> datetime | None:
    moment = getattr(event.get("dtstamp"), "dt", None)
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else None
