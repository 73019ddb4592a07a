"""Reads that join rooms: a company's whole story, search, what a jobcentre has room for, each role's day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import day_bounds
from crm.followups.models import FollowUp
from crm.visits.queries.conflicts import troubled_visits


def badges(session: Session, user_id: int, today: date) -> dict[str, int]:
    """Endpoint -> what waits there for this person; one query, on every page.

    Visits that no longer fit stand with the consultant's day, or with the jobcentre for its lead.
    """
    open_ones = (
        select(func.count())
        .select_from(FollowUp)
        .where(
            FollowUp.owner_id == user_id,
            FollowUp.state == "open",
            FollowUp.voided_at.is_(None),
            FollowUp.due_on <= today,
        )
    )
    statement = select(open_ones.scalar_subquery(), troubled_visits(user_id, day_bounds(today)[0]))
    due, troubled = session.execute(statement).one()
    found = {"followups.index": due, "visits.today": troubled, "desk.jobcentre": troubled}
    return {endpoint: count for endpoint, count in found.items() if count}
