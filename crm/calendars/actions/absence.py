"""Time a consultant cannot be booked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.calendars.models import Absence
from crm.people.models import User

LONGEST_ABSENCE = timedelta(days=400)


def add_absence(
    session: Session, actor: Any, now: datetime, consultant: User, starts_at: datetime, ends_at: datetime, title: str
) -> Absence:
    """Time the consultant cannot be booked; half-open. Raises Invalid. Visits already booked in it stay."""
    if ends_at <= starts_at:
        raise Invalid(
            N_("Fraværet skal slutte efter, at det begynder."),
            errors={"ends_on": N_("Fraværet skal slutte efter, at det begynder.")},
        )
    if ends_at - starts_at > LONGEST_ABSENCE:
        raise Invalid(
            N_("Fraværet er længere end et år. Del det op, eller tjek datoerne."),
            errors={"ends_on": N_("Fraværet er længere end et år. Del det op, eller tjek datoerne.")},
        )
    absence = Absence(
        consultant_id=consultant.id, starts_at=starts_at, ends_at=ends_at, title=title.strip()[:120] or "Optaget"
    )
    session.add(absence)
    session.flush()
    activity.record(
        session,
        actor,
        now,
        "calendars.add_absence",
        consultant,
        absence_id=absence.id,
        starts_at=starts_at.isoformat(),
        ends_at=ends_at.isoformat(),
    )
    return absence


def remove_absence(session: Session, actor: Any, now: datetime, absence: Absence) -> None:
    consultant = session.get_one(User, absence.consultant_id)
    activity.record(
        session,
        actor,
        now,
        "calendars.remove_absence",
        consultant,
        absence_id=absence.id,
        starts_at=absence.starts_at.isoformat(),
        ends_at=absence.ends_at.isoformat(),
    )
    session.delete(absence)
    session.flush()
