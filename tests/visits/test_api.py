"""Slots and visits over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import make_user
from tests.factories.visits import Scene, make_scene

Headers = Callable[[Any], dict[str, str]]
THURSDAY = "2026-11-26T10:00:00+01:00"


@pytest.fixture
def scene(db: Session) -> Scene:
    made = make_scene(db, consultants=2)
    db.commit()
    return made


def body(entry: Any, consultant: Any, starts_at: str = THURSDAY, **more: Any) -> dict[str, Any]:
    return {
        "entry_id": entry.id,
        "consultant_id": consultant.id,
        "starts_at": starts_at,
        "contact": {"name": "Mette Prøvesen", "phone": "20 12 34 56", "email": "mette@eksempel.invalid"},
        **more,
    }


def test_slots_then_book_then_read(db: Session, scene: Scene, client: FlaskClient, api: Headers) -> None:
    entry = scene.entry()
    headers = api(scene.phoner)
    found = client.get("/api/v1/slots", query_string={"entry_id": entry.id, "refused": 1}, headers=headers).get_json()
    assert found["consultants"] == 2
    assert found["refused"][0]["code"] in ("hours", "travel")
    best = found["slots"][0]
    assert {"consultant_id", "consultant", "travel_before_min", "travel_after_min", "extra_driving_min"} <= set(best)
    made = client.post(
        "/api/v1/visits",
        json={**body(entry, scene.consultant), "consultant_id": best["consultant_id"], "starts_at": best["starts_at"]},
        headers=headers,
    )
    assert made.status_code == 201, made.get_json()
    visit = made.get_json()
    assert visit["responsible"]["id"] == best["consultant_id"]
    assert visit["contact"]["phone"] == "+4520123456"
    again = client.get(f"/api/v1/visits/{visit['id']}", headers=headers).get_json()
    assert [event["kind"] for event in again["history"]] == ["book"]
    assert [v["id"] for v in client.get("/api/v1/visits", headers=headers).get_json()["items"]] == [visit["id"]]


def test_a_span_of_days_or_moments(scene: Scene, client: FlaskClient, api: Headers) -> None:
    entry = scene.entry()
    headers = api(scene.phoner)
    for frm, to in (("2026-11-26", "2026-11-27"), ("2026-11-26T00:00:00 01:00", "2026-11-26T23:00:00Z")):
        found = client.get("/api/v1/slots", query_string={"entry_id": entry.id, "from": frm, "to": to}, headers=headers)
        assert {slot["starts_at"][:10] for slot in found.get_json()["slots"]} == {"2026-11-26"}
    for bad in ("2026-11-26T10:00:00", "0001-01-01T00:00:00+14:00", "i går", "2026-13-01"):
        found = client.get("/api/v1/slots", query_string={"entry_id": entry.id, "from": bad}, headers=headers)
        assert found.status_code == 422, bad


def test_a_refusal_carries_code_and_alternatives(db: Session, scene: Scene, client: FlaskClient, api: Headers) -> None:
    headers = api(scene.phoner)
    first = scene.entry()
    db.commit()
    assert client.post("/api/v1/visits", json=body(first, scene.consultant), headers=headers).status_code == 201
    second = scene.entry()
    db.commit()
    answer = client.post("/api/v1/visits", json=body(second, scene.consultant), headers=headers)
    problem = answer.get_json()
    assert (answer.status_code, problem["code"], len(problem["alternatives"])) == (409, "overlap", 3)
    assert answer.content_type.startswith("application/problem+json")
    choice = problem["alternatives"][0]
    made = client.post(
        "/api/v1/visits",
        headers=headers,
        json={**body(second, scene.consultant, choice["starts_at"]), "consultant_id": choice["consultant_id"]},
    )
    assert made.status_code == 201, "an alternative can be booked"


def test_bad_input_changes_nothing(db: Session, scene: Scene, client: FlaskClient, api: Headers) -> None:
    headers = api(scene.phoner)
    entry = scene.entry()
    db.commit()
    good = body(entry, scene.consultant)
    for change in (
        {"starts_at": "2026-11-26T10:00:00"},
        {"contact": {"name": ""}},
        {"contact": {"name": "M", "phone": "x"}},
        {"starts_at": "2026-11-26T10:00:30+01:00"},
        {"consultant_id": 2**63},
        {"extra": 1},
    ):
        answer = client.post("/api/v1/visits", json=good | change, headers=headers)
        assert answer.status_code == 422, change
        assert answer.get_json()["errors"]
    assert client.post("/api/v1/visits", json=good | {"consultant_id": 99999}, headers=headers).status_code == 404
    assert client.post("/api/v1/visits", json=good | {"entry_id": 99999}, headers=headers).status_code == 404


def test_move_and_cancel(db: Session, scene: Scene, client: FlaskClient, api: Headers) -> None:
    entry = scene.entry()
    db.commit()
    number = client.post("/api/v1/visits", json=body(entry, scene.consultant), headers=api(scene.phoner)).get_json()[
        "id"
    ]
    mine, stranger = api(scene.consultant), api(scene.consultants[1])
    move = {"starts_at": "2026-11-27T10:00:00+01:00", "reason": "Kunden har ferie"}
    assert client.post(f"/api/v1/visits/{number}/move", json=move, headers=stranger).status_code == 404
    assert client.post(f"/api/v1/visits/{number}/move", json=move, headers=api(scene.phoner)).status_code == 403
    moved = client.post(f"/api/v1/visits/{number}/move", json=move, headers=mine).get_json()
    assert (moved["starts_at"], moved["sequence"]) == ("2026-11-27T09:00:00Z", 1)
    night = client.post(
        f"/api/v1/visits/{number}/move", json={**move, "starts_at": "2026-11-27T20:00:00+01:00"}, headers=mine
    )
    assert (night.status_code, night.get_json()["code"]) == (409, "hours")
    lead = make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre)
    over = client.post(f"/api/v1/visits/{number}/cancel", json={"by": "company", "reason": "Syg"}, headers=api(lead))
    assert over.get_json()["state"] == "cancelled_by_company"
    assert [event["kind"] for event in over.get_json()["history"]] == ["book", "move", "cancel"]
    again = client.post(f"/api/v1/visits/{number}/cancel", json={"by": "company", "reason": "Syg"}, headers=api(lead))
    assert (again.status_code, again.get_json()["code"]) == (409, "stale")
