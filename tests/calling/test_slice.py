"""A calling firm sees its own slice, only while it calls it, and takes nothing along: every route a phoner reaches.

The routes are found in the product, so that a new one is walked too, or fails here until its numbers are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from crm.calling.actions import allot, follow_firms, release_lists
from crm.calling.models import QueueEntry
from crm.campaigns.actions import set_contract
from crm.campaigns.models import CallList, ListEntry, Participation
from crm.companies.models import Contact
from crm.people.models import User
from crm.people.permissions import TABLE
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_participation, make_queue_entry, make_visit, make_workplace
from tests.factories.calling import make_call, make_phoner
from tests.factories.core import make_campaign, make_firm

TODAY = date(2026, 11, 24)
DAY = timedelta(days=1)
OUTSIDE = ("before", "after", "released", "given away", "campaign over")
EXPORTS = re.compile(r"text/csv|spreadsheet|excel|calendar|octet-stream|zip|pdf")
SignIn = Callable[[FlaskClient, User], FlaskClient]
Api = Callable[[User], dict[str, str]]


@dataclass
class Slice:
    """A jobcentre's part of a campaign; ``secrets``: words that only its companies have. One company waits, one has
    a visit that the phoner booked."""

    place: Participation
    phoner: User
    waiting: QueueEntry
    done: QueueEntry
    numbers: dict[str, int]
    found_by: str
    secrets: tuple[str, ...]


def make_slice(session: Session, word: str, code: str, digits: str) -> Slice:
    place = make_participation(
        session, campaign=make_campaign(session, name=f"Felttog {word}"), jobcentre=make_jobcentre(session, code=code)
    )
    phoner = make_phoner(session, place)
    names = [f"{word}hjul ApS", f"{word}tag ApS"]
    works = [
        make_workplace(session, name=name, phone=f"+45{digits}{n}{n}", municipality_code=code)
        for n, name in enumerate(names)
    ]
    session.add(Contact(workplace_id=works[0].id, name=f"Chef {word}sen", source="phoner"))
    waiting = make_queue_entry(session, participation=place, workplace=works[0], rank=0, call_back_by=phoner.id)
    fields = {"state": "done", "final_outcome": "booked", "final_at": NOW - DAY, "final_by": phoner.id}
    done = make_queue_entry(session, participation=place, workplace=works[1], **fields)
    call = make_call(session, entry=waiting, user=phoner, outcome="call_back", note=f"{word}note", ended_at=NOW - DAY)
    visit = make_visit(
        session, entry=done, contact_name=f"Vært {word}sen", booked_by=phoner.id, booked_firm_id=place.calling_firm_id
    )
    numbers = {"entry_id": waiting.id, "workplace_id": works[0].id, "visit_id": visit.id, "call_id": call.id}
    secrets = (*names, f"Chef {word}sen", f"Vært {word}sen", f"{word}note")
    return Slice(place, phoner, waiting, done, numbers, works[0].p_number, secrets)


def close(session: Session, mine: Slice, how: str) -> None:
    """End the firm's calling in one of the ways there are."""
    place = mine.place
    lists = [
        session.get_one(CallList, session.get_one(ListEntry, entry.list_entry_id).call_list_id)
        for entry in (mine.waiting, mine.done)
    ]
    if how == "before":
        set_contract(session, None, NOW, place, TODAY + DAY, None)
    elif how == "after":
        set_contract(session, None, NOW, place, None, TODAY - DAY)
    elif how == "released":
        release_lists(session, None, NOW, lists)
    elif how == "given away":
        allot(session, None, NOW, lists, make_firm(session).id)
    else:
        place.campaign.ends_on = TODAY - DAY
    session.flush()
    follow_firms(session, NOW)
    session.commit()


def phoner_rules(app: Flask) -> list[Rule]:
    """What a phoner's permissions open, but their own account."""
    held = {verb for verb, roles in TABLE.items() if "phoner" in roles}
    return [
        rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "permission", None) in held
        and not rule.endpoint.startswith("people.")
    ]


