"""Reads of the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.integrations.models import OutboxMessage
from crm.integrations.unreadable import readable


def messages(
    session: Session, state: str | None = None, before: int | None = None, limit: int = 50
) -> Sequence[OutboxMessage]:
    """Newest first, without those that cannot be loaded; ``before`` is the id of the last one of the previous page."""
    statement = select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(limit)
    if state:
        statement = statement.where(OutboxMessage.state == state)
    if before:
        statement = statement.where(OutboxMessage.id < before)
    return readable(session, statement)


def message(session: Session, message_id: int) -> OutboxMessage:
    """Raises NotFound."""
    found = session.get(OutboxMessage, message_id)
    if found is None:
        raise NotFound
    return found


def counts(session: Session) -> Mapping[str, int]:
    """Messages by state."""
    rows = session.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state))
    return dict(rows.all())


def about_workplace(session: Session, workplace_id: int, limit: int = 50) -> Sequence[OutboxMessage]:
    about = select(OutboxMessage).where(OutboxMessage.workplace_id == workplace_id)
    return readable(session, about.order_by(OutboxMessage.id.desc()).limit(limit))
