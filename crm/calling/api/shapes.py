"""What the API answers with."""

from __future__ import annotations

from pydantic import BaseModel


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


class AnswerOut(BaseModel):
    """``to``: the key of the step it leads to; "" = the next one, "end" = the call is over. With an outcome and no
    ``to`` the call is over."""

    label: str
    note: str
    to: str
    outcome: str


class StepOut(BaseModel):
    key: str
    title: str
    text: str
    answers: list[AnswerOut]


class PhoneOut(BaseModel):
    """The telephone call as the line saw it. ``hangup_by``: company, phoner, or null when nobody knows."""

    state: str
    answered: bool
    seconds: int | None
    hangup_by: str | None
    recorded: bool


class CallOut(BaseModel):
    ended_at: str
    outcome: str
    outcome_label: str
    reason: str | None
    reason_label: str
    note: str
    phoner: str
    campaign: str
    phone: PhoneOut | None


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
