"""The edge: commit on success only, readers cannot write, strangers are told in the right form, headers hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import N_, Refusal
from crm.people.models import Region, User
from crm.web import edge
from crm.web.permit import PUBLIC, requires
from tests.factories import make_user


@pytest.fixture
def probing(app: Flask) -> Flask:
    """The product with three routes that write, and one that breaks."""

    def write(status: int) -> object:
        edge.session().add(Region(key=f"k{status}", name="x"))
        edge.session().flush()
        return "done", status

    def refuse() -> object:
        edge.session().add(Region(key="refused", name="x"))
        edge.session().flush()
        raise Refusal("overlap", N_("Konsulenten er optaget kl. {time}."), time="10.00", extra={"alternatives": []})

    def read() -> object:
        edge.session().add(Region(key="by-get", name="x"))
        edge.session().flush()
        return "never"

    app.add_url_rule("/probe/<int:status>", "probe.write", requires(PUBLIC)(write), methods=["POST"])
    app.add_url_rule("/probe/refuse", "probe.refuse", requires(PUBLIC)(refuse), methods=["POST"])
    app.add_url_rule("/api/v1/probe", "probe.api", requires(PUBLIC)(refuse), methods=["POST"])
    app.add_url_rule("/probe/read", "probe.read", requires(PUBLIC)(read))
    return app


def keys(db: Session) -> set[str]:
    return set(db.scalars(select(Region.key)))


@pytest.mark.parametrize(("status", "kept"), [(200, True), (302, True), (400, False), (422, False), (500, False)])
def test_only_a_success_is_kept(probing: Flask, db: Session, status: int, kept: bool) -> None:
    probing.test_client().post(f"/probe/{status}")
    assert (f"k{status}" in keys(db)) is kept


def test_a_refusal_is_a_page_for_people_and_leaves_nothing(probing: Flask, db: Session) -> None:
    answer = probing.test_client().post("/probe/refuse")
    assert answer.status_code == 409
    assert "Konsulenten er optaget kl. 10.00." in answer.text
    assert "refused" not in keys(db)


def test_a_refusal_is_a_problem_for_programs(probing: Flask) -> None:
    answer = probing.test_client().post("/api/v1/probe")
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert {
        "status": 409,
        "code": "overlap",
        "detail": "Konsulenten er optaget kl. 10.00.",
        "alternatives": [],
    }.items() <= (answer.json.items())


def test_reading_requests_cannot_write(probing: Flask, db: Session) -> None:
    with pytest.raises(RuntimeError, match="read-only"):
        probing.test_client().get("/probe/read")
    assert "by-get" not in keys(db)


def test_a_crash_is_told_without_a_trace(probing: Flask) -> None:
    probing.testing = False
    answer = probing.test_client().get("/probe/read")
    assert answer.status_code == 500
    assert "Intet er gemt" in answer.text
    assert "Traceback" not in answer.text


def test_every_answer_carries_the_strict_policy(client: FlaskClient) -> None:
    policy = client.get("/sign-in").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy


def test_pages_are_not_cached_and_static_files_with_a_version_are(client: FlaskClient) -> None:
    assert client.get("/sign-in").headers["Cache-Control"] == "no-store"
    assert "immutable" in client.get("/static/favicon.svg?v=1").headers["Cache-Control"]


def test_a_sign_in_cookie_does_not_open_the_api(
    client: FlaskClient, db: Session, sign_in: Callable[[FlaskClient, User], FlaskClient]
) -> None:
    sign_in(client, make_user(db, "campaign_manager"))
    db.commit()
    assert client.get("/api/v1/openings").status_code == 401


def test_forms_without_a_token_are_refused(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().post("/sign-in", data={"email": "a@b.dk", "password": "x"})
    assert answer.status_code == 400
    assert "Siden er for gammel" in answer.text


@pytest.mark.parametrize(("path", "status"), [("/sign-in?next=%00", 400), (f"/calendar/{'9' * 30}.ics", 404)])
def test_what_no_database_stores_is_refused_at_the_door(client: FlaskClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status
