"""A booked visit that no longer fits is told to who answers for it and to the jobcentre's leads: once each.

Who is disabled is told nothing: they may not know of the company any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.integrations.actions import send
from crm.integrations.render import render_mail
from crm.people.models import User
from crm.people.queries import leads_of
from crm.visits.actions.mail import write_mail
from crm.visits.actions.publish import address_of
from crm.visits.models import VisitConflict
from crm.visits.rules.conflicts import in_words
from crm.visits.rules.slots import clock_text

SMS_WITHIN = timedelta(hours=24)


def tell_conflict(session: Session, now: datetime, conflict: VisitConflict) -> None:
    """A mail to each, and an SMS to the consultant when the visit begins within a day."""
    visit = conflict.visit
    consultant = session.get_one(User, visit.responsible_id)
    message, fields = in_words(conflict.reason, conflict.data)
    parts: dict[str, Any] = {
        "visit": visit,
        "workplace": visit.workplace,
        "address": address_of(visit),
        "consultant": consultant,
        "why": message.format(**fields),
        "day": danish_date(visit.starts_at),
    }
    found = {one.id: one for one in (consultant, *leads_of(session, visit.jobcentre_id)) if one.active}
    for user in found.values():
        key = f"conflict:{conflict.id}:{user.id}"
        write_mail(session, now, visit, key, user.email, "visit_conflict", parts | {"user": user})
    if consultant.active and consultant.phone and visit.starts_at < now + SMS_WITHIN:
        subject, _, _ = render_mail("visit_conflict", **parts, user=consultant)
        key = f"conflict:{conflict.id}:{consultant.id}:sms"
        text = f"{subject}. Kl. {clock_text(visit.starts_at)}. {parts['why']}"
        send(
            session, now, channel="sms", dedupe_key=key, to=consultant.phone, text=text, workplace_id=visit.workplace_id
        )
    conflict.told_at = now
