"""Reads that join rooms: a company's whole story, search, what a jobcentre has room for, each role's day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import day_bounds
from crm.followups.models import FollowUp
from crm.followups.queries.notices import unseen
from crm.openings.queries.sharing import waits_for
from crm.visits.queries.conflicts import troubled_visits


def badges(session: Session, user_id: int, today: date) -> dict[str, int]:
    """Endpoint -> what waits there for this person; one query, on every page.

    Visits that no longer fit stand with the consultant's day, or with the jobcentre for its lead; candidates that
    others propose stand with the openings until they are answered.
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
    statement = select(
        open_ones.scalar_subquery(),
        troubled_visits(user_id, day_bounds(today)[0]),
        unseen(user_id),
        waits_for(user_id, today).scalar_subquery(),
    )
    due, troubled, told, proposed = session.execute(statement).one()
    found = {
        "followups.index": due,
        "visits.today": troubled,
        "desk.jobcentre": troubled,
        "followups.notices": told,
        "openings.index": proposed,
    }
    return {endpoint: count for endpoint, count in found.items() if count}
