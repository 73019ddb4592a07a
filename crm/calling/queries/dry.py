"""Why the queue offers nothing: one reason for every waiting entry, and when the next one comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, false, func, literal, null, or_, select, text
from sqlalchemy.orm import Session

from crm.base.clock import danish_date, day_bounds
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calling.models import QueueEntry
from crm.calling.queries.allotment import calls_here
from crm.calling.queries.offer import (
    attempt_cap,
    day_cap,
    limits,
    number_busy,
    number_cap,
    number_declined,
    quarantined,
)
from crm.calling.rules import RANK_CALL_BACK, RANK_FRESH, RANK_RETRY, WHY_DRY
from crm.campaigns.models import CallList, Campaign, Letter, ListEntry, Participation
from crm.campaigns.rules import in_calling_hours, next_opening
from crm.companies.models import Workplace

Q: Any = QueueEntry
DO_NOT_CALL = or_(Workplace.do_not_call_at.is_not(None), and_(Q.shared_phone, number_declined(Q)))
PROTECTED = and_(Workplace.advertising_protected, CallList.legal_basis.is_(None))
FULL = Participation.calendars_full_since.is_not(None)
NO_PHONE = or_(Q.phone.is_(None), Q.phone == "")
NUMBER_CAP = or_(Q.attempts >= bindparam("number_cap"), and_(Q.shared_phone, number_cap(Q)))
BUSY = and_(Q.shared_phone, number_busy(Q))
_TODAY = ("day_cap", "same_number")


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

    me: the phoner asking, whose own call-backs, claim and next one do not count as others'. Raises NotFound for a
    campaign outside the scope.
    """
    campaign = campaign_in_reach(session, scope, campaign_id)
    reason = _reason(campaign, now, me)
    grouped = _within(select(reason.label("reason"), func.count()), scope, campaign_id, jobcentre_id)
    found = session.execute(grouped.group_by(text("reason")), limits(campaign, now))
    counts = {key: count for key, count in found if key}
    return [(key, counts[key]) for key in WHY_DRY if key in counts]


def reasons(
    session: Session, scope: Scope, campaign_id: int, now: datetime, *, me: int | None = None
) -> dict[int, str | None]:
    """The reason of each waiting entry by its id; None for those that are offered."""
    campaign = campaign_in_reach(session, scope, campaign_id)
    statement = _within(select(QueueEntry.id, _reason(campaign, now, me).label("reason")), scope, campaign_id, None)
    return {row.id: row.reason for row in session.execute(statement, limits(campaign, now))}


def reasons_by_place(
    session: Session, scope: Scope, campaign: Campaign, now: datetime
) -> dict[tuple[int, int | None], dict[str | None, int]]:
    """(jobcentre id, firm id) -> entries by reason, None for what is offered; one query. What is in somebody's hands
    counts there, whatever else would hold it back."""
    live = case((Q.claimed_at.is_not(None), literal("claimed")), else_=literal("reserved"))
    reason = case((Q.claimed_until > now, live), else_=_reason(campaign, now, None)).label("reason")
    place = (Q.jobcentre_id, Q.calling_firm_id)
    statement = _within(select(*place, reason, func.count()), scope, campaign.id, None)
    found: dict[tuple[int, int | None], dict[str | None, int]] = {}
    for jobcentre_id, firm_id, key, count in session.execute(
        statement.group_by(*place, text("reason")), limits(campaign, now)
    ):
        found.setdefault((jobcentre_id, firm_id), {})[key] = count
    return found


