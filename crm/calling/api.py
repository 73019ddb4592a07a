"""Claim, why-dry and outcome as JSON."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Literal

from flask import Response, make_response, url_for
from flask_babel import gettext as _
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from crm.base.types import format_phone
from crm.calling import actions, queries, rules
from crm.calling.models import Call, QueueEntry
from crm.campaigns.rules import DEFAULT_SCRIPT, fill_script
from crm.companies.models import Contact, Workplace
from crm.companies.rules import industry_label
from crm.web.api import In, api_blueprint
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

api = api_blueprint("calling", "Calling")
LARGEST = 2**53


class ClaimIn(In):
    campaign_id: int = Field(ge=1, le=LARGEST)
    jobcentre_id: int | None = Field(None, ge=1, le=LARGEST)


class WhyDryIn(In):
    campaign_id: int = Field(ge=1, le=LARGEST)
    jobcentre_id: int | None = Field(None, ge=1, le=LARGEST)


class EntryPath(BaseModel):
    entry_id: int = Field(ge=1, le=LARGEST)


class KeyHeader(BaseModel):
    """The same key gives the first call's result again, and writes nothing."""

    model_config = ConfigDict(populate_by_name=True)
    idempotency_key: str | None = Field(None, alias="Idempotency-Key", max_length=100)


class OutcomeIn(In):
    outcome: Literal[
        "declined",
        "call_back",
        "no_answer",
        "busy",
        "voicemail",
        "wrong_number",
        "closed_down",
        "outside_target",
        "do_not_call",
    ]
    reason: str | None = Field(None, max_length=40, description="One of: " + ", ".join(rules.DECLINE_REASONS))
    call_back_at: AwareDatetime | None = None
    mine: bool = Field(True, description="A call-back is the caller's own promise, not anyone's")
    note: str | None = Field(None, max_length=4000)


class ContactOut(BaseModel):
    name: str
    title: str
    phone: str | None
    email: str | None


class CompanyOut(BaseModel):
    workplace_id: int
    name: str
    cvr_number: str
    p_number: str
    street: str
    postcode: str
    city: str
    municipality_code: str
    industry_code: str | None
    industry: str
    employees: int | None
    phone: str | None
    email: str | None
    advertising_protected: bool


class StepOut(BaseModel):
    title: str
    text: str


class CallOut(BaseModel):
    ended_at: str
    outcome: str
    reason: str | None
    note: str
    phoner: str
    campaign: str


class EntryOut(BaseModel):
    """A claimed entry with all that is needed to call."""

    id: int
    campaign_id: int
    jobcentre_id: int
    jobcentre: str
    rank: int
    due_at: str
    attempts: int
    claimed_until: str
    draft_note: str
    company: CompanyOut
    contact: ContactOut | None
    script: list[StepOut]
    history: list[CallOut]


class ReasonOut(BaseModel):
    reason: str
    entries: int


class WhyDryOut(BaseModel):
    campaign_id: int
    reasons: list[ReasonOut]
    next_due_at: str | None


class FinishedOut(BaseModel):
    """The call, and where the entry stands after it."""

    call_id: int
    entry_id: int
    outcome: str
    state: str
    due_at: str | None
    call_back_mine: bool
    attempts: int


@api.post("/queue/claim", responses={200: EntryOut, 204: None})
@requires("calling.call")
def claim(body: ClaimIn) -> Any:
    """The next entry to call, reserved for ten minutes; the caller's own live claim comes first. 204 when there is
    nothing to call now: the Link header leads to the reasons."""
    entry = actions.claim(session(), actor(), now(), body.campaign_id, body.jobcentre_id)
    if entry is None:
        asked = {key: value for key, value in body.model_dump().items() if value is not None}
        target = url_for("calling_api.why_dry", **asked)
        return Response(status=204, headers={"Link": f'<{target}>; rel="describedby"'})
    return _entry(entry).model_dump()


@api.get("/queue/why-dry", responses={200: WhyDryOut})
@requires("calling.read")
def why_dry(query: WhyDryIn) -> Any:
    """Every waiting entry that is not offered now, counted under the first reason that holds it back."""
    asked: dict[str, Any] = {"jobcentre_id": query.jobcentre_id, "me": actor().id}
    reasons = queries.why_dry(session(), scope(), query.campaign_id, now(), **asked)
    coming = queries.next_due(session(), scope(), query.campaign_id, now(), **asked)
    return WhyDryOut(
        campaign_id=query.campaign_id,
        next_due_at=coming.isoformat() if coming else None,
        reasons=[ReasonOut(reason=key, entries=count) for key, count in reasons],
    ).model_dump()


@api.post("/queue/<int:entry_id>/outcome", responses={200: FinishedOut})
@requires("calling.call")
def outcome(path: EntryPath, body: OutcomeIn, header: KeyHeader) -> Any:
    """Finish the call. A booked visit comes from booking it (POST /api/v1/visits)."""
    entry = queries.entry(session(), scope(), path.entry_id)
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


def _entry(entry: QueueEntry) -> EntryOut:
    contact = next(iter(entry.workplace.contacts), None)
    values = {
        "phoner": actor().name,
        "contact": contact.name if contact else _("den ansvarlige"),
        "company": entry.workplace.name,
        "jobcentre": entry.jobcentre.name,
    }
    script = fill_script(entry.campaign.script or DEFAULT_SCRIPT, values)
    return EntryOut(
        id=entry.id,
        campaign_id=entry.campaign_id,
        jobcentre_id=entry.jobcentre_id,
        jobcentre=entry.jobcentre.name,
        rank=entry.rank,
        due_at=entry.due_at.isoformat(),
        attempts=entry.attempts,
        draft_note=entry.draft_note,
        claimed_until=entry.claimed_until.isoformat() if entry.claimed_until else "",
        company=_company(entry.workplace, entry.phone),
        contact=_contact(contact),
        script=[StepOut(title=step["title"], text=step["text"]) for step in script],
        history=[_call(line) for line in queries.history(session(), entry.workplace_id, scope())],
    )


def _company(workplace: Workplace, phone: str | None) -> CompanyOut:
    fields = {
        name: getattr(workplace, name)
        for name in (
            "name",
            "p_number",
            "street",
            "postcode",
            "city",
            "municipality_code",
            "industry_code",
            "employees",
            "email",
            "advertising_protected",
        )
    }
    return CompanyOut(
        **fields,
        workplace_id=workplace.id,
        cvr_number=workplace.company.cvr_number,
        phone=phone,
        industry=industry_label(workplace.industry_code, workplace.industry_version),
    )


def _contact(contact: Contact | None) -> ContactOut | None:
    if contact is None:
        return None
    return ContactOut(
        name=contact.name, title=contact.title, email=contact.email, phone=format_phone(contact.phone) or None
    )


def _call(line: queries.HistoryLine) -> CallOut:
    call = line.call
    return CallOut(
        ended_at=call.ended_at.isoformat(),
        outcome=call.outcome,
        reason=call.reason,
        note=call.note,
        phoner=line.phoner,
        campaign=line.campaign,
    )
