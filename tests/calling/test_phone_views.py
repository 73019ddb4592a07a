"""The telephone on the phoner's screen: what the button answers, what the line says, recording only after a yes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.calling.models import PhoneCall, QueueEntry
from crm.people.models import CallingFirm, User
from crm.scheduler import run_job
from tests.conftest import NOW, build_app
from tests.factories.calling import make_call
from tests.factories.core import make_user
from tests.factories.telephony import Line, make_held, make_phone_call, the_call

SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def ring_app(app: Flask, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """The product on the test's database with another telephone."""
    made: list[Flask] = []

    def build(telephony: str, **settings: object) -> Flask:
        url = app.extensions["crm.settings"].database_url
        made.append(build_app(url, tmp_path, telephony=telephony, **settings))
        return made[-1]

    yield build
    for each in made:
        each.extensions["crm.engine"].dispose()


@pytest.fixture
def held(db: Session) -> tuple[User, int]:
    user, entry = make_held(db)
    db.commit()
    return user, entry.id


def dial(client: FlaskClient, entry_id: int):
    return client.post(f"/call/{entry_id}/dial", headers=SCRIPT)


def test_by_hand_the_clock_runs_and_the_outcome_ends_it(client, db, held, sign_in):
    user, entry_id = held
    sign_in(client, user)
    told = dial(client, entry_id).json
    assert (told["provider"], told["tel"], told["access_token"]) == ("manual", "", "")
    assert "Ringet op 10.00" in told["html"]
    assert "data-phone-count" in told["html"]
    assert "Læg på" not in told["html"]  # the phoner has the receiver
    assert client.get(f"/call/{entry_id}/phone?seen=dialling").status_code == 204
    client.post(f"/call/{entry_id}/outcome", data={"outcome": "no_answer", "note": ""})
    phone = the_call(db)
    assert phone.call_id is not None
    assert phone.ended_at is not None


def test_a_desk_phone_is_opened_by_its_link(ring_app, held, sign_in):
    user, entry_id = held
    client = sign_in(ring_app("tel").test_client(), user)
    assert dial(client, entry_id).json["tel"] == "tel:+4520000000"
    assert client.post(f"/call/{entry_id}/dial").headers["Location"] == "tel:+4520000000"  # without scripts


def test_a_rule_that_says_no_is_shown_where_the_button_is(client, db, held, sign_in):
    user, entry_id = held
    db.get_one(QueueEntry, entry_id).workplace.do_not_call_at = NOW
    db.commit()
    sign_in(client, user)
    answer = dial(client, entry_id)
    assert (answer.status_code, answer.json["code"]) == (409, "do_not_call")
    assert answer.json["text"] in answer.json["html"]
    assert 'role="alert"' in answer.json["html"]
    assert client.post(f"/call/{entry_id}/dial").status_code == 302
    assert db.scalar(select(func.count()).select_from(PhoneCall)) == 0


def test_nobody_rings_anothers_company(client, db, held, sign_in):
    _user, entry_id = held
    stranger = make_user(db, "phoner")
    db.commit()
    sign_in(client, stranger)
    for method, path in (("post", "dial"), ("get", "phone"), ("post", "hangup")):
        assert getattr(client, method)(f"/call/{entry_id}/{path}").status_code == 404
    colleague = make_user(db, "phoner", firm=db.get_one(CallingFirm, held[0].roles[0].calling_firm_id))
    db.commit()
    sign_in(client, colleague)
    assert dial(client, entry_id).json["code"] == "stale"


