"""Finish a call, and what it can end with."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from flask import make_response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from crm.base.errors import N_, Invalid
from crm.calling import actions, queries, rules
from crm.calling.api.blueprint import LARGEST, api
from crm.calling.models import Call, QueueEntry
from crm.web.api import In
from crm.web.edge import now, session
from crm.web.i18n import locale_code
from crm.web.permit import actor, requires, scope

BY_BOOKING = N_("Et besøg bookes med POST /api/v1/visits. Intet er gemt.")


class EntryPath(BaseModel):
    entry_id: int = Field(ge=1, le=LARGEST)


class KeyHeader(BaseModel):
    """The same key gives the first call's result again, and writes nothing."""

    model_config = ConfigDict(populate_by_name=True)
    idempotency_key: str | None = Field(None, alias="Idempotency-Key", max_length=100)


class OutcomeIn(In):
    outcome: str = Field(
        max_length=20,
        pattern=r"^[a-z][a-z0-9_]*$",
        description="A key of the campaign's outcomes (GET /api/v1/queue/outcomes); by default one of: "
        + ", ".join(rules.by_phone(rules.OUTCOMES)),
    )
    reason: str | None = Field(
        None,
        max_length=40,
        description="Why the company said no; a key of the campaign's reasons, by default one of: "
        + ", ".join(rules.REASONS),
    )
    call_back_at: AwareDatetime | None = None
    mine: bool = Field(True, description="A call-back is the caller's own promise, not anyone's")
    note: str | None = Field(None, max_length=4000)


class FinishedOut(BaseModel):
    """The call, and where the entry stands after it."""

    call_id: int
    entry_id: int
    outcome: str
    state: str
    due_at: str | None
    call_back_mine: bool
    attempts: int


class OutcomesIn(In):
    campaign_id: int = Field(ge=1, le=LARGEST)


class OutcomeOut(BaseModel):
    """``needs``: the field it cannot be saved without (``reason``, ``call_back_at``), ``slot`` for a visit to book.
    ``answer``: what the booking rate counts it as. ``offered``: on the phoner's screen."""

    key: str
    label: str
    letter: str
    group: str
    needs: str
    human: bool
    final: bool
    answer: str | None
    offered: bool


class DeclineOut(BaseModel):
    key: str
    label: str


class OutcomesOut(BaseModel):
    campaign_id: int
    outcomes: list[OutcomeOut]
    reasons: list[DeclineOut]


@api.get("/queue/outcomes", responses={200: OutcomesOut})
@requires("calling.read")
def outcomes(query: OutcomesIn) -> Any:
    """What a call of the campaign can end with, and the reasons for a no, in the campaign's order."""
    campaign = queries.campaign_in_reach(session(), scope(), query.campaign_id)
    locale = locale_code()
    known = queries.outcomes(session(), campaign.id, every=True).values()
    return OutcomesOut(
        campaign_id=campaign.id,
        outcomes=[_outcome(one, locale) for one in known],
        reasons=[
            DeclineOut(key=one.key, label=one.label_in(locale))
            for one in queries.decline_reasons(session(), campaign.id).values()
        ],
    ).model_dump()


def _outcome(one: rules.Outcome, locale: str) -> OutcomeOut:
    return OutcomeOut(
        key=one.key,
        label=one.label_in(locale),
        letter=one.letter,
        group=one.group,
        needs=one.needs,
        human=one.human,
        final=one.final,
        answer=one.answer,
        offered=one.active,
    )


@api.post("/queue/<int:entry_id>/outcome", responses={200: FinishedOut})
@requires("calling.call")
def outcome(path: EntryPath, body: OutcomeIn, header: KeyHeader) -> Any:
    """Finish the call. A booked visit comes from booking it (POST /api/v1/visits)."""
    entry = queries.entry(session(), scope(), path.entry_id)
    if body.outcome == rules.BOOKED:
        keys = ", ".join(rules.by_phone(queries.outcomes(session(), entry.campaign_id, every=True)))
        raise Invalid(BY_BOOKING, errors={"outcome": N_("Mulige: {keys}")}, keys=keys)
    call = actions.finish(
        session(),
        actor(),
        now(),
        entry,
        body.outcome,
        reason=body.reason,
        call_back_at=body.call_back_at,
        mine=body.mine,
        note=body.note or "",
        idempotency_key=header.idempotency_key,
    )
    return make_response(_finished(call, entry).model_dump(), 200)


def _finished(call: Call, entry: QueueEntry) -> FinishedOut:
    waiting = entry.state == "waiting"
    return FinishedOut(
        call_id=call.id,
        entry_id=entry.id,
        outcome=call.outcome,
        state=entry.state,
        due_at=entry.due_at.astimezone(UTC).isoformat() if waiting else None,
        attempts=entry.attempts,
        call_back_mine=waiting and entry.call_back_by == call.user_id,
    )