def requests_for(rule: Rule, aim: Slice) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, what is sent) with the numbers of ``aim`` in every place a number may stand."""
    unknown = set(rule.arguments) - set(aim.numbers)
    assert not unknown, f"{rule.rule}: say in this test which record {unknown} is"
    entries = [aim.numbers["entry_id"], aim.done.id]
    for entry_id in entries:
        numbers = {**aim.numbers, "entry_id": entry_id}
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(numbers[found[1]]), rule.rule)  # noqa: B023
        fields = {
            "entry_id": entry_id,
            "campaign_id": aim.place.campaign_id,
            "jobcentre_id": aim.place.jobcentre_id,
            "campaign": aim.place.campaign_id,
            "desk": f"{aim.place.campaign_id}:{aim.place.jobcentre_id}",
            "entries": entry_id,
            "q": aim.found_by,
            "call_back_at": "i morgen 9",
            "outcome": "no_answer",
            "pause": "lunch",
        }
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield method, path, fields


def ask(client: FlaskClient, headers: dict[str, str], method: str, path: str, fields: dict[str, Any]) -> Any:
    if path.startswith("/api/"):
        known = {
            "/claim": ("campaign_id", "jobcentre_id"),
            "/why-dry": ("campaign_id", "jobcentre_id"),
            "/outcomes": ("campaign_id",),
            "/slots": ("entry_id",),
            "/outcome": ("outcome",),
            "/visits": ("campaign_id",) if method == "GET" else ("entry_id",),
        }
        wanted = next((names for end, names in known.items() if path.endswith(end)), ())
        sent = {name: fields[name] for name in wanted}
        if method == "GET":
            return client.get(path, query_string=sent, headers=headers)
        if path.endswith("/visits"):
            sent |= {"consultant_id": 1, "starts_at": "2026-12-01T10:00:00+01:00", "contact": {"name": "Ane"}}
        return client.post(path, json=sent, headers=headers)
    return client.get(path, query_string=fields) if method == "GET" else client.post(path, data=fields)


@pytest.fixture
def two(app: Flask, db: Session) -> tuple[Slice, Slice]:
    made = make_slice(db, "Kvark", "846", "201234"), make_slice(db, "Zeppel", "851", "305678")
    db.commit()
    return made


@pytest.mark.parametrize("how", OUTSIDE)
def test_outside_the_contract_no_route_tells_anything_of_the_slice(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, api: Api, two: tuple[Slice, Slice], how: str
) -> None:
    mine, _other = two
    close(db, mine, how)
    sign_in(client, mine.phoner)
    headers = api(mine.phoner)
    told: list[str] = []
    for rule in phoner_rules(app):
        for method, path, fields in requests_for(rule, mine):
            answer = ask(client, headers, method, path, fields)
            told += [f"{method} {path}: {secret}" for secret in mine.secrets if secret in answer.text]
            # a phoner's own call can be taken back for ten seconds; then the answer says so, whoever calls the list now
            too_late = rule.endpoint == "calling.undo" and answer.status_code == 302
            if rule.arguments and answer.status_code != 404 and not too_late:
                told.append(f"{method} {path}: {answer.status_code} for a record out of reach")
            if answer.status_code >= 500:
                told.append(f"{method} {path}: {answer.status_code}")
    assert told == []


def test_inside_it_the_firm_works_with_its_slice_and_sees_nothing_of_anothers(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, api: Api, two: tuple[Slice, Slice]
) -> None:
    mine, other = two
    follow_firms(db, NOW)
    db.commit()
    sign_in(client, mine.phoner)
    headers = api(mine.phoner)
    seen: set[str] = set()
    told: list[str] = []
    for rule in phoner_rules(app):
        for method, path, fields in requests_for(rule, mine):
            if method == "GET":
                answer = ask(client, headers, method, path, fields)
                seen |= {rule.endpoint} if any(secret in answer.text for secret in mine.secrets) else set()
                told += [f"{method} {path}: {secret}" for secret in other.secrets if secret in answer.text]
        for method, path, fields in requests_for(rule, other):
            answer = ask(client, headers, method, path, fields)
            told += [f"{method} {path}: {secret}" for secret in other.secrets if secret in answer.text]
            if rule.arguments and answer.status_code != 404:
                told.append(f"{method} {path}: {answer.status_code} for another firm's record")
    assert told == []
    assert seen >= {"desk.company", "desk.search", "visits.index", "visits.show", "visits_api.index", "visits_api.show"}


def test_the_allotted_firm_calls_the_list_and_the_jobcentres_own_does_not(
    app: Flask, db: Session, client: FlaskClient, api: Api, two: tuple[Slice, Slice]
) -> None:
    mine, other = two
    call_list = db.get_one(CallList, db.get_one(ListEntry, mine.waiting.list_entry_id).call_list_id)
    allot(db, None, NOW, [call_list], other.place.calling_firm_id)
    mine.waiting.call_back_by = None
    db.commit()
    sent = {"campaign_id": mine.place.campaign_id, "jobcentre_id": mine.place.jobcentre_id}
    assert client.post("/api/v1/queue/claim", json=sent, headers=api(mine.phoner)).status_code == 204
    answer = client.post("/api/v1/queue/claim", json=sent, headers=api(other.phoner))
    assert answer.status_code == 200
    assert answer.json["company"]["name"] == mine.secrets[0]
    assert answer.json["history"] == [], "another firm's calls stay theirs"


def test_a_company_in_hand_when_the_contract_ends_can_be_finished(
    app: Flask, db: Session, client: FlaskClient, api: Api, two: tuple[Slice, Slice]
) -> None:
    mine, _other = two
    headers = api(mine.phoner)
    sent = {"campaign_id": mine.place.campaign_id}
    held = client.post("/api/v1/queue/claim", json=sent, headers=headers).json["id"]
    close(db, mine, "after")
    assert (
        client.post(f"/api/v1/queue/{held}/outcome", json={"outcome": "no_answer"}, headers=headers).status_code == 200
    )
    follow_firms(db, NOW)
    db.commit()
    assert client.post(f"/api/v1/queue/{held}/outcome", json={"outcome": "busy"}, headers=headers).status_code == 404


def test_no_route_gives_a_phoner_a_file(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn, api: Api, two: tuple[Slice, Slice]
) -> None:
    mine, _other = two
    sign_in(client, mine.phoner)
    headers = api(mine.phoner)
    given: list[str] = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint.startswith(("static", "openapi", "people.")):
            continue
        if rule.endpoint == "calendars.feed":  # opened by a consultant's secret address, not by signing in
            continue
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        answer = client.get(path, headers=headers if path.startswith("/api/") else {})
        if answer.headers.get("Content-Disposition") or EXPORTS.search(answer.content_type or ""):
            given.append(f"{rule.rule}: {answer.content_type}")
        if "csv" in rule.rule or "export" in rule.rule or "addresses" in rule.rule:
            assert answer.status_code == 403, rule.rule
    assert given == []
