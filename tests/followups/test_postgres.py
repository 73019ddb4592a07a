"""What only several connections show: one visit reported twice at once, and the pages on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crm.followups.actions import close_visit, fulfil, snooze
from crm.followups.actions.hand_over import hand_over_many
from crm.followups.actions.making import make_missing
from crm.followups.models import FollowUp, Notice
from crm.followups.rules import FollowUpDecision
from crm.openings.models import Opening
from crm.openings.rules import NewOpening
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit
from crm.visits.rules import VisitReport
from tests.conftest import NOW
from tests.factories import make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening
from tests.followups.telling import together

pytestmark = pytest.mark.postgres
SEND = FollowUpDecision("jobcentre", date(2026, 12, 1), "Sende CV'er", "we_owe")


def test_a_double_tap_reports_the_visit_once(pg_app: Flask) -> None:
    sessions = pg_app.extensions["crm.sessions"]
    with sessions() as db:
        visit_id = make_visit(db, starts_at=NOW - timedelta(hours=1), contact_email="a@eksempel.invalid").id
        db.commit()

    def report() -> None:
        with sessions() as db:
            visit = db.get_one(Visit, visit_id)
            close_visit(
                db, visit.consultant, NOW, visit, VisitReport("held", pressed=False), [NewOpening("ordinary", 2)], SEND
            )
            db.commit()

    assert together(4, report) == [None] * 4
    with sessions() as db:
        assert [o.positions for o in db.scalars(select(Opening).where(Opening.voided_at.is_(None)))] == [2]
        assert len(db.scalars(select(FollowUp).where(FollowUp.voided_at.is_(None))).all()) == 1


def test_an_agreement_is_fulfilled_by_one(pg_app: Flask) -> None:
    sessions = pg_app.extensions["crm.sessions"]
    with sessions() as db:
        agreed_id = make_follow_up(db).id
        db.commit()

    def done() -> str:
        with sessions() as db:
            fulfil(db, None, NOW, db.get_one(FollowUp, agreed_id))
            db.commit()
            return "done"

    got = together(4, done)
    assert got.count("done") == 1
    assert {getattr(other, "code", other) for other in got} == {"done"}


def test_put_off_and_done_at_once_leave_one_of_them(pg_app: Flask) -> None:
    """Whatever comes first, the other one sees it: nothing done is put off afterwards."""
    sessions = pg_app.extensions["crm.sessions"]
    with sessions() as db:
        agreed_id = make_follow_up(db).id
        db.commit()
    acts = iter(["done", "later"] * 2)

    def act() -> str:
        which = next(acts)
        with sessions() as db:
            found = db.get_one(FollowUp, agreed_id)
            if which == "done":
                fulfil(db, None, NOW, found)
            else:
                snooze(db, None, NOW, found, date(2026, 12, 8), "Syg")
            db.commit()
            return which

    got = together(4, act)
    assert got.count("done") == 1
    assert {getattr(other, "code", other) for other in got} <= {"done", "later"}
    with sessions() as db:
        found = db.get_one(FollowUp, agreed_id)
        assert found.state == "done"
        assert found.snoozes == got.count("later")


def test_a_bulk_hand_over_and_a_done_at_once_lose_nothing(pg_app: Flask) -> None:
    sessions = pg_app.extensions["crm.sessions"]
    with sessions() as db:
        visit = make_visit(db, state="held", starts_at=NOW - timedelta(days=1), reported_at=NOW)
        here = db.get_one(Jobcentre, visit.jobcentre_id)
        to_id, was = make_user(db, "consultant", jobcentre=here).id, visit.consultant_id
        ids = [make_follow_up(db, visit=visit, promise=f"Nr. {n}").id for n in range(20)]
        db.commit()
    turns = iter([*ids[::2], None])

    def act() -> object:
        turn = next(turns)
        with sessions() as db:
            if turn is None:
                rows = [db.get_one(FollowUp, number) for number in ids]
                made: object = hand_over_many(db, None, NOW, rows, [], [to_id]).agreements
            else:
                made = fulfil(db, None, NOW, db.get_one(FollowUp, turn)).state
            db.commit()
            return made

    got = together(11, act)
    assert got.count("done") == 10
    [handed] = [made for made in got if isinstance(made, int)]
    with sessions() as db:
        rows = db.scalars(select(FollowUp)).all()
        assert {f.owner_id for f in rows if f.state == "open"} == {to_id}
        assert {f.owner_id for f in rows} <= {was, to_id}
        assert sum(1 for f in rows if f.owner_id == to_id) == handed
        assert db.scalar(select(func.count()).select_from(Notice)) == handed


def test_two_schedulers_make_one_follow_up(pg_app: Flask) -> None:
    sessions = pg_app.extensions["crm.sessions"]
    with sessions() as db:
        opening_id = make_opening(db).id
        db.commit()

    def make() -> int:
        with sessions() as db:
            made = make_missing(db, NOW, opening_id)
            db.commit()
            return made

    assert sorted(map(str, together(4, make))) == ["0", "0", "0", "1"]


def test_the_pages_work_on_postgresql(pg_app: Flask, sign_in: Callable[[FlaskClient, User], FlaskClient]) -> None:
    with pg_app.extensions["crm.sessions"]() as db:
        visit = make_visit(db, starts_at=NOW - timedelta(hours=1))
        agreed = make_follow_up(db, visit=visit, due_on=date(2026, 11, 20), from_report=False)
        db.commit()
        client = sign_in(pg_app.test_client(), visit.consultant)
    data = {
        "result": "held",
        "pressed": "no",
        "types": "other",
        "positions_other": "1",
        "owed_by": "none",
        "because": "De lukker",
    }
    assert client.post(f"/visits/{visit.id}/report", data=data).status_code == 302
    for path in ("/followups", f"/followups/{agreed.id}", "/openings", f"/visits/{visit.id}/openings"):
        assert client.get(path).status_code == 200
    assert client.post(f"/followups/{agreed.id}/fulfil", data={"then": "skip"}).status_code == 302