def held_back(session: Session, now: datetime, entry: QueueEntry) -> str | None:
    """Why the entry may not be dialled now by whoever has it in hand, a key of WHY_DRY; None when it may. When it is
    due and to whom it is promised does not matter here."""
    rules = _rules(now)
    reason = case(*((rules[key], literal(key)) for key in WHY_DRY if key in rules), else_=null())
    everything = Scope(everything=True)
    statement = _within(select(reason), everything, entry.campaign_id, None).where(QueueEntry.id == entry.id)
    found: str | None = session.execute(statement, limits(entry.campaign, now)).scalar_one()
    if found is None and not in_calling_hours(entry.campaign, now):
        return _whole_campaign(entry.campaign, now) or "calling_hours"
    return found


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

    None when nothing comes by itself. What another phoner holds counts from the end of their claim, what has been
    called as often as a day allows from the next Danish day.
    """
    campaign = campaign_in_reach(session, scope, campaign_id)
    tomorrow = literal(day_bounds(danish_date(now) + timedelta(days=1))[0], Q.due_at.type)
    held = and_(Q.claimed_until > now, Q.claimed_until > Q.due_at, Q.claimed_by != (me or 0))
    over = or_(day_cap(Q), BUSY)
    ready = case((and_(over, Q.due_at < tomorrow), tomorrow), (held, Q.claimed_until), else_=Q.due_at)
    rules = _rules(now)
    never = or_(*(rules[key] for key in rules if key not in _TODAY), _of_another(me))
    earliest = _within(select(func.min(ready)), scope, campaign_id, jobcentre_id).where(~never)
    first: datetime | None = session.scalar(earliest, limits(campaign, now))
    return next_opening(campaign, max(first, now)) if first else None


def campaign_in_reach(session: Session, scope: Scope, campaign_id: int) -> Campaign:
    """The campaign, where the scope takes part in it or calls for it. Raises NotFound."""
    takes_part = select(Participation.campaign_id).where(
        or_(scope.clause(jobcentre=Participation.jobcentre_id), calls_here(scope.firms))
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


def _rules(now: datetime) -> dict[str, ColumnElement[bool]]:
    """Key of WHY_DRY -> the dial rule that holds an entry back, whoever asks and whenever it is due."""
    today = danish_date(now)
    contract = or_(Participation.contract_from > today, Participation.contract_until < today)
    return {
        "no_firm": Q.calling_firm_id.is_(None),
        "contract": func.coalesce(contract, false()),
        "do_not_call": DO_NOT_CALL,
        "protected": PROTECTED,
        "no_phone": NO_PHONE,
        "quarantine": quarantined(Q),
        "attempt_cap": attempt_cap(Q),
        "number_cap": NUMBER_CAP,
        "capacity": FULL,
        "day_cap": day_cap(Q),
        "same_number": BUSY,
    }


def _of_another(me: int | None) -> ColumnElement[bool]:
    mine = Q.call_back_by.is_(None) if me is None else or_(Q.call_back_by.is_(None), Q.call_back_by == me)
    return and_(Q.rank == RANK_CALL_BACK, ~mine)


def _reason(campaign: Campaign, now: datetime, me: int | None) -> ColumnElement[str | None]:
    """The first reason of WHY_DRY that fits the entry; NULL when it is offered, and for what the asker is on."""
    live, current, later = Q.claimed_until > now, Q.claimed_at.is_not(None), Q.due_at > now
    letter = exists().where(Letter.list_entry_id == Q.list_entry_id, Letter.left_out.is_(None)).correlate(Q)
    found = _rules(now) | {
        "claimed": and_(live, current, Q.claimed_by != (me or 0)),
        "reserved": and_(live, ~current, Q.claimed_by != (me or 0)),
        "call_back_later": and_(Q.rank == RANK_CALL_BACK, later),
        "call_back_other": _of_another(me),
        "letter_wait": and_(Q.rank == RANK_FRESH, later, letter),
        "retry_later": and_(Q.rank == RANK_RETRY, later),
        "not_due": later,
    }
    mine = and_(live, current, Q.claimed_by == (me or 0))
    whole = _whole_campaign(campaign, now) or (None if in_calling_hours(campaign, now) else "calling_hours")
    if whole and whole != "calling_hours":
        return case((mine, null()), else_=literal(whole))
    conditions = [(found[key], literal(key)) for key in WHY_DRY if key in found]
    return case((mine, null()), *conditions, else_=literal(whole) if whole else null())


def _whole_campaign(campaign: Campaign, now: datetime) -> str | None:
    today = danish_date(now)
    if campaign.state != "open":
        return "campaign_closed"
    if today < campaign.starts_on:
        return "campaign_not_begun"
    return "campaign_ended" if today > campaign.ends_on else None
