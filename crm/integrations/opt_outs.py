"""Who wants no SMS: taken in from their answers, honoured by the outbox, lifted by themselves or an administrator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.db import insert_new
from crm.base.errors import NotFound
from crm.base.types import parse_phone
from crm.integrations.models import IncomingSms, OutboxMessage, SmsOptOut
from crm.integrations.sms_words import HELPED, STARTED, STOPPED, UNREAD, meaning

UNDELIVERED = ("undelivered", "failed")
TAKEN = ("accepted", "queued", "sending", "sent", "delivered")


def opted_out(session: Session, phones: Iterable[str]) -> set[str]:
    """Which of these numbers want no SMS."""
    asked = set(phones)
    return set(session.scalars(select(SmsOptOut.phone).where(SmsOptOut.phone.in_(asked)))) if asked else set()


def opt_outs(session: Session, limit: int = 200) -> Sequence[SmsOptOut]:
    """Newest first."""
    return session.scalars(select(SmsOptOut).order_by(SmsOptOut.at.desc(), SmsOptOut.phone).limit(limit)).all()


def note_opt_out(session: Session, now: datetime, phone: str, said: str) -> None:
    insert_new(session, SmsOptOut, [{"phone": phone, "at": now, "said": said[:40]}], ["phone"])


def lift(session: Session, actor: Any, now: datetime, phone: str) -> None:
    """The number may get SMS again, on an administrator's word; activity ``integrations.allow_sms``. Raises NotFound
    when it was not opted out."""
    gone = session.execute(delete(SmsOptOut).where(SmsOptOut.phone == phone))
    if not getattr(gone, "rowcount", 0):
        raise NotFound
    activity.record(session, actor, now, "integrations.allow_sms", actor, phone=phone)


def take_in_sms(session: Session, now: datetime, *, sid: str, sender: str, text: str) -> str:
    """One SMS to us, once however often it is brought; what to answer. STOP and START take effect at once."""
    meant = meaning(text)
    try:
        phone = parse_phone(sender)
    except ValueError:
        return UNREAD
    row: dict[str, Any] = {"sid": sid[:64], "phone": phone, "meant": meant, "at": now}
    if insert_new(session, IncomingSms, [row], ["sid"]):
        if meant == "stop":
            note_opt_out(session, now, phone, text.strip())
        elif meant == "start":
            session.execute(delete(SmsOptOut).where(SmsOptOut.phone == phone))
    return {"stop": STOPPED, "start": STARTED, "help": HELPED}.get(meant, UNREAD)


def is_first_sms(session: Session, message: OutboxMessage) -> bool:
    """Whether none has left to this number before."""
    earlier = exists().where(
        OutboxMessage.recipient == message.recipient,
        OutboxMessage.channel == "sms",
        OutboxMessage.id != message.id,
        OutboxMessage.state.in_(("sent", "sending", "unknown")),
    )
    return not session.scalar(select(earlier))


def note_delivery(session: Session, now: datetime, message_id: int, status: str, code: str) -> None:
    """What the provider tells of an SMS it took: one in doubt was taken after all; one that did not arrive failed.

    In any order: a failure stands, whatever comes after it.
    """
    mine = (OutboxMessage.id == message_id, OutboxMessage.channel == "sms")
    if status in UNDELIVERED:
        because = f"Udbyderen: {status} {code}".strip()
        session.execute(
            update(OutboxMessage)
            .where(*mine, OutboxMessage.state.in_(("sent", "unknown", "sending")))
            .values(state="failed", last_error=because, lease_until=None)
        )
    elif status in TAKEN:
        session.execute(
            update(OutboxMessage)
            .where(*mine, OutboxMessage.state == "unknown")
            .values(state="sent", sent_at=now, last_error=None)
        )
