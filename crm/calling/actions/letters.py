"""Calls follow letters: who has been written to is called some days later, not before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from crm.base.db import among
from crm.calling.models import QueueEntry
from crm.calling.queries.letters import fresh, off_letters


def follow_letters(session: Session, now: datetime, campaign_id: int | None = None) -> int:
    """Let companies that were never called wait for their letter, in one campaign or all; how many entries changed.

    A fresh entry whose letter is on its way, or not mailed yet, becomes due when ``campaigns.rules.letter_opens``
    says so, and sleeps until then. The jobcentre makes, moves and cancels batches in ``campaigns``, which knows no
    queue; this job brings the queue along. One that waits without such a letter (cancelled, moved forward, came
    back, left out at export) is due now. Entries in somebody's hands are left alone until they let go.
    """
    session.flush()
    count = 0
    for due_at, ids in off_letters(session, now, campaign_id).items():
        statement = (
            update(QueueEntry)
            .where(among(session, QueueEntry.id, ids), *fresh(now))
            .values(due_at=due_at, awake=due_at <= now)
        )
        options = {"synchronize_session": False, "preserve_rowcount": True}
        result = session.execute(statement, execution_options=options)
        count += int(result.rowcount) if isinstance(result, CursorResult) else 0
    return count
