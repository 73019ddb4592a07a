"""JSON calls that take back or correct what was written: steps, openings, placements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from crm.openings import actions, queries
from crm.openings.actions import candidacies as steps
from crm.openings.actions import placements as placement_actions
from crm.openings.api.blueprint import api
from crm.openings.api.candidacies import CandidacyOut, CandidacyPath, PlacementOut, placement_json
from crm.openings.api.candidacies import as_json as candidacy_json
from crm.openings.api.openings import OneOpening, OpeningPath, one_as_json
from crm.openings.models import Placement
from crm.openings.queries import candidates as read
from crm.openings.queries import placements as placement_read
from crm.openings.rules import MAX_POSITIONS, NewOpening, ReportingType
from crm.web.api import In
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


class RelaxationPath(OpeningPath):
    relaxation_id: int = Field(ge=1, le=2**53)


class PlacementPath(BaseModel):
    placement_id: int = Field(ge=1, le=2**53)


class TypeIn(In):
    """All of it as it is to be. ``type`` is the reporting type; with ``own_type_id`` the one that type counts as.
    ``akutjob`` only with type ordinary."""

    type: ReportingType
    positions: int = Field(ge=1, le=MAX_POSITIONS)
    akutjob: bool = False
    own_type_id: int | None = Field(None, ge=1, le=2**53)


class VoidedOut(BaseModel):
    id: int
    voided_at: datetime


class FinishIn(In):
    """``permanent``: whether it became an ordinary job there, null where nobody knows."""

    ended_on: date = Field(description="The last day, today at the latest")
    because: Literal["as_agreed", "company_ended", "candidate_ended", "other"] = "as_agreed"
    permanent: bool | None = None


class ExtendIn(In):
    ends_on: date | None = Field(description="The new last day, null for one that goes on without an end")


@api.post("/candidacies/<int:candidacy_id>/undo", summary="Take back the last step", responses={200: CandidacyOut})
@requires("openings.candidates")
def undo_step(path: CandidacyPath) -> Any:
    """An end, an interview, a sending that left no mail, or a presentation. 409 ``mailed``, ``hired`` (void the
    placement instead), ``nothing``, ``closed``, ``consent``, ``retired``."""
    found = read.candidacy(session(), scope(), path.candidacy_id)
    return candidacy_json(steps.undo(session(), actor(), now(), found))


@api.post(
    "/candidacies/<int:candidacy_id>/unpresent",
    summary="Was not shown the job after all",
    responses={200: CandidacyOut},
)
@requires("openings.candidates")
def take_presentation_back(path: CandidacyPath) -> Any:
    """Whatever came since stays; the presentation counts no longer. 409 ``nothing``."""
    found = read.candidacy(session(), scope(), path.candidacy_id)
    return candidacy_json(steps.unpresent(session(), actor(), now(), found))


@api.post(
    "/openings/<int:opening_id>/relaxations/<int:relaxation_id>/undo",
    summary="The last relaxation was written by mistake",
    responses={200: OneOpening},
)
@requires("openings.log")
def unrelax(path: RelaxationPath) -> Any:
    """The wishes are what they were before it. 409 ``followed`` when another came after it."""
    found = queries.opening(session(), scope(), path.opening_id)
    actions.unrelax(session(), actor(), now(), found, path.relaxation_id)
    return one_as_json(found)


@api.post("/openings/<int:opening_id>/type", summary="Correct type and positions", responses={200: OneOpening})
@requires("openings.log")
def correct_type(path: OpeningPath, body: TypeIn) -> Any:
    """409 ``from_report`` for one that the visit's report tells of (correct the report), ``hired`` for fewer positions
    than are hired."""
    found = queries.opening(session(), scope(), path.opening_id)
    told = NewOpening(body.type, body.positions, body.akutjob, own_type_id=body.own_type_id)
    actions.correct(session(), actor(), now(), found, told)
    return one_as_json(found)


@api.post("/openings/<int:opening_id>/void", summary="Written by mistake", responses={200: VoidedOut})
@requires("openings.log")
def void_opening(path: OpeningPath) -> Any:
    """From now on it is not found and counts nowhere. 409 ``from_report``, ``under_way`` for one with candidates or
    placements (close it instead)."""
    found = queries.opening(session(), scope(), path.opening_id)
    actions.void(session(), actor(), now(), found)
    return VoidedOut(id=found.id, voided_at=found.voided_at or now()).model_dump(mode="json")


def _placement(path: PlacementPath) -> Placement:
    return placement_read.placement(session(), scope(), path.placement_id)


@api.get("/placements/<int:placement_id>", summary="One placement", responses={200: PlacementOut})
@requires("openings.candidates")
def get_placement(path: PlacementPath) -> Any:
    return placement_json(_placement(path))


@api.post("/placements/<int:placement_id>/finish", summary="A placement is over", responses={200: PlacementOut})
@requires("openings.candidates")
def finish_placement(path: PlacementPath, body: FinishIn) -> Any:
    """409 ``ended`` when it is finished already; 422 for a day to come or before the first."""
    found = placement_actions.finish(
        session(),
        actor(),
        now(),
        _placement(path),
        ended_on=body.ended_on,
        because=body.because,
        permanent=body.permanent,
    )
    return placement_json(found)


@api.post("/placements/<int:placement_id>/extend", summary="Another last day", responses={200: PlacementOut})
@requires("openings.candidates")
def extend_placement(path: PlacementPath, body: ExtendIn) -> Any:
    """Wage subsidies and work placements always have one (422). 409 ``ended`` when it is finished."""
    return placement_json(placement_actions.extend(session(), actor(), now(), _placement(path), body.ends_on))


@api.post("/placements/<int:placement_id>/resume", summary="Finished by mistake", responses={200: PlacementOut})
@requires("openings.candidates")
def resume_placement(path: PlacementPath) -> Any:
    """It runs on. 409 ``running`` when it is not finished."""
    return placement_json(placement_actions.resume(session(), actor(), now(), _placement(path)))


@api.post("/placements/<int:placement_id>/void", summary="Written by mistake", responses={200: CandidacyOut})
@requires("openings.candidates")
def void_placement(path: PlacementPath) -> Any:
    """It counts nowhere, its position is free again, and the candidate stands where they stood before."""
    found = placement_actions.void(session(), actor(), now(), _placement(path))
    return candidacy_json(found.candidacy)
