"""What consultants of the small demo wish of bookings, and one own calendar that has stopped answering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date
from crm.base.seal import Vault
from crm.calendars.actions import add_source, keep_objects, read_failed, read_ok, set_bases, set_wishes
from crm.calendars.models import BusySource
from crm.demo.people import People
from crm.integrations.fetch import UNKNOWN_HOST
from crm.people.models import User
from crm.visits.actions.weights import weigh
from crm.visits.rules.weights import Weights

FRIDAY = 4
ADDRESS = "https://kalender.demo.invalid/konsulent/optaget.ics"


def wishes(session: Session, people: People, when: datetime) -> None:
    """Before the first call. Lunch, an area, some days' notice; Fridays from home; one jobcentre weighs its times."""
    first, second, third, fourth = people.centres
    _wish(session, when, first.consultants[0], lunch=30)
    _wish(session, when, second.consultants[0], notice_hours=48)
    _wish(session, when, third.consultants[1], lunch=30, notice_hours=24)
    _wish(session, when, fourth.consultants[0], areas=[("8800", "8850")])
    home = third.consultants[2]
    set_bases(session, home, when, home, {FRIDAY: ("Hjemme", "8370")})
    weigh(session, first.lead, when, first.row, Weights(fairness_min=10, earliness_min=2))


def _wish(
    session: Session,
    when: datetime,
    user: User,
    *,
    lunch: int = 0,
    notice_hours: int = 0,
    areas: Sequence[tuple[str, str]] = (),
) -> None:
    set_wishes(
        session,
        user,
        when,
        user,
        lunch_minutes=lunch,
        lunch_from=11 * 60,
        lunch_to=13 * 60 + 30,
        notice_hours=notice_hours,
        horizon_days=None,
        areas=areas,
    )


def own_calendar(session: Session, vault: Vault, people: People, when: datetime, now: datetime) -> None:
    """Before the first call: the second consultant of the first jobcentre adds the link to a calendar and it is read.
    Its address ends in .invalid, which no server ever answers to (RFC 2606, 2)."""
    user = people.centres[0].consultants[1]
    source = add_source(session, vault, user, when, user, kind="ics", name="Outlook", address=ADDRESS)
    keep_objects(
        session, when, source, {"": (None, appointments(danish_date(when), danish_date(now)))}, (), everything=True
    )
    read_ok(session, when, source, next_in=timedelta(minutes=15))


def stopped_answering(session: Session, now: datetime) -> None:
    """Read for the last time yesterday at 14.15; every attempt since then has failed, at the product's own pace."""
    source = session.scalars(select(BusySource)).one()
    last = at(danish_date(now) - timedelta(days=1), 14 * 60 + 15)
    read_ok(session, last, source, next_in=timedelta(minutes=15))
    while source.next_at < now:
        read_failed(session, source.next_at, source, UNKNOWN_HOST)


def appointments(began: date, today: date) -> str:
    """Every Wednesday afternoon, two hours in three working days, and a whole day in a week."""
    wednesday = began + timedelta(days=(2 - began.weekday()) % 7)
    soon, whole = add_working_days(today, 3), add_working_days(today, 6)
    zone = "TZID=Europe/Copenhagen"
    events = (
        (f"DTSTART;{zone}:{wednesday:%Y%m%d}T143000", f"DTEND;{zone}:{wednesday:%Y%m%d}T153000", "RRULE:FREQ=WEEKLY"),
        (f"DTSTART;{zone}:{soon:%Y%m%d}T083000", f"DTEND;{zone}:{soon:%Y%m%d}T103000"),
        (f"DTSTART;VALUE=DATE:{whole:%Y%m%d}", f"DTEND;VALUE=DATE:{whole + timedelta(days=1):%Y%m%d}"),
    )
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//demo//DA"]
    for number, event in enumerate(events):
        head = ("BEGIN:VEVENT", f"UID:egen-{number}@demo.invalid", f"DTSTAMP:{began:%Y%m%d}T060000Z")
        lines += [*head, *event, "SUMMARY:Optaget", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])
