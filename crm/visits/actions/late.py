"""Tell a company that the consultant comes later than agreed; the visit's time stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.integrations.actions import send
from crm.integrations.render import render_mail
from crm.integrations.sms_words import is_mobile
from crm.people.models import Jobcentre, User
from crm.visits.actions import history
from crm.visits.models import Visit

QUARTER = timedelta(minutes=15)


def late_message(session: Session, visit: Visit, expected_at: datetime) -> dict[str, Any]:
    """What the company is told, without sending it: ``channel`` (sms to a mobile number, else mail, None where there
    is neither), ``to``, ``subject`` and ``text``."""
    to, channel = _recipient(visit)
    parts = {
        "visit": visit,
        "workplace": visit.workplace,
        "consultant": session.get_one(User, visit.consultant_id),
        "jobcentre": session.get_one(Jobcentre, visit.jobcentre_id),
        "expected_at": expected_at,
    }
    subject, text, _html = render_mail("visit_late_sms" if channel == "sms" else "visit_late", **parts)
    return {"channel": channel, "to": to, "subject": subject, "text": text.strip()}


def _recipient(visit: Visit) -> tuple[str | None, str | None]:
    for number in (visit.contact_phone, visit.workplace.phone):
        if number and is_mobile(number):
            return number, "sms"
    mail = visit.contact_email or visit.workplace.email
    return (mail, "mail") if mail else (None, None)


def tell_late(
    session: Session, actor: User, now: datetime, delayed: Sequence[tuple[Visit, datetime]]
) -> tuple[list[Visit], list[Visit]]:
    """Send word of the new expected time to the companies of these booked visits; those told now, and those who
    cannot be told or know already: once for each visit and quarter of an hour of the expected time.

    Nobody answers for another visit or time afterwards: the history keeps a row ``late``, and nothing is moved.
    """
    told: list[Visit] = []
    left: list[Visit] = []
    rows = select(Visit.id, Visit.state).where(Visit.id.in_([visit.id for visit, _ in delayed]))
    # by number, as whoever holds several does
    found = session.execute(rows.order_by(Visit.id).with_for_update())
    states = {row.id: row.state for row in found}
    for visit, expected_at in delayed:
        message = late_message(session, visit, expected_at)
        booked = states.get(visit.id) == "booked"
        if not booked or message["channel"] is None or not _send(session, now, visit, expected_at, message):
            left.append(visit)
            continue
        _keep(session, actor, now, visit, expected_at, message["channel"])
        told.append(visit)
    session.flush()
    return told, left


def _send(session: Session, now: datetime, visit: Visit, expected_at: datetime, message: dict[str, Any]) -> bool:
    quarter = int(expected_at.timestamp() // QUARTER.total_seconds())
    return send(
        session,
        now,
        channel=message["channel"],
        dedupe_key=f"visit:{visit.id}:late:{quarter}",
        to=message["to"],
        subject=message["subject"] if message["channel"] == "mail" else "",
        text=message["text"],
        workplace_id=visit.workplace_id,
    )


def _keep(session: Session, actor: User, now: datetime, visit: Visit, expected_at: datetime, channel: str) -> None:
    times = {"expected_at": expected_at.isoformat(), "starts_at": visit.starts_at.isoformat()}
    history.record(session, actor, now, visit, "late", **times, channel=channel)
