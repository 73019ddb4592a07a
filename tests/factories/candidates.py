"""Factories of candidates, candidacies and placements."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.people.models import Jobcentre
from tests.conftest import NOW
from tests.factories.core import make_jobcentre

_numbers = count(1)
_MOMENTS = ("proposed", "presented", "sent", "interview", "hired")


def make_candidate(
    session: Session,
    *,
    jobcentre: Jobcentre | None = None,
    jobcentre_id: int | None = None,
    reference: str = "",
    occupation: str = "Kok",
    consent_on: date | None = date(2026, 11, 1),
    **fields: Any,
) -> Candidate:
    """An active one of a jobcentre, with consent unless it is set to None."""
    if jobcentre_id is None and "partner_id" not in fields:
        jobcentre_id = (jobcentre or make_jobcentre(session)).id
    values: dict[str, Any] = {
        "jobcentre_id": jobcentre_id,
        "reference": reference or f"K-{next(_numbers):04d}",
        "occupation": occupation,
        "occupation_code": "5120" if occupation == "Kok" else None,
        "postcode": "9500",
        "languages": ["da"],
        "consent_on": consent_on,
        "created_at": NOW,
        **fields,
    }
    made = Candidate(**values)
    session.add(made)
    session.flush()
    return made


def make_candidacy(
    session: Session,
    opening: Opening,
    candidate: Candidate | None = None,
    *,
    state: str = "proposed",
    at: datetime = NOW,
    **fields: Any,
) -> Candidacy:
    """Of one of the opening's jobcentre; with the moment of each step up to ``state``."""
    candidate = candidate or make_candidate(session, jobcentre_id=opening.jobcentre_id)
    values: dict[str, Any] = {}
    if state in _MOMENTS:
        values = {f"{step}_at": at for step in _MOMENTS[: _MOMENTS.index(state) + 1]}
    elif state == "offered":
        values = {"offered_at": at}
    made = Candidacy(opening=opening, candidate=candidate, state=state, **{**values, **fields})
    session.add(made)
    session.flush()
    return made


def make_placement(
    session: Session,
    opening: Opening,
    candidacy: Candidacy | None = None,
    *,
    type: str = "wage_subsidy",
    starts_on: date = date(2026, 12, 1),
    ends_on: date | None = date(2027, 2, 26),
    **fields: Any,
) -> Placement:
    """Of a hired candidate on the opening."""
    candidacy = candidacy or make_candidacy(session, opening, state="hired")
    made = Placement(
        opening_id=opening.id,
        candidacy_id=candidacy.id,
        campaign_id=opening.campaign_id,
        jobcentre_id=opening.jobcentre_id,
        workplace_id=opening.workplace_id,
        type=type,
        starts_on=starts_on,
        ends_on=ends_on,
        created_at=NOW,
        **fields,
    )
    session.add(made)
    session.flush()
    return made
