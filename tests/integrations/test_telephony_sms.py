"""SMS that stop when somebody says STOP: taken in once, honoured by the outbox, shown and lifted by an administrator."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm.base.activity import Activity
from crm.base.errors import NotFound, Refusal
from crm.integrations.actions import deliver_due, retry, send, withdraw
from crm.integrations.models import IncomingSms, OutboxMessage, SmsOptOut
from crm.integrations.opt_outs import lift, note_delivery, note_opt_out, opt_outs, take_in_sms
from crm.integrations.sms import FileSms, OptedOut
from crm.integrations.sms_words import HELPED, STARTED, STOP_LINE, STOPPED, UNREAD, is_mobile, meaning
from tests.conftest import NOW, build_app
from tests.factories.core import make_user
from tests.factories.integrations import make_message
from tests.factories.telephony import Line
from tests.integrations.test_delivery import Postman, Sessions

METTE = "+4520000001"


class Answerable(Postman):
    answerable = True


def write(session, key="a", **changes) -> OutboxMessage:
    send(session, NOW, channel="sms", dedupe_key=key, to=METTE, text="Besøg i morgen kl. 10.", **changes)
    return found(session, key)


def found(session, key="a") -> OutboxMessage:
    session.expire_all()
    return session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key == key)).one()


@pytest.mark.parametrize(
    ("text", "means"),
    [("STOP", "stop"), (" stop. ", "stop"), ("Stop!", "stop"), ("AFMELD", "stop"), ("start", "start"),
     ("Hjælp", "help"), ("HELP?", "help"), ("Stop ikke", ""), ("Vi kan ikke på tirsdag", ""), ("", "")],
)  # fmt: skip
def test_words_are_understood_as_people_write_them(text, means):
    assert meaning(text) == means


@given(st.text(max_size=200))
def test_any_text_means_something_or_nothing(text):
    assert meaning(text) in ("stop", "start", "help", "")


def test_an_sms_goes_to_mobiles_only():
    assert all(is_mobile(phone) for phone in (METTE, "+4530123456", "+4793000000"))
    assert not any(is_mobile(phone) for phone in ("+4598123456", "+4584000000", "", None, "98123456"))


def test_stop_is_taken_in_once_and_start_takes_it_back(session):
    def say(sid, text):
        return take_in_sms(session, NOW, sid=sid, sender=METTE, text=text)

    assert say("SM1", "STOP") == STOPPED
    assert [one.phone for one in opt_outs(session)] == [METTE]
    assert say("SM2", "start") == STARTED
    assert opt_outs(session) == []
    assert say("SM1", "STOP") == STOPPED  # the provider repeats itself; what came after it stands
    assert opt_outs(session) == []
    assert (say("SM3", "HJÆLP"), say("SM4", "Kan vi flytte?")) == (HELPED, UNREAD)
    assert session.scalar(select(func.count()).select_from(IncomingSms)) == 4


def test_an_sms_to_one_who_said_stop_is_withheld_and_says_so(session):
    note_opt_out(session, NOW, METTE, "STOP")
    assert (write(session).state, found(session).last_error) == ("withheld", "Modtageren har frabedt sig SMS.")
    send(session, NOW, channel="mail", dedupe_key="m", to=METTE, text="En mail går stadig.")
    assert found(session, "m").state == "pending"


def test_a_stop_between_writing_and_sending_is_honoured(session):
    write(session)
    note_opt_out(session, NOW, METTE, "STOP")
    postman = Postman()
    assert deliver_due(Sessions(session), {"sms": postman}, NOW) == 0
    assert (found(session).state, postman.taken) == ("withheld", [])


def test_a_receiver_who_stopped_at_the_provider_is_opted_out(session):
    write(session)
    assert deliver_due(Sessions(session), {"sms": Postman(OptedOut())}, NOW) == 0
    assert found(session).state == "withheld"
    assert session.get(SmsOptOut, METTE) is not None


def test_a_withheld_sms_goes_again_only_when_it_is_wanted(session):
    admin = make_user(session)
    note_opt_out(session, NOW, METTE, "STOP")
    message = write(session)
    with pytest.raises(Refusal) as refused:
        retry(session, admin, NOW, message)
    assert refused.value.code == "opted_out"
    lift(session, admin, NOW, METTE)
    retry(session, admin, NOW, message)
    assert deliver_due(Sessions(session), {"sms": Postman()}, NOW) == 1
    with pytest.raises(NotFound):
        lift(session, admin, NOW, METTE)


def test_a_withheld_reminder_can_be_taken_back(session):
    note_opt_out(session, NOW, METTE, "STOP")
    write(session)
    assert withdraw(session, "a")


def test_the_first_sms_says_how_to_stop_and_the_next_does_not(session):
    write(session, "a")
    write(session, "b")
    assert deliver_due(Sessions(session), {"sms": Answerable()}, NOW) == 2
    assert found(session, "a").body_text == f"Besøg i morgen kl. 10. {STOP_LINE}"
    assert found(session, "b").body_text == "Besøg i morgen kl. 10."


def test_a_sender_that_takes_no_answers_asks_for_none(session):
    write(session)
    deliver_due(Sessions(session), {"sms": Postman()}, NOW)
    assert STOP_LINE not in found(session).body_text
    assert FileSms.answerable


def test_a_second_try_does_not_say_it_twice(session):
    write(session)
    postman = Answerable(OSError("down"))
    deliver_due(Sessions(session), {"sms": postman}, NOW)
    deliver_due(Sessions(session), {"sms": postman}, found(session).not_before)
    assert found(session).body_text.count(STOP_LINE) == 1


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [("unknown", "delivered", "sent"), ("sent", "undelivered", "failed"), ("unknown", "failed", "failed"),
     ("failed", "delivered", "failed"), ("withheld", "failed", "withheld"), ("sent", "sent", "sent")],
)  # fmt: skip
def test_the_provider_tells_what_became_of_it(session, before, status, after):
    message = make_message(session, channel="sms", state=before)
    note_delivery(session, NOW, message.id, status, "30003")
    session.refresh(message)
    assert message.state == after
    if (before, after) == ("sent", "failed"):
        assert message.last_error == "Udbyderen: undelivered 30003"


@pytest.fixture
def fake_line(app, tmp_path: Path):
    url = app.extensions["crm.settings"].database_url
    made = build_app(url, tmp_path, telephony="fake", base_url="https://ring.example.dk")
    yield Line(made, made.test_client())
    made.extensions["crm.engine"].dispose()


def test_an_answered_sms_comes_in_by_a_signed_webhook(fake_line, db, client, sign_in):
    assert STOPPED in fake_line.fake.text_in(METTE, "Stop")
    assert fake_line.client.post("/telephony/sms", data={"From": METTE, "Body": "START"}).status_code == 403
    admin = make_user(db, "admin")
    db.commit()
    page = sign_in(client, admin)
    assert "20 00 00 01" in page.get("/outbox").text
    assert page.post("/outbox/opt-outs/lift", data={"phone": METTE}).status_code == 302
    assert "20 00 00 01 kan få SMS igen" in page.get("/outbox").text
    assert page.post("/outbox/opt-outs/lift", data={"phone": METTE}).status_code == 404
    lifted = db.scalars(select(Activity).where(Activity.verb == "integrations.allow_sms")).one()
    assert (lifted.actor_id, lifted.data) == (admin.id, {"phone": METTE})
    assert db.scalars(select(SmsOptOut)).all() == []


def test_a_delivery_report_finds_its_message(fake_line, db):
    message = make_message(db, channel="sms", state="sent")
    db.commit()
    url = f"https://ring.example.dk/telephony/sms-status?message={message.id}"
    assert fake_line.fake.post.ask(url, {"MessageStatus": "undelivered", "ErrorCode": "30005"}) == ""
    db.refresh(message)
    assert (message.state, message.last_error) == ("failed", "Udbyderen: undelivered 30005")
    db.rollback()
    for wrong in ("0", "x", str(2**70), "-1"):
        url = f"https://ring.example.dk/telephony/sms-status?message={wrong}"
        assert fake_line.fake.post.ask(url, {"MessageStatus": "failed"}) == ""
