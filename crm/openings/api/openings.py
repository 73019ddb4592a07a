"""JSON resources: openings of a visit, the list, one opening and what is written on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal

from flask import request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from crm.openings import actions, queries
from crm.openings.api.blueprint import api
from crm.openings.models import Opening
from crm.openings.rules import MAX_CVS, MAX_POSITIONS, MAX_WISHES, NewOpening, ReportingType, missing
from crm.openings.rules.details import MAX_HOURS, MAX_TASKS, Details
from crm.visits import queries as visit_queries
from crm.web.api import In, Paging, page
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

Stage = Literal["told", "specified", "presented", "interview", "part", "hired"]
Lacking = Literal["any", "occupation", "tasks", "hours", "start", "contact", "cvs"]
Reason = Literal["filled_by_us", "filled_elsewhere", "withdrawn", "no_candidate", "lapsed"]


class VisitPath(BaseModel):
    visit_id: int = Field(ge=1, le=2**53)


class KeyHeader(BaseModel):
    """The same key gives the first opening again, and writes nothing."""

    model_config = ConfigDict(populate_by_name=True)
    idempotency_key: str | None = Field(None, alias="Idempotency-Key", max_length=100)


class OpeningPath(BaseModel):
    opening_id: int = Field(ge=1, le=2**53)


class DetailsIn(In):
    """What is left out stays as it is; null empties it. ``cvs_wanted`` 0: none are wanted. ``languages``: ISO keys."""

    own_type_id: int | None = Field(None, ge=1, le=2**53)
    occupation: str | None = Field(None, max_length=200)
    tasks: str | None = Field(None, max_length=MAX_TASKS)
    weekly_hours: float | None = Field(None, gt=0, le=MAX_HOURS)
    hours_note: str | None = Field(None, max_length=120)
    starts_on: date | None = None
    starts_note: str | None = Field(None, max_length=60)
    languages: list[str] | None = Field(None, max_length=50)
    wishes: str | None = Field(None, max_length=MAX_WISHES)
    cvs_wanted: int | None = Field(None, ge=0, le=MAX_CVS)
    cvs_by: date | None = None
    scheme: str | None = Field(None, max_length=40)
    contact_name: str | None = Field(None, max_length=200)
    contact_title: str | None = Field(None, max_length=120)
    contact_phone: str | None = Field(None, max_length=40)
    contact_email: str | None = Field(None, max_length=254)

    def details(self, before: Details) -> Details:
        """As they were, with what was sent."""
        empty = Details()
        sent = {
            name: getattr(empty, name) if (value := getattr(self, name)) is None else value
            for name in self.model_fields_set & set(DetailsIn.model_fields)
        }
        if "languages" in sent:
            sent["languages"] = tuple(sent["languages"])
        return replace(before, **sent)


class DetailsChange(DetailsIn):
    """``seen``: what was read of the fields that are sent; where one has been changed since, nothing is written."""

    seen: DetailsIn | None = None


class OpeningIn(DetailsIn):
    """``akutjob`` only with type ordinary. ``positions`` is what the rates count. ``type`` is the reporting type; with
    ``own_type_id`` it is the one that type counts as."""

    type: ReportingType
    positions: int = Field(1, ge=1, le=MAX_POSITIONS)
    akutjob: bool = False
    another: bool = Field(False, description="It is one more of a type that the visit has already")

    def told(self) -> NewOpening:
        return NewOpening(
            self.type,
            self.positions,
            self.akutjob,
            self.occupation or "",
            self.wishes or "",
            self.cvs_wanted or None,
            self.cvs_by,
            self.own_type_id,
        )


class RelaxIn(In):
    """``wishes``: what is wished now; ``agreed_with``: who at the company gave way."""

    wishes: str = Field(max_length=MAX_WISHES)
    agreed_with: str = Field(min_length=1, max_length=200)


class CloseIn(In):
    reason: Reason


class NoBody(In):
    """Nothing; the whole body may be left out."""

    @model_validator(mode="before")
    @classmethod
    def _no_body(cls, value: Any) -> Any:
        return {} if value is None and not request.get_data() else value


class OpeningOut(BaseModel):
    """``missing``: details still lacking; ``stage`` follows from details, candidates and placements."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    visit_id: int
    campaign_id: int
    jobcentre_id: int
    workplace_id: int
    consultant_id: int
    type: str
    own_type_id: int | None
    positions: int
    akutjob: bool
    occupation: str
    occupation_code: str | None
    tasks: str
    weekly_hours: float | None
    hours_note: str
    starts_on: date | None
    starts_note: str
    languages: list[str]
    wishes: str
    cvs_wanted: int | None
    cvs_by: date | None
    scheme: str | None
    contact_name: str
    contact_title: str
    contact_phone: str | None
    contact_email: str | None
    stage: str
    missing: list[str] = Field(default_factory=list)
    state: str
    closed_reason: str | None
    closed_at: datetime | None
    from_report: bool
    created_at: datetime


