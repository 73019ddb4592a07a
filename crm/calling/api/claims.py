"""Claim the next entry, and why there is none."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from pydantic import Field

from crm.base.types import format_phone
from crm.calling import actions, queries
from crm.calling.api.blueprint import LARGEST, api
from crm.calling.api.shapes import CallOut, CompanyOut, ContactOut, EntryOut, PhoneOut, ReasonOut, StepOut, WhyDryOut
from crm.calling.models import PhoneCall, QueueEntry
from crm.calling.queries.scripts import entry_script, script_values
from crm.campaigns.rules import LIVE_FIELDS, fill_script
from crm.companies.models import Contact, Workplace
from crm.companies.rules import industry_label
from crm.web.api import In
from crm.web.edge import now, session
from crm.web.i18n import locale_code
from crm.web.permit import actor, requires, scope


class ClaimIn(In):
    campaign_id: int = Field(ge=1, le=LARGEST)
    jobcentre_id: int | None = Field(None, ge=1, le=LARGEST)


class WhyDryIn(In):
    campaign_id: int = Field(ge=1, le=LARGEST)
    jobcentre_id: int | None = Field(None, ge=1, le=LARGEST)


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


def _entry(entry: QueueEntry) -> EntryOut:
    contact = next(iter(entry.workplace.contacts), None)
    _version, steps = entry_script(session(), entry)
    values = LIVE_FIELDS | script_values(entry, contact, actor().name)
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
        script=[StepOut.model_validate(step) for step in fill_script(steps, values)],
        history=_history(entry),
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


def _history(entry: QueueEntry) -> list[CallOut]:
    lines = queries.history(session(), entry.workplace_id, scope())
    said = queries.wording(session(), {line.campaign_id for line in lines}, locale_code())
    return [_call(line, said) for line in lines]


def _call(line: queries.HistoryLine, said: queries.Wording) -> CallOut:
    call = line.call
    return CallOut(
        ended_at=call.ended_at.isoformat(),
        outcome=call.outcome,
        outcome_label=said.outcome(line.campaign_id, call.outcome),
        reason=call.reason,
        reason_label=said.reason(line.campaign_id, call.reason),
        note=call.note,
        phoner=line.phoner,
        campaign=line.campaign,
        phone=_phone(line.phone),
    )


def _phone(phone: PhoneCall | None) -> PhoneOut | None:
    if phone is None:
        return None
    return PhoneOut(
        state=phone.state,
        answered=phone.answered_at is not None,
        seconds=phone.seconds,
        hangup_by=phone.hangup_by,
        recorded=phone.recording_agreed_at is not None,
    )
