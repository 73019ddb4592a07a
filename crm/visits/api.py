"""Slots and visits as JSON. The report of a visit lives in followups, which needs openings and agreements with it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from crm.base.types import parse_email, parse_phone
from crm.calling.queries import entry as load_entry
from crm.visits import actions, queries
from crm.visits.models import Visit
from crm.visits.rules import ContactDetails, Explanation, as_dict
from crm.visits.rules.moments import day_or_moment, this_century
from crm.web.api import In, Paging, api_blueprint, page
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

api = api_blueprint("visits", "Visits")
LARGEST = 2**53
State = Literal["booked", "held", "cancelled_by_company", "cancelled_by_jobcentre", "nobody_there"]

Moment = Annotated[AwareDatetime, AfterValidator(this_century)]
QueryMoment = Annotated[AwareDatetime, BeforeValidator(day_or_moment), AfterValidator(this_century)]


def _phone(value: str | None) -> str | None:
    return parse_phone(value) if value else None


def _email(value: str | None) -> str | None:
    return parse_email(value) if value else None


class SlotsQuery(In):
    """``from``, ``to``: moments with offset, or dates (Danish midnight); default from now to the horizon."""

    model_config = ConfigDict(populate_by_name=True, extra="ignore")
    entry_id: int = Field(ge=1, le=LARGEST)
    frm: QueryMoment | None = Field(None, alias="from")
    to: QueryMoment | None = None
    refused: bool = Field(False, description="Also the times that cannot be had, each with its reason")
    limit: int = Field(500, ge=1, le=2000)


class WeightsOut(BaseModel):
    """Minutes of extra driving that a visit more that week, and a working day later, weigh."""

    fairness_min: int
    earliness_min: int


class SlotOut(BaseModel):
    consultant_id: int
    consultant: str
    initials: str
    starts_at: datetime
    ends_at: datetime
    travel_before_min: int
    travel_after_min: int
    extra_driving_min: int
    ferry: str | None
    explanation: Explanation


class RefusedOut(SlotOut):
    reason: str
    code: str
    needed_min: int | None
    available_min: int | None
    held_until: datetime | None


class SlotsOut(BaseModel):
    """Best first by the jobcentre's weights: lowest score, least extra driving, fewest visits that week, earliest."""

    slots: list[SlotOut]
    refused: list[RefusedOut] | None
    earliest: datetime
    latest: datetime
    consultants: int
    weights: WeightsOut


class ContactIn(In):
    name: str = Field(min_length=1, max_length=200)
    title: str | None = Field(None, max_length=120)
    phone: Annotated[str | None, AfterValidator(_phone)] = Field(None, max_length=40)
    email: Annotated[str | None, AfterValidator(_email)] = Field(None, max_length=254)


class BookIn(In):
    entry_id: int = Field(ge=1, le=LARGEST)
    consultant_id: int = Field(ge=1, le=LARGEST)
    starts_at: Moment
    contact: ContactIn
    note: str | None = Field(None, max_length=4000)


class MoveIn(In):
    starts_at: Moment
    consultant_id: int | None = Field(None, ge=1, le=LARGEST)
    reason: str = Field(min_length=1, max_length=300)


class CancelIn(In):
    by: Literal["company", "jobcentre"]
    reason: str = Field(min_length=1, max_length=300)


class HandOverIn(In):
    consultant_id: int = Field(ge=1, le=LARGEST)
    reason: str = Field(min_length=1, max_length=300)


class VisitPath(BaseModel):
    visit_id: int = Field(ge=1, le=LARGEST)


class VisitsQuery(Paging):
    """``from``, ``to``: Danish days, both included."""

    model_config = ConfigDict(populate_by_name=True)
    state: State | None = None
    frm: date | None = Field(None, alias="from", ge=date(2000, 1, 1), le=date(2100, 1, 1))
    to: date | None = Field(None, ge=date(2000, 1, 1), le=date(2100, 1, 1))
    consultant_id: int | None = Field(None, ge=1, le=LARGEST)
    campaign_id: int | None = Field(None, ge=1, le=LARGEST)


class PersonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    initials: str
    phone: str | None
    email: str


class PlaceOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    p_number: str
    street: str
    postcode: str
    city: str


class ContactOut(BaseModel):
    name: str
    title: str
    phone: str | None
    email: str | None


class EventOut(BaseModel):
    at: datetime
    kind: str
    actor: str | None
    responsible: str | None
    data: dict[str, Any]


