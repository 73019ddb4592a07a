"""Claim the next entry to call; keep it, give it back, take it again. Never two phoners the same one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, Update, bindparam, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from crm.base.db import for_update_skip_locked, is_sqlite, lock_person
from crm.base.errors import N_, Refusal
from crm.calling.models import QueueEntry
from crm.calling.queries import callable_now, calling_campaign, firms_of, live_claim
from crm.calling.rules import LEASE, RANK_CALL_BACK, RANK_FRESH, RANK_RETRY
from crm.campaigns.rules import in_calling_hours

STALE = N_(
    "Virksomheden er ikke længere din: reservationen udløb, eller opkaldet er afsluttet. "
    "Intet er gemt; det skrevne står her endnu."
)


def claim(
    session: Session, actor: Any, now: datetime, campaign_id: int, jobcentre_id: int | None = None
) -> QueueEntry | None:
    """The next entry for this phoner, reserved for ``LEASE``; None when nothing is to be called now.

    The phoner's own live claim comes first, so that a lost answer claims nothing twice; a phoner holds one entry
    at a time. Every dial rule is checked here: campaign open, dates and hours, phone, protection, do-not-call,
    attempt cap, capacity, firm. Raises NotFound when the phoner's firms do not call for the campaign.
    """
    firms = firms_of(actor)
    campaign = calling_campaign(session, firms, campaign_id, jobcentre_id)
    lock_person(session, actor.id)
    mine = live_claim(session, actor.id, now)
    if mine and mine.campaign_id == campaign_id and jobcentre_id in (None, mine.jobcentre_id):
        mine.claimed_until = now + LEASE
        session.flush()
        return mine
    let_go(session, actor.id)
    if not in_calling_hours(campaign, now):
        return None
    asked = {
        "me": actor.id,
        "now": now,
        "until": now + LEASE,
        "in_campaign": campaign.id,
        "for_firms": firms,
        "cap": campaign.max_attempts,
        "in_jobcentre": jobcentre_id,
    }
    taken = session.scalar(_take(session, jobcentre_id is not None), asked)
    return session.get(QueueEntry, taken, populate_existing=True) if taken else None


_TAKE: dict[tuple[bool, bool], Update] = {}
"""The statement by (SQLite?, one jobcentre?): building it costs more than running it."""


def _take(session: Session, narrowed: bool) -> Update:
    """One statement: call-backs due (mine, then anyone's), retries, fresh; within each the longest due.

    Parameters: me, now, until, cap, in_campaign, for_firms, and in_jobcentre when ``narrowed``. The branches of
    COALESCE are looked up one after the other, each along the index, until one finds an entry; on PostgreSQL rows
    that others are just taking are passed over.
    """
    known = _TAKE.get((is_sqlite(session), narrowed))
    if known is not None:
        return known
    q = aliased(QueueEntry)
    capped = q.attempts < bindparam("cap")
    tiers: tuple[tuple[ColumnElement[bool], ...], ...] = (
        (q.rank == RANK_CALL_BACK, q.call_back_by == bindparam("me")),
        (q.rank == RANK_CALL_BACK, q.call_back_by.is_(None)),
        (q.rank == RANK_RETRY, capped),
        (q.rank == RANK_FRESH, capped),
    )
    offered = callable_now(q)
    if narrowed:
        offered = [*offered, q.jobcentre_id == bindparam("in_jobcentre")]
    choices: list[Select[int]] = [
        for_update_skip_locked(session, select(q.id).where(*offered, *tier).order_by(q.due_at, q.id).limit(1))
        for tier in tiers
    ]
    made = (
        update(QueueEntry)
        .where(QueueEntry.id == func.coalesce(*(c.scalar_subquery() for c in choices)))
        .values(claimed_by=bindparam("me"), claimed_at=bindparam("now"), claimed_until=bindparam("until"))
        .returning(QueueEntry.id)
        .execution_options(synchronize_session=False)
    )
    return _TAKE.setdefault((is_sqlite(session), narrowed), made)


def let_go(session: Session, user_id: int) -> None:
    """Give back every entry the user holds."""
    session.flush()
    session.execute(
        update(QueueEntry)
        .where(QueueEntry.claimed_by == user_id)
        .values(claimed_by=None, claimed_at=None, claimed_until=None)
        .execution_options(synchronize_session="fetch")
    )


def release(session: Session, actor: Any, now: datetime, entry: QueueEntry) -> None:
    """Give an entry back unfinished; nothing happens when it is no longer the actor's."""
    changed(
        session,
        update(QueueEntry)
        .where(QueueEntry.id == entry.id, QueueEntry.claimed_by == actor.id)
        .values(claimed_by=None, claimed_at=None, claimed_until=None),
    )
    session.refresh(entry, ["claimed_by", "claimed_at", "claimed_until"])


def heartbeat(session: Session, actor: Any, now: datetime, entry: QueueEntry) -> datetime:
    """Keep the claim for another ``LEASE``; the new end. Also after a lapse, as long as nobody else has taken the
    entry since. Raises Refusal ``stale`` when it is finished or another's."""
    _keep(session, actor, now, entry)
    return now + LEASE


def save_draft(session: Session, actor: Any, now: datetime, entry: QueueEntry, text: str) -> None:
    """Keep the notes typed so far on the entry. Raises Refusal ``stale`` as ``heartbeat`` does."""
    _keep(session, actor, now, entry, draft_note=text)


def retake(session: Session, actor: Any, now: datetime, entry: QueueEntry) -> None:
    """Reserve an entry again that was lost, if nobody has it. Raises Refusal ``stale``."""
    lock_person(session, actor.id)
    free = or_(QueueEntry.claimed_until.is_(None), QueueEntry.claimed_until <= now, QueueEntry.claimed_by == actor.id)
    let_go(session, actor.id)
    statement = update(QueueEntry).where(QueueEntry.id == entry.id, QueueEntry.state == "waiting", free)
    if not changed(session, statement.values(claimed_by=actor.id, claimed_at=now, claimed_until=now + LEASE)):
        raise Refusal("stale", STALE)
    session.refresh(entry, ["claimed_by", "claimed_at", "claimed_until"])


def _keep(session: Session, actor: Any, now: datetime, entry: QueueEntry, **values: Any) -> None:
    statement = update(QueueEntry).where(
        QueueEntry.id == entry.id, QueueEntry.claimed_by == actor.id, QueueEntry.state == "waiting"
    )
    if not changed(session, statement.values(claimed_until=now + LEASE, **values)):
        raise Refusal("stale", STALE)
    session.refresh(entry, ["claimed_until", *values])


def changed(session: Session, statement: Update) -> bool:
    """Run a conditional update; whether it hit its row."""
    session.flush()
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount == 1
