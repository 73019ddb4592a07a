"""Pages of visits: times and booking on the call screen, the day, a visit and its changes, the list."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calling.models import QueueEntry
from crm.visits.models import Visit
from tests.factories import make_user
from tests.factories.visits import Scene, make_scene

SignIn = Callable[[FlaskClient, Any], FlaskClient]
HX = {"HX-Request": "true"}
CONTACT = {"contact_name": "Mette Prøvesen", "contact_email": "mette@eksempel.invalid", "contact_phone": "20123456"}


@pytest.fixture
def scene(db: Session) -> Scene:
    made = make_scene(db, consultants=2)
    db.commit()
    return made


def values(page: str) -> list[str]:
    return [html.unescape(v) for v in re.findall(r'name="slot" value="([^"]+)"(?![^>]*disabled)', page)]


def test_the_panel_lists_times_as_radio_buttons_with_the_best_one_marked(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    entry = scene.entry()
    db.commit()
    sign_in(client, scene.phoner)
    answer = client.get(f"/visits/slots?entry_id={entry.id}")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert len(values(page)) >= 4
    assert page.count("Bedste tid") == 1
    assert "uge 48" in page
    assert "<html" not in page
    later = client.get(f"/visits/slots?entry_id={entry.id}&week=2026-W49").get_data(as_text=True)
    assert "uge 49" in later
    assert not set(values(later)) & set(values(page))
    everything = client.get(f"/visits/slots?entry_id={entry.id}&week=2026-W49&all=1").get_data(as_text=True)
    assert len(values(everything)) > len(values(later))


def test_odd_weeks_and_foreign_entries(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    entry = scene.entry()
    db.commit()
    sign_in(client, scene.phoner)
    for week in ("x", "2026-W99", "0000-W01", "9999-W52", "2026-W01"):
        assert client.get(f"/visits/slots?entry_id={entry.id}&week={week}").status_code == 200, week
    for number in ("", "0", "99999", "1e9", str(2**70)):
        assert client.get(f"/visits/slots?entry_id={number}").status_code == 404, number
    stranger = make_user(db, "phoner")
    db.commit()
    sign_in(client, stranger)
    assert client.get(f"/visits/slots?entry_id={entry.id}").status_code == 404


def test_booking_claims_the_next_company_and_goes_on(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    following = scene.entry(held=False)
    entry = scene.entry()
    db.commit()
    sign_in(client, scene.phoner)
    slot = values(client.get(f"/visits/slots?entry_id={entry.id}").get_data(as_text=True))[0]
    data = {"entry_id": entry.id, "slot": slot, "note": "Ring på", "outcome": "booked", **CONTACT}
    answer = client.post("/visits/book", data=data, headers=HX)
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == "/call"
    db.expire_all()
    visit = db.scalars(select(Visit)).one()
    assert (visit.note, visit.contact_phone, visit.entry.final_outcome) == ("Ring på", "+4520123456", "booked")
    assert db.get_one(QueueEntry, following.id).claimed_by == scene.phoner.id


def test_a_refused_booking_keeps_everything_and_offers_three_others(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    first, entry = scene.entry(), None
    db.commit()
    sign_in(client, scene.phoner)
    slot = values(client.get(f"/visits/slots?entry_id={first.id}").get_data(as_text=True))[0]
    assert client.post("/visits/book", data={"entry_id": first.id, "slot": slot, **CONTACT}).status_code == 303
    entry = scene.entry()
    db.commit()
    answer = client.post("/visits/book", data={"entry_id": entry.id, "slot": slot, **CONTACT}, headers=HX)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Tiden er taget af en anden" in page
    assert "Tre nærmeste tider" in page
    assert len(set(values(page))) == len(values(page)) >= 3
    assert slot not in values(page)
    db.expire_all()
    assert db.get_one(QueueEntry, entry.id).claimed_by == scene.phoner.id
    number = entry.id
    db.rollback()
    plain = client.post("/visits/book", data={"entry_id": number, "slot": slot, **CONTACT})
    assert plain.status_code == 409
    assert "mette@eksempel.invalid" in plain.get_data(as_text=True), "without script the form comes back filled"
    assert 'href="/call"' in plain.get_data(as_text=True)
    sign_in(client, scene.consultant)
    entry = scene.entry(held=False)
    db.commit()
    own = client.post("/visits/book", data={"entry_id": entry.id, "slot": slot, **CONTACT})
    assert own.status_code == 409
    assert 'href="/call"' not in own.get_data(as_text=True), "a consultant has no queue to go back to"
    assert 'href="/today"' in own.get_data(as_text=True)


def test_invalid_input_names_the_fields_and_changes_nothing(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    entry = scene.entry()
    db.commit()
    sign_in(client, scene.phoner)
    for data in (
        {},
        {"slot": "1|2026-11-25"},
        {"slot": "x|2026-11-25T10:00:00+01:00"},
        {"slot": "1|9999-12-31T23:59:00-23:00"},
        {"slot": "999|2026-11-26T10:00:00+01:00", **CONTACT},
        {**CONTACT, "contact_email": "nej"},
    ):
        answer = client.post("/visits/book", data={"entry_id": entry.id, **data}, headers=HX)
        assert answer.status_code == 422, data
        assert 'role="alert"' in answer.get_data(as_text=True)
    assert client.post("/visits/book", data={}).status_code == 404
    assert db.scalar(select(Visit.id)) is None
