"""Factories of the followups room."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from crm.followups.models import FollowUp
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories.core import make_visit


def make_follow_up(
    session: Session,
    *,
    visit: Visit | None = None,
    due_on: date = date(2026, 12, 1),
    owed_by: str = "jobcentre",
    promise: str = "To ansøgere til pladeværkstedet",
    **fields: Any,
) -> FollowUp:
    """An open agreement of a held visit, owned by its consultant."""
    visit = visit or make_visit(session, state="held", starts_at=NOW, reported_at=NOW)
    values: dict[str, Any] = {
        "kind": "we_owe" if owed_by == "jobcentre" else "company_owes",
        "owner_id": visit.consultant_id,
        "jobcentre_id": visit.jobcentre_id,
        "first_due_on": due_on,
        "created_at": NOW,
        "created_by": visit.consultant_id,
        **fields,
    }
    made = FollowUp(
        visit_id=visit.id,
        campaign_id=visit.campaign_id,
        workplace_id=visit.workplace_id,
        owed_by=owed_by,
        promise=promise,
        due_on=due_on,
        **values,
    )
    session.add(made)
    session.flush()
    return made
