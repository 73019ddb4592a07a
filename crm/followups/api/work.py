"""JSON resources: the list of follow-ups, one with its history; done, opened again, put off, handed over."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from flask import request
from pydantic import BaseModel, Field, model_validator

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid
from crm.followups import actions, queries
from crm.followups.actions import hand_over as handing
from crm.followups.api.blueprint import api
from crm.followups.api.followups import Agreement, FollowUpOut, as_out
from crm.followups.models import FollowUp
from crm.followups.rules import MAX_PROMISE, MAX_REASON, FollowUpDecision, NoFollowUp
from crm.web.api import In, Paging, page
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

Kind = Literal["we_owe", "company_owes", "future_need", "care", "placement_ending", "data_missing"]
OutcomeKey = Literal[
    "done",
    "came_back",
    "opening_told",
    "later",
    "permanent",
    "extended",
    "ended",
    "details_in",
    "not_reached",
    "no_need",
    "other",
]


class FollowUpPath(BaseModel):
    follow_up_id: int = Field(ge=1, le=2**53)


class FollowUpList(BaseModel):
    items: list[FollowUpOut]
    next_cursor: str | None


class FollowUpsQuery(Paging):
    """``due_before``: due on an earlier day; ``overdue``: the due day has passed; ``unowned``: of people who have
    left."""

    due_before: date | None = None
    overdue: bool = False
    state: Literal["open", "done"] = "open"
    owner_id: int | None = Field(None, ge=1, le=2**53)
    kind: Kind | None = None
    owed_by: Literal["jobcentre", "company"] | None = None
    jobcentre_id: int | None = Field(None, ge=1, le=2**53)
    visit_id: int | None = Field(None, ge=1, le=2**53)
    unowned: bool = False


class Event(BaseModel):
    """``verb``: what happened (``followups.snooze`` …); ``data``: what it said."""

    at: datetime
    verb: str
    actor: str
    data: dict[str, Any]


class FollowUpWithHistory(FollowUpOut):
    """``history``: the last first."""

    history: list[Event]


class FulfilIn(In):
    """The whole body may be left out, but of ``care``, which needs ``then``, the next contact, or ``no_next_because``;
    so does ``not_reached``. ``then`` is told to the company in writing where somebody spoke with it."""

    outcome: str | None = Field(None, max_length=MAX_PROMISE)
    outcome_key: OutcomeKey = "done"
    then: Agreement | None = None
    no_next_because: str | None = Field(None, max_length=MAX_REASON)

    @model_validator(mode="before")
    @classmethod
    def _no_body(cls, value: Any) -> Any:
        return {} if value is None and not request.get_data() else value

    def next_contact(self, found: FollowUp) -> FollowUpDecision | NoFollowUp | None:
        if self.then and self.no_next_because:
            raise Invalid(
                N_("Aftalen er ikke ændret. Ret felterne, og prøv igen."),
                errors={"no_next_because": N_("Giv enten en næste kontakt eller en grund til ingen, ikke begge")},
            )
        if self.then is None:
            return NoFollowUp(self.no_next_because) if self.no_next_because is not None else None
        if self.then.kind is None and found.kind == "care" and self.then.owed_by == "jobcentre":
            return FollowUpDecision("jobcentre", self.then.due_on, self.then.promise, "care")
        return self.then.decision(danish_date(now()))


class SnoozeIn(In):
    due_on: date
    reason: str = Field(min_length=1, max_length=MAX_REASON)


class FollowUpHandOverIn(In):
    """``to``: an active consultant or lead of the jobcentre."""

    to: int = Field(ge=1, le=2**53)
    reason: str | None = Field(None, max_length=MAX_REASON)


@api.get("/followups", summary="Follow-ups in reach", responses={200: FollowUpList})
@requires("followups.read")
def list_follow_ups(query: FollowUpsQuery) -> Any:
    wanted = queries.statement(
        scope(),
        owner_id=query.owner_id,
        state=query.state,
        kind=query.kind,
        owed_by=query.owed_by,
        jobcentre_id=query.jobcentre_id,
        unowned=query.unowned,
    )
    if query.visit_id:
        wanted = wanted.where(FollowUp.visit_id == query.visit_id)
    if query.due_before:
        wanted = wanted.where(FollowUp.due_on < query.due_before)
    if query.overdue:
        wanted = wanted.where(FollowUp.due_on < danish_date(now()))
    rows, cursor = page(session(), wanted, FollowUp.id, query)
    return {"items": [as_out(row).model_dump(mode="json") for row in rows], "next_cursor": cursor}


@api.get("/followups/<int:follow_up_id>", summary="A follow-up, its history", responses={200: FollowUpWithHistory})
@requires("followups.read")
def one_follow_up(path: FollowUpPath) -> Any:
    found = queries.follow_up(session(), scope(), path.follow_up_id, day=danish_date(now()))
    happened = [
        Event(at=note.at, verb=note.verb, actor=note.actor_name, data=note.data).model_dump(mode="json")
        for note in queries.history(session(), found)
    ]
    return {**as_out(found).model_dump(mode="json"), "history": happened}


@api.post("/followups/<int:follow_up_id>/fulfil", summary="Mark a follow-up as done", responses={200: FollowUpOut})
@requires("followups.fulfil")
def fulfil_follow_up(path: FollowUpPath, body: FulfilIn) -> Any:
    """409 ``done`` when it is done already; 422 ``then`` where one kept warm, or not reached, is left without a next
    contact."""
    found = queries.follow_up(session(), scope(), path.follow_up_id, day=danish_date(now()))
    then, words = body.next_contact(found), body.outcome or ""
    actions.fulfil(session(), actor(), now(), found, words, outcome_key=body.outcome_key, then=then)
    return as_out(found).model_dump(mode="json")


@api.post("/followups/<int:follow_up_id>/reopen", summary="Take back a mistaken done", responses={200: FollowUpOut})
@requires("followups.fulfil")
def reopen_follow_up(path: FollowUpPath) -> Any:
    """409 ``open``, ``late`` (after a week) or ``followed`` (it has gone on since)."""
    found = queries.follow_up(session(), scope(), path.follow_up_id, day=danish_date(now()))
    return as_out(actions.reopen(session(), actor(), now(), found)).model_dump(mode="json")


@api.post("/followups/<int:follow_up_id>/snooze", summary="Put a follow-up off", responses={200: FollowUpOut})
@requires("followups.fulfil")
def snooze_follow_up(path: FollowUpPath, body: SnoozeIn) -> Any:
    """To a later working day, for a reason; the first date stays. 409 ``done``."""
    found = queries.follow_up(session(), scope(), path.follow_up_id, day=danish_date(now()))
    return as_out(actions.snooze(session(), actor(), now(), found, body.due_on, body.reason)).model_dump(mode="json")


@api.post("/followups/<int:follow_up_id>/hand-over", summary="Give a follow-up away", responses={200: FollowUpOut})
@requires("followups.hand_over")
def hand_over_follow_up(path: FollowUpPath, body: FollowUpHandOverIn) -> Any:
    """The colleague and the company are told. 409 ``done`` or ``same``."""
    found = queries.follow_up(session(), scope(), path.follow_up_id, day=danish_date(now()))
    handing.hand_over(session(), actor(), now(), found, body.to, body.reason or "")
    return as_out(found).model_dump(mode="json")
