"""JSON resources: candidates on an opening, their steps, placements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from crm.base.clock import danish_date
from crm.base.errors import NotFound
from crm.openings import queries
from crm.openings.actions import candidacies as actions
from crm.openings.actions.candidates import withdraw_consent
from crm.openings.api.blueprint import api
from crm.openings.models import Candidacy, Placement
from crm.openings.queries import candidates as read
from crm.openings.queries import placements as placement_read
from crm.openings.rules import ReportingType
from crm.visits.rules.moments import this_century
from crm.web.api import In, Paging, page
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

State = Literal["offered", "refused", "proposed", "presented", "sent", "interview", "hired", "ended"]


class OpeningPath(BaseModel):
    opening_id: int = Field(ge=1, le=2**53)


class CandidacyPath(BaseModel):
    candidacy_id: int = Field(ge=1, le=2**53)


class CandidacyOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    opening_id: int
    candidate_id: int
    reference: str
    state: State
    offered_at: datetime | None
    proposed_at: datetime | None
    presented_at: datetime | None = Field(description="Shown the concrete job: a presentation")
    sent_at: datetime | None
    interview_at: datetime | None
    hired_at: datetime | None
    ended_at: datetime | None
    ended_because: str | None


class CandidacyList(BaseModel):
    items: list[CandidacyOut]


class PlacementOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    opening_id: int
    candidacy_id: int
    campaign_id: int
    jobcentre_id: int
    workplace_id: int
    type: str
    starts_on: date
    ends_on: date | None
    state: Literal["agreed", "ended"]
    ended_on: date | None
    ended_because: str | None
    permanent: bool | None
    created_at: datetime


class PlacementList(BaseModel):
    items: list[PlacementOut]
    next_cursor: str | None


class PlacementsQuery(Paging):
    """``ending``: within four weeks, or past the last day and not finished."""

    state: Literal["running", "ending", "ended", "all"] = "all"
    type: ReportingType | None = None


class ProposeIn(In):
    candidate_id: int = Field(ge=1, le=2**53)


class SendIn(In):
    """``by_mail`` false: the company was told in another way, and no mail goes. ``shown_ids``: those of them who have
    seen the job, which is a presentation; to be sent is none."""

    candidacy_ids: list[int] = Field(min_length=1, max_length=50)
    by_mail: bool = True
    shown_ids: list[int] = Field(default_factory=list, max_length=50)


class InterviewIn(In):
    at: Annotated[AwareDatetime, AfterValidator(this_century)]


class HireIn(In):
    """``beside``: it may overlap another placement of the same person that runs; ``ends_others``: what else they are
    under way on ends with it."""

    type: ReportingType
    starts_on: date = Field(description="Within a year of today")
    ends_on: date | None = None
    beside: bool = False
    ends_others: bool = False


class EndIn(In):
    because: Literal["company_declined", "candidate_declined", "other"]


def as_json(candidacy: Candidacy) -> dict[str, Any]:
    plain = {name: getattr(candidacy, name) for name in CandidacyOut.model_fields if name != "reference"}
    return CandidacyOut(**plain, reference=candidacy.candidate.reference).model_dump(mode="json")


def placement_json(placement: Placement) -> dict[str, Any]:
    return PlacementOut.model_validate(placement).model_dump(mode="json")


@api.get("/openings/<int:opening_id>/candidacies", summary="Candidates on an opening", responses={200: CandidacyList})
@requires("openings.candidates")
def list_candidacies(path: OpeningPath) -> Any:
    found = queries.opening(session(), scope(), path.opening_id)
    return {"items": [as_json(row) for row in read.of_opening(session(), found.id)]}


@api.post("/openings/<int:opening_id>/candidacies", summary="Propose a candidate", responses={201: CandidacyOut})
@requires("openings.candidates")
def propose_candidate(path: OpeningPath, body: ProposeIn) -> Any:
    """409 ``closed``, ``other_jobcentre``, ``retired`` or ``already``."""
    found = queries.opening(session(), scope(), path.opening_id)
    candidate = read.candidate(session(), scope(), body.candidate_id)
    return as_json(actions.propose(session(), actor(), now(), found, candidate)), 201


@api.post(
    "/openings/<int:opening_id>/candidacies/send",
    summary="Tell the opening's contact of candidates in one mail",
    responses={200: CandidacyList},
)
@requires("openings.candidates")
def send_candidates(path: OpeningPath, body: SendIn) -> Any:
    """All or none; 409 ``consent`` (with the candidates' ids), ``sent``, ``over``, ``no_contact`` or ``closed``."""
    found = queries.opening(session(), scope(), path.opening_id)
    there = {row.id: row for row in read.of_opening(session(), found.id)}
    if set(body.candidacy_ids) - there.keys():
        raise NotFound
    chosen = [there[number] for number in dict.fromkeys(body.candidacy_ids)]
    told = actions.send(session(), actor(), now(), found, chosen, by_mail=body.by_mail, shown=body.shown_ids)
    return {"items": [as_json(row) for row in told]}


@api.post("/candidacies/<int:candidacy_id>/present", summary="Shown the job", responses={200: CandidacyOut})
@requires("openings.candidates")
def present_candidate(path: CandidacyPath) -> Any:
    found = read.candidacy(session(), scope(), path.candidacy_id)
    return as_json(actions.present(session(), actor(), now(), found))


@api.post("/candidacies/<int:candidacy_id>/interview", summary="Invited to talk", responses={200: CandidacyOut})
@requires("openings.candidates")
def interview_candidate(path: CandidacyPath, body: InterviewIn) -> Any:
    """From a month back to a year ahead (422); 409 ``consent`` without a valid one."""
    found = read.candidacy(session(), scope(), path.candidacy_id)
    return as_json(actions.interview(session(), actor(), now(), found, body.at))


@api.post("/candidacies/<int:candidacy_id>/hire", summary="Hired: a placement", responses={201: PlacementOut})
@requires("openings.candidates")
def hire_candidate(path: CandidacyPath, body: HireIn) -> Any:
    """409 ``full`` when no position is free, ``consent`` without a valid one, ``employed`` (with the placements' ids)
    for somebody who is in work then."""
    found = read.candidacy(session(), scope(), path.candidacy_id)
    made = actions.hire(
        session(),
        actor(),
        now(),
        found,
        type=body.type,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        beside=body.beside,
        ends_others=body.ends_others,
    )
    return placement_json(made), 201


@api.post("/candidacies/<int:candidacy_id>/end", summary="Came to nothing", responses={200: CandidacyOut})
@requires("openings.candidates")
def end_candidacy(path: CandidacyPath, body: EndIn) -> Any:
    found = read.candidacy(session(), scope(), path.candidacy_id)
    return as_json(actions.end(session(), actor(), now(), found, body.because))


@api.post(
    "/candidacies/<int:candidacy_id>/consent-withdrawn",
    summary="The person took the consent back",
    responses={200: CandidacyOut},
)
@requires("openings.candidates")
def candidacy_consent_withdrawn(path: CandidacyPath) -> Any:
    """Whoever's candidate it is: everything they are under way on ends. 409 ``no_consent``."""
    found = read.candidacy(session(), scope(), path.candidacy_id)
    withdraw_consent(session(), actor(), now(), found.candidate)
    return as_json(found)


@api.get("/placements", summary="Placements in reach", responses={200: PlacementList})
@requires("openings.candidates")
def list_placements(query: PlacementsQuery) -> Any:
    wanted = placement_read.filtered(scope(), danish_date(now()), state=query.state, type=query.type)
    rows, cursor = page(session(), wanted, Placement.id, query)
    return {"items": [placement_json(row) for row in rows], "next_cursor": cursor}
