"""What a consultant wishes of bookings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.calendars.models import CalendarWishes
from crm.calendars.rules.wishes import joined, wish_problems
from crm.people.models import User


def set_wishes(
    session: Session,
    actor: Any,
    now: datetime,
    consultant: User,
    *,
    lunch_minutes: int,
    lunch_from: int,
    lunch_to: int,
    notice_hours: int,
    horizon_days: int | None,
    areas: Sequence[Sequence[str]],
) -> CalendarWishes:
    """Replace the wishes; booking follows at once. Raises Invalid. Visits already booked stay where they are."""
    errors = wish_problems(
        lunch_minutes=lunch_minutes,
        lunch_from=lunch_from,
        lunch_to=lunch_to,
        notice_hours=notice_hours,
        horizon_days=horizon_days,
        areas=areas,
    )
    if errors:
        raise Invalid(N_("Ønskerne er ikke ændret. Ret felterne og prøv igen."), errors=errors)
    values: dict[str, Any] = {
        "lunch_minutes": lunch_minutes,
        "lunch_from": lunch_from,
        "lunch_to": lunch_to,
        "notice_hours": notice_hours,
        "horizon_days": horizon_days,
        "areas": [list(area) for area in joined((first, last) for first, last in areas)],
    }
    wishes = session.get(CalendarWishes, consultant.id) or CalendarWishes(consultant_id=consultant.id)
    for name, value in values.items():
        setattr(wishes, name, value)
    session.add(wishes)
    session.flush()
    activity.record(session, actor, now, "calendars.set_wishes", consultant, **values)
    return wishes
