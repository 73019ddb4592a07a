"""What the company and the consultant are told about a visit: mails with invitations, reminders, SMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date
from crm.calendars.rules import Entry, Party, invitation_text
from crm.campaigns.models import Campaign
from crm.integrations.actions import send, withdraw
from crm.integrations.models import OutboxMessage
from crm.integrations.render import render_mail
from crm.integrations.sms_words import is_mobile
from crm.people.models import Jobcentre, User
from crm.visits.actions.publish import address_of, uid_of
from crm.visits.models import Visit
from crm.visits.rules.slots import clock_text

REMINDER_MINUTE = 9 * 60
SMS_WITHIN = timedelta(hours=24)


def tell_booked(session: Session, now: datetime, visit: Visit, leaves: datetime | None = None) -> None:
    """Confirmation and reminder to the company, notice to the consultant, an SMS when it is soon. ``leaves``: none of
    them before then."""
    parts = _parts(session, visit)
    _company(session, now, visit, "visit_booked", "REQUEST", parts, leaves)
    _reminder(session, now, visit, parts)
    _consultant(session, now, visit, parts["consultant"], "visit_new", parts, leaves=leaves)


def untell(session: Session, visit: Visit) -> bool:
    """Take back everything that waits to be said about the visit; False when something has left already."""
    about = OutboxMessage.dedupe_key.like(f"visit:{visit.id}:%")
    for key in session.scalars(select(OutboxMessage.dedupe_key).where(about)).all():
        withdraw(session, key)
    return session.scalar(select(OutboxMessage.id).where(about).limit(1)) is None


def tell_moved(session: Session, now: datetime, visit: Visit, former: User, was: datetime, reason: str) -> None:
    """Both parties get the new time; a former consultant learns that the visit has gone to another."""
    parts = _parts(session, visit) | {"was": was, "reason": reason, "former": former}
    _withdraw_reminder(session, visit, visit.sequence - 1)
    _company(session, now, visit, "visit_moved", "REQUEST", parts)
    _reminder(session, now, visit, parts)
    _consultant(session, now, visit, parts["consultant"], "visit_moved_consultant", parts)
    if former.id != visit.consultant_id:
        _consultant(session, now, visit, former, "visit_handed_over", parts, soon=was)


def tell_cancelled(session: Session, now: datetime, visit: Visit, reason: str, sequence: int) -> None:
    """Both parties learn of the cancellation; ``sequence`` is the one the reminder was written with."""
    parts = _parts(session, visit) | {"reason": reason, "by_company": visit.state == "cancelled_by_company"}
    _withdraw_reminder(session, visit, sequence)
    _company(session, now, visit, "visit_cancelled", "CANCEL", parts)
    _consultant(session, now, visit, parts["consultant"], "visit_cancelled_consultant", parts)


def reminder_key(visit: Visit, sequence: int) -> str:
    return f"visit:{visit.id}:reminder:{sequence}"


def _withdraw_reminder(session: Session, visit: Visit, sequence: int) -> None:
    for key in (reminder_key(visit, sequence), f"{reminder_key(visit, sequence)}:sms"):
        withdraw(session, key)


def _parts(session: Session, visit: Visit) -> dict[str, Any]:
    """What the mails' templates read."""
    booker = session.get(User, visit.booked_by) if visit.booked_by else None
    campaign = session.get_one(Campaign, visit.campaign_id)
    return {
        "visit": visit,
        "workplace": visit.workplace,
        "address": address_of(visit),
        "campaign": campaign,
        "consultant": session.get_one(User, visit.consultant_id),
        "jobcentre": session.scalars(select(Jobcentre).where(Jobcentre.id == visit.jobcentre_id)).one(),
        "booker": booker.name if booker else "",
    }


def _company(
    session: Session,
    now: datetime,
    visit: Visit,
    template: str,
    method: Any,
    parts: Mapping[str, Any],
    leaves: datetime | None = None,
) -> None:
    if not visit.contact_email:
        return
    subject, text, html = render_mail(template, **parts)
    send(
        session,
        now,
        channel="mail",
        dedupe_key=f"visit:{visit.id}:{template}:{visit.sequence}",
        to=visit.contact_email,
        subject=subject,
        text=text,
        html=html,
        not_before=leaves,
        workplace_id=visit.workplace_id,
        attachments=[_invitation(now, visit, method, parts)],
    )


def _invitation(now: datetime, visit: Visit, method: Any, parts: Mapping[str, Any]) -> dict[str, str]:
    consultant, jobcentre = parts["consultant"], parts["jobcentre"]
    call = f" på telefon {consultant.phone}" if consultant.phone else ""
    entry = Entry(
        uid_of(visit),
        visit.starts_at,
        visit.ends_at,
        f"Besøg fra {jobcentre.name}: {consultant.name}",
        parts["address"],
        f"Skal besøget flyttes eller aflyses, så ring til {consultant.name}{call}.",
        "CANCELLED" if method == "CANCEL" else "CONFIRMED",
        visit.sequence,
        now,
    )
    text = invitation_text(
        method, entry, Party(consultant.name, consultant.email), Party(visit.contact_name, visit.contact_email or "")
    )
    return {"name": "besoeg.ics", "mime": f"text/calendar; method={method}", "text": text}


def _reminder(session: Session, now: datetime, visit: Visit, parts: Mapping[str, Any]) -> None:
    """The working day before, at nine, by mail and to a mobile number by SMS; none when that has passed or is
    today."""
    day = add_working_days(danish_date(visit.starts_at), -1)
    if day <= danish_date(now):
        return
    if visit.contact_phone and is_mobile(visit.contact_phone):
        _subject, short, _html = render_mail("visit_reminder_sms", **parts)
        send(
            session,
            now,
            channel="sms",
            dedupe_key=f"{reminder_key(visit, visit.sequence)}:sms",
            to=visit.contact_phone,
            text=short.strip(),
            not_before=at(day, REMINDER_MINUTE),
            workplace_id=visit.workplace_id,
        )
    if not visit.contact_email:
        return
    subject, text, html = render_mail("visit_reminder", **parts)
    send(
        session,
        now,
        channel="mail",
        dedupe_key=reminder_key(visit, visit.sequence),
        to=visit.contact_email,
        subject=subject,
        text=text,
        html=html,
        not_before=at(day, REMINDER_MINUTE),
        workplace_id=visit.workplace_id,
    )


def _consultant(
    session: Session,
    now: datetime,
    visit: Visit,
    user: User,
    template: str,
    parts: Mapping[str, Any],
    soon: datetime | None = None,
    leaves: datetime | None = None,
) -> None:
    """A mail, and an SMS when the change concerns the next 24 hours."""
    subject, text, html = render_mail(template, **parts)
    key = f"visit:{visit.id}:{template}:{visit.sequence}:{user.id}"
    send(
        session,
        now,
        channel="mail",
        dedupe_key=key,
        to=user.email,
        subject=subject,
        text=text,
        html=html,
        not_before=leaves,
        workplace_id=visit.workplace_id,
    )
    moments: Sequence[datetime] = [m for m in (soon, visit.starts_at, parts.get("was")) if m is not None]
    if user.phone and any(now <= moment < now + SMS_WITHIN for moment in moments):
        send(
            session,
            now,
            channel="sms",
            dedupe_key=f"{key}:sms",
            to=user.phone,
            not_before=leaves,
            workplace_id=visit.workplace_id,
            text=f"{subject}. {visit.workplace.name}, {parts['address']}. Kl. {clock_text(visit.starts_at)}.",
        )
