"""Reads that join rooms: a company's whole story, search, what a jobcentre has room for, each role's day."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from crm.followups.queries import open_count


def badges(session: Session, user_id: int, today: date) -> dict[str, int]:
    """Endpoint -> what waits there for this person; one query, on every page."""
    due = open_count(session, user_id, today)
    return {"followups.index": due} if due else {}
