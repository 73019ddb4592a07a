"""Mail to a consultant whose own calendar cannot be read."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from crm.calendars.models import BusySource
from crm.integrations.actions import send
from crm.integrations.render import render_mail
from crm.people.models import User

PATIENCE = timedelta(hours=24)


def tell_failing(session: Session, now: datetime, source: BusySource) -> bool:
    """Once for each time it begins to fail, when it has failed for a day; whether a mail was written."""
    since = source.failing_since
    if since is None or now - since < PATIENCE:
        return False
    consultant = session.get_one(User, source.consultant_id)
    subject, text, html = render_mail("calendar_failing", source=source, consultant=consultant, since=since)
    key = f"calendar-failing:{source.id}:{since.isoformat()}"
    return send(
        session, now, channel="mail", dedupe_key=key, to=consultant.email, subject=subject, text=text, html=html
    )
