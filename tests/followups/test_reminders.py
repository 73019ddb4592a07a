"""How a person wants to be reminded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import Invalid
from crm.calendars.models import CalendarEvent
from crm.followups.actions.reminders import set_wishes
from crm.followups.models import ReminderWishes
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.leave import make_leave

SignIn = Callable[[FlaskClient, User], FlaskClient]
TODAY = date(2026, 11, 24)


def test_wishes_are_kept(session: Session) -> None:
    who = make_user(session, "consultant", phone="+4520304050")
    set_wishes(session, who, NOW, who, mail=False, sms=True, calendar="todo")
    set_wishes(session, who, NOW, who, mail=True, sms=True, calendar="event")
    [row] = session.scalars(select(ReminderWishes)).all()
    assert (row.mail, row.sms, row.calendar) == (True, True, "event")


def test_an_sms_needs_a_number_and_the_calendar_a_known_way(session: Session) -> None:
    who = make_user(session, "consultant")
    with pytest.raises(Invalid) as refused:
        set_wishes(session, who, NOW, who, mail=True, sms=True, calendar="everywhere")
    assert set(refused.value.errors) == {"sms", "calendar"}
    assert session.scalars(select(ReminderWishes)).all() == []


def test_choosing_the_calendar_puts_what_is_open_there(session: Session) -> None:
    visit = make_visit(session, state="held")
    make_follow_up(session, visit=visit, due_on=date(2026, 12, 1))
    who = visit.consultant
    mine = select(CalendarEvent).where(CalendarEvent.uid.like("followup-%"), CalendarEvent.status != "CANCELLED")
    set_wishes(session, who, NOW, who, mail=True, sms=False, calendar="todo")
    assert len(session.scalars(mine).all()) == 1
    set_wishes(session, who, NOW, who, mail=True, sms=False, calendar="none")
    assert len(session.scalars(mine).all()) == 0


def test_the_page_saves_and_shows(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    who = make_user(db, "consultant", phone="+4520304050")
    db.commit()
    sign_in(client, who)
    page = client.get("/reminders").get_data(as_text=True)
    assert 'name="mail" value="y" checked' in page
    assert client.post("/reminders", data={"sms": "y", "calendar": "todo"}).status_code == 303
    row = db.get_one(ReminderWishes, who.id)
    assert (row.mail, row.sms, row.calendar) == (False, True, "todo")


def test_the_page_refuses_an_sms_without_a_number(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    who = make_user(db, "consultant")
    db.commit()
    sign_in(client, who)
    answer = client.post("/reminders", data={"mail": "y", "sms": "y", "calendar": "none"})
    assert answer.status_code == 422
    assert "Du har intet telefonnummer" in answer.get_data(as_text=True)


def test_on_leave_the_page_says_who_gets_them(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    who, other = make_user(db, "consultant"), make_user(db, "consultant", name="Vera Vikar")
    make_leave(db, who, TODAY, TODAY + timedelta(days=3), other)
    db.commit()
    sign_in(client, who)
    page = client.get("/reminders").get_data(as_text=True)
    assert "Du er væk i dag" in page
    assert "Vera Vikar får dem imens" in page


def test_a_regional_lead_has_reminders_and_no_calendar(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    regional = make_user(db, "regional_lead")
    db.commit()
    sign_in(client, regional)
    assert "i min kalender" not in client.get("/reminders").get_data(as_text=True)
    assert client.post("/reminders", data={"mail": "y", "calendar": "none"}).status_code == 303


def test_a_phoner_has_none(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    phoner = make_user(db, "phoner")
    db.commit()
    sign_in(client, phoner)
    assert client.get("/reminders").status_code == 403
    assert client.get("/notices").status_code == 403
