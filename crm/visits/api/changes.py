"""Book, move, cancel, hand over."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from crm.base.types import parse_email, parse_phone
from crm.calling.queries import entry as load_entry
from crm.visits import actions, queries
from crm.visits.api.ahead import fetch_for_entry, fetch_for_visit
from crm.visits.api.blueprint import LARGEST, Moment, api
from crm.visits.api.shapes import VisitOut, VisitPath, as_json
from crm.visits.rules import ContactDetails
from crm.web.api import In
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


def _phone(value: str | None) -> str | None:
    return parse_phone(value) if value else None


def _email(value: str | None) -> str | None:
    return parse_email(value) if value else None


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


@api.post("/visits", responses={201: VisitOut}, summary="Book")
@requires("visits.book")
def book(body: BookIn) -> Any:
    """The entry's workplace is visited; its consultant answers for the visit from then on.

    409 with ``code``: ``overlap`` (the time is taken or held), ``travel`` (the drive before or after does not fit),
    ``hours`` (outside working time, own appointment, absence, lunch, area, notice or horizon), ``capacity`` (the day is
    full), each with up to three ``alternatives`` in the form of a slot and ``why`` it is offered; ``protected``,
    ``stale`` (not the caller's to book, or booked already) and ``no_place`` without. ``hold``: what became of a time
    that was held. 404 for a consultant of another jobcentre, 422 with ``errors`` by field.
    """
    entry = load_entry(session(), scope(), body.entry_id)
    contact = ContactDetails(body.contact.name, body.contact.title or "", body.contact.phone, body.contact.email)
    fetch_for_entry(entry, body.starts_at)
    visit = actions.book(session(), actor(), now(), entry, body.consultant_id, body.starts_at, contact, body.note or "")
    return as_json(visit, history=True), 201


@api.post("/visits/<int:visit_id>/move", responses={200: VisitOut}, summary="Move")
@requires("visits.change")
def move(path: VisitPath, body: MoveIn) -> Any:
    """Another time, and perhaps another consultant. The same refusals as booking, with ``alternatives``; ``stale`` when
    it is no longer booked."""
    visit = queries.visit(session(), scope(), path.visit_id)
    fetch_for_visit(visit, body.starts_at)
    actions.move(session(), actor(), now(), visit, body.starts_at, body.reason, body.consultant_id)
    return as_json(visit, history=True)


@api.post("/visits/<int:visit_id>/cancel", responses={200: VisitOut}, summary="Cancel")
@requires("visits.change")
def cancel(path: VisitPath, body: CancelIn) -> Any:
    """It still counts as booked. 409 ``stale`` when it is no longer booked."""
    visit = queries.visit(session(), scope(), path.visit_id)
    return as_json(actions.cancel(session(), actor(), now(), visit, body.by, body.reason), history=True)


@api.post("/visits/<int:visit_id>/hand-over", responses={200: VisitOut}, summary="Hand over to a colleague")
@requires("visits.change")
def hand_over(path: VisitPath, body: HandOverIn) -> Any:
    """The same time with another consultant, who answers for it from then on; the same refusals as booking, and
    ``same`` when the consultant has it already."""
    visit = queries.visit(session(), scope(), path.visit_id)
    fetch_for_visit(visit, visit.starts_at)
    actions.hand_over(session(), actor(), now(), visit, body.consultant_id, body.reason)
    return as_json(visit, history=True)
