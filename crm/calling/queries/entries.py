"""Entries, claims and calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calling.models import Call, PhoneCall, QueueEntry
from crm.calling.queries.phone import phone_of
from crm.campaigns.models import Campaign
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
    """What the user is on at ``now``: the current entry."""
    current = _held(user_id, now).where(QueueEntry.claimed_at.is_not(None)).order_by(QueueEntry.claimed_at.desc())
    return session.scalars(current.limit(1)).first()


def reserved(session: Session, user_id: int, now: datetime) -> QueueEntry | None:
    """What is kept for the user as their next at ``now``."""
    following = _held(user_id, now).where(QueueEntry.claimed_at.is_(None)).order_by(QueueEntry.claimed_until.desc())
    return session.scalars(following.limit(1)).first()


def _held(user_id: int, now: datetime) -> Select[QueueEntry]:
    return select(QueueEntry).where(
        QueueEntry.claimed_by == user_id, QueueEntry.claimed_until > now, QueueEntry.state == "waiting"
    )


@dataclass(frozen=True)
class HistoryLine:
    call: Call
    phoner: str
    campaign: str
    campaign_id: int
    phone: PhoneCall | None = None  # as the line saw it, where one was used


def history(session: Session, workplace_id: int, scope: Scope | None = None, limit: int = 20) -> list[HistoryLine]:
    """Calls to a workplace, newest first: all of them, or those within a scope's firms and jobcentres; a firm's own
    calls only while it calls for the list they were made from."""
    statement = (
        select(Call, User.name, Campaign.name, Campaign.id, PhoneCall)
        .join(QueueEntry, QueueEntry.id == Call.entry_id)
        .join(User, User.id == Call.user_id)
        .join(Campaign, Campaign.id == QueueEntry.campaign_id)
        .join(PhoneCall, PhoneCall.id == phone_of(Call), isouter=True)
        .where(QueueEntry.workplace_id == workplace_id, Call.undone_at.is_(None))
        .order_by(Call.ended_at.desc(), Call.id.desc())
        .limit(limit)
    )
    if scope is not None:
        for firm in (Call.calling_firm_id, QueueEntry.calling_firm_id):
            statement = statement.where(scope.clause(jobcentre=QueueEntry.jobcentre_id, firm=firm))
    return [HistoryLine(*row) for row in session.execute(statement)]
