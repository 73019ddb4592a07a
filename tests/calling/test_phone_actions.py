"""Beginning, linking and closing telephone calls, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.base.errors import Refusal
from crm.calling.actions import finish, undo
from crm.calling.actions.phone import Told, close_silent, connect, start_call, take_in
from crm.calling.models import PhoneCall
from crm.calling.queries import history
from crm.calling.queries.phone import phone_now, silent_phones
from crm.integrations.telephony import Reported
from tests.conftest import NOW
from tests.factories.telephony import make_held, make_phone_call

PARENT, CHILD = "CA" + "1" * 32, "CA" + "2" * 32


@pytest.fixture
def held(session):
    return make_held(session)


def later(**span) -> object:
    return NOW + timedelta(**span)


def refused(act) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


def test_a_token_calls_the_claimed_number_once_and_soon(session, held):
    user, entry = held
    phone = start_call(session, user, NOW, entry, "fake")
    me = f"client:user-{user.id}"
    assert refused(lambda: connect(session, NOW, phone.token, PARENT, "client:user-0")) == "unknown"
    assert refused(lambda: connect(session, NOW, "guessed", PARENT, me)) == "unknown"
    assert refused(lambda: connect(session, later(minutes=3), phone.token, PARENT, me)) == "unknown"
    assert connect(session, NOW, phone.token, PARENT, me).number == entry.phone
    assert connect(session, NOW, phone.token, PARENT, me).parent_sid == PARENT  # the answer was lost: asked again
    assert refused(lambda: connect(session, NOW, phone.token, CHILD, me)) == "unknown"  # another leg, same token
    take_in(session, NOW, phone.token, Told(CHILD, "initiated", NOW))
    assert refused(lambda: connect(session, NOW, phone.token, PARENT, me)) == "unknown"  # it has rung already


def test_the_number_is_the_entrys_at_that_moment_and_only_its_holders(session, held):
    user, entry = held
    phone = start_call(session, user, NOW, entry, "fake")
    entry.phone = "+4520000001"
    session.flush()
    assert connect(session, NOW, phone.token, PARENT, f"client:user-{user.id}").number == "+4520000001"
    again = start_call(session, user, NOW, entry, "fake")
    entry.claimed_until = NOW
    session.flush()
    assert refused(lambda: connect(session, NOW, again.token, CHILD, f"client:user-{user.id}")) == "stale"


def test_dialling_checks_the_rules_again(session, held):
    user, entry = held
    entry.workplace.do_not_call_at = NOW
    session.flush()
    assert refused(lambda: start_call(session, user, NOW, entry, "manual")) == "do_not_call"
    assert session.scalars(select(PhoneCall)).all() == []


def test_dialling_anew_ends_what_nobody_ended(session, held):
    user, entry = held
    first = start_call(session, user, NOW, entry, "fake")
    second = start_call(session, user, later(seconds=9), entry, "fake")
    assert (first.state, first.ended_at, first.closed_by) == ("canceled", later(seconds=9), None)
    assert refused(lambda: connect(session, NOW, first.token, PARENT, f"client:user-{user.id}")) == "unknown"
    assert phone_now(session, user.id, entry) is second


def test_the_outcome_takes_its_telephone_calls_and_undo_leaves_them_to_the_next(session, held):
    user, entry = held
    talked = make_phone_call(session, user, entry, sid=CHILD, state="completed", seconds=134, answered_at=NOW,
                             ended_at=NOW, hangup_by="company")  # fmt: skip
    by_hand = make_phone_call(session, user, entry, token="hand", provider="manual")
    call = finish(session, user, later(minutes=3), entry, "no_answer")
    session.expire_all()
    assert (talked.call_id, by_hand.call_id) == (call.id, call.id)
    assert (by_hand.state, by_hand.ended_at, by_hand.seconds) == ("completed", later(minutes=3), None)
    [line] = history(session, entry.workplace_id)
    assert (line.phone.id, line.phone.seconds, line.phone.hangup_by) == (talked.id, 134, "company")
    undo(session, user, later(minutes=3, seconds=5), call)
    again = finish(session, user, later(minutes=4), entry, "busy")
    session.expire_all()
    assert talked.call_id == again.id


def silent(session, moment) -> list[int]:
    return [phone.id for phone in silent_phones(session, moment)]


def test_the_job_asks_after_calls_that_fell_silent_and_no_others(session, held):
    user, entry = held
    ringing = make_phone_call(session, user, entry, parent_sid=PARENT, sid=CHILD, state="ringing")
    make_phone_call(session, user, entry, token="b", state="busy", ended_at=NOW)
    make_phone_call(session, user, entry, token="c", provider="tel")
    assert silent(session, later(minutes=5)) == []
    assert silent(session, later(minutes=6)) == [ringing.id]
    take_in(session, NOW, ringing.token, Told(CHILD, "in-progress", NOW))
    assert silent(session, later(minutes=60)) == []
    assert silent(session, later(minutes=66)) == [ringing.id]


def test_the_job_believes_the_provider_first(session, held):
    user, entry = held
    phone = make_phone_call(session, user, entry, parent_sid=PARENT, sid=CHILD, state="ringing")
    assert not close_silent(session, later(minutes=6), phone.id, Reported("in-progress"))
    assert close_silent(session, later(minutes=6), phone.id, Reported("completed", 40, later(minutes=1)))
    told = (phone.state, phone.seconds, phone.answered_at, phone.ended_at, phone.closed_by)
    assert told == ("completed", 40, later(seconds=20), later(minutes=1), "job")
    assert not close_silent(session, later(minutes=9), phone.id, None)


@pytest.mark.parametrize(("sids", "state"), [({}, "canceled"), ({"parent_sid": PARENT}, "failed")])
def test_a_call_nobody_knows_of_is_closed_all_the_same(session, held, sids, state):
    user, entry = held
    phone = make_phone_call(session, user, entry, **sids)
    assert close_silent(session, later(minutes=6), phone.id, None)
    assert (phone.state, phone.seconds, phone.closed_by) == (state, None, "job")


def test_a_late_webhook_corrects_the_job(session, held):
    user, entry = held
    phone = make_phone_call(session, user, entry, parent_sid=PARENT)
    close_silent(session, later(minutes=6), phone.id, None)
    take_in(session, later(minutes=7), phone.token, Told(CHILD, "ringing", NOW))
    assert phone.state == "failed"  # an end stays an end
    take_in(session, later(minutes=7), phone.token, Told(CHILD, "completed", later(minutes=2), seconds=50))
    assert (phone.state, phone.seconds, phone.closed_by) == ("completed", 50, "webhook")


def test_a_leg_that_is_not_the_calls_is_left_out(session, held):
    user, entry = held
    phone = make_phone_call(session, user, entry, parent_sid=PARENT, sid=CHILD)
    assert take_in(session, NOW, phone.token, Told("CA" + "9" * 32, "busy", NOW)) is None
    assert take_in(session, NOW, "nobody's", Told(CHILD, "busy", NOW)) is None
    assert phone.state == "dialling"
    assert take_in(session, NOW, "", Told(PARENT, "completed", NOW)) is phone  # without a token, by its leg
    assert phone.state == "canceled"
