"""Openings over the API: log, list, filters, pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.openings.models import Opening
from crm.people.models import User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.openings import make_opening

Headers = Callable[[User], dict[str, str]]


@pytest.fixture
def visit(db: Session) -> Visit:
    made = make_visit(db, state="held", starts_at=NOW - timedelta(days=1), reported_at=NOW)
    db.commit()
    return made


def test_an_opening_is_logged(client: FlaskClient, api: Headers, visit: Visit) -> None:
    answer = client.post(
        f"/api/v1/visits/{visit.id}/openings",
        headers=api(visit.consultant),
        json={
            "type": "ordinary",
            "positions": 3,
            "akutjob": True,
            "occupation": "Smed",
            "cvs_wanted": 2,
            "cvs_by": "2026-12-01",
        },
    )
    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["type"], body["positions"], body["akutjob"], body["state"], body["cvs_by"]) == (
        "ordinary",
        3,
        True,
        "open",
        "2026-12-01",
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        ({"type": "gold"}, "type"),
        ({"type": "other", "positions": 0}, "positions"),
        ({"type": "other", "akutjob": True}, "akutjob"),
        ({"type": "other", "hello": 1}, "hello"),
        ({"type": "other", "occupation": "x" * 201}, "occupation"),
        ({"type": "other", "wishes": "a\0b"}, "wishes"),
        ({"type": "other", "cvs_by": "0001-01-01"}, "cvs_by"),
    ],
)
def test_bad_input_names_the_field_and_saves_nothing(
    client: FlaskClient, api: Headers, db: Session, visit: Visit, body: dict[str, Any], field: str
) -> None:
    answer = client.post(f"/api/v1/visits/{visit.id}/openings", headers=api(visit.consultant), json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.get_json()["errors"]]
    assert db.scalar(select(func.count()).select_from(Opening)) == 0


def test_a_visit_that_was_not_held_refuses(client: FlaskClient, api: Headers, db: Session) -> None:
    booked = make_visit(db)
    answer = client.post(f"/api/v1/visits/{booked.id}/openings", headers=api(booked.consultant), json={"type": "other"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_held")


def test_the_list_filters_and_pages(client: FlaskClient, api: Headers, db: Session, visit: Visit) -> None:
    first = make_opening(db, visit=visit)
    second = make_opening(db, visit=visit, type="other")
    third = make_opening(db, visit=visit, state="closed", closed_reason="lapsed", closed_at=NOW)
    make_opening(db, visit=visit, voided_at=NOW)
    headers = api(visit.consultant)

    def ids(query: str) -> list[int]:
        return [item["id"] for item in client.get(f"/api/v1/openings{query}", headers=headers).get_json()["items"]]

    assert ids("") == [first.id, second.id, third.id]
    assert ids("?type=ordinary") == [first.id, third.id]
    assert ids("?state=closed") == [third.id]
    assert ids(f"?campaign_id={visit.campaign_id}") == [first.id, second.id, third.id]
    assert ids("?campaign_id=99999") == []
    cursor = client.get("/api/v1/openings?limit=2", headers=headers).get_json()["next_cursor"]
    assert ids(f"?limit=2&cursor={cursor}") == [third.id]
    assert client.get(f"/api/v1/openings?campaign_id={2**60}", headers=headers).status_code == 422
    assert client.get("/api/v1/openings?cursor=hej", headers=headers).status_code == 422


def test_an_opening_with_all_it_can_have_and_its_life(
    client: FlaskClient, api: Headers, db: Session, visit: Visit
) -> None:
    headers = api(visit.consultant)
    told = {
        "type": "wage_subsidy",
        "positions": 2,
        "occupation": "Kok",
        "tasks": "Frokost",
        "weekly_hours": 32.5,
        "starts_note": "snart",
        "languages": ["en", "da"],
        "wishes": "Kørekort",
        "cvs_wanted": 0,
        "scheme": "wage_subsidy",
        "contact_name": "Ida",
        "contact_email": "ida@firma.invalid",
    }
    made = client.post(f"/api/v1/visits/{visit.id}/openings", headers=headers, json=told).get_json()
    assert (made["stage"], made["missing"], made["occupation_code"], made["languages"]) == (
        "specified",
        [],
        "5120",
        ["da", "en"],
    )
    url = f"/api/v1/openings/{made['id']}"
    changed = client.post(f"{url}/details", headers=headers, json={"tasks": None, "hours_note": "aften"}).get_json()
    assert (changed["tasks"], changed["hours_note"], changed["weekly_hours"], changed["stage"]) == (
        "",
        "aften",
        32.5,
        "told",
    )
    relaxed = client.post(f"{url}/relax", headers=headers, json={"wishes": "", "agreed_with": "Bo"}).get_json()
    assert (relaxed["wishes"], relaxed["relaxations"][0]["was"]) == ("", "Kørekort")
    again = client.post(f"{url}/details", headers=headers, json={"wishes": "Kørekort"})
    assert [error["field"] for error in again.get_json()["errors"]] == ["wishes"]
    closed = client.post(f"{url}/close", headers=headers, json={"reason": "withdrawn"}).get_json()
    assert (closed["state"], closed["closed_reason"]) == ("closed", "withdrawn")
    assert client.post(f"{url}/close", headers=headers, json={"reason": "lapsed"}).get_json()["code"] == "closed"
    assert client.post(f"{url}/reopen", headers=headers).get_json()["state"] == "open"
    assert client.post(f"{url}/reopen", headers=headers, json={}).get_json()["code"] == "open"
    assert client.get(url, headers=headers).get_json() == client.get(url, headers=headers).get_json() | {
        "id": made["id"]
    }
    assert client.post(f"{url}/close", headers=headers, json={"reason": "bored"}).status_code == 422
    assert client.get("/api/v1/openings/999999", headers=headers).status_code == 404


def test_the_list_over_the_api_filters_by_stage_missing_and_words(
    client: FlaskClient, api: Headers, db: Session, visit: Visit
) -> None:
    smith = make_opening(db, visit=visit, occupation="Smed", stage="interview")
    nothing = make_opening(db, visit=visit)
    headers = api(visit.consultant)

    def ids(query: str) -> list[int]:
        return [item["id"] for item in client.get(f"/api/v1/openings?{query}", headers=headers).get_json()["items"]]

    assert ids("stage=interview") == [smith.id]
    assert ids("missing=occupation") == [nothing.id]
    assert ids("q=SMED") == [smith.id]
    assert ids(f"consultant_id={visit.consultant_id}") == [smith.id, nothing.id]
    assert client.get("/api/v1/openings?stage=gold", headers=headers).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"weekly_hours": 61}, "weekly_hours"),
        ({"languages": ["xx"]}, "languages"),
        ({"scheme": "gold"}, "scheme"),
        ({"contact_phone": "1", "contact_name": "Ida"}, "contact_phone"),
        ({"contact_email": "ida@firma.invalid"}, "contact_name"),
        ({"own_type_id": 9999}, "own_type_id"),
        ({"starts_on": "0001-01-01"}, "starts_on"),
        ({"hello": 1}, "hello"),
    ],
)
def test_details_that_cannot_be_used_name_the_field(
    client: FlaskClient, api: Headers, db: Session, visit: Visit, body: dict[str, Any], field: str
) -> None:
    opening = make_opening(db, visit=visit)
    answer = client.post(f"/api/v1/openings/{opening.id}/details", headers=api(visit.consultant), json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.get_json()["errors"]]


def test_a_field_changed_since_it_was_read_is_not_written(
    client: FlaskClient, api: Headers, db: Session, visit: Visit
) -> None:
    opening = make_opening(db, visit=visit, occupation="Kok", tasks="Frokost")
    db.commit()
    url, headers = f"/api/v1/openings/{opening.id}/details", api(visit.consultant)
    db.commit()
    answer = client.post(url, headers=headers, json={"occupation": "Bager", "seen": {"occupation": "", "tasks": ""}})
    problem = answer.get_json()
    assert (answer.status_code, problem["code"], problem["theirs"]) == (409, "conflict", {"occupation": "Kok"})
    sent = {"occupation": "Bager", "seen": {"occupation": "Kok", "tasks": ""}}
    body = client.post(url, headers=headers, json=sent).get_json()
    assert (body["occupation"], body["tasks"]) == ("Bager", "Frokost")


def test_a_key_makes_one_opening(client: FlaskClient, api: Headers, db: Session, visit: Visit) -> None:
    headers = api(visit.consultant)
    db.commit()

    def send(key: str | None, **body: Any) -> tuple[int, Any]:
        with_key = {**headers, **({"Idempotency-Key": key} if key else {})}
        answer = client.post(f"/api/v1/visits/{visit.id}/openings", headers=with_key, json={"type": "ordinary", **body})
        return answer.status_code, answer.get_json()

    status, first = send("k1", tasks="Frokost")
    assert status == 201
    assert send("k1", tasks="Frokost") == (201, first)
    status, problem = send("k1", tasks="Opvask")
    assert (status, problem["code"], problem["opening"]) == (422, "idempotency_key", first["id"])
    status, problem = send("k2")
    assert (status, problem["code"], problem["openings"]) == (409, "alike", [first["id"]])
    assert send("k2", another=True)[0] == 201
    assert db.scalar(select(func.count()).select_from(Opening)) == 2


def test_a_relaxation_is_taken_back(client: FlaskClient, api: Headers, db: Session, visit: Visit) -> None:
    opening = make_opening(db, visit=visit, wishes="Truck")
    url, headers = f"/api/v1/openings/{opening.id}", api(visit.consultant)
    db.commit()
    sent = {"wishes": "", "agreed_with": "Bo"}
    [made] = client.post(f"{url}/relax", headers=headers, json=sent).get_json()["relaxations"]
    body = client.post(f"{url}/relaxations/{made['id']}/undo", headers=headers).get_json()
    assert (body["wishes"], body["relaxations"]) == ("Truck", [])
    assert client.post(f"{url}/relaxations/{made['id']}/undo", headers=headers).status_code == 404
