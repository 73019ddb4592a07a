"""Answers to invitations: each mail of the mailbox read once, in a transaction of its own.

Anybody can write anybody's address into a mail, so no answer changes a visit: a no is told to the people who can ring.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import Message

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.calendars.rules import Answer, answers
from crm.integrations.mailbox import Letter, Mailbox
from crm.integrations.models import IncomingMail
from crm.people.models import User
from crm.people.queries import leads_of
from crm.recurring.actions import Begin, apart, reading
from crm.recurring.queries import aside_counts
from crm.visits.actions.messages import tell_declined
from crm.visits.models import Visit, VisitEvent, VisitReply

UID = re.compile(r"visit-([1-9]\d{0,14})@jobaabner", re.IGNORECASE)
PARTS = 100
AT_ONCE = 200
JOB, LONGEST = "replies", 80
TYPES = ("text/calendar", "application/ics", "text/x-vcalendar")


class Unreadable(Exception):
    """The mailbox lists a mail that it does not give."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A mail under the name it is known by."""

    letter: Letter

    def __str__(self) -> str:
        name = f"unreadable:{self.letter.key}" if self.letter.unreadable else name_of(self.letter)
        return name if len(name) <= LONGEST else f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def read_mailbox(mailbox: Mailbox, begin: Begin, now: datetime) -> int:
    """Read what is new; how many answers were kept. A mail that breaks stays in the box, is set aside with its error
    and tried again, and stops no other. Raises MailboxFailed when the box cannot be read."""
    with reading(begin) as session:
        waiting = aside_counts(session, all_of_them=True).get(JOB, 0)
    with mailbox.open() as box:

        def one(brought: Brought) -> int:
            letter = brought.letter
            if letter.unreadable:
                raise Unreadable
            with reading(begin) as session:
                known = _is_known(session, letter)
            found = None if known or letter.raw is None else answer_in(letter.raw)
            with begin() as session:
                meant = take_in(session, now, letter, found)
            box.done(letter)
            return int(meant == "reply")

        brought = map(Brought, box.letters(AT_ONCE + waiting))  # those that wait take nobody's place
        return apart(begin, brought, one, job=JOB, now=now, complete=True, private=True)


def take_in(session: Session, now: datetime, letter: Letter, found: Answer | None) -> str:
    """Keep the answer of one mail (``found``: ``answer_in``, read before the transaction, which may take its time);
    ``reply``, ``other`` or ``broken``, or ``known`` when it has been read before."""
    name = name_of(letter)
    if _is_known(session, letter):
        return "known"
    visit = _visit(session, found) if found else None
    party = _party(session, visit, found) if visit and found else None
    meant = "broken" if letter.raw is None else "other"
    if visit is not None and found is not None and party is not None:
        _keep(session, now, visit, found, party, name)
        meant = "reply"
    _note(session, now, name, meant)
    session.flush()
    return meant


def _is_known(session: Session, letter: Letter) -> bool:
    return session.scalar(select(IncomingMail.id).where(IncomingMail.message_id == name_of(letter))) is not None


def name_of(letter: Letter) -> str:
    """The Message-ID, else a name of what stands in the mail, so that it is known again."""
    raw = letter.raw
    if raw is None:
        return f"too-large:{letter.key}"[:300]
    found = re.search(rb"(?im)^message-id:\s*(<[!-;=?-~]{1,280}>)", raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0])
    return found[1].decode("ascii") if found else f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _note(session: Session, now: datetime, name: str, meant: str) -> None:
    session.add(IncomingMail(message_id=name, meant=meant, at=now))
    session.flush()


def answer_in(raw: bytes) -> Answer | None:
    """The first answer to an invitation of ours, anywhere in the mail."""
    for data, charset in _calendars(message_from_bytes(raw, policy=policy.compat32)):
        for found in answers(data, charset):
            if UID.fullmatch(found.uid):
                return found
    return None


def _calendars(mail: Message) -> Iterator[tuple[bytes, str]]:
    """Bytes and charset of what is or may be a calendar file; nested mails too, but no endless nest."""
    for number, part in enumerate(mail.walk()):
        if number >= PARTS:
            return
        name = str(part.get_filename() or "").lower()
        if part.is_multipart() or not (part.get_content_type() in TYPES or name.endswith(".ics")):
            continue
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            yield data, str(part.get_param("charset") or "")


def _visit(session: Session, found: Answer) -> Visit | None:
    match = UID.fullmatch(found.uid)
    return session.get(Visit, int(match[1])) if match else None


def _party(session: Session, visit: Visit, found: Answer) -> str | None:
    """Who answers. Another address of the company's counts as the company; one of ours that is not the consultant's
    (a former one's) as nobody."""
    if found.email == (visit.contact_email or "").strip().lower():
        return "company"
    ours = session.scalar(select(User.id).where(func.lower(User.email) == found.email))
    if ours is None:
        return "company"
    return "consultant" if ours == visit.consultant_id else None


def _keep(session: Session, now: datetime, visit: Visit, found: Answer, party: str, name: str) -> None:
    current = found.sequence is None or found.sequence >= visit.sequence
    sequence = visit.sequence if found.sequence is None else found.sequence
    at = found.at if found.at and visit.booked_at - timedelta(days=1) <= found.at <= now else now
    told = {"party": party, "email": found.email, "partstat": found.partstat, "comment": found.comment}
    session.add(VisitReply(visit_id=visit.id, sequence=sequence, at=at, message_id=name, **told))
    data = {"party": party, "email": found.email, "partstat": found.partstat, "former": not current}
    responsible = visit.responsible_id
    session.add(VisitEvent(visit_id=visit.id, at=now, kind="reply", responsible_id=responsible, data=data))
    place = {"workplace_id": visit.workplace_id, "campaign_id": visit.campaign_id}
    activity.record(session, None, now, "visits.reply", visit, **place, party=party, partstat=found.partstat)
    session.flush()
    if found.partstat == "DECLINED" and current and visit.state == "booked" and now < visit.starts_at:
        tell_declined(session, now, visit, party, found.comment, leads_of(session, visit.jobcentre_id))
