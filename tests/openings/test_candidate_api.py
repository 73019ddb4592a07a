"""The API of candidates, their steps and placements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.openings.models import Opening
from crm.people.models import User
from tests.factories import make_jobcentre, make_user
from tests.factories.openings import make_opening

Api = Callable[[User], dict[str, str]]
NEW = {"reference": "K-77", "occupation": "Kok", "postcode": "9500", "languages": ["da"]}


@pytest.fixture
def opening(db: Session) -> Opening:
    made = make_opening(db, occupation="Kok", contact_email="a@b.invalid", positions=1)
    db.commit()
    return made


@pytest.fixture
def call(client: FlaskClient, api: Api, opening: Opening) -> Callable[..., tuple[int, Any]]:
    headers = api(opening.consultant)

    def ask(path: str, body: Any = None, method: str = "") -> tuple[int, Any]:
        send = client.get if body is None and method != "POST" else client.post
        answer = (
            send(f"/api/v1{path}", json=body, headers=headers)
            if body is not None
            else send(f"/api/v1{path}", headers=headers)
        )
        return answer.status_code, answer.get_json()

    return ask


def test_the_whole_way(call: Callable[..., tuple[int, Any]], opening: Opening) -> None:
    status, made = call("/candidates", NEW)
    assert (status, made["occupation_code"], made["consent"]) == (201, "5120", "missing")
    status, row = call(f"/openings/{opening.id}/candidacies", {"candidate_id": made["id"]})
    assert status == 201, row
    assert (row["state"], row["reference"]) == ("proposed", "K-77")
    assert call(f"/candidacies/{row['id']}/present", method="POST")[1]["state"] == "presented"
    send = f"/openings/{opening.id}/candidacies/send"
    status, problem = call(send, {"candidacy_ids": [row["id"]]})
    assert (status, problem["code"], problem["candidates"]) == (409, "consent", [made["id"]])
    status, told = call(f"/candidates/{made['id']}/consent", {"given": True})
    assert (status, told["consent"], told["consent_on"]) == (200, "given", "2026-11-24")
    assert call(send, {"candidacy_ids": [row["id"]]})[1]["items"][0]["state"] == "sent"
    assert call(send, {"candidacy_ids": [row["id"]]})[1]["code"] == "sent"
    assert call(send, {"candidacy_ids": [10**6]})[0] == 404
    assert call(f"/candidacies/{row['id']}/interview", {"at": "2026-11-26T09:00:00+01:00"})[0] == 200
    hire = f"/candidacies/{row['id']}/hire"
    status, problem = call(hire, {"type": "wage_subsidy", "starts_on": "2026-12-01"})
    assert (status, problem["errors"][0]["field"]) == (422, "ends_on")
    status, placed = call(hire, {"type": "ordinary", "starts_on": "2026-12-01"})
    assert (status, placed["state"]) == (201, "agreed")
    assert call(hire, {"type": "ordinary", "starts_on": "2026-12-01"})[1]["code"] == "closed"
    items = call(f"/openings/{opening.id}/candidacies")[1]["items"]
    assert [(item["state"], bool(item["presented_at"])) for item in items] == [("hired", True)]
    assert [item["id"] for item in call("/placements?state=running")[1]["items"]] == [placed["id"]]
    assert call("/placements?state=ended")[1]["items"] == []


def test_the_same_rules_as_on_the_pages(call: Callable[..., tuple[int, Any]], opening: Opening) -> None:
    assert call("/candidates", {**NEW, "consent_on": "2001-01-01"})[0] == 422
    made = call("/candidates", NEW)[1]
    row = call(f"/openings/{opening.id}/candidacies", {"candidate_id": made["id"]})[1]
    url = f"/candidacies/{row['id']}"
    for path, body in (
        ("interview", {"at": "2026-11-26T09:00:00+01:00"}),
        ("hire", {"type": "ordinary", "starts_on": "2026-12-01"}),
    ):
        status, problem = call(f"{url}/{path}", body)
        assert (status, problem["code"], problem["candidates"]) == (409, "consent", [made["id"]])
    assert call(f"/openings/{opening.id}/close", {"reason": "filled_by_us"})[1]["errors"][0]["field"] == "reason"
    assert call(f"/candidates/{made['id']}/consent", {"given": True})[0] == 200
    assert call(f"{url}/interview", {"at": "2020-01-01T09:00:00+01:00"})[1]["errors"][0]["field"] == "at"
    assert call(f"{url}/hire", {"type": "ordinary", "starts_on": "2050-01-01"})[1]["errors"][0]["field"] == "starts_on"
    send = f"/openings/{opening.id}/candidacies/send"
    told = call(send, {"candidacy_ids": [row["id"]], "shown_ids": [row["id"]]})[1]["items"][0]
    assert (told["state"], told["presented_at"] is not None) == ("sent", True)
    ended = call(f"{url}/consent-withdrawn", method="POST")[1]
    assert (ended["state"], ended["ended_because"]) == ("ended", "consent_withdrawn")
    assert call(f"{url}/consent-withdrawn", method="POST")[1]["code"] == "no_consent"


def test_who_is_in_work_is_hired_beside_it_only_where_it_is_said(
    call: Callable[..., tuple[int, Any]], db: Session, opening: Opening
) -> None:
    other = make_opening(db, visit=opening.visit)
    db.commit()
    made = call("/candidates", {**NEW, "consent_on": "2026-11-20"})[1]
    rows = [call(f"/openings/{one}/candidacies", {"candidate_id": made["id"]})[1] for one in (opening.id, other.id)]
    body = {"type": "ordinary", "starts_on": "2026-12-01"}
    placed = call(f"/candidacies/{rows[0]['id']}/hire", body)[1]
    status, problem = call(f"/candidacies/{rows[1]['id']}/hire", body)
    assert (status, problem["code"], problem["placements"]) == (409, "employed", [placed["id"]])
    assert call(f"/candidacies/{rows[1]['id']}/hire", {**body, "beside": True})[0] == 201


def test_lists_and_one(call: Callable[..., tuple[int, Any]]) -> None:
    for number in range(3):
        assert call("/candidates", {**NEW, "reference": f"K-{number}"})[0] == 201
    first = call("/candidates?limit=2")[1]
    assert [item["reference"] for item in first["items"]] == ["K-0", "K-1"]
    rest = call(f"/candidates?limit=2&cursor={first['next_cursor']}")[1]
    assert ([item["reference"] for item in rest["items"]], rest["next_cursor"]) == (["K-2"], None)
    assert call("/candidates?occupation=71")[1]["items"] == []
    assert call(f"/candidates/{first['items'][0]['id']}")[1]["reference"] == "K-0"


def test_what_cannot_be_kept_is_refused(call: Callable[..., tuple[int, Any]]) -> None:
    for reference in ("010190-1234", "Anna Jensen", "a@b.dk"):
        status, problem = call("/candidates", {**NEW, "reference": reference})
        assert (status, problem["errors"][0]["field"]) == (422, "reference")
    assert call("/candidates", {**NEW, "jobcentre_id": 9999})[0] == 422


def test_coming_to_nothing_and_consent_taken_back(call: Callable[..., tuple[int, Any]], opening: Opening) -> None:
    made = call("/candidates", {**NEW, "consent_on": "2026-11-01"})[1]
    row = call(f"/openings/{opening.id}/candidacies", {"candidate_id": made["id"]})[1]
    assert call(f"/candidacies/{row['id']}/end", {"because": "bored"})[0] == 422
    assert call(f"/candidates/{made['id']}/consent", {"given": False})[1]["consent"] == "withdrawn"
    status, problem = call(f"/candidacies/{row['id']}/end", {"because": "other"})
    assert (status, problem["code"]) == (409, "over")


def test_another_jobcentre_reaches_nothing(
    client: FlaskClient, api: Api, db: Session, call: Callable[..., tuple[int, Any]], opening: Opening
) -> None:
    made = call("/candidates", NEW)[1]
    row = call(f"/openings/{opening.id}/candidacies", {"candidate_id": made["id"]})[1]
    headers = api(make_user(db, "consultant", jobcentre=make_jobcentre(db, code="101", postcode="1550")))
    for path in (f"/candidates/{made['id']}", f"/openings/{opening.id}/candidacies"):
        assert client.get(f"/api/v1{path}", headers=headers).status_code == 404
    assert client.post(f"/api/v1/candidacies/{row['id']}/present", headers=headers).status_code == 404
