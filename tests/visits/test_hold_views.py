"""Holding on the call screen: what the panel shows of own and others' holds, refusals, and taking a booking back."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calling.models import Call, QueueEntry
from crm.visits.actions import hold
from crm.visits.models import SlotHold, Visit
from crm.visits.rules.holds import LASTS
from tests.conftest import NOW
from tests.factories.calling import make_phoner
from tests.factories.visits import Scene, make_scene

SignIn = Callable[[FlaskClient, Any], FlaskClient]
HX = {"HX-Request": "true"}
CONTACT = {"contact_name": "Mette Prøvesen", "contact_email": "mette@eksempel.invalid"}


@pytest.fixture
def scene(db: Session) -> Scene:
    made = make_scene(db, consultants=2)
    db.commit()
    return made


def free(page: str) -> list[str]:
    return [html.unescape(v) for v in re.findall(r'name="slot" value="([^"]+)"(?![^>]*disabled)', page)]


def panel(client: FlaskClient, entry_id: int, **query: str) -> str:
    return client.get("/visits/slots", query_string={"entry_id": entry_id, **query}).get_data(as_text=True)


def other_has(db: Session, scene: Scene, key: str, until: timedelta = LASTS) -> None:
    """A colleague holds the time of this radio button."""
    colleague = make_phoner(db, scene.participation)
    theirs = scene.entry(held=False)
    theirs.claimed_by, theirs.claimed_at, theirs.claimed_until = colleague.id, NOW, NOW + timedelta(hours=1)
    db.flush()
    consultant, _, start = key.partition("|")
    made = hold(db, colleague, NOW, theirs, int(consultant), datetime.fromisoformat(start))
    made.until = NOW + until
    db.commit()


def test_choosing_holds_and_the_panel_shows_it_after_a_reload(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    entry = scene.entry()
    number = entry.id
    db.commit()
    sign_in(client, scene.phoner)
    page = panel(client, number)
    assert "Ingen tid holdt" in page
    key = free(page)[1]
    answer = client.post("/visits/hold", data={"entry_id": number, "slot": key}, headers=HX)
    assert (answer.status_code, answer.json["total"]) == (200, 180)
    assert 175 <= answer.json["left"] <= 180
    shown = panel(client, number)
    assert re.search(re.escape(html.escape(key)).replace(r"\+", r"[+]|&#43;") + r'"[^>]* checked', shown)
    away = panel(client, number, week="2026-W50")
    assert "Holdt til dig" in away.split("</header>")[1], "a held time of another week stays in sight"
    assert free(away)[0] == key
    again = client.post("/visits/hold", data={"entry_id": number}, headers=HX)
    assert again.status_code == 200, "without a time it is prolonged"
    assert client.post("/visits/hold/release", data={"entry_id": number}).status_code == 204
    db.expire_all()
    assert db.scalar(select(SlotHold.entry_id)) is None


def test_anothers_hold_is_shown_with_its_end_and_cannot_be_chosen(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    entry = scene.entry()
    number = entry.id
    db.commit()
    sign_in(client, scene.phoner)
    key = free(panel(client, number))[0]
    db.expire_all()
    other_has(db, scene, key)
    page = panel(client, number)
    assert "holdes af en anden til 10.03" in page
    assert key not in free(page)
    refused = client.post("/visits/hold", data={"entry_id": number, "slot": key}, headers=HX)
    told = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert "Tiden holdes af en anden til kl. 10.03" in told
    assert "Tre nærmeste tider" in told
    assert "Dine noter er bevaret" in told
    assert re.search(r"is-taken.*taget af en anden 10\.00\.00", told, re.DOTALL)
    assert told.count("data-autofocus") == 1
    assert key not in free(told)
    db.expire_all()
    assert db.scalars(select(SlotHold.user_id)).all() != [scene.phoner.id]


def test_what_cannot_be_held_is_refused_and_changes_nothing(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    entry, free_entry = scene.entry(), scene.entry(held=False)
    number, unheld = entry.id, free_entry.id
    db.commit()
    sign_in(client, scene.phoner)
    key = free(panel(client, number))[0]
    assert client.post("/visits/hold", data={"entry_id": number, "slot": "x"}).status_code == 422
    assert client.post("/visits/hold", data={"entry_id": number}).status_code == 409
    assert client.post("/visits/hold", data={"entry_id": unheld, "slot": key}).status_code == 409
    assert (
        client.post("/visits/hold", data={"entry_id": number, "slot": "999|" + key.partition("|")[2]}).status_code
        == 422
    )
    for wrong in ("", "0", "x", str(2**60)):
        assert client.post("/visits/hold", data={"entry_id": wrong, "slot": key}).status_code == 404
        assert client.post("/visits/hold/release", data={"entry_id": wrong}).status_code == 404
    sign_in(client, make_phoner(db, make_scene(db).participation))
    db.commit()
    assert client.post("/visits/hold", data={"entry_id": number, "slot": key}).status_code == 404
    db.expire_all()
    assert db.scalar(select(SlotHold.entry_id)) is None


def test_the_panel_asks_no_more_with_many_holds(
    app: Flask, db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    entry = scene.entry()
    number = entry.id
    db.commit()
    sign_in(client, scene.phoner)
    counted: list[str] = []
    sa.event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *args: counted.append(args[2]))

    def queries() -> int:
        counted.clear()
        panel(client, number)
        return sum(1 for statement in counted if statement.startswith("SELECT"))

    before = queries()
    for key in free(panel(client, number))[::3][:3]:
        other_has(db, scene, key)
    assert queries() == before <= 12


def test_a_booking_is_taken_back_within_ten_seconds(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    following, entry = scene.entry(held=False), scene.entry()
    number, after = entry.id, following.id
    db.commit()
    sign_in(client, scene.phoner)
    key = free(panel(client, number))[0]
    data = {"entry_id": number, "slot": key, "note": "Ring på", **CONTACT}
    assert client.post("/visits/book", data=data, headers=HX).status_code == 200
    db.expire_all()
    call = db.scalars(select(Call)).one().id
    db.rollback()
    answer = client.post(f"/visits/undo/{call}", headers=HX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/call")
    db.expire_all()
    assert db.scalar(select(Visit.id)) is None
    mine = db.get_one(QueueEntry, number)
    assert (mine.claimed_by, mine.claimed_at is not None, mine.draft_note) == (scene.phoner.id, True, "Ring på")
    reserved = db.get_one(QueueEntry, after)
    assert (reserved.claimed_by, reserved.claimed_at) == (scene.phoner.id, None), "the next company waits for its turn"
    db.rollback()
    assert key in free(panel(client, number))
    assert client.post("/visits/undo/999").status_code == 404
    sign_in(client, make_phoner(db, scene.participation))
    db.commit()
    assert client.post(f"/visits/undo/{call}").status_code == 404


def test_moments_in_a_refusal_come_in_the_readers_words(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    entry = scene.entry()
    number, who = entry.id, scene.consultant.id
    db.commit()
    sign_in(client, scene.phoner)
    data = {"entry_id": number, "slot": f"{who}|2026-11-24T12:00:00+00:00", **CONTACT}
    danish = client.post("/visits/book", data=data, headers=HX).get_data(as_text=True)
    assert "tidligst 25. nov. kl. 10.00" in danish
    with client.session_transaction() as cookie:
        cookie["locale"] = "en"
    english = client.post("/visits/book", data=data, headers=HX).get_data(as_text=True)
    assert "25 Nov at 10.00" in english
    assert "nov." not in english
