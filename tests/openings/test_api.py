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
