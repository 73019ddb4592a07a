"""JSON resources: what the company answered to an agreement, and settling it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crm.base.clock import danish_date
from crm.followups import queries
from crm.followups.actions.settling import accept, decline, take_note
from crm.followups.api.blueprint import api
from crm.followups.queries.answers import answer_of, of_follow_ups
from crm.followups.rules import MAX_PROMISE
from crm.followups.rules.answers import MAX_WORDS
from crm.web.api import In
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


class AnswersPath(BaseModel):
    follow_up_id: int = Field(ge=1, le=2**53)


class AnswerPath(AnswersPath):
    answer_id: int = Field(ge=1, le=2**53)


class CompanyAnswerOut(BaseModel):
    """``owed_by``, ``due_on``: what the company says it was instead. ``declined`` without ``settled_by``: it took
    the correction back itself; settled as nothing: the agreement was done meanwhile. ``told``: with the answer to a
    settling alone, whether the company was written to."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    follow_up_id: int
    at: datetime
    kind: Literal["confirmed", "corrected", "kept", "not_kept"]
    words: str
    due_on: date | None
    owed_by: Literal["jobcentre", "company"] | None
    settled_at: datetime | None
    settled_by: int | None
    settled_as: Literal["accepted", "declined"] | None
    reply: str
    told: bool | None = None


class AnswerList(BaseModel):
    items: list[CompanyAnswerOut]


class SettleIn(In):
    """A correction is ``accepted`` (what is left out is as the company said) or ``declined`` (with ``words``); a
    ``not_kept`` is ``noted``."""

    settle_as: Literal["accepted", "declined", "noted"]
    promise: str | None = Field(None, min_length=1, max_length=MAX_PROMISE)
    due_on: date | None = None
    owed_by: Literal["jobcentre", "company"] | None = None
    words: str | None = Field(None, max_length=MAX_WORDS)


@api.get("/followups/<int:follow_up_id>/answers", summary="The company's answers", responses={200: AnswerList})
@requires("followups.read")
def list_answers(path: AnswersPath) -> Any:
    """Oldest first."""
    found = queries.follow_up(session(), scope(), path.follow_up_id, day=danish_date(now()))
    said = of_follow_ups(session(), [found.id]).get(found.id, [])
    return {"items": [CompanyAnswerOut.model_validate(one).model_dump(mode="json") for one in said]}


@api.post(
    "/followups/<int:follow_up_id>/answers/<int:answer_id>/settle",
    summary="Settle the company's answer",
    responses={200: CompanyAnswerOut},
)
@requires("followups.fulfil")
def settle_answer(path: AnswerPath, body: SettleIn) -> Any:
    """409 ``settled`` when it is settled already, ``done`` when the agreement is over. The company is told of
    an accepted or declined correction by mail, where the visit has an address and the agreement is open: see ``told``.
    """
    found = queries.follow_up(session(), scope(), path.follow_up_id, day=danish_date(now()))
    said = answer_of(session(), found, path.answer_id)
    if body.settle_as == "accepted":
        wanted: dict[str, Any] = {"promise": body.promise, "due_on": body.due_on, "owed_by": body.owed_by}
        told = accept(session(), actor(), now(), said, **wanted)
    elif body.settle_as == "declined":
        told = decline(session(), actor(), now(), said, body.words or "")
    else:
        told = None
        take_note(session(), actor(), now(), said)
    return {**CompanyAnswerOut.model_validate(said).model_dump(mode="json"), "told": told}
