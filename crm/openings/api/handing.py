"""JSON calls that give an opening or a candidate to another consultant of the jobcentre."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm.openings import actions, queries
from crm.openings.actions import candidates as candidate_actions
from crm.openings.api import candidates, openings
from crm.openings.api.blueprint import api
from crm.openings.queries import candidates as candidate_queries
from crm.web.api import In
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


class HandIn(In):
    """``consultant_id``: a consultant of the jobcentre that the opening or the candidate belongs to."""

    consultant_id: int = Field(ge=1, le=2**53)


@api.post(
    "/openings/<int:opening_id>/consultant",
    summary="Another consultant answers for the opening",
    responses={200: openings.OneOpening},
)
@requires("openings.log")
def hand_opening(path: openings.OpeningPath, body: HandIn) -> Any:
    """Only the opening changes hands: the visit and its agreements stay where they are."""
    found = queries.opening(session(), scope(), path.opening_id)
    actions.hand_to(session(), actor(), now(), found, body.consultant_id)
    return openings.one_as_json(found)


@api.post(
    "/candidates/<int:candidate_id>/owner",
    summary="Another consultant answers for the candidate",
    responses={200: candidates.CandidateOut},
)
@requires("openings.candidates")
def hand_candidate(path: candidates.CandidatePath, body: HandIn) -> Any:
    """The openings the candidate is proposed for stay with their consultants. 409 ``erased`` for an erased one."""
    found = candidate_queries.candidate(session(), scope(), path.candidate_id)
    candidate_actions.hand_to(session(), actor(), now(), found, body.consultant_id)
    return candidates.as_json(found)
