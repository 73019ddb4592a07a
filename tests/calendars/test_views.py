"""The calendar page and the feed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish
from crm.calendars import actions, queries
from crm.calendars.models import Absence, CalendarProfile, WorkingHours
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user
from tests.factories.calendars import make_absence, make_consultant, make_event

SignIn = Callable[[FlaskClient, Any], FlaskClient]


@pytest.fixture
def consultant(db: Session) -> User:
    made = make_consultant(db, name="Karen Mønster")
    make_event(db, made)
    make_event(db, made, uid="visit-2@jobaabner", starts_at=NOW + timedelta(days=1), status="CANCELLED")
    make_absence(db, made, NOW + timedelta(days=2), title="Kursus i Aalborg")
    db.commit()
    return made


def page(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_the_week_with_engagements_absence_and_hours(consultant: User, client: FlaskClient, sign_in: SignIn) -> None:
    text = page(sign_in(client, consultant).get("/calendar"))
    for shown in (
        "Min kalender",
        "Besøg: Eksempel ApS",
        "Aflyst:",
        "Kursus i Aalborg",
        "8.00–16.00",
        "8. til 24. time",
    ):
        assert shown in text, shown
    assert "Besøg: Eksempel ApS" not in page(client.get("/calendar?week=2026-W50"))
    assert client.get("/calendar?week=x").status_code == 200


def test_hours_base_and_absence(db: Session, consultant: User, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, consultant)
    who = {"consultant": consultant.id}
    hours = {**who, "from_0": "09:00", "to_0": "15:00", "break_from": "12:00", "break_to": "12:30"}
    assert client.post("/calendar/hours", data=hours).status_code == 303
    base = {**who, "base_name": "Hjemme", "base_postcode": "9000", "max_visits_a_day": "3"}
    assert client.post("/calendar/profile", data=base).status_code == 303
    away = {**who, "title": "Ferie", "starts_on": "2026-12-01", "ends_on": "2026-12-03"}
    assert client.post("/calendar/absences", data=away).status_code == 303
    rows = db.execute(select(WorkingHours.weekday, WorkingHours.starts_minute, WorkingHours.ends_minute)).all()
    assert sorted(map(tuple, rows)) == [(0, 540, 720), (0, 750, 900)]
    profile = db.scalars(select(CalendarProfile)).one()
    assert (profile.base_name, profile.base_postcode, profile.max_visits_a_day) == ("Hjemme", "9000", 3)
    assert round(profile.base_lat) == 57
    holiday = db.scalars(select(Absence).where(Absence.title == "Ferie")).one()
    assert holiday.ends_at - holiday.starts_at == timedelta(days=3)
    number = holiday.id
    db.rollback()
    assert client.post(f"/calendar/absences/{number}/remove").status_code == 303
    assert db.get(Absence, number) is None


def test_bad_input_is_named_kept_and_changes_nothing(
    db: Session, consultant: User, client: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(client, consultant)
    who = {"consultant": consultant.id}
    for url, data in (
        ("hours", {"from_0": "09:00"}),
        ("hours", {"from_0": "16:00", "to_0": "09:00"}),
        ("hours", {"from_0": "xx", "to_0": "09:00"}),
        ("profile", {"base_name": "Hjemme", "base_postcode": "0999", "max_visits_a_day": "3"}),
        ("profile", {"base_name": "", "base_postcode": "9000", "max_visits_a_day": "99"}),
        ("absences", {"title": "Ferie", "starts_on": "2026-12-03", "ends_on": "2026-12-01"}),
        ("absences", {"title": "", "starts_on": "9999-12-31"}),
        ("absences", {"title": "Ferie", "starts_on": "2026-12-01", "ends_on": "2029-12-01"}),
    ):
        answer = client.post(f"/calendar/{url}", data={**who, **data})
        assert answer.status_code == 422, (url, data)
        assert 'role="alert"' in page(answer)
    assert len(db.scalars(select(WorkingHours)).all()) == 5
    assert len(db.scalars(select(Absence)).all()) == 1


def test_an_absence_over_visits_says_so(db: Session, consultant: User, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, consultant)
    data = {"consultant": consultant.id, "title": "Syg", "starts_on": danish(NOW).date().isoformat()}
    answer = client.post("/calendar/absences", data=data, follow_redirects=True)
    assert "1 besøg ligger allerede i fraværet" in page(answer)


def test_a_lead_reaches_their_consultants_only(
    db: Session, consultant: User, client: FlaskClient, sign_in: SignIn
) -> None:
    lead = make_user(db, "jobcentre_lead")
    stranger = make_consultant(db, jobcentre=make_jobcentre(db, code="851", postcode="9000"))
    db.commit()
    sign_in(client, lead)
    assert "Karen Mønster" in page(client.get("/calendar"))
    assert client.get(f"/calendar?consultant={consultant.id}").status_code == 200
    for number in (stranger.id, 0, 2**70, "x", "²"):
        assert client.get("/calendar", query_string={"consultant": number}).status_code == 404, number
        assert client.post("/calendar/hours", data={"consultant": number}).status_code == 404
    sign_in(client, stranger)
    assert client.get(f"/calendar?consultant={consultant.id}").status_code == 404


def test_the_feed_by_link(db: Session, consultant: User, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, consultant)
    shown = page(client.post("/calendar/feed", data={"consultant": consultant.id}, follow_redirects=True))
    url = re.search(r'value="(http[^"]+\.ics)"', shown)
    assert url
    path = url[1].split("8000", 1)[1]
    assert path not in page(client.get("/calendar")), "shown once"
    other = client.application.test_client()
    answer = other.get(path)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert len(icalendar.Calendar.from_ical(answer.data).walk("VEVENT")) == 2
    again = other.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    actions.publish(
        db,
        NOW + timedelta(minutes=1),
        uid="visit-1@jobaabner",
        consultant_id=consultant.id,
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        summary="Besøg: Eksempel ApS",
        status="CANCELLED",
    )
    db.commit()
    assert other.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 200
    client.post("/calendar/feed", data={"consultant": consultant.id})
    assert other.get(path).status_code == 410, "a new link ends the old one"
    assert other.get("/calendar/job_nothing.ics").status_code == 404
    client.post("/calendar/feed/revoke", data={"consultant": consultant.id})
    assert queries.feed_link(db, consultant.id) is None


def test_cancelled_events_stay_thirty_days(db: Session, consultant: User) -> None:
    def uids(days: int) -> set[str]:
        return {event.uid for event in queries.feed_events(db, consultant.id, NOW + timedelta(days=days))}

    assert uids(29) == {"visit-1@jobaabner", "visit-2@jobaabner"}
    assert uids(31) == {"visit-1@jobaabner"}


def test_the_same_event_again_changes_nothing(db: Session, consultant: User) -> None:
    same = {
        "uid": "visit-1@jobaabner",
        "consultant_id": consultant.id,
        "starts_at": NOW,
        "ends_at": NOW + timedelta(hours=1),
        "summary": "Besøg: Eksempel ApS",
        "location": "Prøvevej 2, 9500 Hobro",
    }
    event = actions.publish(db, NOW + timedelta(hours=1), **same)
    assert (event.sequence, event.updated_at) == (0, NOW)
    event = actions.publish(db, NOW + timedelta(hours=1), **{**same, "location": "Nyvej 1"})
    assert (event.sequence, event.updated_at) == (1, NOW + timedelta(hours=1))


def test_an_error_in_the_hours_names_the_weekday(consultant: User, client: FlaskClient, sign_in: SignIn) -> None:
    hours = {"consultant": consultant.id, "from_1": "9 sharp", "to_1": "15:00"}
    answer = sign_in(client, consultant).post("/calendar/hours", data=hours)
    assert answer.status_code == 422
    assert "Tirsdag fra: Skriv et klokkeslæt" in page(answer)
