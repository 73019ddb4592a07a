"""Rows of the outbox that cannot be loaded: a time no calendar has, attachments that are no JSON, letters in no code.
Each is set aside like what any other job cannot do, and stops no other message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, delete, select
from sqlalchemy.orm import Session

from crm.integrations.models import OutboxMessage
from crm.recurring.models import SetAside
from crm.recurring.rules import AGAIN, describe

JOBS = ("deliver", "calendars")


@dataclass(frozen=True)
class Unreadable:
    """``job``: under whose name it is set aside."""

    id: int
    job: str
    error: str


def waits(now: datetime) -> ColumnElement[bool]:
    """Set aside, and its next try has not come."""
    same = SetAside.item == cast(OutboxMessage.id, String)
    rest = SetAside.retry_at.between(now + timedelta(microseconds=1), now + AGAIN[-1])
    return select(SetAside.id).where(SetAside.job.in_(JOBS), same, rest).correlate(OutboxMessage).exists()


def load(session: Session, message_id: int) -> OutboxMessage | Unreadable:
    """The row, or why it cannot be had. A database that is away raises."""
    try:
        return session.get_one(OutboxMessage, message_id)
    except Exception as exc:
        channel = session.scalar(select(OutboxMessage.channel).where(OutboxMessage.id == message_id))
        return Unreadable(message_id, JOBS[channel == "calendar"], describe(exc, private=True))


def forget(session: Session, *, read: int | None = None) -> None:
    """What was set aside and can be read again (``read``), or waits to be sent no longer."""
    aside = session.scalars(select(SetAside.item).where(SetAside.job.in_(JOBS))).all()
    if not aside:
        return
    waiting = select(OutboxMessage.id).where(
        OutboxMessage.id.in_([int(item) for item in aside]), OutboxMessage.state.in_(("pending", "sending"))
    )
    gone = set(aside) - {str(number) for number in session.scalars(waiting) if number != read}
    session.execute(delete(SetAside).where(SetAside.job.in_(JOBS), SetAside.item.in_(gone)))


def readable(session: Session, wanted: Select[Any]) -> Sequence[OutboxMessage]:
    """The messages that ``wanted`` finds, without those that cannot be loaded."""
    try:
        return session.scalars(wanted).all()
    except Exception:
        ids = session.scalars(wanted.with_only_columns(OutboxMessage.id)).all()
    found = (load(session, number) for number in ids)
    return [one for one in found if isinstance(one, OutboxMessage)]
