"""A phoner with a company in hand and a fake telephone whose time the test turns."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calling.models import PhoneCall, QueueEntry
from crm.integrations.telephony.fake import FakeTelephony
from crm.integrations.telephony.fake_post import Letter
from crm.people.models import User
from tests.conftest import NOW
from tests.factories.calling import make_phoner
from tests.factories.core import make_participation, make_queue_entry, make_workplace


def make_held(session: Session, phone: str = "+4520000000") -> tuple[User, QueueEntry]:
    """A phoner and the entry they hold, for hours."""
    participation = make_participation(session)
    user = make_phoner(session, participation)
    entry = make_queue_entry(
        session,
        participation=participation,
        workplace=make_workplace(session, phone=phone),
        claimed_by=user.id,
        claimed_at=NOW - timedelta(minutes=1),
        claimed_until=NOW + timedelta(days=300),
    )
    return user, entry


def make_phone_call(session: Session, user: User, entry: QueueEntry, **fields: Any) -> PhoneCall:
    values = {"token": f"token-{entry.id}", "provider": "fake", "number": entry.phone, "started_at": NOW, **fields}
    made = PhoneCall(entry_id=entry.id, user_id=user.id, **values)
    session.add(made)
    session.flush()
    return made


class Line:
    """The fake provider of ``app``, posting to it through ``client``; ``after`` turns its time on."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        self.fake: FakeTelephony = app.extensions["crm.telephony"]
        self.client = client
        self.fake.post.sender = self.deliver
        self.answers: list[int] = []
        self.moment: datetime = NOW
        self.fake.clock = self  # type: ignore[assignment]

    def now(self) -> datetime:
        """The fake's clock."""
        return self.moment

    def deliver(self, letter: Letter, signature: str | None = None, **options: Any) -> tuple[int, str]:
        signed = {"X-Twilio-Signature": letter.signature if signature is None else signature}
        answer = self.client.post(letter.path, data=dict(letter.form), headers=signed, **options)
        self.answers.append(answer.status_code)
        return answer.status_code, answer.text

    def after(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.fake.step(self.moment)


def the_call(session: Session) -> PhoneCall:
    """The latest; the session lets go of the database again."""
    session.expire_all()
    found = session.scalars(select(PhoneCall).order_by(PhoneCall.id.desc())).first()
    session.commit()
    assert found is not None
    return found
