"""Claim, why-dry and outcome as other programs call them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import DANISH
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import LEASE
from crm.campaigns.models import Participation
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_participation, make_queue_entry, make_script, make_user, make_workplace
from tests.factories.calling import make_call, make_phoner

Api = Callable[[User], dict[str, str]]


@pytest.fixture
def part(db: Session) -> Participation:
    made = make_participation(db)
    db.commit()
    return made


@pytest.fixture
def headers(db: Session, part: Participation, api: Api) -> dict[str, str]:
    return api(make_phoner(db, part, name="Sofie Testesen"))


def claim(client: FlaskClient, headers: dict[str, str], part: Participation, **more: Any) -> Any:
    return client.post("/api/v1/queue/claim", json={"campaign_id": part.campaign_id, **more}, headers=headers)


def test_a_claim_carries_company_contact_script_and_history(
    client: FlaskClient, db: Session, part: Participation, headers: dict[str, str]
) -> None:
    entry = make_queue_entry(db, participation=part, workplace=make_workplace(db, name="Eksempel ApS"))
    make_call(db, entry=entry, outcome="voicemail", note="Besked lagt")
    db.commit()
    body = claim(client, headers, part).json
    assert (body["id"], body["company"]["name"], body["company"]["phone"]) == (entry.id, "Eksempel ApS", "+4520000000")
    assert body["script"] == [
        {"key": "trin-1", "title": "Indledning", "text": "Goddag, det er Sofie Testesen.", "answers": []}
    ]
    assert [(line["outcome"], line["note"]) for line in body["history"]] == [("voicemail", "Besked lagt")]
    assert claim(client, headers, part).json["id"] == entry.id, "a lost answer claims nothing twice"


def test_a_dry_queue_points_to_why(
    client: FlaskClient, db: Session, part: Participation, headers: dict[str, str]
) -> None:
    make_queue_entry(db, participation=part, rank=0, due_at=NOW + timedelta(hours=2))
    make_queue_entry(db, participation=part, phone=None)
    db.commit()
    answer = claim(client, headers, part)
    assert answer.status_code == 204
    link = answer.headers["Link"]
    assert link == f'</api/v1/queue/why-dry?campaign_id={part.campaign_id}>; rel="describedby"'
    body = client.get(link.split(">")[0][1:], headers=headers).json
    assert body["reasons"] == [{"reason": "no_phone", "entries": 1}, {"reason": "call_back_later", "entries": 1}]
    assert body["next_due_at"] == (NOW + timedelta(hours=2)).isoformat()


def test_a_script_without_a_contact_asks_for_whoever_decides(
    client: FlaskClient, db: Session, part: Participation, headers: dict[str, str]
) -> None:
    make_queue_entry(db, participation=part)
    answer = {"label": "Ja", "note": "{contact_first} er der", "outcome": "call_back"}
    step = {"title": "Indledning", "text": "Taler jeg med {contact}? Passer {when}?", "answers": [answer]}
    make_script(db, campaign=part.campaign, steps=[step])
    db.commit()
    said = claim(client, headers, part).json["script"][0]
    assert said["text"] == "Taler jeg med den ansvarlige? Passer et tidspunkt, der passer dig?"
    assert said["answers"] == [{"label": "Ja", "note": "Er der", "to": "", "outcome": "call_back"}]


def test_an_outcome_finishes_once_for_one_key(
    client: FlaskClient, db: Session, part: Participation, headers: dict[str, str]
) -> None:
    entry = make_queue_entry(db, participation=part)
    db.commit()
    claim(client, headers, part)
    url = f"/api/v1/queue/{entry.id}/outcome"
    in_danish_time = (NOW + timedelta(hours=3)).astimezone(DANISH).isoformat()
    sent = {"outcome": "call_back", "call_back_at": in_danish_time, "note": "Efter frokost"}
    answers = [client.post(url, json=sent, headers={**headers, "Idempotency-Key": "abc"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert answers[0].json["due_at"] == (NOW + timedelta(hours=3)).isoformat()
    assert (answers[0].json["state"], answers[0].json["call_back_mine"]) == ("waiting", True)
    assert db.scalar(select(func.count()).select_from(Call)) == 1
    db.commit()
    again = client.post(url, json={"outcome": "busy"}, headers={**headers, "Idempotency-Key": "abc"})
    assert (again.status_code, again.json["code"]) == (422, "idempotency_key")
    late = client.post(url, json={"outcome": "busy"}, headers=headers)
    assert (late.status_code, late.json["code"]) == (409, "stale")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"outcome": "booked"}, "outcome"),
        ({"outcome": "declined"}, "reason"),
        ({"outcome": "declined", "reason": "because"}, "reason"),
        ({"outcome": "call_back"}, "call_back_at"),
        ({"outcome": "call_back", "call_back_at": "2026-11-24T14:00"}, "call_back_at"),
        ({"outcome": "call_back", "call_back_at": "2020-01-01T10:00:00Z"}, "call_back_at"),
        ({"outcome": "call_back", "call_back_at": "9999-12-31T23:59:59-23:00"}, "call_back_at"),
        ({"outcome": "busy", "note": "x" * 4001}, "note"),
        ({"outcome": "busy", "note": "\0"}, "note"),
        ({"outcome": "busy", "more": 1}, "more"),
        ({}, "outcome"),
    ],
)
def test_bad_outcomes_say_what_is_wrong_and_change_nothing(
    client: FlaskClient, db: Session, part: Participation, headers: dict[str, str], sent: dict[str, Any], field: str
) -> None:
    entry = make_queue_entry(db, participation=part)
    db.commit()
    claim(client, headers, part)
    answer = client.post(f"/api/v1/queue/{entry.id}/outcome", json=sent, headers=headers)
    assert answer.status_code == 422, answer.json
    assert field in {error["field"] for error in answer.json["errors"]}
    db.expire_all()
    assert (db.get_one(QueueEntry, entry.id).attempts, db.scalar(select(func.count()).select_from(Call))) == (0, 0)


def test_foreign_and_lapsed_claims(
    client: FlaskClient, db: Session, part: Participation, headers: dict[str, str], api: Api
) -> None:
    entry = make_queue_entry(db, participation=part)
    db.commit()
    url = f"/api/v1/queue/{entry.id}/outcome"
    assert client.post(url, json={"outcome": "busy"}, headers=headers).json["code"] == "stale", "not claimed"
    claim(client, headers, part)
    colleague = api(make_phoner(db, part))
    assert client.post(url, json={"outcome": "busy"}, headers=colleague).status_code == 409
    stranger = api(make_user(db, "phoner"))
    assert client.post(url, json={"outcome": "busy"}, headers=stranger).status_code == 404
    assert claim(client, stranger, part).status_code == 404
    assert client.post("/api/v1/queue/987654/outcome", json={"outcome": "busy"}, headers=headers).status_code == 404
    assert client.post(f"/api/v1/queue/{10**30}/outcome", json={"outcome": "busy"}, headers=headers).status_code in (
        404,
        422,
    )
    held = db.get_one(QueueEntry, entry.id)
    db.refresh(held)
    held.claimed_until = NOW - LEASE
    db.commit()
    assert client.post(url, json={"outcome": "busy"}, headers=headers).json["code"] == "stale"


def test_the_lead_may_ask_why_but_not_call(client: FlaskClient, db: Session, part: Participation, api: Api) -> None:
    make_queue_entry(db, participation=part)
    lead = api(make_user(db, "jobcentre_lead", jobcentre=part.jobcentre))
    assert claim(client, lead, part).status_code == 403
    answer = client.get(f"/api/v1/queue/why-dry?campaign_id={part.campaign_id}", headers=lead)
    assert (answer.status_code, answer.json["reasons"]) == (200, [])
    assert client.get("/api/v1/queue/why-dry?campaign_id=99999", headers=lead).status_code == 404
    assert client.get("/api/v1/queue/why-dry?campaign_id=99999").status_code == 401


def test_the_document_names_the_calls(client: FlaskClient) -> None:
    paths = client.get("/api/v1/openapi.json").json["paths"]
    assert {"/api/v1/queue/claim", "/api/v1/queue/why-dry", "/api/v1/queue/{entry_id}/outcome"} <= set(paths)
