"""JSON resources: candidates and their consent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid
from crm.openings.actions import candidates as actions
from crm.openings.api.blueprint import api
from crm.openings.models import Candidate
from crm.openings.queries import candidates as read
from crm.openings.rules import ReportingType
from crm.openings.rules.candidates import DEFAULT_REACH, MAX_REACH, MAX_REFERENCE, NewCandidate, consent_state
from crm.web.api import In, Paging, page
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


class CandidatePath(BaseModel):
    candidate_id: int = Field(ge=1, le=2**53)


class CandidateIn(In):
    """The least data needed. ``reference``: a case number or initials; what looks like a name, a CPR number, a mail
    address or a telephone number is refused (422). ``languages``: ISO 639 keys; ``types`` empty: all types."""

    reference: str = Field(min_length=1, max_length=MAX_REFERENCE)
    occupation: str = Field(min_length=1, max_length=200)
    postcode: str = Field(min_length=4, max_length=4)
    reach_minutes: int = Field(DEFAULT_REACH, ge=1, le=MAX_REACH)
    languages: list[str] = Field(default_factory=list, max_length=40)
    weekly_hours: float | None = Field(None, gt=0, le=60)
    types: list[ReportingType] = Field(default_factory=list, max_length=7)
    consent_on: date | None = None
    jobcentre_id: int | None = Field(None, ge=1, le=2**53, description="Where you act for more than one")

    def told(self) -> NewCandidate:
        return NewCandidate(
            self.reference,
            self.occupation,
            self.postcode,
            self.reach_minutes,
            tuple(self.languages),
            self.weekly_hours,
            tuple(self.types),
            self.consent_on,
        )


class ChangeIn(In):
    """What is left out, or null, stays as it is; but ``weekly_hours`` null empties it. Another ``reference`` is another
    person: the consent goes with the old one."""

    reference: str | None = Field(None, min_length=1, max_length=MAX_REFERENCE)
    occupation: str | None = Field(None, min_length=1, max_length=200)
    postcode: str | None = Field(None, min_length=4, max_length=4)
    reach_minutes: int | None = Field(None, ge=1, le=MAX_REACH)
    languages: list[str] | None = Field(None, max_length=40)
    weekly_hours: float | None = Field(None, gt=0, le=60)
    types: list[ReportingType] | None = Field(None, max_length=7)

    def told(self, before: Candidate) -> NewCandidate:
        def value(name: str) -> Any:
            sent = name in self.model_fields_set and (name == "weekly_hours" or getattr(self, name) is not None)
            return getattr(self if sent else before, name)

        return NewCandidate(
            value("reference"),
            value("occupation"),
            value("postcode"),
            value("reach_minutes"),
            tuple(value("languages")),
            value("weekly_hours"),
            tuple(value("types")),
        )


class CandidateOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    jobcentre_id: int
    owner_id: int | None
    reference: str
    occupation: str
    occupation_code: str | None
    postcode: str
    reach_minutes: int
    languages: list[str]
    weekly_hours: float | None
    types: list[str]
    consent_on: date | None
    consent_withdrawn_at: datetime | None
    consent: Literal["given", "missing", "outdated", "withdrawn"]
    active: bool
    created_at: datetime


class CandidateList(BaseModel):
    items: list[CandidateOut]
    next_cursor: str | None


class CandidatesQuery(Paging):
    occupation: str | None = Field(None, max_length=100, description="First digits of a DISCO-08 code, or words")
    active: bool | None = True
    without_consent: bool = False
    without_presentation: bool = False


class ConsentIn(In):
    """``given`` on ``on`` (today where left out), or taken back, which ends what is under way."""

    given: bool
    on: date | None = None


def as_json(candidate: Candidate) -> dict[str, Any]:
    plain = {name: getattr(candidate, name) for name in CandidateOut.model_fields if name != "consent"}
    return CandidateOut(**plain, consent=consent_state(candidate, now())).model_dump(mode="json")  # type: ignore[arg-type]


@api.get("/candidates", summary="The jobcentre's own candidates", responses={200: CandidateList})
@requires("openings.candidates")
def list_candidates(query: CandidatesQuery) -> Any:
    wanted = read.filtered(
        scope(),
        now(),
        occupation=(query.occupation or "").replace("\0", "").strip(),
        active=query.active,
        without_consent=query.without_consent,
        without_presentation=query.without_presentation,
    )
    rows, cursor = page(session(), wanted, Candidate.id, query)
    return {"items": [as_json(row) for row in rows], "next_cursor": cursor}


@api.post("/candidates", summary="Keep a candidate", responses={201: CandidateOut})
@requires("openings.candidates")
def add_candidate(body: CandidateIn) -> Any:
    made = actions.add(session(), actor(), now(), _home(body.jobcentre_id), body.told())
    return as_json(made), 201


def _home(asked: int | None) -> int:
    """Raises Invalid for a jobcentre out of reach."""
    if asked is not None and asked not in scope().jobcentres:
        message = N_("Vælg et jobcenter, du arbejder for")
        raise Invalid(N_("Kandidaten er ikke gemt. Ret felterne, og prøv igen."), errors={"jobcentre_id": message})
    own = actor().jobcentre_id
    return asked or (own if own in scope().jobcentres else min(scope().jobcentres))


@api.get("/candidates/<int:candidate_id>", summary="One candidate", responses={200: CandidateOut})
@requires("openings.candidates")
def get_candidate(path: CandidatePath) -> Any:
    return as_json(read.candidate(session(), scope(), path.candidate_id))


@api.post("/candidates/<int:candidate_id>/details", summary="Correct a candidate", responses={200: CandidateOut})
@requires("openings.candidates")
def change_candidate(path: CandidatePath, body: ChangeIn) -> Any:
    """422 names the fields, ``reference`` too for another person while the candidate is under way or in work; 409
    ``erased``."""
    found = read.candidate(session(), scope(), path.candidate_id)
    return as_json(actions.change(session(), actor(), now(), found, body.told(found)))


@api.post(
    "/candidates/<int:candidate_id>/consent", summary="Consent given or taken back", responses={200: CandidateOut}
)
@requires("openings.candidates")
def set_consent(path: CandidatePath, body: ConsentIn) -> Any:
    """409 ``no_consent`` where there is none to take back."""
    found = read.candidate(session(), scope(), path.candidate_id)
    if body.given:
        actions.give_consent(session(), actor(), now(), found, body.on or danish_date(now()))
    else:
        actions.withdraw_consent(session(), actor(), now(), found)
    return as_json(found)
