"""The administrators' types told at the visit: chips of the report and of an opening added later, and the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.openings.models import Opening, OwnType
from crm.openings.queries import history, offered
from crm.openings.rules.types import RETIRED
from crm.openings.views.story import lines
from crm.people.models import User
from crm.reports.queries import rates
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.openings import make_opening, make_own_type

Enter = Callable[[FlaskClient, User], FlaskClient]
Headers = Callable[[User], dict[str, str]]
REPORT = {"result": "held", "pressed": "no", "owed_by": "none", "because": "De ringer selv til sommer"}
JSON = {"result": "held", "pressed": False, "no_follow_up_because": "De ringer selv"}


@pytest.fixture
def visit(db: Session) -> Visit:
    made = make_visit(db, starts_at=NOW - timedelta(hours=2))
    db.commit()
    return made


@pytest.fixture
def flex(db: Session) -> OwnType:
    made = make_own_type(db, "Skånejob", "other")
    db.commit()
    return made


@pytest.fixture
def page(client: FlaskClient, sign_in: Enter, db: Session, visit: Visit) -> FlaskClient:
    entered = sign_in(client, visit.consultant)
    db.commit()
    return entered


def send(page: FlaskClient, visit: Visit, *chips: str, **fields: str) -> tuple[int, str]:
    answer = page.post(f"/visits/{visit.id}/report", data={**REPORT, "types": list(chips), **fields})
    return answer.status_code, answer.get_data(as_text=True)


def told(db: Session) -> list[tuple[str, int | None, int, bool]]:
    """(type, own type, positions, akutjob) of what counts; lets go of SQLite's only writer."""
    rows = db.scalars(
        select(Opening)
        .where(Opening.voided_at.is_(None))
        .order_by(Opening.id)
        .execution_options(populate_existing=True)
    )
    found = [(one.type, one.own_type_id, one.positions, one.akutjob) for one in rows]
    db.commit()
    return found


def counted(db: Session, visit: Visit) -> dict[str, int]:
    """Positions by reporting type, those of none left out."""
    table = rates.opening_types(db, Scope(everything=True), visit.campaign_id, now=NOW).table
    found = {str(row.key): row.numerator for row in table.rows if row.numerator}
    assert table.total.numerator == sum(found.values())
    db.commit()
    return found


def test_a_chip_of_an_own_type_is_stored_with_what_it_counts_as_and_counted_once(
    page: FlaskClient, db: Session, visit: Visit, flex: OwnType
) -> None:
    trainee = make_own_type(db, "Trainee", "ordinary")
    db.commit()
    key, other = f"own:{flex.id}", f"own:{trainee.id}"
    numbers = {f"positions_own_{flex.id}": "3", f"akutjob_own_{trainee.id}": "y", "positions_other": "2"}
    assert send(page, visit, "other", key, other, **numbers)[0] == 302
    assert told(db) == [("other", None, 2, False), ("other", flex.id, 3, False), ("ordinary", trainee.id, 1, True)]
    assert counted(db, visit) == {"other": 5, "ordinary": 1}
    html = page.get(f"/visits/{visit.id}/report").get_data(as_text=True)
    assert html.count("checked") >= 5
    assert f'value="{key}" checked' in html
    assert send(page, visit, "other", key, other, **numbers)[0] == 302, "the same again changes nothing"
    assert counted(db, visit) == {"other": 5, "ordinary": 1}


def test_a_corrected_type_stays_the_same_opening_and_its_history_names_both(
    page: FlaskClient, db: Session, visit: Visit, flex: OwnType
) -> None:
    assert send(page, visit, "other", positions_other="2")[0] == 302
    [first] = db.scalars(select(Opening)).all()
    db.commit()
    assert send(page, visit, f"own:{flex.id}", **{f"positions_own_{flex.id}": "2"})[0] == 302
    assert told(db) == [("other", flex.id, 2, False)]
    assert counted(db, visit) == {"other": 2}
    db.refresh(first)
    with page.application.test_request_context():
        assert "Skånejob i stedet for andet" in [line["text"] for line in lines(history(db, first))]
    db.commit()
    assert send(page, visit, "other", positions_other="2")[0] == 302
    assert told(db) == [("other", None, 2, False)]


def test_a_type_retired_while_the_form_was_open_is_refused_and_everything_typed_is_kept(
    page: FlaskClient, db: Session, visit: Visit, flex: OwnType
) -> None:
    assert f'value="own:{flex.id}"' in page.get(f"/visits/{visit.id}/report").get_data(as_text=True)
    flex.active = False
    db.commit()
    numbers = {f"positions_own_{flex.id}": "4", "note": "De ringer om en uge"}
    status, html = send(page, visit, "wage_subsidy", f"own:{flex.id}", **numbers)
    assert status == 422
    assert RETIRED in html
    assert "Skånejob (ude af brug)" in html
    assert f'value="own:{flex.id}" checked' in html
    assert 'value="4"' in html
    assert "De ringer om en uge" in html
    assert told(db) == []
    assert "Skånejob" not in page.get(f"/visits/{visit.id}/report").get_data(as_text=True), "nor offered anew"
    assert send(page, visit, "own:987654")[0] == 422
    assert send(page, visit, "own:x" + "9" * 40)[0] == 422
    assert told(db) == []


