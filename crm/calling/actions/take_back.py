"""Take a company out of a phoner's hands and put it back in the queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Refusal
from crm.calling.actions.claim import changed
from crm.calling.models import QueueEntry

NOT_HELD = N_("Phoneren har ikke længere virksomheden, så der var intet at tage tilbage. Tavlen viser det nyeste.")


def take_back(session: Session, actor: Any, now: datetime, entry: QueueEntry, holder_id: int) -> None:
    """End the claim of ``holder_id`` on the entry; activity ``calling.take_back``. What was noted so far stays on the
    entry, and the next phoner may have it at once; a late answer of the former holder is refused (``stale``) in a
    page that keeps what was typed.

    Raises Refusal ``not_held`` when it is no longer theirs: finished, given back, lapsed, or another's.
    """
    statement = update(QueueEntry).where(
        QueueEntry.id == entry.id,
        QueueEntry.state == "waiting",
        QueueEntry.claimed_by == holder_id,
        QueueEntry.claimed_until > now,
    )
    if not changed(session, statement.values(claimed_by=None, claimed_at=None, claimed_until=None)):
        raise Refusal("not_held", NOT_HELD)
    session.refresh(entry, ["claimed_by", "claimed_at", "claimed_until"])
    where = {"workplace_id": entry.workplace_id, "campaign_id": entry.campaign_id}
    activity.record(session, actor, now, "calling.take_back", entry, **where, user_id=holder_id)
    session.flush()
