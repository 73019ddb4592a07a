"""What people are to know of a follow-up: told in the product at once, and in the next morning's digest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.followups.models import FollowUp, Notice
from crm.followups.queries.away import substitutes


def notify(
    session: Session, now: datetime, user_id: int, follow_up: FollowUp, kind: str, role: str = "owner"
) -> Notice:
    """Tell a person something of a follow-up: ``kind`` ``handed_over``, ``answer`` or ``not_kept``. Who is away is told
    on coming back, and whoever stands in for them at once."""
    told = Notice(user_id=user_id, follow_up_id=follow_up.id, kind=kind, role=role, created_at=now)
    session.add(told)
    stand_in = substitutes(session, {user_id}, danish_date(now)).get(user_id)
    if stand_in is not None:
        session.add(Notice(user_id=stand_in, follow_up_id=follow_up.id, kind=kind, role="substitute", created_at=now))
    session.flush()
    return told


def mark_seen(session: Session, now: datetime, user_id: int, until_id: int) -> int:
    """Mark the person's unseen notices up to this one as read; how many. No digest tells of them any more."""
    statement = (
        update(Notice)
        .where(Notice.user_id == user_id, Notice.seen_at.is_(None), Notice.id <= until_id)
        .values(seen_at=now)
    )
    return int(getattr(session.execute(statement), "rowcount", 0))
