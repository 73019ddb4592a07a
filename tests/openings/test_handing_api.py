"""Another consultant answers for an opening or a candidate, over the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.openings.models import Opening
from crm.people.models import Jobcentre, User
from tests.factories import make_jobcentre, make_user
from tests.factories.candidates import make_candidate
from tests.factories.openings import make_opening

Headers = Callable[[User], dict[str, str]]


@pytest.fixture
def opening(db: Session) -> Opening:
    made = make_opening(db)
    db.commit()
    return made


def test_a_colleague_takes_over_and_a_stranger_does_not(
    client: FlaskClient, api: Headers, db: Session, opening: Opening
) -> None:
    home = db.get_one(Jobcentre, opening.jobcentre_id)
    colleague = make_user(db, "consultant", jobcentre=home).id
    stranger = make_user(db, "consultant", jobcentre=make_jobcentre(db, code="101", postcode="1550")).id
    who = make_candidate(db, jobcentre_id=home.id, owner_id=opening.consultant_id)
    db.commit()
    headers = api(opening.consultant)
    for path, field in (
        (f"openings/{opening.id}/consultant", "consultant_id"),
        (f"candidates/{who.id}/owner", "owner_id"),
    ):
        url = f"/api/v1/{path}"
        for body in ({"consultant_id": stranger}, {"consultant_id": 987654}, {}, {"consultant_id": None}):
            answer = client.post(url, headers=headers, json=body)
            assert answer.status_code == 422, body
            assert [error["field"] for error in answer.get_json()["errors"]] == ["consultant_id"]
        answer = client.post(url, headers=headers, json={"consultant_id": colleague})
        assert (answer.status_code, answer.get_json()[field]) == (200, colleague)
        assert client.post(url, headers=headers, json={"consultant_id": colleague}).status_code == 200


def test_what_is_out_of_reach_is_not_found_and_who_may_not_is_refused(
    client: FlaskClient, api: Headers, db: Session, opening: Opening
) -> None:
    who = make_candidate(db, jobcentre_id=opening.jobcentre_id)
    far = make_user(db, "consultant", jobcentre=make_jobcentre(db, code="101", postcode="1550"))
    phoner = make_user(db, "phoner")
    db.commit()
    for path in (f"openings/{opening.id}/consultant", f"candidates/{who.id}/owner"):
        body = {"consultant_id": far.id}
        assert client.post(f"/api/v1/{path}", headers=api(far), json=body).status_code == 404
        assert client.post(f"/api/v1/{path}", headers=api(phoner), json=body).status_code == 403
        assert client.post(f"/api/v1/{path}", json=body).status_code == 401


def test_the_description_has_both(client: FlaskClient) -> None:
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    for path in ("/api/v1/openings/{opening_id}/consultant", "/api/v1/candidates/{candidate_id}/owner"):
        schema = paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith("/HandIn")
