"""A call from the button to its end, told by signed webhooks in every order, on both databases."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.calling.models import PhoneCall, PhoneEvent, QueueEntry
from crm.calling.rules.phone import PhoneFact, PhoneState
from crm.integrations.telephony.fake_post import Letter
from tests.conftest import NOW, build_app
from tests.factories.telephony import Line, make_held, the_call

COLUMNS = ("state", "answered_at", "ended_at", "seconds", "hangup_by", "closed_by", "recording_agreed_at")


@pytest.fixture(params=["sqlite", "postgresql"])
def fake_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The product with the fake telephone, behind a proxy whose public address it knows."""
    plain: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "pg_app")
    url = plain.extensions["crm.settings"].database_url
    made = build_app(url, tmp_path, telephony="fake", base_url="https://ring.example.dk")
    yield made
    made.extensions["crm.engine"].dispose()


@pytest.fixture
def data(fake_app: Flask) -> Iterator[Session]:
    with fake_app.extensions["crm.sessions"]() as made:
        yield made


@pytest.fixture
def line(fake_app: Flask) -> Line:
    return Line(fake_app, fake_app.test_client())


def ring(app: Flask, data: Session, sign_in, phone: str = "+4520000000"):
    """A phoner presses the button; client, entry and the answer."""
    user, entry = make_held(data, phone)
    entry_id = entry.id
    data.commit()
    client = sign_in(app.test_client(), user)
    answer = client.post(f"/call/{entry_id}/dial", headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.text
    return client, entry_id, answer.json


def columns(phone: PhoneCall) -> dict:
    return {name: getattr(phone, name) for name in COLUMNS}


def test_a_call_rings_is_answered_and_ended_by_the_phoner(fake_app, data, line, sign_in):
    client, entry_id, told = ring(fake_app, data, sign_in)
    assert (told["provider"], told["access_token"], told["call"]) == ("fake", "", "")  # the number went nowhere
    assert the_call(data).state == "dialling"
    line.after(1)
    assert the_call(data).state == "ringing"
    line.after(3.8)
    phone = the_call(data)
    assert (phone.state, phone.number, phone.seconds) == ("in-progress", "+4520000000", None)
    line.after(60)
    client.post(f"/call/{entry_id}/hangup", headers={"HX-Request": "true"})
    line.after(10)
    phone = the_call(data)
    assert (phone.state, phone.hangup_by, phone.closed_by) == ("completed", "phoner", "webhook")
    assert phone.seconds == 61  # 60.2, and what has begun counts
    assert phone.sid != phone.parent_sid
    assert set(line.answers) <= {200, 204}


@pytest.mark.parametrize(
    ("phone", "state", "by"),
    [("+4520000007", "busy", None), ("+4520000008", "no-answer", None), ("+4520000009", "failed", None),
     ("+4520000005", "completed", "company"), ("+4520000006", "in-progress", None)],
)  # fmt: skip
def test_the_last_digit_decides_what_happens(fake_app, data, line, sign_in, phone, state, by):
    ring(fake_app, data, sign_in, phone)
    line.after(60)
    found = the_call(data)
    assert (found.state, found.hangup_by) == (state, by)
    assert found.seconds == (20 if state == "completed" else None)


@pytest.fixture
def held(fake_app, data, line, sign_in) -> list[Letter]:
    """The callbacks of a whole call that was answered and hung up by the company, not delivered yet."""
    line.fake.post.hold = True
    ring(fake_app, data, sign_in, "+4520000005")
    line.after(60)
    letters = line.fake.post.held
    told = [letter.form.get("DialCallStatus") or letter.form["CallStatus"] for letter in letters]
    assert told == ["initiated", "ringing", "in-progress", "completed", "completed"]
    return letters


def anew(data: Session, line: Line, letters: list[Letter], number: int) -> tuple[PhoneCall, list[Letter]]:
    """The same call once more, untold: other ids, signed anew."""
    first = data.scalars(select(PhoneCall).order_by(PhoneCall.id)).first()
    values = {"entry_id": first.entry_id, "user_id": first.user_id, "provider": "fake", "number": first.number}
    child = letters[0].form["CallSid"]
    mine = {child: f"CA{number:032x}", first.parent_sid: f"CA{number + 2**60:032x}"}
    made = PhoneCall(token=f"t{number}", parent_sid=mine[first.parent_sid], started_at=NOW, state="dialling", **values)
    data.add(made)
    changed = []
    for letter in letters:
        form = {name: mine.get(value, value) for name, value in letter.form.items()}
        changed.append(line.fake.post.sign(letter.url.replace(first.token, made.token), form))
    return made, changed


def test_every_order_and_repetition_ends_in_the_same_state(data, line, held):
    rng = random.Random(7)
    expected = None
    calls = []
    for number, order in enumerate(permutations(range(len(held)))):
        made, letters = anew(data, line, held, number)
        told = [letters[place] for place in order]
        told.insert(rng.randrange(len(told) + 1), rng.choice(told))
        calls.append((made, told))
    data.commit()
    for made, told in calls:
        for letter in told:
            assert line.deliver(letter)[0] in (200, 204)
        data.refresh(made)
        data.commit()
        expected = expected or columns(made)
        assert columns(made) == expected
    assert expected["state"] == "completed"
    assert (expected["seconds"], expected["hangup_by"], expected["closed_by"]) == (20, "company", "webhook")
    assert data.scalar(select(func.count()).select_from(PhoneEvent)) == len(calls) * len(held)


def told_in(data, line, held, number, order) -> str:
    made, letters = anew(data, line, held, number)
    data.commit()
    for place in order:
        line.deliver(letters[place])
    data.refresh(made)
    data.commit()
    return made.state


def test_the_same_check_catches_the_last_writer_winning(data, line, held, monkeypatch):
    """The control: an end that depends on who spoke last shows as soon as the order is another."""
    monkeypatch.setattr("crm.calling.actions.phone.fold", lambda facts: PhoneState(state=facts[-1].name))
    monkeypatch.setattr("crm.calling.actions.phone.facts", lambda session, phone: arrived(session, phone))

    def arrived(session: Session, phone: PhoneCall) -> list[PhoneFact]:
        rows = session.scalars(select(PhoneEvent).where(PhoneEvent.sid == phone.sid).order_by(PhoneEvent.id))
        return [PhoneFact("company", row.event, row.at) for row in rows]

    ends = {told_in(data, line, held, number, order) for number, order in enumerate(permutations(range(4)))}
    assert len(ends) > 1


def test_webhooks_at_the_same_moment_do_not_fold_past_each_other(fake_app, data, line, held):
    for number in range(8):
        made, letters = anew(data, line, held, number)
        data.commit()
        lines = [Line(fake_app, fake_app.test_client()) for _ in letters]
        with ThreadPoolExecutor(len(letters)) as pool:
            answers = list(pool.map(lambda pair: pair[0].deliver(pair[1])[0], zip(lines, letters, strict=True)))
        assert set(answers) <= {200, 204}
        data.refresh(made)
        data.commit()
        assert (made.state, made.seconds, made.hangup_by) == ("completed", 20, "company")


def test_a_company_that_was_lost_meanwhile_is_not_rung(fake_app, data, line, sign_in):
    _client, entry_id, _told = ring(fake_app, data, sign_in)
    data.get_one(QueueEntry, entry_id).claimed_until = NOW
    data.commit()
    line.after(10)
    [leg] = line.fake.calls.values()
    assert (leg.child, leg.status) == (None, "completed")  # told why, and hung up
    assert the_call(data).state == "dialling"


def test_a_provider_that_repeats_and_mixes_up_changes_nothing(fake_app, data, line, sign_in):
    line.fake.post.unruly = random.Random(3)
    ring(fake_app, data, sign_in, "+4520000005")
    line.after(60)
    phone = the_call(data)
    assert (phone.state, phone.seconds, phone.hangup_by) == ("completed", 20, "company")
    assert len(line.answers) > 6  # repeated


def flipped(signature: str) -> str:
    """The same but for one character, whichever stood there."""
    return ("B" if signature[0] == "A" else "A") + signature[1:]


def test_nothing_unsigned_or_wrongly_signed_is_believed(data, line, held):
    letter = held[-1]
    stolen = replace(letter, form={**letter.form, "DialCallStatus": "busy"})
    elsewhere = replace(letter, url=letter.url.replace("/dial-result", "/status"))
    http = line.fake.post.sign(letter.url.replace("https://", "http://"), letter.form)
    other = line.fake.post.sign(letter.url.replace("ring.example.dk", "localhost"), letter.form)
    for wrong in (stolen, elsewhere, http, other):
        assert line.deliver(wrong)[0] == 403
    assert line.deliver(letter, "")[0] == 403
    assert line.deliver(letter, flipped(letter.signature))[0] == 403
    for path in ("voice", "status", "dial-result", "ask", "agree", "sms", "sms-status"):
        assert line.client.post(f"/telephony/{path}", data={"CallSid": "CA" + "0" * 32}).status_code == 403
    assert data.scalar(select(func.count()).select_from(PhoneEvent)) == 0


def test_the_host_header_has_no_say(line, held):
    """What a proxy or a stranger writes there is not what was signed."""
    answer = line.client.post(
        held[0].path,
        data=dict(held[0].form),
        headers={"X-Twilio-Signature": held[0].signature, "Host": "10.0.0.7:8000", "X-Forwarded-Proto": "http"},
    )
    assert answer.status_code == 204


def test_a_large_body_is_refused_before_it_is_read(fake_app, line):
    answer = line.client.post("/telephony/status", data={"CallSid": "x" * 40_000})
    assert answer.status_code == 413


def test_without_a_secret_no_webhook_is_believed(app):
    assert app.extensions["crm.settings"].webhook_secrets == ()
    assert app.test_client().post("/telephony/status", data={"CallSid": "x"}).status_code == 403
