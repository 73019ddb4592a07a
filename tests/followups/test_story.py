"""The whole story with a moved clock: a visit without an opening, contact in March, nag, overdue, escalated, fulfilled.

Through the pages and the scheduler's own jobs, on SQLite and on PostgreSQL; the mails are read from the outbox.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.followups.models import Digest, FollowUp, Nag, Notice
from crm.integrations.models import OutboxMessage
from crm.people.models import User
from crm.scheduler import run_job
from tests.conftest import PASSWORD
from tests.factories import make_participation, make_queue_entry, make_user, make_visit

HALF_PAST_SEVEN = 450
VISIT = at(date(2026, 11, 25), 600)  # Wednesday 25 November 2026, 10.00 in Denmark
MARCH = date(2027, 3, 1)  # a Monday
PROMISE = "Ringe om sæsonfolk til foråret"


def move_clock(app: Flask, moment: datetime) -> None:
    """The product's clock, as CRM_CLOCK would set it."""
    app.extensions["crm.clock"]._shift = moment - datetime.now(UTC)


def morning(app: Flask, day: date) -> None:
    move_clock(app, at(day, HALF_PAST_SEVEN) + timedelta(seconds=5))
    run_job(app, "nag")


class Story:
    """The people, the visit, and what to look at."""

    def __init__(self, app: Flask, db: Session) -> None:
        self.app = app
        joined = make_participation(db)
        centre = joined.jobcentre
        self.consultant = make_user(db, "consultant", jobcentre=centre, name="Mette Holm")
        self.lead = make_user(db, "jobcentre_lead", jobcentre=centre, name="Lise Leder")
        self.region = make_user(db, "regional_lead", region_id=centre.region_id, name="Rasmus Region")
        visit = make_visit(
            db,
            entry=make_queue_entry(db, participation=joined, state="done", final_outcome="booked", final_at=VISIT),
            consultant=self.consultant,
            starts_at=VISIT,
            contact_email="ejer@vinteren.invalid",
        )
        self.visit_id, self.company = visit.id, visit.workplace.name
        db.commit()

    def client(self, user: User) -> FlaskClient:
        client = self.app.test_client()
        client.post("/sign-in", data={"email": user.email, "password": PASSWORD})
        return client

    def mails(self, user_email: str) -> list[str]:
        with self.app.extensions["crm.sessions"]() as session:
            wanted = select(OutboxMessage).where(OutboxMessage.recipient == user_email, OutboxMessage.channel == "mail")
            return [row.subject + "\n" + row.body_text for row in session.scalars(wanted.order_by(OutboxMessage.id))]

    def steps(self) -> list[str]:
        with self.app.extensions["crm.sessions"]() as session:
            return list(session.scalars(select(Nag.step).order_by(Nag.id)))

    def count(self, model: type[Digest] | type[Notice]) -> int:
        with self.app.extensions["crm.sessions"]() as session:
            return len(session.scalars(select(model)).all())


@pytest.fixture(params=["app", "pg_app"])
def story(request: pytest.FixtureRequest) -> Story:
    app: Flask = request.getfixturevalue(request.param)
    with app.extensions["crm.sessions"]() as db:
        return Story(app, db)


def report(story: Story) -> None:
    """No opening this time, but contact in March."""
    move_clock(story.app, VISIT + timedelta(hours=1, minutes=10))
    answer = story.client(story.consultant).post(
        f"/visits/{story.visit_id}/report",
        data={
            "result": "held",
            "pressed": "no",
            "owed_by": "jobcentre",
            "promise": PROMISE,
            "due": MARCH.isoformat(),
            "own_date": MARCH.isoformat(),
        },
    )
    assert answer.status_code == 302, answer.text


def test_nothing_promised_is_forgotten(story: Story) -> None:
    report(story)
    with story.app.extensions["crm.sessions"]() as session:
        agreed = session.scalars(select(FollowUp)).one()
        assert (agreed.kind, agreed.owed_by, agreed.due_on) == ("future_need", "jobcentre", MARCH)
        number = agreed.id
    (letter,) = story.mails("ejer@vinteren.invalid")
    assert PROMISE in letter
    assert "1. marts 2027" in letter
    assert "Mette Holm" in letter

    for day in (date(2026, 11, 26), date(2026, 12, 24), date(2027, 2, 25)):
        morning(story.app, day)
    assert story.steps() == []

    morning(story.app, date(2027, 2, 26))  # the working day before
    assert story.steps() == ["before"]
    morning(story.app, MARCH)
    assert story.steps() == ["before", "due"]
    assert story.mails(story.lead.email) == []
    assert len(story.mails(story.consultant.email)) == 2

    morning(story.app, date(2027, 3, 3))
    assert story.steps()[2:] == ["overdue"]
    assert PROMISE in story.mails(story.consultant.email)[-1]
    assert "Mette Holm" in story.mails(story.lead.email)[-1]

    morning(story.app, date(2027, 3, 8))
    assert story.steps()[3:] == ["escalated"]
    page = story.client(story.lead).get("/followups").text
    assert PROMISE in page
    assert "5 arbejdsdage over" in page
    assert story.mails(story.region.email) == []

    morning(story.app, date(2027, 3, 15))
    assert story.steps()[4:] == ["region"]
    (figure,) = story.mails(story.region.email)
    assert PROMISE not in figure  # the region gets a figure, not the case
    assert story.company not in figure

    move_clock(story.app, at(date(2027, 3, 15), 600))
    done = story.client(story.consultant).post(
        f"/followups/{number}/fulfil",
        data={"outcome": "De skal bruge tre fra april", "outcome_key": "done", "then": "skip"},
    )
    assert done.status_code == 302, done.text
    sent = len(story.mails(story.consultant.email)), len(story.mails(story.lead.email))
    for day in (date(2027, 3, 16), date(2027, 3, 30), date(2027, 6, 1)):
        morning(story.app, day)
    assert (len(story.mails(story.consultant.email)), len(story.mails(story.lead.email))) == sent
    assert story.steps() == ["before", "due", "overdue", "escalated", "region"]
    assert "sæsonfolk" not in story.client(story.consultant).get("/followups").text


def test_a_scheduler_that_slept_for_months_writes_one_step_and_one_mail(story: Story) -> None:
    report(story)
    morning(story.app, date(2027, 4, 6))  # the first working day after Easter
    assert len(story.steps()) == 1
    assert story.steps() == ["region"]
    assert len(story.mails(story.consultant.email)) == 1
    morning(story.app, date(2027, 4, 6))
    assert len(story.steps()) == 1
    assert story.count(Digest) == len({story.consultant.email, story.lead.email, story.region.email})