class VisitOut(BaseModel):
    """``responsible`` answers for the visit at this moment. ``history`` and ``replies`` are null in lists."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    entry_id: int
    campaign_id: int
    jobcentre_id: int
    state: State
    starts_at: datetime
    ends_at: datetime
    sequence: int
    consultant_id: int
    consultant: PersonOut
    responsible: PersonOut
    workplace: PlaceOut
    contact: ContactOut
    note: str
    booked_at: datetime
    arrived_at: datetime | None
    reported_at: datetime | None
    pressed: bool | None
    schemes: list[Any]
    materials: list[Any]
    report_note: str
    no_follow_up_because: str | None
    history: list[EventOut] | None = None
    replies: list[dict[str, Any]] | None = None


class VisitList(BaseModel):
    items: list[VisitOut]
    next_cursor: str | None


def _name(user: Any) -> str | None:
    return user.name if user else None


def as_json(visit: Visit, *, history: bool = False) -> dict[str, Any]:
    fields = {name: getattr(visit, name) for name in VisitOut.model_fields if hasattr(visit, name)}
    fields["entry_id"] = visit.queue_entry_id
    fields["contact"] = ContactOut(
        name=visit.contact_name, title=visit.contact_title, phone=visit.contact_phone, email=visit.contact_email
    )
    if history:
        session().expire(visit, ["events"])  # a change just made belongs to it
        fields["history"] = [
            EventOut(at=e.at, kind=e.kind, actor=_name(e.actor), responsible=_name(e.responsible), data=e.data)
            for e in visit.events
        ]
        fields["replies"] = [reply.as_json() for reply in queries.replies_of(session(), visit)]
    return VisitOut.model_validate(fields, from_attributes=True).model_dump(mode="json")


@api.get("/slots", responses={200: SlotsOut}, summary="Ranked times that can be driven")
@requires("visits.book")
def slots(query: SlotsQuery) -> Any:
    entry = load_entry(session(), scope(), query.entry_id)
    frm = query.frm or now()
    to = query.to or now() + timedelta(days=entry.campaign.horizon_days + 1)
    offer = queries.slots(session(), now(), entry, frm, to, refused=query.refused)
    return SlotsOut.model_validate(
        {
            "slots": [as_dict(slot) for slot in offer.slots[: query.limit]],
            "refused": [as_dict(slot) for slot in offer.refused[: query.limit]] if query.refused else None,
            "earliest": offer.earliest,
            "latest": offer.latest,
            "consultants": offer.consultants,
            "weights": asdict(offer.weights),
        }
    ).model_dump(mode="json")


@api.post("/visits", responses={201: VisitOut}, summary="Book")
@requires("visits.book")
def book(body: BookIn) -> Any:
    """409 with ``code`` overlap, travel, hours, capacity, protected, stale or no_place, and ``alternatives``."""
    entry = load_entry(session(), scope(), body.entry_id)
    contact = ContactDetails(body.contact.name, body.contact.title or "", body.contact.phone, body.contact.email)
    visit = actions.book(session(), actor(), now(), entry, body.consultant_id, body.starts_at, contact, body.note or "")
    return as_json(visit, history=True), 201


@api.get("/visits", responses={200: VisitList}, summary="List, newest first")
@requires("visits.read")
def index(query: VisitsQuery) -> Any:
    statement = queries.visits(
        scope(),
        state=query.state,
        frm=query.frm,
        to=query.to,
        consultant_id=query.consultant_id,
        campaign_id=query.campaign_id,
    )
    rows, cursor = page(session(), statement, Visit.id, query, descending=True)
    return {"items": [as_json(visit) for visit in rows], "next_cursor": cursor}


@api.get("/visits/<int:visit_id>", responses={200: VisitOut}, summary="One visit with its history")
@requires("visits.read")
def show(path: VisitPath) -> Any:
    return as_json(queries.visit(session(), scope(), path.visit_id, booked=True), history=True)


@api.post("/visits/<int:visit_id>/move", responses={200: VisitOut}, summary="Move")
@requires("visits.change")
def move(path: VisitPath, body: MoveIn) -> Any:
    """The same refusals as booking."""
    visit = queries.visit(session(), scope(), path.visit_id)
    actions.move(session(), actor(), now(), visit, body.starts_at, body.reason, body.consultant_id)
    return as_json(visit, history=True)


@api.post("/visits/<int:visit_id>/cancel", responses={200: VisitOut}, summary="Cancel")
@requires("visits.change")
def cancel(path: VisitPath, body: CancelIn) -> Any:
    visit = queries.visit(session(), scope(), path.visit_id)
    return as_json(actions.cancel(session(), actor(), now(), visit, body.by, body.reason), history=True)


@api.post("/visits/<int:visit_id>/hand-over", responses={200: VisitOut}, summary="Hand over to a colleague")
@requires("visits.change")
def hand_over(path: VisitPath, body: HandOverIn) -> Any:
    """The same time with another consultant, who answers for it from then on; the same refusals as booking."""
    visit = queries.visit(session(), scope(), path.visit_id)
    actions.hand_over(session(), actor(), now(), visit, body.consultant_id, body.reason)
    return as_json(visit, history=True)
