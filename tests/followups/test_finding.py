"""Finding what is due keeps nobody from writing, and what is done is not taken up again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from crm.followups.jobs.asking import ask_companies
from crm.followups.jobs.cvs import cv_deadlines
from crm.followups.jobs.making import follow_visits, missing_details
from crm.openings.jobs import partner_digests
from crm.people.models import Partner
from crm.recurring.actions import Begin, reading
from crm.web.edge import transaction
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening
from tests.factories.sharing import make_partner, make_share

JOBS: dict[str, Callable[[Begin, Any], int]] = {
    "details": missing_details,
    "cvs": cv_deadlines,
    "with_visit": follow_visits,
    "ask": ask_companies,
    "board": partner_digests,
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def product(request: pytest.FixtureRequest) -> Flask:
    made: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "pg_app")
    return made


def something_due(session: Session) -> None:
    for number in range(3):
        visit = make_visit(
            session, state="held", starts_at=NOW - timedelta(days=3, hours=2 * number), contact_email="a@example.dk"
        )
        one = make_opening(session, visit=visit, occupation="Kok", cvs_wanted=2, cvs_by=date(2026, 12, 4))
        make_share(session, one, make_partner(session, f"Fond {number}", email=f"fond{number}@example.dk"))
        told = NOW - timedelta(days=20)
        make_follow_up(session, visit=visit, due_on=date(2026, 11, 10), created_at=told, told_at=told)
    session.commit()


def writing(app: Flask, act: Callable[[], int]) -> tuple[int, int]:
    """What it did, and in how many transactions that could write."""
    begun = []

    def note(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get("crm_read_only"):
            begun.append(1)

    sa.event.listen(app.extensions["crm.engine"], "begin", note)
    try:
        return act(), len(begun)
    finally:
        sa.event.remove(app.extensions["crm.engine"], "begin", note)


def test_a_second_run_does_nothing_and_opens_no_item(product: Flask) -> None:
    with product.extensions["crm.sessions"]() as session:
        something_due(session)
    for name, job in JOBS.items():

        def run(job: Callable[[Begin, Any], int] = job) -> int:
            return job(lambda: transaction(product), NOW)

        done, begun = writing(product, run)
        assert begun >= done
        assert (done > 0) == (name != "with_visit"), name
        assert writing(product, run) == (0, 0), name


def test_another_writes_while_it_is_looked_for_what_is_due(app: Flask) -> None:
    def held(session: Session) -> bool:
        """Whether SQLite's writer is taken while the session has read."""
        session.execute(sa.select(sa.func.count()).select_from(Partner))
        other = sqlite3.connect(app.extensions["crm.engine"].url.database, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        finally:
            other.close()
        return False

    with reading(lambda: transaction(app)) as session:
        assert not held(session)
    with transaction(app) as session:
        assert held(session), "the control: a transaction of an item takes it"


def test_nothing_can_be_written_where_is_only_looked(app: Flask) -> None:
    with pytest.raises(RuntimeError), reading(lambda: transaction(app)) as session:
        make_partner(session)
    with transaction(app) as session:
        make_partner(session)
