"""What only several connections show: one visit reported twice at once, and the pages on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from crm.followups.actions import close_visit, fulfil
from crm.followups.models import FollowUp
from crm.followups.rules import FollowUpDecision
from crm.openings.models import Opening
from crm.openings.rules import NewOpening
from crm.people.models import User
from crm.visits.models import Visit
from crm.visits.rules import VisitReport
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.followups import make_follow_up

pytestmark = pytest.mark.postgres
SEND = FollowUpDecision("jobcentre", date(2026, 12, 1), "Sende CV'er", "we_owe")


def together(count: int, act: Callable[[], object]) -> list[object]:
    """What each of ``count`` threads got, started at the same moment: a value or the exception."""
    gate, got = threading.Barrier(count), []

    def run() -> None:
        gate.wait()
        try:
            got.append(act())
        except Exception as exc:
            got.append(exc)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


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
    assert client.post(f"/followups/{agreed.id}/fulfil").status_code == 302
