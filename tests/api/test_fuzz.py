"""The API described in /api/v1/openapi.json holds what it says for any input: no crash, no undocumented answer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crm.people.actions import Grant, add_user, issue_token
from tests.conftest import NOW, PASSWORD, build_app
from tests.factories import make_firm, make_jobcentre, make_participation, make_queue_entry, make_user, make_visit
from tests.factories.candidates import make_candidacy, make_candidate, make_placement
from tests.factories.openings import make_opening

CHECKS: list[CheckFunction] = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def fuzzed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, str]:
    """The product with a few records and a token that may do everything, so that calls get past the door."""
    folder = tmp_path_factory.mktemp("fuzz")
    shutil.copy(sqlite_template, folder / "crm.sqlite3")
    app = build_app(f"sqlite:///{folder / 'crm.sqlite3'}", folder)
    with app.extensions["crm.sessions"]() as db:
        firm, jobcentre = make_firm(db), make_jobcentre(db)
        participation = make_participation(db, firm=firm, jobcentre=jobcentre)
        for _ in range(3):
            make_queue_entry(db, participation=participation)
        make_visit(db, consultant=make_user(db, "consultant", jobcentre=jobcentre))
        opening = make_opening(db, positions=3, contact_email="kontakt@firma.invalid")
        for state in ("proposed", "presented", "sent", "interview"):
            make_candidacy(db, opening, state=state)
        make_candidate(db, jobcentre_id=opening.jobcentre_id, consent_on=None)
        make_placement(db, opening)
        grants = [
            Grant("phoner", calling_firm_id=firm.id),
            Grant("consultant", jobcentre_id=jobcentre.id),
            Grant("jobcentre_lead", jobcentre_id=jobcentre.id),
            Grant("campaign_manager"),
        ]
        user = add_user(
            db, None, NOW, email="all@test.invalid", name="Alle Roller", password=PASSWORD, grants=grants, demo=True
        )
        token = issue_token(db, None, NOW, user)
        db.commit()
    return app, token


def fuzz(operation: Any, check: Callable[[schemathesis.Case], None], examples: int) -> None:
    """Run ``check`` on cases hypothesis makes for one operation; always the same ones."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case: schemathesis.Case) -> None:
        check(case)

    run()


@pytest.fixture(scope="module")
def operations(fuzzed: tuple[Flask, str]) -> list[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", fuzzed[0])
    found = [result.ok() for result in schema.get_all_operations()]
    assert len(found) >= 15
    return found


def test_any_input_gets_a_documented_answer(operations: list[Any], fuzzed: tuple[Flask, str]) -> None:
    headers = {"Authorization": f"Bearer {fuzzed[1]}"}
    for operation in operations:
        fuzz(operation, lambda case: case.call_and_validate(headers=headers, checks=CHECKS), 25)


def test_without_a_token_every_call_answers_401(operations: list[Any]) -> None:
    def closed(case: schemathesis.Case) -> None:
        case.headers.pop("Authorization", None)
        assert case.call().status_code == 401

    for operation in operations:
        fuzz(operation, closed, 2)