@pytest.mark.parametrize(
    ("fields", "words", "proposes"),
    [
        ({"state": "ringing"}, "Ringer …", ""),
        ({"state": "in-progress", "answered_at": NOW}, "Ringet op 10.00.00", ""),
        ({"state": "busy", "ended_at": NOW}, "Optaget", "busy"),
        ({"state": "no-answer", "ended_at": NOW}, "Intet svar", "no_answer"),
        ({"state": "failed", "ended_at": NOW}, "Nummeret kan ikke nås", "wrong_number"),
        ({"state": "canceled", "ended_at": NOW}, "Lagt på, før der blev svaret", ""),
        ({"state": "completed", "ended_at": NOW, "seconds": 134, "hangup_by": "company"},
         "Afsluttet efter 2.14 · virksomheden lagde på", ""),
    ],
)  # fmt: skip
def test_the_line_says_how_the_call_goes_and_proposes_only_an_outcome(
    client, db, held, sign_in, fields, words, proposes
):
    user, entry_id = held
    make_phone_call(db, user, db.get_one(QueueEntry, entry_id), **fields)
    db.commit()
    text = sign_in(client, user).get(f"/call/{entry_id}/phone").text
    assert words in text
    assert f'data-proposes="{proposes}"' in text
    assert db.get_one(QueueEntry, entry_id).final_outcome is None


def test_the_history_tells_how_long_they_talked_and_who_hung_up(client, db, held, sign_in):
    user, entry_id = held
    entry = db.get_one(QueueEntry, entry_id)
    call = make_call(db, entry=entry, user=user, outcome="voicemail", ended_at=NOW - timedelta(days=3))
    make_phone_call(db, user, entry, call_id=call.id, state="completed", seconds=134, hangup_by="company", ended_at=NOW)
    db.commit()
    assert "talt 2.14, virksomheden lagde på" in sign_in(client, user).get("/call").text


def agreed(ring_app, db, held, sign_in, recording: bool, phone: str) -> tuple[PhoneCall, bool]:
    user, entry_id = held
    db.get_one(QueueEntry, entry_id).phone = phone
    db.commit()
    made = ring_app("fake", telephony_recording=recording, base_url="https://ring.example.dk")
    line = Line(made, made.test_client())
    dial(sign_in(made.test_client(), user), entry_id)
    line.after(20)
    call = the_call(db)
    return call, line.fake.calls[call.sid].recording


@pytest.mark.parametrize(
    ("recording", "phone", "yes"),
    [(False, "+4520000000", False), (True, "+4520000000", True), (True, "+4520000003", False)],
    ids=["off", "key 1", "no key"],
)
def test_only_key_one_starts_a_recording(ring_app, db, held, sign_in, recording, phone, yes):
    call, recorded = agreed(ring_app, db, held, sign_in, recording, phone)
    assert call.state == "in-progress"
    assert recorded is yes
    assert (call.recording_agreed_at is not None) is yes


@pytest.mark.parametrize("key", ["", "2", "11", "*"])
def test_no_other_key_is_a_yes(ring_app, db, held, sign_in, key):
    call, _recorded = agreed(ring_app, db, held, sign_in, True, "+4520000003")
    made = ring_app("fake", telephony_recording=True, base_url="https://ring.example.dk")
    line = Line(made, made.test_client())
    form = {"CallSid": call.sid, "Digits": key}
    url = f"https://ring.example.dk/telephony/agree?call={call.token}"
    assert "Recording" not in line.fake.post.ask(url, form)
    assert "Recording" in line.fake.post.ask(url, form | {"Digits": "1"})


def test_the_job_closes_a_call_the_provider_has_ended_without_a_word(ring_app, db, held, sign_in):
    user, entry_id = held
    made = ring_app("fake")
    line = Line(made, made.test_client())
    line.fake.post.hold = True  # its callbacks are lost
    dial(sign_in(made.test_client(), user), entry_id)
    line.after(30)
    made.extensions["crm.clock"]._shift += timedelta(minutes=3)
    assert run_job(made, "phones") == 0
    client = sign_in(made.test_client(), user)
    client.post(f"/call/{entry_id}/hangup", headers=SCRIPT)
    line.after(1)
    made.extensions["crm.clock"]._shift += timedelta(minutes=4)
    assert run_job(made, "phones") == 1
    phone = the_call(db)
    assert (phone.state, phone.closed_by) == ("completed", "job")
