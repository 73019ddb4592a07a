"""The outbox: once in, once out; back-off, leases, the SMS in doubt, retry. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from crm.base.db import is_sqlite
from crm.base.errors import Refusal
from crm.integrations.actions import BACKOFF, LEASE, deliver_due, retry, send
from crm.integrations.models import OutboxMessage
from crm.integrations.queries import about_workplace, counts, messages
from crm.integrations.sms import AmbiguousDelivery
from crm.recurring.models import SetAside
from crm.recurring.rules import AGAIN
from tests.conftest import NOW
from tests.factories.core import make_user, make_workplace
from tests.factories.integrations import make_message


class Sessions:
    """Hands the rolled-back test session out as if each were its own transaction."""

    def __init__(self, session):
        self.session = session

    def begin(self):
        return _Lent(self.session)


class _Lent:
    def __init__(self, session):
        self.session = session

    def __enter__(self):
        return self.session

    def __exit__(self, kind, _error, _trace):
        if kind is None:
            self.session.commit()


class Postman:
    """An adapter that keeps what it takes, or answers with the errors it is given, in turn."""

    def __init__(self, *errors: BaseException | None, quick: bool = True) -> None:
        self.errors = list(errors)
        self.taken: list[int] = []
        self.quick = quick

    def deliver(self, message: OutboxMessage) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        self.taken.append(message.id)


@pytest.fixture
def sessions(session):
    return Sessions(session)


def write(session, key="visit.confirm:1", **changes):
    values = {"channel": "mail", "dedupe_key": key, "to": "m@x.invalid", "subject": "Besøg", "text": "Hej", **changes}
    return send(session, NOW, **values)


def one(session) -> OutboxMessage:
    session.expire_all()
    return session.scalars(select(OutboxMessage)).one()


def test_a_key_is_written_once(session):
    assert write(session)
    assert not write(session, text="Noget andet")
    assert one(session).body_text == "Hej"
    assert session.info["outbox_written"]


def test_a_due_message_leaves_once(session, sessions):
    write(session)
    postman = Postman()
    assert deliver_due(sessions, {"mail": postman}, NOW) == 1
    assert deliver_due(sessions, {"mail": postman}, NOW + timedelta(days=1)) == 0
    message = one(session)
    assert (message.state, message.sent_at, message.attempts) == ("sent", NOW, 1)
    assert postman.taken == [message.id]


def test_a_message_waits_for_its_time(session, sessions):
    write(session, not_before=NOW + timedelta(hours=1))
    postman = Postman()
    assert deliver_due(sessions, {"mail": postman}, NOW) == 0
    assert deliver_due(sessions, {"mail": postman}, NOW + timedelta(hours=1)) == 1


def test_slow_adapters_are_left_to_the_worker(session, sessions):
    write(session)
    postman = Postman(quick=False)
    assert deliver_due(sessions, {"mail": postman}, NOW, only_quick=True) == 0
    assert deliver_due(sessions, {"mail": postman}, NOW) == 1


def test_failures_back_off_and_end(session, sessions):
    write(session)
    postman = Postman(*[OSError("connection refused")] * (len(BACKOFF) + 1))
    now = NOW
    for wait in BACKOFF:
        assert deliver_due(sessions, {"mail": postman}, now) == 0
        message = one(session)
        assert (message.state, message.not_before) == ("pending", now + timedelta(minutes=wait))
        assert deliver_due(sessions, {"mail": postman}, now) == 0
        assert one(session).attempts == message.attempts
        now = message.not_before
    deliver_due(sessions, {"mail": postman}, now)
    message = one(session)
    assert (message.state, message.last_error) == ("failed", "connection refused")
    assert deliver_due(sessions, {"mail": postman}, now + timedelta(days=30)) == 0


def test_a_failure_of_one_does_not_hold_up_the_next(session, sessions):
    write(session, "a")
    write(session, "b")
    assert deliver_due(sessions, {"mail": Postman(OSError("full"))}, NOW) == 1
    assert counts(session) == {"pending": 1, "sent": 1}


def test_a_mail_whose_worker_died_is_taken_up_after_its_lease(session, sessions):
    make_message(session, state="sending", lease_until=NOW + LEASE, attempts=1)
    postman = Postman()
    assert deliver_due(sessions, {"mail": postman}, NOW + LEASE) == 0
    assert deliver_due(sessions, {"mail": postman}, NOW + LEASE + timedelta(seconds=1)) == 1
    assert one(session).attempts == 2


def test_an_sms_whose_worker_died_is_never_sent_blindly_again(session, sessions):
    make_message(session, channel="sms", state="sending", lease_until=NOW, attempts=1)
    postman = Postman()
    assert deliver_due(sessions, {"sms": postman}, NOW + timedelta(hours=1)) == 0
    assert (one(session).state, postman.taken) == ("unknown", [])


def test_an_ambiguous_answer_leaves_the_sms_in_doubt(session, sessions):
    write(session, channel="sms", to="+4520000000")
    postman = Postman(AmbiguousDelivery("read timed out"))
    assert deliver_due(sessions, {"sms": postman}, NOW) == 0
    message = one(session)
    assert (message.state, message.last_error) == ("unknown", "read timed out")
    assert deliver_due(sessions, {"sms": postman}, NOW + timedelta(days=1)) == 0


def test_an_administrator_tries_the_failed_again_and_nothing_else(session, sessions):
    admin = make_user(session)
    message = make_message(session, state="failed", attempts=7, last_error="full")
    retry(session, admin, NOW, message)
    assert deliver_due(sessions, {"mail": Postman()}, NOW) == 1
    for state in ("pending", "sending", "sent"):
        with pytest.raises(Refusal) as refused:
            retry(session, admin, NOW, make_message(session, state=state))
        assert refused.value.code == "not_failed"


def test_pages_of_the_outbox_run_backwards(session):
    workplace = make_workplace(session)
    made = [make_message(session, workplace_id=workplace.id if n % 2 else None) for n in range(5)]
    first = messages(session, limit=2)
    assert [message.id for message in first] == [made[4].id, made[3].id]
    assert [message.id for message in messages(session, "pending", first[-1].id, 2)] == [made[2].id, made[1].id]
    assert messages(session, "failed") == []
    assert [message.id for message in about_workplace(session, workplace.id)] == [made[3].id, made[1].id]
    assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 5


def spoil(session, key, whole=False):
    """A row as no code of ours writes it; ``whole``: made whole again."""
    column, bad, good = ("attachments", "{", "[]") if is_sqlite(session) else ("created_at", "infinity", "2026-11-24")
    session.execute(
        text(f"UPDATE outbox SET {column} = :value WHERE dedupe_key = :key"),
        {"value": good if whole else bad, "key": key},
    )
    session.commit()
    session.expunge_all()


def test_a_row_that_cannot_be_loaded_is_set_aside_and_stops_no_other(session, sessions):
    for key in ("first", "second", "third"):
        write(session, key)
    spoil(session, "first")
    number = session.scalar(select(OutboxMessage.id).where(OutboxMessage.dedupe_key == "first"))
    postman = Postman()
    assert deliver_due(sessions, {"mail": postman}, NOW) == 2
    aside = session.scalars(select(SetAside)).one()
    assert (aside.job, aside.item, aside.tries) == ("deliver", str(number), 1)
    assert "Hej" not in aside.error
    assert [message.dedupe_key for message in messages(session)] == ["third", "second"]
    assert deliver_due(sessions, {"mail": postman}, NOW + timedelta(minutes=1)) == 0
    assert session.scalars(select(SetAside.tries)).all() == [1], "until its next try it is passed over"
    assert deliver_due(sessions, {"mail": postman}, NOW + AGAIN[0]) == 0
    assert session.scalars(select(SetAside.tries)).all() == [2]
    spoil(session, "first", whole=True)
    assert deliver_due(sessions, {"mail": postman}, NOW + timedelta(days=1)) == 1
    assert postman.taken[-1] == number
    assert session.scalars(select(SetAside)).all() == []


def test_what_was_set_aside_and_is_to_be_sent_no_longer_is_forgotten(session, sessions):
    write(session, "first")
    write(session, "second", not_before=NOW + timedelta(minutes=1))
    spoil(session, "first")
    assert deliver_due(sessions, {"mail": Postman()}, NOW) == 0
    session.execute(text("DELETE FROM outbox WHERE dedupe_key = 'first'"))
    assert deliver_due(sessions, {"mail": Postman()}, NOW + timedelta(minutes=1)) == 1
    assert session.scalars(select(SetAside)).all() == []
