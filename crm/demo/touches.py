"""Touches to the small demo: who is away, what is due on the day it is opened, which mails have left."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date, next_working_day
from crm.calendars.actions import add_absence, set_profile
from crm.calling.actions import claim, finish
from crm.campaigns.models import Campaign
from crm.demo.people import People
from crm.followups.actions.reminders import set_wishes
from crm.integrations.models import OutboxMessage
from crm.people.actions.leave import add_leave
from crm.people.models import User
from crm.visits.actions import refresh_capacity


def finish_up(session: Session, people: People, campaign: Campaign, now: datetime) -> None:
    """Call-backs that are due, the queue's view of the calendars, mails that have left."""
    call_backs(session, people, campaign, now)
    refresh_capacity(session, now)
    mails_have_left(session, now)


def call_backs(session: Session, people: People, campaign: Campaign, now: datetime) -> None:
    """Every phoner at work has promised to ring somebody about now, and somebody later today."""
    for firm in people.firms:
        served = [centre for centre in people.centres if centre.firm is firm]
        for number, phoner in enumerate(firm.phoners[:2]):
            for minutes_ago, ahead in ((95, 85), (80, 140)):
                _promise(session, phoner, campaign, served[number].row.id, now - timedelta(minutes=minutes_ago), ahead)


def _promise(session: Session, phoner: User, campaign: Campaign, jobcentre_id: int, when: datetime, ahead: int) -> None:
    entry = claim(session, phoner, when, campaign.id, jobcentre_id)
    if entry is not None:
        finish(
            session,
            phoner,
            when + timedelta(seconds=50),
            entry,
            "call_back",
            mine=True,
            call_back_at=when + timedelta(minutes=ahead),
            note="Træffes bedst senere i dag.",
        )


def calendars(session: Session, people: People, when: datetime, now: datetime) -> None:
    """Written before the first call. A holiday, a course, weekly meetings; the second jobcentre is nearly full: one of
    its two consultants is on leave, the other takes two visits a day and is busy with something else on most days."""
    day = next_working_day(danish_date(now))
    second, third = people.centres[1], people.centres[2]
    first, other = second.consultants
    set_profile(
        session, first, when, first, base_name=second.row.name, base_postcode=second.row.postcode, max_visits_a_day=2
    )
    _away(session, when, other, add_working_days(day, 3), add_working_days(day, 25), "Orlov")
    _leave(session, when, other, add_working_days(day, 3), add_working_days(day, 25), first)
    for ahead in (4, 5, 6, 8, 9, 10, 11, 12, 14):
        _away(session, when, first, add_working_days(day, ahead), add_working_days(day, ahead), "Jobmesse og kursus")
    _away(session, when, third.consultants[0], add_working_days(day, 2), add_working_days(day, 6), "Ferie")
    fourth = people.centres[3].consultants
    _away(session, when, fourth[0], add_working_days(day, -3), add_working_days(day, 1), "Sygemeldt")
    _leave(session, when, fourth[0], add_working_days(day, -3), add_working_days(day, 1), fourth[1])
    set_wishes(session, other, when, other, mail=True, sms=True, calendar="none")
    mine = people.centres[0].consultants
    set_wishes(session, mine[0], when, mine[0], mail=True, sms=False, calendar="todo")
    set_wishes(session, mine[1], when, mine[1], mail=False, sms=True, calendar="event")
    for week in range(-4, 4):
        friday = day + timedelta(days=7 * week + 4 - day.weekday())
        for user in people.centres[0].consultants:
            add_absence(session, user, when, user, at(friday, 9 * 60), at(friday, 10 * 60), "Teammøde")


def _away(session: Session, when: datetime, user: User, first: date, last: date, title: str) -> None:
    """Whole days, the last one too."""
    add_absence(session, user, when, user, at(first, 0), at(last + timedelta(days=1), 0), title)


def _leave(session: Session, when: datetime, user: User, first: date, last: date, substitute: User) -> None:
    """Somebody else hears of what falls due meanwhile."""
    add_leave(session, user, when, user, from_on=first, until_on=last, substitute_id=substitute.id)


def mails_have_left(session: Session, now: datetime) -> None:
    """What was written before today has been delivered; one address did not exist."""
    before = at(danish_date(now), 0)
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.not_before < before, OutboxMessage.state == "pending")
        .values(state="sent", attempts=1, sent_at=OutboxMessage.not_before)
    )
    bounced = session.scalar(
        select(OutboxMessage)
        .where(OutboxMessage.state == "sent", OutboxMessage.workplace_id.is_not(None))
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    )
    if bounced is not None:
        bounced.state, bounced.sent_at, bounced.attempts = "failed", None, 7
        bounced.last_error = "550 5.1.1 mailbox unavailable"
    session.flush()
