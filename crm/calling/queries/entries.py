"""Entries, claims and calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, literal_column, or_, select
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
        select(QueueEntry)
        .where(QueueEntry.claimed_by == user_id, QueueEntry.claimed_until > now, QueueEntry.state == "waiting")
        .order_by(QueueEntry.claimed_at.desc())
    ).first()


def calling_campaign(
    session: Session, firms: Sequence[int], campaign_id: int, jobcentre_id: int | None = None
) -> Campaign:
    """The campaign, if one of the firms calls in it (for that jobcentre). Raises NotFound."""
    takes_part = exists().where(Participation.campaign_id == Campaign.id, Participation.calling_firm_id.in_(firms))
    if jobcentre_id is not None:
        takes_part = takes_part.where(Participation.jobcentre_id == jobcentre_id)
    found = session.scalar(select(Campaign).where(Campaign.id == campaign_id, takes_part))
    if found is None:
        raise NotFound
    return found


def callable_now(q: Any) -> list[ColumnElement[bool]]:
    """The conditions an entry meets to be offered, apart from its tier (call-back, retry, fresh) and the
    campaign's own dates and hours. Parameters: in_campaign, now, for_firms.

    Scalar subqueries that are NOT NULL, neither EXISTS nor IS NULL: PostgreSQL would turn an EXISTS into a join
    over the whole register, and takes IS NULL of a subquery for so rare that it sorts the whole queue; this form
    is looked up by key for the few entries it walks past.
    """
    now = bindparam("now", type_=QueueEntry.due_at.type)
    return [
        q.campaign_id == bindparam("in_campaign"),
        q.state == literal_column("'waiting'"),
        q.due_at <= now,
        or_(q.claimed_until.is_(None), q.claimed_until <= now),
        q.phone.is_not(None),
        q.phone != "",
        q.calling_firm_id.in_(bindparam("for_firms", expanding=True)),
        *_may_be_called(q),
    ]


def _may_be_called(q: Any) -> list[ColumnElement[bool]]:
    """Not against the company's wish, protection only with a legal basis on the entry's own list, calendars not
    full."""
    basis = (
        select(CallList.legal_basis)
        .join(ListEntry, ListEntry.call_list_id == CallList.id)
        .where(ListEntry.id == q.list_entry_id)
        .correlate(q)
        .scalar_subquery()
    )
    workplace = select(Workplace.id).where(
        Workplace.id == q.workplace_id,
        Workplace.do_not_call_at.is_(None),
        or_(~Workplace.advertising_protected, basis.is_not(None)),
    )
    opened = select(Participation.id).where(
        Participation.campaign_id == q.campaign_id,
        Participation.jobcentre_id == q.jobcentre_id,
        Participation.calendars_full_since.is_(None),
    )
    return [workplace.correlate(q).scalar_subquery().is_not(None), opened.correlate(q).scalar_subquery().is_not(None)]


@dataclass(frozen=True)
class HistoryLine:
    call: Call
    phoner: str
    campaign: str


def history(session: Session, workplace_id: int, scope: Scope | None = None, limit: int = 20) -> list[HistoryLine]:
    """Calls to a workplace, newest first: all of them, or those within a scope's firms and jobcentres."""
    statement = (
        select(Call, User.name, Campaign.name)
        .join(QueueEntry, QueueEntry.id == Call.entry_id)
        .join(User, User.id == Call.user_id)
        .join(Campaign, Campaign.id == QueueEntry.campaign_id)
        .where(QueueEntry.workplace_id == workplace_id, Call.undone_at.is_(None))
        .order_by(Call.ended_at.desc(), Call.id.desc())
        .limit(limit)
    )
    if scope is not None:
        statement = statement.where(scope.clause(jobcentre=QueueEntry.jobcentre_id, firm=Call.calling_firm_id))
    return [HistoryLine(*row) for row in session.execute(statement)]
