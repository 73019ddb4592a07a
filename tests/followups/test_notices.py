"""Notices in the product: newest first, counted, marked as read, and who may open what they tell of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days
from crm.followups.actions import nag
from crm.followups.actions.notices import notify
from crm.followups.models import Notice
from crm.followups.queries.notices import notices
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.leave import make_leave
from tests.followups.telling import lead_of, told

SignIn = Callable[[FlaskClient, User], FlaskClient]
TODAY = date(2026, 11, 24)


def test_unseen_first_then_the_newest(session: Session) -> None:
    visit = make_visit(session, state="held")
    agreed = [make_follow_up(session, visit=visit, due_on=TODAY) for _n in range(3)]
    made = [
        notify(session, NOW + timedelta(hours=n), visit.consultant_id, one, "answer") for n, one in enumerate(agreed)
    ]
    made[2].seen_at = NOW
    session.flush()
    found = notices(session, visit.consultant_id)
    assert [one.id for one in found.notices] == [made[1].id, made[0].id, made[2].id]
    assert (found.total, found.unseen) == (3, 2)


def test_who_is_away_is_told_together_with_the_substitute(session: Session) -> None:
    visit = make_visit(session, state="held")
    other = make_user(session, "consultant")
    make_leave(session, visit.consultant, TODAY, TODAY + timedelta(days=3), other)
    agreed = make_follow_up(session, visit=visit, due_on=TODAY)
    notify(session, NOW, visit.consultant_id, agreed, "answer")
    assert told(session, visit.consultant) == [("answer", "owner")]
    assert told(session, other) == [("answer", "substitute")]


def test_a_nag_of_a_date_that_was_moved_is_no_longer_shown(session: Session) -> None:
    agreed = make_follow_up(session, due_on=TODAY)
    nag(session, NOW)
    assert notices(session, agreed.owner_id).total == 1
    agreed.due_on = add_working_days(TODAY, 3)
    session.flush()
    assert notices(session, agreed.owner_id).total == 0


def test_the_page_counts_links_and_marks_as_read(app: Flask, db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    visit = make_visit(db, state="held")
    agreed = make_follow_up(db, visit=visit, due_on=TODAY, promise="Sende to CV'er")
    nag(db, NOW)
    db.commit()
    sign_in(client, visit.consultant)
    page = client.get("/notices").get_data(as_text=True)
    assert f'href="/followups/{agreed.id}"' in page
    assert "1 ulæst" in page
    last = db.scalar(select(Notice.id).order_by(Notice.id.desc()))
    later = notify(db, NOW, visit.consultant_id, agreed, "answer")
    db.commit()
    assert client.post("/notices/seen", data={"until": last}).status_code == 303
    db.refresh(later)
    assert later.seen_at is None, "what came after the page was shown stays unseen"
    until = later.id
    db.commit()
    assert "1 ulæst" in client.get("/notices").get_data(as_text=True)
    client.post("/notices/seen", data={"until": until})
    assert "Alt er læst" in client.get("/notices").get_data(as_text=True)


def test_reading_marks_nothing(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    agreed = make_follow_up(db, due_on=TODAY)
    nag(db, NOW)
    db.commit()
    sign_in(client, agreed.owner)
    client.get("/notices")
    db.expire_all()
    assert db.scalars(select(Notice.seen_at)).all() == [None]


def test_others_notices_are_out_of_reach(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    agreed = make_follow_up(db, due_on=TODAY, promise="Hemmeligt løfte")
    nag(db, NOW)
    other = make_user(db, "consultant")
    db.commit()
    sign_in(client, other)
    assert "Hemmeligt" not in client.get("/notices").get_data(as_text=True)
    client.post("/notices/seen", data={"until": 2**40})
    db.expire_all()
    assert db.scalars(select(Notice.seen_at).where(Notice.user_id == agreed.owner_id)).all() == [None]


def test_the_substitute_opens_and_settles_what_they_were_told_of(
    db: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    visit = make_visit(db, state="held")
    other, third = make_user(db, "consultant"), make_user(db, "consultant")
    make_leave(db, visit.consultant, TODAY, TODAY + timedelta(days=3), other)
    agreed = make_follow_up(db, visit=visit, due_on=TODAY)
    nag(db, NOW)
    db.commit()
    name = visit.consultant.name
    db.commit()
    sign_in(client, third)
    number = agreed.id
    db.commit()
    assert client.get(f"/followups/{number}").status_code == 404
    sign_in(client, other)
    assert f"Du vikarierer for {name}" in client.get("/notices").get_data(as_text=True)
    db.commit()
    assert client.get(f"/followups/{number}").status_code == 200
    assert client.post(f"/followups/{number}/fulfil", data={"outcome_key": "done", "then": "skip"}).status_code == 302
    db.refresh(agreed)
    assert (agreed.state, agreed.done_by) == ("done", other.id)


def test_the_region_sees_figures_without_companies(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    lead_of(db)
    regional = make_user(db, "regional_lead")
    agreed = make_follow_up(db, due_on=add_working_days(TODAY, -10), promise="Hemmeligt løfte")
    nag(db, NOW)
    db.commit()
    sign_in(client, regional)
    page = client.get("/notices").get_data(as_text=True)
    assert "Langt over fristen i regionen" in page
    assert agreed.workplace.name not in page
    assert "Hemmeligt" not in page
    assert client.post("/notices/seen", data={"until": 2**40}).status_code == 303


def test_few_queries_whatever_the_number(app: Flask, db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    """Of many visits of many consultants: what is read once for each shows only there."""
    lead = make_user(db, "jobcentre_lead")
    asked: list[str] = []
    event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *args: asked.append(args[2]))

    def queries_of(count: int) -> int:
        for number in range(count):
            visit = make_visit(db, state="held", starts_at=NOW + timedelta(days=number), reported_at=NOW)
            notify(db, NOW, lead.id, make_follow_up(db, visit=visit, due_on=TODAY), "answer")
        db.commit()
        sign_in(client, lead)
        asked.clear()
        assert client.get("/notices").status_code == 200
        return len([one for one in asked if one.startswith("SELECT")])

    few = queries_of(1)
    assert queries_of(24) == few <= 12


def test_an_empty_page_says_what_comes_there(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    user = make_user(db, "consultant")
    db.commit()
    sign_in(client, user)
    assert "Ingen beskeder" in client.get("/notices").get_data(as_text=True)
