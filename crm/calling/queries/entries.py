"""Entries, claims and calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calling.models import Call, QueueEntry
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from crm.companies.models import Workplace
from crm.people.models import User


def firms_of(actor: Any) -> list[int]:
    """The calling firms the actor phones for."""
    return [held.calling_firm_id for held in actor.roles if held.role == "phoner" and held.calling_firm_id]


def entry(session: Session, scope: Scope, entry_id: int) -> QueueEntry:
    """Raises NotFound outside the scope."""
    reach = scope.clause(jobcentre=QueueEntry.jobcentre_id, firm=QueueEntry.calling_firm_id)
    found = session.execute(select(QueueEntry).where(QueueEntry.id == entry_id, reach)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def live_claim(session: Session, user_id: int, now: datetime) -> QueueEntry | None:
    """What the user holds at ``now``."""
    return session.scalars(
        select(QueueEntry).where(QueueEntry.claimed_by == user_id, QueueEntry.claimed_until > now,
                                 QueueEntry.state == "waiting").order_by(QueueEntry.claimed_at.desc())).first()


def calling_campaign(session: Session, firms: Sequence[int], campaign_id: int,
                     jobcentre_id: int | None = None) -> Campaign:
    """The campaign, if one of the firms calls in it (for that jobcentre). Raises NotFound."""
    takes_part = exists().where(Participation.campaign_id == Campaign.id,
                                Participation.calling_firm_id.in_(firms))
    if jobcentre_id is not None:
        takes_part = takes_part.where(Participation.jobcentre_id == jobcentre_id)
    found = session.scalar(select(Campaign).where(Campaign.id == campaign_id, takes_part))
    if found is None:
        raise NotFound
    return found


def do_not_call(q: Any) -> ColumnElement[bool]:
    """The company's own wish, for every campaign."""
    return exists().where(Workplace.id == q.workplace_id, Workplace.do_not_call_at.is_not(None))


def protected(q: Any) -> ColumnElement[bool]:
    """Advertising protection that no legal basis on the entry's list lifts."""
    basis = exists().where(ListEntry.id == q.list_entry_id, CallList.id == ListEntry.call_list_id,
                           CallList.legal_basis.is_not(None))
    return exists().where(Workplace.id == q.workplace_id, Workplace.advertising_protected, ~basis)


def calendars_full(q: Any) -> ColumnElement[bool]:
    return exists().where(Participation.campaign_id == q.campaign_id,
                          Participation.jobcentre_id == q.jobcentre_id,
                          Participation.calendars_full_since.is_not(None))


def callable_now(q: Any, campaign_id: int, firms: Sequence[int], now: datetime) -> list[ColumnElement[bool]]:
    """The conditions an entry meets to be offered, apart from its tier (call-back, retry, fresh) and the campaign's
    own dates and hours."""
    return [q.campaign_id == campaign_id, q.state == "waiting", q.due_at <= now,
            or_(q.claimed_until.is_(None), q.claimed_until <= now), q.phone.is_not(None), q.phone != "",
            q.calling_firm_id.in_(firms), ~do_not_call(q), ~protected(q), ~calendars_full(q)]


@dataclass(frozen=True)
class HistoryLine:
    call: Call
    phoner: str
    campaign: str


def history(session: Session, workplace_id: int, scope: Scope | None = None,
            limit: int = 20) -> list[HistoryLine]:
    """Calls to a workplace, newest first: all of them, or those within a scope's firms and jobcentres."""
    statement = (
        select(Call, User.name, Campaign.name)
        .join(QueueEntry, QueueEntry.id == Call.entry_id).join(User, User.id == Call.user_id)
        .join(Campaign, Campaign.id == QueueEntry.campaign_id)
        .where(QueueEntry.workplace_id == workplace_id, Call.undone_at.is_(None))
        .order_by(Call.ended_at.desc(), Call.id.desc()).limit(limit))
    if scope is not None:
        statement = statement.where(and_(scope.clause(jobcentre=QueueEntry.jobcentre_id,
                                                      firm=Call.calling_firm_id)))
    return [HistoryLine(*row) for row in session.execute(statement)]
