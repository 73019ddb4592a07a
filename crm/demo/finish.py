"""The last touches of the small demo: what is special on the day it is opened."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date, next_working_day
from crm.calendars.actions import add_absence, set_profile
from crm.calling.actions import claim, finish
from crm.campaigns.models import Campaign
from crm.demo.people import People
from crm.integrations.models import OutboxMessage
from crm.visits.actions import refresh_capacity


def finish_up(session: Session, rng: Random, people: People, campaign: Campaign, now: datetime) -> None:
    """Call-backs that are due, people away, a jobcentre that is nearly full, mails that have left."""
    call_backs(session, people, campaign, now)
    absences(session, people, now)
    refresh_capacity(session, now)
    mails_have_left(session, now)


def call_backs(session: Session, people: People, campaign: Campaign, now: datetime) -> None:
    """Every phoner has promised to ring somebody about now: the first has one that is due, and one for later today."""
    for number, phoner in enumerate(phoner for firm in people.firms for phoner in firm.phoners):
        centre = next(centre for centre in people.centres if phoner in centre.firm.phoners)
        for minutes_ago, ahead in ((95, 85), (80, 140)):
            when = now - timedelta(minutes=minutes_ago + number)
            entry = claim(session, phoner, when, campaign.id, centre.row.id)
            if entry is not None:
                finish(session, phoner, when + timedelta(seconds=50), entry, "call_back", mine=True,
                       call_back_at=when + timedelta(minutes=ahead), note="Træffes bedst senere i dag.")


def absences(session: Session, people: People, now: datetime) -> None:
    """A holiday, a course, a regular meeting; the second jobcentre takes few visits, and one of its two is on leave."""
    day = next_working_day(danish_date(now))
    second, third = people.centres[1], people.centres[2]
    first, other = second.consultants
    set_profile(session, first, now, first, base_name=second.row.name, base_postcode=second.row.postcode,
                max_visits_a_day=2)
    add_absence(session, other, now, other, at(add_working_days(day, 3), 0), at(add_working_days(day, 25), 0), "Orlov")
    for ahead in (4, 5, 6, 9):
        away = add_working_days(day, ahead)
        add_absence(session, first, now, first, at(away, 8 * 60), at(away, 16 * 60), "Kursus")
    holiday = third.consultants[0]
    add_absence(session, holiday, now, holiday, at(add_working_days(day, 2), 0), at(add_working_days(day, 7), 0),
                "Ferie")
    for centre in people.centres:
        for user in centre.consultants:
            meeting = add_working_days(day, 5 - day.weekday() if day.weekday() < 5 else 1)
            add_absence(session, user, now, user, at(meeting, 9 * 60), at(meeting, 10 * 60), "Teammøde")


def mails_have_left(session: Session, now: datetime) -> None:
    """What was written before today has been delivered; one address did not exist."""
    before = at(danish_date(now), 0)
    session.execute(update(OutboxMessage).where(OutboxMessage.not_before < before, OutboxMessage.state == "pending")
                    .values(state="sent", attempts=1, sent_at=OutboxMessage.not_before))
    bounced = session.scalar(select(OutboxMessage).where(OutboxMessage.state == "sent",
                                                         OutboxMessage.workplace_id.is_not(None))
                             .order_by(OutboxMessage.id.desc()).limit(1))
    if bounced is not None:
        bounced.state, bounced.sent_at, bounced.attempts = "failed", None, 7
        bounced.last_error = "550 5.1.1 mailbox unavailable"
    session.flush()
