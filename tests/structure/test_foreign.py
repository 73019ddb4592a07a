"""Another jobcentre's records are not found: every route with an id, for every role, asked for records that exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from crm.followups.models import Answer
from crm.openings.models import Relaxation
from crm.people.actions import issue_token
from crm.people.models import ROLES, User
from crm.people.permissions import TABLE, scope_of
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_participation, make_queue_entry, make_user, make_visit, make_workplace
from tests.factories.calendars import make_absence
from tests.factories.calling import make_call
from tests.factories.candidates import make_candidacy, make_placement
from tests.factories.followups import make_follow_up
from tests.factories.leave import make_leave
from tests.factories.letters import make_batch, make_mailing_list
from tests.factories.openings import make_opening
from tests.factories.sharing import make_partner, make_share
from tests.structure.test_routes import permission, product_rules

# what has no home: everybody who holds the verb has it for all, or the address is a name
# older kinds that their rooms' own tests ask for
ELSEWHERE = {"conflict_id", "proposal_id", "source_id", "script_id", "filename"}
HOMELESS = {"token", "key", "number", "message_id", "user_id", "type_id"}

# what the API demands, by name, so that its own validation lets a body through to the record
PLAUSIBLE = {
    "starts_on": "2026-12-01", "due_on": "2026-12-01", "at": "2026-12-01T09:00:00Z", "starts_at": "2026-12-01T09:00:00Z",
    "outcome": "no_answer", "accept": True, "given": False, "to": 1, "candidate_id": 1, "candidacy_ids": [1],
    "consultant_id": 1, "ended_on": "2026-11-20", "ends_on": "2026-12-01", "positions": 1,
}  # fmt: skip


def far_away(session: Session) -> dict[str, int]:
    """One of everything, of a jobcentre of another region, by the name it has in addresses."""
    place = make_jobcentre(session, code="101", postcode="1550")
    consultant = make_user(session, "consultant", jobcentre=place)
    part = make_participation(session, jobcentre=place)
    workplace = make_workplace(session, municipality_code="101", postcode="1550")
    entry = make_queue_entry(session, participation=part, workplace=workplace)
    visit = make_visit(session, entry=entry, consultant=consultant, starts_at=NOW, state="held", reported_at=NOW)
    opening = make_opening(session, visit=visit)
    follow_up = make_follow_up(session, visit=visit)
    answer = Answer(follow_up_id=follow_up.id, at=NOW, kind="corrected", words="Det var os")
    session.add(answer)
    session.flush()
    candidacy = make_candidacy(session, opening, state="hired")
    relaxed = Relaxation(opening_id=opening.id, at=NOW, agreed_with="Bo", was="Truck", now="")
    session.add(relaxed)
    session.flush()
    part.campaign.information_text = "Derfor ringer vi."
    listed = make_mailing_list(session, participation=part, workplaces=[workplace])
    neighbour = make_jobcentre(session, code="147", postcode="2000")
    return {
        "jobcentre_id": place.id,
        "campaign_id": part.campaign_id,
        "workplace_id": workplace.id,
        "entry_id": entry.id,
        "call_id": make_call(session, entry=entry).id,
        "list_id": listed.id,
        "batch_id": make_batch(session, listed).id,
        "visit_id": visit.id,
        "opening_id": opening.id,
        "relaxation_id": relaxed.id,
        "share_id": make_share(session, opening, neighbour).id,
        "candidacy_id": candidacy.id,
        "candidate_id": candidacy.candidate_id,
        "placement_id": make_placement(session, opening, candidacy).id,
        "follow_up_id": follow_up.id,
        "answer_id": answer.id,
        "leave_id": make_leave(session, consultant, date(2026, 11, 24), date(2026, 11, 30)).id,
        "partner_id": make_partner(session, jobcentre_id=place.id).id,
        "absence_id": make_absence(session, consultant).id,
    }


def test_every_id_in_an_address_is_one_that_this_test_knows(app: Flask, db: Session) -> None:
    """A new kind of record must be added above, so that it cannot be forgotten."""
    known = far_away(db)
    db.rollback()
    names = {name for rule in product_rules(app) for name in rule.arguments}
    assert names - set(known) - HOMELESS - ELSEWHERE - {"id"} == set()


def bodies(app: Flask) -> dict[str, dict[str, Any]]:
    """By address in the API's description: a body with all it demands."""
    told = app.test_client().get("/api/v1/openapi.json").get_json()
    found = {}
    for path, ways in told["paths"].items():
        asked = ways.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        schema = asked.get("schema", {})
        schema = told["components"]["schemas"].get(schema.get("$ref", "").split("/")[-1], schema)
        found[path] = {
            name: schema["properties"][name].get("enum", [PLAUSIBLE.get(name, "Prøve")])[0]
            for name in schema.get("required", ())
        }
    found["/api/v1/board/{opening_id}/offer"] = {"candidate_id": 1}
    found["/api/v1/visits/{visit_id}/hand-over"] = {"consultant_id": 1, "reason": "Syg"}
    return found


def addresses(app: Flask, ids: dict[str, int]) -> Iterator[tuple[Rule, str, str]]:
    """Each rule with an id, its address of the far-away record, and each of its methods."""
    for rule in product_rules(app):
        if permission(app, rule) not in TABLE or not rule.arguments or rule.arguments & (HOMELESS | ELSEWHERE):
            continue
        named = {"id": ids["candidacy_id" if "candidacies" in rule.rule else "opening_id"], **ids}
        url = re.sub(r"<(?:\w+:)?(\w+)>", lambda found, named=named: str(named[found[1]]), rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield rule, method, url


@pytest.mark.parametrize("role", ROLES)
def test_records_of_another_jobcentre_are_not_found(
    app: Flask, db: Session, client: FlaskClient, sign_in: Callable[[FlaskClient, User], FlaskClient], role: str
) -> None:
    ids = far_away(db)
    user = make_user(db, role)
    token = issue_token(db, user, NOW, user)
    db.commit()
    sign_in(client, user)
    scopes = {verb: scope_of(db, user, verb) for verb in TABLE}
    db.rollback()  # let go of SQLite's writer
    said = bodies(app)
    wrong: list[str] = []
    asked = 0
    for rule, method, url in addresses(app, ids):
        scope = scopes[str(permission(app, rule))]
        if scope.empty or scope.everything:
            continue
        asked += 1
        if rule.rule.startswith("/api/"):
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "proeve"}
            body = said[re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)] if method == "POST" else None
            answer = app.test_client().open(url, method=method, headers=headers, json=body)
        else:
            answer = client.open(url, method=method, data={} if method == "POST" else None)
        if answer.status_code != 404:
            wrong.append(f"{method} {url} ({rule.endpoint}): {answer.status_code}")
    assert wrong == []
    assert asked or role in ("campaign_manager", "admin")
