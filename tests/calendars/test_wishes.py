"""Wishes, bases by weekday and own appointments: the rules, the actions and the page."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import at, danish_date
from crm.base.errors import Invalid
from crm.calendars.actions import set_bases, set_wishes
from crm.calendars.models import BusySource, BusyTime, CalendarWishes, WeekdayBase
from crm.calendars.queries.wishes import base_on, busy_between, settings_of
from crm.calendars.rules.wishes import NotAreas, joined, named, parse_areas, written
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user
from tests.factories.calendars import make_consultant

SignIn = Callable[[FlaskClient, Any], FlaskClient]
WISHES: dict[str, Any] = {
    "lunch_minutes": 30,
    "lunch_from": 660,
    "lunch_to": 810,
    "notice_hours": 48,
    "horizon_days": 14,
    "areas": [("9000", "9999"), ("7700", "7700")],
}
codes = st.sampled_from(["1050", "5000", "7700", "8900", "9000", "9400", "9500", "9990"])


def page(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


@given(st.lists(st.tuples(codes, codes).map(lambda pair: (min(pair), max(pair))), max_size=8))
def test_areas_come_back_as_they_were_meant(areas):
    read = parse_areas(written(areas))
    assert read == joined(areas)
    assert parse_areas(written(read)) == read, "what the page shows can be sent again"
    for code in range(1000, 10000, 97):
        text = f"{code}"
        assert any(a <= text <= b for a, b in areas) == any(a <= text <= b for a, b in read)
    assert all(int(a[1]) + 1 < int(b[0]) for a, b in zip(read, read[1:], strict=False))


def test_areas_are_read_as_people_write_them():
    for text in ("9000-9999, 7700", " 7700 ;9000 – 9999", "7700\n9000 til 9999,", "7700,7700, 9000-9500, 9501-9999"):
        assert parse_areas(text) == [("7700", "7700"), ("9000", "9999")], text
    assert parse_areas("  ") == []
    for text, part in (("Thisted", "Thisted"), ("9999-9000", "9999-9000"), ("770", "770"), ("0001", "0001")):
        with pytest.raises(NotAreas) as caught:
            parse_areas(text)
        assert caught.value.part == part
    known = named(("9000", "9999"))
    assert (known.first_town.startswith("Aalborg"), known.count > 20) == (True, True)


def test_wishes_are_kept_and_told_of(session: Session) -> None:
    person = make_consultant(session)
    set_wishes(session, person, NOW, person, **WISHES)
    again = set_wishes(session, person, NOW, person, **{**WISHES, "notice_hours": 0})
    assert session.scalars(select(CalendarWishes)).all() == [again]
    assert again.areas == [["7700", "7700"], ["9000", "9999"]]
    facts = session.scalars(select(Activity).where(Activity.verb == "calendars.set_wishes")).all()
    assert [fact.subject_id for fact in facts] == [person.id] * 2
    assert settings_of(session, person.id).wishes is again


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("lunch_minutes", {"lunch_minutes": 121}),
        ("lunch_minutes", {"lunch_minutes": -1}),
        ("lunch_to", {"lunch_to": 680}),
        ("lunch_to", {"lunch_to": 600}),
        ("notice_hours", {"notice_hours": 1000}),
        ("horizon_days", {"horizon_days": 0}),
        ("horizon_days", {"notice_hours": 48, "horizon_days": 2}),
        ("areas", {"areas": [("0000", "0001")]}),
    ],
)
def test_wishes_that_cannot_be_kept_name_the_field(session: Session, field: str, change: dict[str, Any]) -> None:
    person = make_consultant(session)
    with pytest.raises(Invalid) as caught:
        set_wishes(session, person, NOW, person, **{**WISHES, **change})
    assert field in caught.value.errors
    assert session.scalars(select(CalendarWishes)).all() == []


def test_a_weekday_has_its_own_base_until_it_is_taken_away(session: Session) -> None:
    person = make_consultant(session)
    day = danish_date(NOW)
    assert set_bases(session, person, NOW, person, {day.weekday(): ("Hjemme", "8900")})
    assert not set_bases(session, person, NOW, person, {day.weekday(): ("Hjemme", "8900")}), "nothing changed"
    own, usual = base_on(session, person.id, day), base_on(session, person.id, day + timedelta(days=1))
    assert own
    assert usual
    assert (own.name, usual.name) == ("Hjemme", "Jobcentret")
    assert own.lat < usual.lat
    for wrong in ({0: ("Hjemme", "0000")}, {0: (" ", "8900")}):
        with pytest.raises(Invalid):
            set_bases(session, person, NOW, person, wrong)
    assert set_bases(session, person, NOW, person, {})
    assert session.scalars(select(WeekdayBase)).all() == []
    assert base_on(session, make_user(session, "consultant").id, day) is None


@pytest.fixture
def consultant(db: Session) -> User:
    made = make_consultant(db)
    db.commit()
    return made


FORM = {
    "areas": "9000-9999, 7700",
    "lunch_minutes": "30",
    "lunch_from": "11:00",
    "lunch_to": "13:30",
    "notice_hours": "24",
    "horizon_days": "",
}


def test_the_page_says_the_wishes_back_in_words(
    db: Session, consultant: User, client: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(client, consultant)
    assert "Fra og til Jobcentret (9500), højst 4 besøg om dagen." in page(client.get("/calendar"))
    done = client.post("/calendar/wishes", data={"consultant": consultant.id, **FORM}, follow_redirects=True)
    text = page(done)
    assert "Booking følger det med det samme" in text
    assert "konflikter inden for et minut" in text
    assert "Frokost 30 min mellem 11.00 og 13.30." in text
    assert "Kun besøg i 7700 Thisted, 9000 Aalborg" in text
    assert "Mindst 24 timers varsel." in text
    assert 'value="7700, 9000-9999"' in text
    db.expire_all()
    wishes = db.get_one(CalendarWishes, consultant.id)
    assert (wishes.notice_hours, wishes.horizon_days) == (24, None)


def test_a_wish_that_is_wrong_comes_back_with_what_was_typed(
    db: Session, consultant: User, client: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(client, consultant)
    for change, said in (
        ({"areas": "Thisted"}, "»Thisted« er ikke et postnummer"),
        ({"areas": "0001-0002"}, "»0001-0002« dækker intet postnummer"),
        ({"lunch_to": "11:10"}, "Frokosten kan ikke nås"),
        ({"notice_hours": "x"}, "Mindste varsel"),
        ({"notice_hours": "48", "horizon_days": "1"}, "ingen dage tilbage"),
    ):
        answer = client.post("/calendar/wishes", data={"consultant": consultant.id, **FORM, **change})
        assert answer.status_code == 422, change
        assert said in page(answer), change
    assert db.scalars(select(CalendarWishes)).all() == []


def test_bases_are_set_with_the_profile(db: Session, consultant: User, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, consultant)
    profile = {"consultant": consultant.id, "base_name": "Jobcentret", "base_postcode": "9500", "max_visits_a_day": "5"}
    friday = {"base_name_4": "Hjemme", "base_postcode_4": "8900"}
    assert "Fredag fra og til Hjemme (8900)." in page(
        client.post("/calendar/profile", data={**profile, **friday}, follow_redirects=True)
    )
    half = client.post("/calendar/profile", data={**profile, "base_name_4": "Hjemme"})
    assert half.status_code == 422
    assert "Skriv både sted og postnummer" in page(half)
    unknown = client.post("/calendar/profile", data={**profile, "base_name_4": "X", "base_postcode_4": "0999"})
    assert unknown.status_code == 422
    db.rollback()
    assert [base.postcode for base in db.scalars(select(WeekdayBase))] == ["8900"]
    db.rollback()
    client.post("/calendar/profile", data=profile)
    db.rollback()
    assert db.scalars(select(WeekdayBase)).all() == []


def test_own_appointments_stand_in_the_week_without_a_title(
    db: Session, consultant: User, client: FlaskClient, sign_in: SignIn
) -> None:
    day = danish_date(NOW)
    source = BusySource(consultant_id=consultant.id, kind="ics", name="G", address="x", created_at=NOW, next_at=NOW)
    db.add(source)
    db.flush()
    for start, end in ((at(day, 720), at(day, 780)), (at(day + timedelta(days=1), 0), at(day + timedelta(days=2), 0))):
        db.add(BusyTime(source_id=source.id, consultant_id=consultant.id, starts_at=start, ends_at=end))
    db.commit()
    assert len(busy_between(db, consultant.id, NOW, NOW + timedelta(days=3))) == 2
    assert len(busy_between(db, consultant.id, at(day, 780), at(day, 900))) == 0
    text = page(sign_in(client, consultant).get("/calendar"))
    assert "Optaget i egen kalender 12.00–13.00" in text
    assert "Optaget i egen kalender hele dagen" in text
    assert text.index('id="away-title"') < text.index('id="week-title"') < text.index('id="wishes-title"')


def test_a_lead_sets_them_for_own_consultants_only(
    db: Session, consultant: User, client: FlaskClient, sign_in: SignIn
) -> None:
    lead = make_user(db, "jobcentre_lead", jobcentre=db.get_one(type(make_jobcentre(db)), consultant.jobcentre_id))
    outsider = make_user(db, "jobcentre_lead", jobcentre=make_jobcentre(db, code="851", postcode="9000"))
    colleague = make_consultant(db)
    db.commit()
    ours, theirs = {"consultant": consultant.id, **FORM}, {"consultant": colleague.id, **FORM}
    sign_in(client, outsider)
    assert client.post("/calendar/wishes", data=ours).status_code == 404
    sign_in(client, consultant)
    assert client.post("/calendar/wishes", data=theirs).status_code == 404
    for number in ("", "0", "x", str(2**70)):
        assert client.post("/calendar/wishes", data={**FORM, "consultant": number}).status_code == 404
    sign_in(client, lead)
    assert client.post("/calendar/wishes", data=ours).status_code == 303
