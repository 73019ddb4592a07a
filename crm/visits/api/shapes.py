"""A visit as it is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crm.visits import queries
from crm.visits.api.blueprint import LARGEST
from crm.visits.models import Visit
from crm.web.edge import session

State = Literal["booked", "held", "cancelled_by_company", "cancelled_by_jobcentre", "nobody_there"]


class VisitPath(BaseModel):
    visit_id: int = Field(ge=1, le=LARGEST)


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


class VisitContactOut(BaseModel):
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


class ReplyOut(BaseModel):
    """An answer to an invitation. ``former``: it answers an invitation to an earlier time; ``other``: from another
    address than the contact's; ``superseded``: the same person has answered again since."""

    party: Literal["company", "consultant"]
    email: str
    partstat: Literal["ACCEPTED", "DECLINED", "TENTATIVE"]
    comment: str
    at: datetime
    former: bool
    other: bool
    superseded: bool


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
    contact: VisitContactOut
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
    replies: list[ReplyOut] | None = None


class VisitList(BaseModel):
    items: list[VisitOut]
    next_cursor: str | None


def _name(user: Any) -> str | None:
    return user.name if user else None


def as_json(visit: Visit, *, history: bool = False) -> dict[str, Any]:
    fields = {name: getattr(visit, name) for name in VisitOut.model_fields if hasattr(visit, name)}
    fields["entry_id"] = visit.queue_entry_id
    fields["contact"] = VisitContactOut(
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
