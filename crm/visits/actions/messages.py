"""What the company and the consultant are told about a visit, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date
from crm.campaigns.models import Campaign
from crm.integrations.actions import send, withdraw
from crm.integrations.models import OutboxMessage
from crm.integrations.render import render_mail
from crm.integrations.sms_words import is_mobile, segments
from crm.people.models import Jobcentre, User
from crm.visits.actions.invitations import Method, for_company, for_consultant
from crm.visits.actions.mail import write_mail
from crm.visits.actions.publish import address_of
from crm.visits.models import Visit
from crm.visits.rules import link
from crm.visits.rules.slots import clock_text

REMINDER_MINUTE = 9 * 60
SMS_WITHIN = timedelta(hours=24)
MOST_SEGMENTS = 3


def tell_booked(session: Session, now: datetime, visit: Visit, leaves: datetime | None = None) -> None:
    """Confirmation and reminder to the company, notice to the consultant, an SMS when it is soon. ``leaves``: none of
    them before then."""
    parts = parts_of(session, now, visit)
    _company(session, now, visit, "visit_booked", "REQUEST", parts, leaves)
    _reminder(session, now, visit, parts)
    _consultant(session, now, visit, parts["consultant"], "visit_new", "REQUEST", parts, leaves=leaves)


def untell(session: Session, visit: Visit) -> bool:
    """Take back everything that waits to be said about the visit; False when something has left already."""
    about = OutboxMessage.dedupe_key.like(f"visit:{visit.id}:%")
    for key in session.scalars(select(OutboxMessage.dedupe_key).where(about)).all():
        withdraw(session, key)
    return session.scalar(select(OutboxMessage.id).where(about).limit(1)) is None


def tell_moved(session: Session, now: datetime, visit: Visit, former: User, was: datetime, reason: str) -> None:
    """Both parties get the new time; a former consultant learns that the visit has gone to another."""
    if was == visit.starts_at and former.id != visit.consultant_id:
        return tell_handed_over(session, now, visit, former, reason)
    parts = parts_of(session, now, visit) | {"was": was, "reason": reason, "former": former}
    _withdraw_reminder(session, visit, visit.sequence - 1)
    _company(session, now, visit, "visit_moved", "REQUEST", parts)
    _reminder(session, now, visit, parts)
    _consultant(session, now, visit, parts["consultant"], "visit_moved_consultant", "REQUEST", parts)
    if former.id != visit.consultant_id:
        _consultant(session, now, visit, former, "visit_handed_over", "CANCEL", parts, soon=was)
    return None


def tell_handed_over(session: Session, now: datetime, visit: Visit, former: User, reason: str) -> None:
    """Another consultant comes at the same time: the company learns who, the new one gets the visit, the former one's
    calendar is rid of it."""
    parts = parts_of(session, now, visit) | {"was": visit.starts_at, "reason": reason, "former": former}
    for sequence in (visit.sequence - 1, visit.sequence):
        _withdraw_reminder(session, visit, sequence)
    _company(session, now, visit, "visit_handed_over_company", "REQUEST", parts)
    _reminder(session, now, visit, parts)
    _consultant(session, now, visit, parts["consultant"], "visit_handed_over_new", "REQUEST", parts)
    _consultant(session, now, visit, former, "visit_handed_over", "CANCEL", parts)


def tell_cancelled(session: Session, now: datetime, visit: Visit, reason: str, sequence: int) -> None:
    """Both parties learn of the cancellation; ``sequence`` is the one the reminder was written with."""
    by_company = visit.state == "cancelled_by_company"
    parts = parts_of(session, now, visit) | {"reason": reason, "by_company": by_company}
    _withdraw_reminder(session, visit, sequence)
    _company(session, now, visit, "visit_cancelled", "CANCEL", parts)
    _consultant(session, now, visit, parts["consultant"], "visit_cancelled_consultant", "CANCEL", parts)


def tell_declined(
    session: Session, now: datetime, visit: Visit, party: str, comment: str, leads: Sequence[User]
) -> None:
    """A no to an invitation cancels nothing by itself: consultant and leads are told what to do, once a day."""
    parts = parts_of(session, now, visit) | {"comment": comment, "party": party}
    for user in {user.id: user for user in (parts["consultant"], *leads)}.values():
        key = f"visit:{visit.id}:declined:{party}:{visit.sequence}:{danish_date(now)}:{user.id}"
        write_mail(session, now, visit, key, user.email, "visit_declined", parts | {"person": user})


def reminder_key(visit: Visit, sequence: int) -> str:
    return f"visit:{visit.id}:reminder:{sequence}"


def _withdraw_reminder(session: Session, visit: Visit, sequence: int) -> None:
    for key in (reminder_key(visit, sequence), f"{reminder_key(visit, sequence)}:sms"):
        withdraw(session, key)


def parts_of(session: Session, now: datetime, visit: Visit) -> dict[str, Any]:
    """What the mails' templates and the calendar files read. ``link``: the company's own, empty without an address."""
    booker = session.get(User, visit.booked_by) if visit.booked_by else None
    return {
        "visit": visit,
        "workplace": visit.workplace,
        "address": address_of(visit),
        "campaign": session.get_one(Campaign, visit.campaign_id),
        "consultant": session.get_one(User, visit.consultant_id),
        "jobcentre": session.scalars(select(Jobcentre).where(Jobcentre.id == visit.jobcentre_id)).one(),
        "booker": booker.name if booker else "",
        "link": link.url(visit.id, visit.contact_email, now) if visit.contact_email else "",
    }


def _company(
    session: Session,
    now: datetime,
    visit: Visit,
    template: str,
    method: Method,
    parts: Mapping[str, Any],
    leaves: datetime | None = None,
) -> None:
    """Answers of people go to the consultant; those of calendar programs to the mailbox we read."""
    if not visit.contact_email:
        return
    key = f"visit:{visit.id}:{template}:{visit.sequence}"
    files = [for_company(now, visit, method, parts)]
    human = parts["consultant"].email
    write_mail(
        session, now, visit, key, visit.contact_email, template, parts,
        attachments=files, not_before=leaves, reply_to=human,
    )  # fmt: skip


def _reminder(session: Session, now: datetime, visit: Visit, parts: Mapping[str, Any]) -> None:
    """The working day before, at nine, by mail and to a mobile number by SMS; none when that has passed or is
    today."""
    day = add_working_days(danish_date(visit.starts_at), -1)
    if day <= danish_date(now):
        return
    leaves, key = at(day, REMINDER_MINUTE), reminder_key(visit, visit.sequence)
    if visit.contact_phone and is_mobile(visit.contact_phone):
        _sms(session, now, visit, key, visit.contact_phone, reminder_sms(parts), leaves)
    if visit.contact_email:
        human = parts["consultant"].email
        write_mail(
            session, now, visit, key, visit.contact_email, "visit_reminder", parts, not_before=leaves, reply_to=human
        )


def reminder_sms(parts: Mapping[str, Any]) -> str:
    """With the company's link where all of it goes into MOST_SEGMENTS SMS, as it does with an ordinary public address
    and names. Else without: a longer one is cut apart by some networks, and half a link opens nothing; the mail of the
    same morning carries it. A contact without a mail address has no link."""
    _subject, text, _html = render_mail("visit_reminder_sms", **parts)
    if parts["link"] and segments(text.strip()) > MOST_SEGMENTS:
        _subject, text, _html = render_mail("visit_reminder_sms", **{**parts, "link": ""})
    return text.strip()


def _consultant(
    session: Session,
    now: datetime,
    visit: Visit,
    user: User,
    template: str,
    method: Method,
    parts: Mapping[str, Any],
    soon: datetime | None = None,
    leaves: datetime | None = None,
) -> None:
    """A mail with the consultant's own invitation, and an SMS when the change concerns the next 24 hours."""
    key = f"visit:{visit.id}:{template}:{visit.sequence}:{user.id}"
    files = for_consultant(session, now, visit, method, user, parts)
    subject = write_mail(session, now, visit, key, user.email, template, parts, attachments=files, not_before=leaves)
    moments = [m for m in (soon, visit.starts_at, parts.get("was")) if m is not None]
    if user.phone and any(now <= moment < now + SMS_WITHIN for moment in moments):
        told = f"{subject}. {visit.workplace.name}, {parts['address']}. Kl. {clock_text(visit.starts_at)}."
        _sms(session, now, visit, key, user.phone, told, leaves)


def _sms(session: Session, now: datetime, visit: Visit, key: str, to: str, text: str, leaves: datetime | None) -> None:
    send(
        session,
        now,
        channel="sms",
        dedupe_key=f"{key}:sms",
        to=to,
        text=text,
        not_before=leaves,
        workplace_id=visit.workplace_id,
    )