class RelaxationOut(BaseModel):
    """``at``: when it was written, ``by``: the user who wrote it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    by: int | None
    agreed_with: str
    was: str
    now: str


class OneOpening(OpeningOut):
    """``candidates``: under way; ``hired``: positions taken through us."""

    relaxations: list[RelaxationOut]
    candidates: int
    hired: int


class OpeningList(BaseModel):
    items: list[OpeningOut]
    next_cursor: str | None


class OpeningsQuery(Paging):
    type: ReportingType | None = None
    own_type_id: int | None = Field(None, ge=1, le=2**53)
    campaign_id: int | None = Field(None, ge=1, le=2**53)
    consultant_id: int | None = Field(None, ge=1, le=2**53)
    stage: Stage | None = None
    state: Literal["open", "closed"] | None = None
    missing: Lacking | None = None
    q: str | None = Field(None, max_length=100, description="In the occupation or the company's name")


def as_json(opening: Opening) -> dict[str, Any]:
    made = OpeningOut.model_validate(opening)
    made.missing = missing(opening)
    return made.model_dump(mode="json")


def one_as_json(opening: Opening) -> dict[str, Any]:
    relaxed = queries.relaxations(session(), opening.id)
    return {
        **as_json(opening),
        "relaxations": [RelaxationOut.model_validate(each).model_dump(mode="json") for each in relaxed],
        "candidates": queries.under_way_of(session(), [opening.id]).get(opening.id, 0),
        "hired": queries.hired_of(session(), [opening.id]).get(opening.id, 0),
    }


def _found(path: OpeningPath) -> Opening:
    return queries.opening(session(), scope(), path.opening_id)


@api.post(
    "/visits/<int:visit_id>/openings", summary="Log an opening that a held visit gave", responses={201: OpeningOut}
)
@requires("openings.log")
def log_opening(path: VisitPath, body: OpeningIn, header: KeyHeader) -> Any:
    """409 ``not_held`` for a visit that is not reported as held, ``alike`` where it has one of the type already and
    ``another`` is not said; 422 ``idempotency_key`` for a key that was sent with something else."""
    visit = visit_queries.visit(session(), scope(), path.visit_id)
    once: dict[str, Any] = {"another": body.another, "idempotency_key": header.idempotency_key}
    made = actions.log(session(), actor(), now(), visit, body.told(), body.details(Details()), **once)
    return as_json(made), 201


@api.get("/openings", summary="Openings in reach", responses={200: OpeningList})
@requires("openings.read")
def list_openings(query: OpeningsQuery) -> Any:
    asked = queries.Asked(
        type=query.type,
        own_type_id=query.own_type_id,
        campaign_id=query.campaign_id,
        stage=query.stage,
        state=query.state,
        lacking=query.missing,
        consultant_id=query.consultant_id,
        text=query.q or "",
    )
    rows, cursor = page(session(), queries.with_visit(queries.statement(scope(), asked=asked)), Opening.id, query)
    return {"items": [as_json(row) for row in rows], "next_cursor": cursor}


@api.get("/openings/<int:opening_id>", summary="One opening", responses={200: OneOpening})
@requires("openings.read")
def get_opening(path: OpeningPath) -> Any:
    return one_as_json(_found(path))


@api.post("/openings/<int:opening_id>/details", summary="Fill in or correct details", responses={200: OneOpening})
@requires("openings.log")
def set_details(path: OpeningPath, body: DetailsChange) -> Any:
    """Wishes that were relaxed are changed by relaxing alone (422 naming ``wishes``). 409 ``conflict`` when somebody
    has changed a field since ``seen``; ``theirs`` is what stands."""
    found = _found(path)
    before = Details.of(found)
    seen = body.seen.details(before) if body.seen else before
    actions.set_details(session(), actor(), now(), found, body.details(seen), seen=seen)
    return one_as_json(found)


@api.post("/openings/<int:opening_id>/relax", summary="The company gave way on a wish", responses={200: OneOpening})
@requires("openings.log")
def relax(path: OpeningPath, body: RelaxIn) -> Any:
    found = _found(path)
    actions.relax(session(), actor(), now(), found, wishes=body.wishes, agreed_with=body.agreed_with)
    return one_as_json(found)


@api.post("/openings/<int:opening_id>/close", summary="Close an opening", responses={200: OneOpening})
@requires("openings.log")
def close(path: OpeningPath, body: CloseIn) -> Any:
    """Candidates under way end with it. 409 ``closed`` when it is closed already."""
    found = _found(path)
    actions.close(session(), actor(), now(), found, body.reason)
    return one_as_json(found)


@api.post("/openings/<int:opening_id>/reopen", summary="Take a closing back", responses={200: OneOpening})
@requires("openings.log")
def reopen(path: OpeningPath, body: NoBody) -> Any:
    """409 ``open`` when it is open, ``filled`` when all positions are hired."""
    found = _found(path)
    actions.reopen(session(), actor(), now(), found)
    return one_as_json(found)
