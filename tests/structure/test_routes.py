"""Every route declares a permission of the table, every permission is used, and the matrix of roles holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from crm.people.models import ROLES, User
from crm.people.permissions import TABLE, scope_of
from crm.web.permit import PUBLIC
from tests.factories import make_user

FRAMEWORK = ("static", "openapi.")  # Flask's files and the API description
# the provider's webhooks are believed by their signature (crm/web/hooks.py)
WEBHOOKS = {
    f"telephony.{name}" for name in ("voice", "status", "dial_result", "ask", "agree")
} | {"sms.sms_in", "sms.sms_status"}  # fmt: skip
COMPANY = {"company.show", "company.move", "company.cancel", "company.calendar_file"} | {
    f"agreement.{name}" for name in ("show", "right", "mend", "happened")
}
METRICS = {"metrics"}  # believed by a token of their own (crm/web/metrics.py)
PARTNER = {
    f"partner.{name}"
    for name in ("show", "opening", "withdraw", "consent_withdrawn", "digest", "fresh_link", "occupations")
}
PUBLIC_ENDPOINTS = (
    {"people.sign_in", "people.sign_out", "people.language", "calendars.feed"} | WEBHOOKS | COMPANY | METRICS | PARTNER
)


def product_rules(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith(FRAMEWORK))


def permission(app: Flask, rule: Rule) -> str | None:
    return getattr(app.view_functions[rule.endpoint], "permission", None)


def test_every_route_declares_a_permission_of_the_table(app: Flask) -> None:
    undeclared = {
        rule.endpoint: permission(app, rule)
        for rule in product_rules(app)
        if permission(app, rule) not in {*TABLE, PUBLIC}
    }
    assert undeclared == {}


def test_only_the_listed_routes_are_public(app: Flask) -> None:
    assert {rule.endpoint for rule in product_rules(app) if permission(app, rule) == PUBLIC} == PUBLIC_ENDPOINTS


def test_every_permission_of_the_table_is_used_by_a_route(app: Flask) -> None:
    used = {permission(app, rule) for rule in product_rules(app)}
    assert set(TABLE) - used == set()


def url_of(rule: Rule) -> str:
    """The rule with ids that exist nowhere."""
    return re.sub(r"<(?:[^:>]+:)?[^>]+>", "999999", rule.rule)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_what_the_table_gives_and_nothing_else(
    app: Flask, db: Session, client: FlaskClient, sign_in: Callable[[FlaskClient, User], FlaskClient], role: str
) -> None:
    """A permission missing: 403. A permission held, with a record that does not exist or is out of reach: 404, or
    a page, never 403 and never a crash."""
    user = make_user(db, role)
    db.commit()
    sign_in(client, user)
    holds = {verb: not scope_of(db, user, verb).empty for verb in TABLE}
    db.rollback()  # let go of SQLite's writer
    wrong: list[str] = []
    for rule in product_rules(app):
        verb = permission(app, rule)
        if verb == PUBLIC or rule.rule.startswith("/api/") or verb is None:
            continue
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        answer = client.open(url_of(rule), method=method, data={} if method == "POST" else None)
        held = holds[verb]
        if held == (answer.status_code == 403) or answer.status_code >= 500:
            wrong.append(f"{method} {rule.rule} ({verb}): {answer.status_code}")
        if held and "<" in rule.rule and answer.status_code not in (404, 422):
            wrong.append(f"{method} {rule.rule}: {answer.status_code} for a record that does not exist")
    assert wrong == []


def test_pages_send_strangers_to_sign_in_and_the_api_answers_401(app: Flask, client: FlaskClient) -> None:
    wrong: list[str] = []
    for rule in product_rules(app):
        if permission(app, rule) in (PUBLIC, None):
            continue
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        answer = client.open(url_of(rule), method=method, json={} if rule.rule.startswith("/api/") else None)
        right = 401 if rule.rule.startswith("/api/") else 302
        if answer.status_code != right:
            wrong.append(f"{method} {rule.rule}: {answer.status_code}")
    assert wrong == []
