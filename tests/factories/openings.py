"""Factories of the openings room."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from crm.openings.models import Opening, OwnType
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories.core import make_visit


def make_opening(
    session: Session, *, visit: Visit | None = None, type: str = "ordinary", positions: int = 1, **fields: Any
) -> Opening:
    """Of a held visit, as its report writes it."""
    visit = visit or make_visit(session, state="held", starts_at=NOW, reported_at=NOW)
    values: dict[str, Any] = {"from_report": True, "created_at": NOW, "created_by": visit.consultant_id, **fields}
    made = Opening(
        visit_id=visit.id,
        campaign_id=visit.campaign_id,
        jobcentre_id=visit.jobcentre_id,
        workplace_id=visit.workplace_id,
        consultant_id=visit.consultant_id,
        type=type,
        positions=positions,
        **values,
    )
    session.add(made)
    session.flush()
    return made


def make_own_type(session: Session, name: str = "Fleksjob", reports_as: str = "other", **fields: Any) -> OwnType:
    """A type that an administrator added."""
    made = OwnType(name=name, reports_as=reports_as, created_at=NOW, **fields)
    session.add(made)
    session.flush()
    return made
