"""What has happened to coming visits of the small demo in the last hours: answers, a move, a hand-over, a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date
from crm.base.errors import Refusal
from crm.calendars.actions import add_absence
from crm.demo.people import People
from crm.integrations.mailbox import Letter
from crm.people.models import User
from crm.visits.actions import check_day, hand_over
from crm.visits.actions.company import company_move
from crm.visits.actions.conflicts import note_check
from crm.visits.actions.replies import answer_in, take_in
from crm.visits.models import Visit
from crm.visits.queries.changed import due_checks
from crm.visits.queries.company import company_week
from crm.visits.queries.conflicts import examine
from crm.visits.queries.reassign import colleagues

# how the companies have answered their invitations, in the order of their visits
ANSWERS = (
    ("ACCEPTED", ""),
    ("DECLINED", "Vi er på messe den dag. Ring gerne om en anden tid."),
    ("ACCEPTED", ""),
    ("TENTATIVE", "Jeg vender tilbage."),
    ("ACCEPTED", "Vi glæder os."),
)
MESSAGE = "Vi får leveret varer den formiddag"
BECAUSE = "Kollegaen kender virksomheden fra sidste år"


def changes(session: Session, people: People, now: datetime) -> None:
    """Each of them on another visit, from tomorrow on: today's stay as they were booked."""
    left = coming(session, people, now)
    for change in (_handed_over, _moved_by_company, _in_the_way):
        changed = change(session, people, left, now)
        left = [visit for visit in left if visit is not changed]
    _answered(session, left, now)
    check_all(session, now)


def coming(session: Session, people: People, now: datetime) -> list[Visit]:
    """Booked visits after today, those of the first jobcentre first."""
    tomorrow = at(danish_date(now) + timedelta(days=1), 0)
    order = {centre.row.id: number for number, centre in enumerate(people.centres)}
    found = session.scalars(
        select(Visit).where(Visit.state == "booked", Visit.starts_at >= tomorrow).order_by(Visit.starts_at, Visit.id)
    ).all()
    return sorted(found, key=lambda visit: order[visit.jobcentre_id])


def _handed_over(session: Session, people: People, visits: Sequence[Visit], now: datetime) -> Visit | None:
    """The lead gives the first visit that a colleague can take as the day stands to that colleague."""
    when = now - timedelta(minutes=70)
    for visit in visits:
        able = [slot for slot in colleagues(session, when, visit) if not slot.reason]
        if able:
            return hand_over(session, _lead(people, visit), when, visit, able[0].consultant_id, BECAUSE)
    return None


def _moved_by_company(session: Session, people: People, visits: Sequence[Visit], now: datetime) -> Visit | None:
    """By the link in its mail, to the first time that it is offered."""
    when = now - timedelta(minutes=55)
    for visit in visits:
        if not visit.contact_email:
            continue
        for day in company_week(session, when, visit, None).days:
            for slot in (*day.own, *day.others):
                try:
                    return company_move(
                        session, when, visit, visit.sequence, slot.consultant_id, slot.starts_at, MESSAGE
                    )
                except Refusal:
                    continue
    return None


def _in_the_way(session: Session, people: People, visits: Sequence[Visit], now: datetime) -> Visit | None:
    """The first consultant has put a meeting where a visit of the coming days lies."""
    user = people.centres[0].consultants[0]
    for visit in visits:
        if visit.consultant_id == user.id:
            start = visit.starts_at - timedelta(minutes=30)
            add_absence(session, user, now - timedelta(minutes=40), user, start, visit.ends_at, "Møde på rådhuset")
            return visit
    return None


def _answered(session: Session, visits: Sequence[Visit], now: datetime) -> None:
    """Some time after the company was told of the visit; the no has come half an hour ago."""
    asked = [visit for visit in visits if visit.contact_email]
    for number, (visit, (partstat, comment)) in enumerate(zip(asked, ANSWERS, strict=False)):
        told, latest = max(event.at for event in visit.events), now - timedelta(minutes=30)
        when = max(told, latest if partstat == "DECLINED" else min(told + timedelta(minutes=35 + 50 * number), latest))
        raw = reply(visit, number, when, partstat, comment)
        take_in(session, when, Letter(str(number), raw), answer_in(raw))


def reply(visit: Visit, number: int, when: datetime, partstat: str, comment: str) -> bytes:
    """The mail as the company's calendar program sends it (RFC 5546, 3.2.3; RFC 6047)."""
    event = [
        f"UID:visit-{visit.id}@jobaabner",
        f"SEQUENCE:{visit.sequence}",
        f"DTSTAMP:{when:%Y%m%dT%H%M%SZ}",
        f"ATTENDEE;PARTSTAT={partstat}:mailto:{visit.contact_email}",
        *([f"COMMENT:{comment}"] if comment else []),
    ]
    calendar = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//demo//DA", "METHOD:REPLY", "BEGIN:VEVENT", *event]
    head = [
        f"Message-ID: <svar-{number}@demo.invalid>",
        f"From: {visit.contact_email}",
        'Content-Type: text/calendar; method=REPLY; charset="utf-8"',
        "Content-Transfer-Encoding: 8bit",
    ]
    return "\r\n".join([*head, "", *calendar, "END:VEVENT", "END:VCALENDAR", ""]).encode()


def check_all(session: Session, now: datetime) -> None:
    """What crm.visits.jobs.check_changed does, in the demo's one transaction: whatever no longer fits is raised."""
    due = due_checks(session, now)
    if due is None:
        return
    for consultant_id, days in sorted(due.days.items()):
        for day in sorted(examine(session, now, consultant_id, days).days):
            check_day(session, now, consultant_id, day)
    note_check(session, now, due)


def _lead(people: People, visit: Visit) -> User:
    return people.of(visit.jobcentre_id).lead
