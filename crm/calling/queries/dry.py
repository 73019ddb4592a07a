"""Why the queue offers nothing: one reason for every waiting entry, and when the next one comes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, text
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calling.models import QueueEntry
from crm.calling.rules import RANK_CALL_BACK, RANK_RETRY, WHY_DRY
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from crm.campaigns.rules import in_calling_hours, next_opening
from crm.companies.models import Workplace

DO_NOT_CALL = Workplace.do_not_call_at.is_not(None)
PROTECTED = and_(Workplace.advertising_protected, CallList.legal_basis.is_(None))
FULL = Participation.calendars_full_since.is_not(None)
NO_PHONE = or_(QueueEntry.phone.is_(None), QueueEntry.phone == "")


def why_dry(
    session: Session,
    scope: Scope,
    campaign_id: int,
    now: datetime,
    *,
    jobcentre_id: int | None = None,
    me: int | None = None,
) -> list[tuple[str, int]]:
    """(key of WHY_DRY, entries) for what is not offered now, in WHY_DRY's order; each entry under its first reason.

    me: the phoner asking, whose own call-backs and claim do not count as others'. Raises NotFound for a campaign
    outside the scope.
    """
    campaign = _campaign(session, scope, campaign_id)
    reason = _reason(campaign, now, me)
    grouped = _within(select(reason.label("reason"), func.count()), scope, campaign_id, jobcentre_id)
    counts = {key: count for key, count in session.execute(grouped.group_by(text("reason"))) if key}
    return [(key, counts[key]) for key in WHY_DRY if key in counts]


def next_due(
    session: Session,
    scope: Scope,
    campaign_id: int,
    now: datetime,
    *,
    jobcentre_id: int | None = None,
    me: int | None = None,
) -> datetime | None:
    """When the queue will next offer this asker something: the earliest due entry, moved into calling hours.

    None when nothing comes by itself. An entry that another phoner holds counts from the end of its claim.
    """
    campaign = _campaign(session, scope, campaign_id)
    q = QueueEntry
    ready = case((and_(q.claimed_until > now, q.claimed_until > q.due_at), q.claimed_until), else_=q.due_at)
    held = or_(DO_NOT_CALL, PROTECTED, FULL, NO_PHONE, _capped(campaign), _of_another(me))
    earliest = _within(select(func.min(ready)), scope, campaign_id, jobcentre_id).where(~held)
    first: datetime | None = session.scalar(earliest)
    return next_opening(campaign, max(first, now)) if first else None


def _campaign(session: Session, scope: Scope, campaign_id: int) -> Campaign:
    takes_part = select(Participation.campaign_id).where(
        scope.clause(jobcentre=Participation.jobcentre_id, firm=Participation.calling_firm_id)
    )
    reach = (
        Campaign.id == campaign_id
        if scope.everything
        else and_(Campaign.id == campaign_id, Campaign.id.in_(takes_part))
    )
    found = session.scalar(select(Campaign).where(reach))
    if found is None:
        raise NotFound
    return found


def _within(statement: Any, scope: Scope, campaign_id: int, jobcentre_id: int | None) -> Any:
    """The waiting entries of the scope, with the rows that may hold them back joined to them."""
    statement = (
        statement.select_from(QueueEntry)
        .join(Workplace, Workplace.id == QueueEntry.workplace_id)
        .join(ListEntry, ListEntry.id == QueueEntry.list_entry_id)
        .join(CallList, CallList.id == ListEntry.call_list_id)
        .join(Participation, Participation.id == CallList.participation_id)
        .where(
            QueueEntry.campaign_id == campaign_id,
            QueueEntry.state == "waiting",
            scope.clause(jobcentre=QueueEntry.jobcentre_id, firm=QueueEntry.calling_firm_id),
        )
    )
    return statement if jobcentre_id is None else statement.where(QueueEntry.jobcentre_id == jobcentre_id)


def _capped(campaign: Campaign) -> ColumnElement[bool]:
    """A promised call-back is kept even when the tries are used up."""
    return and_(QueueEntry.attempts >= campaign.max_attempts, QueueEntry.rank != RANK_CALL_BACK)


def _of_another(me: int | None) -> ColumnElement[bool]:
    mine = (
        QueueEntry.call_back_by.is_(None)
        if me is None
        else or_(QueueEntry.call_back_by.is_(None), QueueEntry.call_back_by == me)
    )
    return and_(QueueEntry.rank == RANK_CALL_BACK, ~mine)


def _reason(campaign: Campaign, now: datetime, me: int | None) -> ColumnElement[str | None]:
    """The first reason of WHY_DRY that fits the entry; NULL when it is offered."""
    q = QueueEntry
    later = q.due_at > now
    claimed = q.claimed_until > now
    if me is not None:
        claimed = and_(claimed, q.claimed_by != me)
    per_entry: list[tuple[ColumnElement[bool], str]] = [
        (DO_NOT_CALL, "do_not_call"),
        (PROTECTED, "protected"),
        (NO_PHONE, "no_phone"),
        (_capped(campaign), "attempt_cap"),
        (claimed, "claimed"),
        (FULL, "capacity"),
        (and_(q.rank == RANK_CALL_BACK, later), "call_back_later"),
        (_of_another(me), "call_back_other"),
        (and_(q.rank == RANK_RETRY, later), "retry_later"),
        (later, "not_due"),
    ]
    whole = _whole_campaign(campaign, now)
    if whole:
        return literal(whole)
    otherwise = None if in_calling_hours(campaign, now) else "calling_hours"
    return case(*((condition, literal(key)) for condition, key in per_entry), else_=otherwise)


def _whole_campaign(campaign: Campaign, now: datetime) -> str | None:
    today = danish_date(now)
    if campaign.state != "open":
        return "campaign_closed"
    if today < campaign.starts_on:
        return "campaign_not_begun"
    return "campaign_ended" if today > campaign.ends_on else None
