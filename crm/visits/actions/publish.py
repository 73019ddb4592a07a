"""The visit as calendars show it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm.base.types import format_phone
from crm.calendars.actions import publish
from crm.calendars.models import CalendarEvent
from crm.visits.models import Visit
from crm.visits.rules.words import OCCUPYING_STATES


def uid_of(visit: Visit) -> str:
    return f"visit-{visit.id}@jobaabner"


def address_of(visit: Visit) -> str:
    workplace = visit.workplace
    return ", ".join(part for part in (workplace.street, f"{workplace.postcode} {workplace.city}".strip()) if part)


def publish_visit(session: Session, now: datetime, visit: Visit) -> CalendarEvent:
    """Write the consultant's event; a cancelled visit stays as a cancelled event."""
    who = ", ".join(part for part in (visit.contact_name, visit.contact_title) if part)
    lines = [
        f"Kontakt: {who}",
        f"Telefon: {format_phone(visit.contact_phone)}" if visit.contact_phone else "",
        visit.note,
    ]
    return publish(
        session,
        now,
        uid=uid_of(visit),
        consultant_id=visit.consultant_id,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        summary=f"Besøg: {visit.workplace.name}",
        location=address_of(visit),
        description="\n".join(line for line in lines if line),
        status="CONFIRMED" if visit.state in OCCUPYING_STATES else "CANCELLED",
    )
