"""Consultants' own calendars: where they lie, and which are due to be read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calendars.models import BusySource
from crm.calendars.queries.people import consultant
from crm.people.models import User


def sources(session: Session, consultant_id: int) -> Sequence[BusySource]:
    """A consultant's own calendars, in the order they were added."""
    return session.scalars(
        select(BusySource).where(BusySource.consultant_id == consultant_id).order_by(BusySource.id)
    ).all()


def source(session: Session, scope: Scope, source_id: int) -> BusySource:
    """Raises NotFound outside the scope."""
    found = session.get(BusySource, source_id)
    if found is None:
        raise NotFound
    consultant(session, scope, found.consultant_id)
    return found


def due_sources(
    session: Session, now: datetime, kind: str, again: Collection[int] = ()
) -> Sequence[tuple[int, datetime]]:
    """Id and time of those of a kind whose time to be read has come, the longest waiting first, and of those ``again``;
    of active consultants only, but for those that are being disconnected, which come to their end whoever has left."""
    due = or_(BusySource.next_at <= now, BusySource.id.in_(again))
    found = session.execute(
        select(BusySource.id, BusySource.next_at)
        .join(User, User.id == BusySource.consultant_id)
        .where(BusySource.kind == kind, due, User.active | BusySource.ending_at.is_not(None))
        .order_by(BusySource.next_at, BusySource.id)
    )
    return [(number, at) for number, at in found]
