"""Factories of consultants' time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.calendars.actions import default_calendar
from crm.calendars.models import Absence, CalendarEvent, CalendarProfile
from crm.people.models import Jobcentre, User
from tests.conftest import NOW
from tests.factories.core import make_user


def make_calendar(session: Session, consultant: User, *, postcode: str = "9500", **fields: Any) -> CalendarProfile:
    """Default hours (Monday to Thursday 8-16, Friday 8-14), base in Hobro."""
    profile = default_calendar(session, consultant, "Jobcentret", postcode)
    for name, value in fields.items():
        setattr(profile, name, value)
    session.flush()
    return profile


def make_consultant(
    session: Session,
    *,
    jobcentre: Jobcentre | None = None,
    postcode: str = "9500",
    name: str = "",
    phone: str | None = None,
    **fields: Any,
) -> User:
    """A consultant who can be booked."""
    consultant = make_user(session, "consultant", jobcentre=jobcentre, name=name, phone=phone)
    make_calendar(session, consultant, postcode=postcode, **fields)
    return consultant


def make_absence(
    session: Session, consultant: User, starts_at: datetime = NOW, hours: float = 8, title: str = "Kursus"
) -> Absence:
    made = Absence(
        consultant_id=consultant.id, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours), title=title
    )
    session.add(made)
    session.flush()
    return made


def make_event(
    session: Session, consultant: User, *, uid: str = "visit-1@jobaabner", starts_at: datetime = NOW, **fields: Any
) -> CalendarEvent:
    values: dict[str, Any] = {
        "summary": "Besøg: Eksempel ApS",
        "location": "Prøvevej 2, 9500 Hobro",
        "updated_at": NOW,
        **fields,
    }
    made = CalendarEvent(
        uid=uid, consultant_id=consultant.id, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), **values
    )
    session.add(made)
    session.flush()
    return made
