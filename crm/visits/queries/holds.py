"""The time a phoner holds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm.calling.models import QueueEntry
from crm.visits.models import SlotHold


def live_hold(session: Session, user_id: int, now: datetime, entry: QueueEntry) -> SlotHold | None:
    """What the user holds for the entry at ``now``, as ``days.load_days`` counts it: None once it has lapsed or the
    entry has left the user's hands."""
    if entry.claimed_by != user_id or entry.claimed_at is None or entry.state != "waiting":
        return None
    found = session.get(SlotHold, entry.id)
    return found if found is not None and found.user_id == user_id and found.until > now else None
