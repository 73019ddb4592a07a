"""What every JSON call answers to a body it cannot read, before it looks at the fields."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.people.models import User
from tests.factories import make_user

Api = Callable[[User], dict[str, str]]
CLAIM = "/api/v1/queue/claim"


@pytest.fixture
def headers(db: Session, api: Api) -> dict[str, str]:
    made = make_user(db, "jobcentre_lead")
    db.commit()
    return api(made)


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{not json", "application/json", 400, "unreadable"),
        (b"\xff\xfe{}", "application/json", 400, "unreadable"),
        (b"[" * 100_000, "application/json", 400, "unreadable"),
        (b'{"campaign_id":' + b"1" * 5_000 + b"}", "application/json", 400, "unreadable"),
        (b"   ", "application/json", 400, "unreadable"),
        (b"[1]", "application/json", 400, "unreadable"),
        (b'"{}"', "application/json", 400, "unreadable"),
        (b'{"campaign_id": 1}', "text/plain", 415, "unsupported_media_type"),
        (b"campaign_id=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"campaign_id": 1}', None, 415, "unsupported_media_type"),
        (b"", "application/json", 422, "invalid"),
    ],
)
def test_a_body_that_is_no_json_object_says_so(
    client: FlaskClient, headers: dict[str, str], body: bytes, kind: str | None, status: int, code: str
) -> None:
    answer = client.post(CLAIM, data=body, content_type=kind, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"
    assert "ClaimIn" not in answer.text, "our own class names are nothing to the caller"


def test_a_stranger_is_asked_for_a_token_before_the_body_is_read(client: FlaskClient) -> None:
    assert client.post(CLAIM, data=b"{not json").status_code == 401


@pytest.mark.parametrize("last", ["c" + "9" * 30, "c" + "9" * 5_000, "c-1", "7", "cæ"])
def test_a_cursor_we_did_not_give_is_refused(client: FlaskClient, headers: dict[str, str], last: str) -> None:
    cursor = base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")
    answer = client.get("/api/v1/visits", query_string={"cursor": cursor}, headers=headers)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "cursor")


def test_field_messages_are_said_without_the_validators_name(client: FlaskClient, headers: dict[str, str]) -> None:
    contact = {"name": "Bo", "phone": "12"}
    booking = {"entry_id": 1, "consultant_id": 1, "starts_at": "2026-11-24T10:00:00+01:00", "contact": contact}
    answer = client.post("/api/v1/visits", json=booking, headers=headers)
    assert answer.status_code in (403, 422)
    if answer.status_code == 422:
        assert answer.json["errors"][0]["message"].startswith("Telefonnummeret")
