"""Entries that have come due are woken, so that the claim's index holds only what is offered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session, aliased

from crm.base.db import for_update_skip_locked
from crm.calling.models import QueueEntry
from crm.calling.queries.offer import sleeping
from crm.campaigns.models import Campaign

BATCH = 2000


def wake(session: Session, now: datetime, campaign_id: int | None = None) -> int:
    """Wake the entries that are due at ``now``, of one campaign or of all open ones; how many. Those that somebody
    else is just changing are passed over: they are being woken, or moved to another time."""
    if campaign_id is not None:
        return _wake(session, now, campaign_id)
    opened = session.scalars(select(Campaign.id).where(Campaign.state == "open").order_by(Campaign.id)).all()
    return sum(_wake(session, now, number) for number in opened)


def _wake(session: Session, now: datetime, campaign_id: int) -> int:
    q: Any = aliased(QueueEntry, name="q")
    due = select(q.id).where(*sleeping(q), q.campaign_id == campaign_id).order_by(q.due_at).limit(BATCH)
    statement = (
        update(QueueEntry)
        .where(QueueEntry.id.in_(for_update_skip_locked(session, due).params(now=now)))
        .values(awake=True)
        .execution_options(synchronize_session=False)
    )
    woken, batch = 0, BATCH
    while batch == BATCH:
        batch = cast("CursorResult[Any]", session.execute(statement)).rowcount
        woken += batch
    return woken
