"""How a person wants to be reminded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.followups.actions.calendar import show_all
from crm.followups.models import ReminderWishes
from crm.people.models import User

CALENDAR = {
    "none": N_("Nej"),
    "todo": N_("Som opgave"),
    "event": N_("Som heldagsaftale"),
}


def set_wishes(
    session: Session, actor: Any, now: datetime, person: User, *, mail: bool, sms: bool, calendar: str
) -> ReminderWishes:
    """Raises Invalid: ``sms`` without a phone number, ``calendar`` unknown. What is shown in the product always is."""
    errors: dict[str, str] = {}
    if sms and not person.phone:
        errors["sms"] = N_("Du har intet telefonnummer. Bed en administrator om at skrive det ind")
    if calendar not in CALENDAR:
        errors["calendar"] = N_("Vælg en af mulighederne")
    if errors:
        raise Invalid(N_("Dine ønsker er ikke gemt. Ret felterne, og prøv igen."), errors=errors)
    held = session.get(ReminderWishes, person.id)
    if held is None:
        held = ReminderWishes(user_id=person.id)
        session.add(held)
    moved = held.calendar != calendar
    held.mail, held.sms, held.calendar = mail, sms, calendar
    session.flush()
    activity.record(session, actor, now, "followups.set_wishes", person, mail=mail, sms=sms, calendar=calendar)
    if moved:
        show_all(session, now, person.id)
    return held
