"""A report corrected on its page: one line of a type may be several openings, each with its details and candidates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.openings import actions
from crm.openings.models import Opening
from crm.openings.rules import Details, NewOpening, match
from crm.people.models import User
from crm.reports.queries import rates
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.candidates import make_candidacy, make_placement

Enter = Callable[[FlaskClient, User], FlaskClient]
REPORT = {"result": "held", "pressed": "no", "owed_by": "none", "because": "De ringer selv til sommer"}


@pytest.fixture
def visit(db: Session) -> Visit:
    """Reported with a smith and two cooks, whose tasks were written since."""
    made = make_visit(db, state="held", starts_at=NOW - timedelta(hours=2), reported_at=NOW, pressed=False)
    made.no_follow_up_because = REPORT["because"]
    told = [NewOpening("ordinary", 1, True, "Smed"), NewOpening("ordinary", 2, False, "Kok")]
    for opening in actions.replace_from_report(db, None, NOW, made, told):
        words = Details(occupation=opening.occupation, tasks=f"Som {opening.occupation.lower()}", weekly_hours=30)
        actions.set_details(db, None, NOW, opening, words)
    db.commit()
    return made


@pytest.fixture
def page(client: FlaskClient, sign_in: Enter, db: Session, visit: Visit) -> FlaskClient:
    entered = sign_in(client, visit.consultant)
    db.commit()  # lets go of SQLite's only writer
    return entered


def live(db: Session) -> dict[str, tuple[int, bool, str]]:
    """Occupation -> (positions, akutjob, tasks) of what counts now; lets go of SQLite's only writer."""
    found = db.scalars(select(Opening).where(Opening.voided_at.is_(None)).execution_options(populate_existing=True))
    told = {one.occupation: (one.positions, one.akutjob, one.tasks) for one in found}
    db.commit()
    return told


def send(page: FlaskClient, visit: Visit, number: Any, urgent: bool = True) -> tuple[int, str]:
    data = {**REPORT, "types": ["ordinary"], "positions_ordinary": str(number), **({"akutjob": "y"} if urgent else {})}
    answer = page.post(f"/visits/{visit.id}/report", data=data)
    return answer.status_code, answer.get_data(as_text=True)


def test_another_number_keeps_each_opening_with_its_details(page: FlaskClient, db: Session, visit: Visit) -> None:
    assert 'value="3"' in page.get(f"/visits/{visit.id}/report").get_data(as_text=True)
    assert send(page, visit, 5)[0] == 302
    assert live(db) == {"Smed": (1, True, "Som smed"), "Kok": (4, False, "Som kok")}
    assert send(page, visit, 2)[0] == 302
    assert live(db) == {"Smed": (1, True, "Som smed"), "Kok": (1, False, "Som kok")}
    rate = rates.opening(db, Scope(everything=True), visit.campaign_id, now=NOW).total
    assert (rate.numerator, rate.denominator) == (2, 1)


def test_no_number_is_an_error_and_changes_nothing(page: FlaskClient, db: Session, visit: Visit) -> None:
    before = live(db)
    for number, said in (("0", "Skriv et antal fra 1 til 999"), ("", "Skriv et helt tal")):
        status, html = send(page, visit, number)
        assert (status, said in html) == (422, True)
    assert live(db) == before


def test_the_one_that_has_candidates_gives_last(page: FlaskClient, db: Session, visit: Visit) -> None:
    cook = db.scalars(select(Opening).where(Opening.occupation == "Kok")).one()
    make_candidacy(db, cook, state="interview")
    actions.refresh_stage(db, None, NOW, cook)
    db.commit()
    assert send(page, visit, 2, urgent=False)[0] == 302
    assert live(db) == {"Kok": (2, False, "Som kok")}


def test_a_report_never_has_fewer_positions_than_are_hired(page: FlaskClient, db: Session, visit: Visit) -> None:
    cook = db.scalars(select(Opening).where(Opening.occupation == "Kok")).one()
    for _ in range(2):
        make_placement(db, cook, type="ordinary", ends_on=None)
    actions.refresh_stage(db, None, NOW, cook)
    db.commit()
    before = live(db)
    status, html = send(page, visit, 1, urgent=False)
    assert (status, "ansat 2 i Kok (2)" in html) == (422, True)
    assert live(db) == before


def test_the_opening_with_the_same_number_is_the_same() -> None:
    there = [NewOpening("other", 1), NewOpening("other", 3)]
    pairs, fresh, gone = match(there, [NewOpening("other", 3), NewOpening("other", 2)])
    assert {(old.positions, new.positions) for old, new in pairs} == {(3, 3), (1, 2)}
    assert (fresh, gone) == ([], [])
