"""The calendar files that go with the mails: one for the company, one for the consultant, the same UID in both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.types import format_phone
from crm.calendars.models import BusySource
from crm.calendars.rules import Entry, Party, invitation_text
from crm.people.models import User
from crm.visits.actions.publish import uid_of
from crm.visits.models import Visit
from crm.visits.rules import link

Method = Literal["REQUEST", "CANCEL"]
NAME = "besoeg.ics"


def for_company(now: datetime, visit: Visit, method: Method, parts: Mapping[str, Any]) -> dict[str, str]:
    """``parts``: ``messages.parts_of``. The organiser is the mailbox, so that answers come back to us."""
    consultant, jobcentre, own = parts["consultant"], parts["jobcentre"], parts["link"]
    call = f" på telefon {format_phone(consultant.phone)}" if consultant.phone else ""
    change = f"Flyt eller aflys besøget: {own}\nEller ring" if own else "Skal besøget flyttes eller aflyses, så ring"
    summary = f"Besøg fra {jobcentre.name}: {consultant.name}"
    entry = _entry(now, visit, method, summary, parts["address"], f"{change} til {consultant.name}{call}.")
    guest = Party(visit.contact_name, visit.contact_email or "")
    return _file(method, entry, jobcentre.name, guest, own if method == "REQUEST" else "")


def for_consultant(
    session: Session, now: datetime, visit: Visit, method: Method, user: User, parts: Mapping[str, Any]
) -> list[dict[str, str]]:
    """None where we write into the consultant's calendar ourselves, so that nothing stands there twice; one all
    the same where that does not work just now, or is being given up.

    A former consultant's file takes out the time that stood there (``was``).
    """
    source = BusySource
    works = (source.writes, source.ending_at.is_(None), source.failing_since.is_(None))
    if session.scalar(select(source.id).where(source.consultant_id == user.id, *works).limit(1)):
        return []
    who = ", ".join(part for part in (visit.contact_name, visit.contact_title) if part)
    phone = f"\nTelefon: {format_phone(visit.contact_phone)}" if visit.contact_phone else ""
    note = f"\n{visit.note}" if visit.note else ""
    summary = f"Besøg: {visit.workplace.name}"
    entry = _entry(
        now,
        visit,
        method,
        summary,
        parts["address"],
        f"Kontakt: {who}{phone}{note}",
        parts.get("was") if user.id != visit.consultant_id else None,
    )
    page = f"{link.outside().base_url}/visits/{visit.id}"
    return [_file(method, entry, parts["jobcentre"].name, Party(user.name, user.email), page)]


def _entry(
    now: datetime,
    visit: Visit,
    method: Method,
    summary: str,
    place: str,
    description: str,
    was: datetime | None = None,
) -> Entry:
    starts_at = was or visit.starts_at
    status = "CANCELLED" if method == "CANCEL" else "CONFIRMED"
    ends_at = starts_at + (visit.ends_at - visit.starts_at)
    return Entry(uid_of(visit), starts_at, ends_at, summary, place, description, status, visit.sequence, now)


def _file(method: Method, entry: Entry, host: str, guest: Party, url: str) -> dict[str, str]:
    text = invitation_text(method, entry, Party(host, link.outside().mailbox), guest, url)
    return {"name": NAME, "mime": f"text/calendar; method={method}", "text": text}