def test_an_opening_keeps_its_retired_type_when_its_report_is_corrected(
    page: FlaskClient, db: Session, visit: Visit, flex: OwnType
) -> None:
    key, number = f"own:{flex.id}", f"positions_own_{flex.id}"
    assert send(page, visit, key, **{number: "1"})[0] == 302
    flex.active = False
    db.commit()
    assert "Skånejob (ude af brug)" in page.get(f"/visits/{visit.id}/report").get_data(as_text=True)
    assert send(page, visit, key, **{number: "2"})[0] == 302
    assert told(db) == [("other", flex.id, 2, False)]
    for path in ("/openings", f"/visits/{visit.id}"):
        assert "Skånejob" in page.get(path).get_data(as_text=True), path


def test_what_this_jobcentre_tells_most_stands_first_and_the_rest_is_behind_one_chip(
    page: FlaskClient, db: Session, visit: Visit
) -> None:
    own = [make_own_type(db, f"Type {number:02}", "other") for number in range(20)]
    gone = make_own_type(db, "Udgået", "other", active=False)
    far = make_visit(
        db,
        state="held",
        starts_at=NOW,
        reported_at=NOW,
        consultant=make_user(db, "consultant", jobcentre=make_jobcentre(db, code="101", postcode="1550")),
    )
    far.jobcentre_id = far.consultant.jobcentre_id or 0
    for _ in range(2):
        make_opening(db, visit=visit, own_type_id=own[17].id, type="other")
        make_opening(db, visit=visit, own_type_id=own[5].id, type="other", created_at=NOW - timedelta(days=400))
    make_opening(db, visit=visit, own_type_id=own[9].id, type="other")
    make_opening(db, visit=visit, own_type_id=own[11].id, type="other", voided_at=NOW)
    make_opening(db, visit=far, own_type_id=own[13].id, type="other")
    db.commit()
    found = offered(db, visit.jobcentre_id, NOW)
    assert [one.name for one in found][:4] == ["Type 17", "Type 09", "Type 00", "Type 01"]
    assert gone not in found
    assert offered(db, visit.jobcentre_id, NOW, keep=[gone.id])[-1] is gone
    db.commit()
    html = page.get(f"/visits/{visit.id}/openings").get_data(as_text=True)
    assert "Flere typer (14)" in html
    assert html.count("own-type--folded") == 14


def test_a_retired_type_on_the_page_of_a_later_opening_is_named_and_kept(
    page: FlaskClient, db: Session, visit: Visit, flex: OwnType
) -> None:
    visit.state, visit.reported_at = "held", NOW
    flex.active = False
    db.commit()
    answer = page.post(f"/visits/{visit.id}/openings", data={"type": f"own:{flex.id}", "positions": "7"})
    html = answer.get_data(as_text=True)
    assert (answer.status_code, RETIRED in html, 'value="7"' in html) == (422, True, True)
    assert f'value="own:{flex.id}" checked' in html
    assert told(db) == []


def test_the_api_takes_own_types_and_keeps_them_where_nothing_is_said(
    client: FlaskClient, api: Headers, db: Session, visit: Visit, flex: OwnType
) -> None:
    headers, url = api(visit.consultant), f"/api/v1/visits/{visit.id}/report"

    def report(*openings: dict[str, Any]) -> tuple[int, Any]:
        answer = client.post(url, headers=headers, json={**JSON, "openings": list(openings)})
        return answer.status_code, answer.get_json()

    status, body = report({"type": "other", "positions": 2, "own_type_id": flex.id})
    assert (status, [(o["type"], o["own_type_id"]) for o in body["openings"]]) == (200, [("other", flex.id)])
    assert report({"type": "other", "positions": 3})[0] == 200
    assert told(db) == [("other", flex.id, 3, False)]
    assert report({"type": "other", "positions": 3, "own_type_id": None})[0] == 200
    assert told(db) == [("other", None, 3, False)]
    for wrong in ({"type": "ordinary", "own_type_id": flex.id}, {"type": "other", "own_type_id": 987654}):
        status, body = report({"type": "wage_subsidy"}, wrong)
        assert (status, [error["field"] for error in body["errors"]]) == (422, ["openings.1.own_type_id"])
    flex.active = False
    db.commit()
    status, body = report({"type": "other", "own_type_id": flex.id})
    assert (status, body["errors"][0]["field"]) == (422, "openings.0.own_type_id")
    assert told(db) == [("other", None, 3, False)]
    assert counted(db, visit) == {"other": 3}


def test_the_description_tells_of_own_types(client: FlaskClient) -> None:
    said = client.get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    for name in ("ToldOpening", "ReportedOpening", "OpeningIn", "OpeningOut"):
        assert "own_type_id" in said[name]["properties"], name
    assert "own_type_id" in said["ToldOpening"]["description"]
