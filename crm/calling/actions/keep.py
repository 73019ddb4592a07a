"""Keep what a phoner holds, give it back, take it again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Update, and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from crm.base.db import lock_name, lock_person
from crm.base.errors import N_, Refusal
from crm.calling.models import QueueEntry
from crm.calling.queries.offer import limits, number_busy
from crm.calling.rules import LEASE

STALE = N_(
    "Virksomheden er ikke længere din: reservationen udløb, eller opkaldet er afsluttet. "
    "Intet er gemt; det skrevne står her endnu."
)
FREE: dict[str, None] = dict.fromkeys(("claimed_by", "claimed_at", "claimed_until"))


def let_go(session: Session, user_id: int, keep: Collection[int] = ()) -> None:
    """Give back every entry the user holds, being called or reserved, but those to ``keep``."""
    session.flush()
    session.execute(
        update(QueueEntry)
        .where(QueueEntry.claimed_by == user_id, QueueEntry.id.not_in(keep))
        .values(FREE)
        .execution_options(synchronize_session="fetch")
    )


def release(session: Session, actor: Any, now: datetime, entry: QueueEntry) -> None:
    """Give an entry back unfinished; nothing happens when it is no longer the actor's."""
    mine = update(QueueEntry).where(QueueEntry.id == entry.id, QueueEntry.claimed_by == actor.id)
    changed(session, mine.values(FREE))
    session.refresh(entry, list(FREE))


def heartbeat(session: Session, actor: Any, now: datetime, entry: QueueEntry) -> datetime:
    """Keep the claim, and the next company reserved beside it, for another ``LEASE``; the new end. Also after a
    lapse, as long as nobody else has taken the entry or called its number since. Raises Refusal ``stale`` when it is
    finished or another's."""
    _keep(session, actor, now, entry)
    session.execute(
        update(QueueEntry)
        .where(
            QueueEntry.claimed_by == actor.id,
            QueueEntry.claimed_at.is_(None),
            QueueEntry.claimed_until > now,
            QueueEntry.state == "waiting",
        )
        .values(claimed_until=now + LEASE)
        .execution_options(synchronize_session="fetch")
    )
    return now + LEASE


def save_draft(session: Session, actor: Any, now: datetime, entry: QueueEntry, text: str) -> None:
    """Keep the notes typed so far on the entry. Raises Refusal ``stale`` as ``heartbeat`` does."""
    _keep(session, actor, now, entry, draft_note=text)


def retake(session: Session, actor: Any, now: datetime, entry: QueueEntry) -> None:
    """Reserve an entry again that was lost, if nobody has it or its number. Raises Refusal ``stale``."""
    lock_person(session, actor.id)
    free = or_(QueueEntry.claimed_until.is_(None), QueueEntry.claimed_until <= now, QueueEntry.claimed_by == actor.id)
    let_go(session, actor.id)
    statement = _alone(session, now, entry, update(QueueEntry).where(QueueEntry.state == "waiting", free))
    if not changed(session, statement.values(claimed_by=actor.id, claimed_at=now, claimed_until=now + LEASE)):
        raise Refusal("stale", STALE)
    session.refresh(entry, list(FREE))


def _keep(session: Session, actor: Any, now: datetime, entry: QueueEntry, **values: Any) -> None:
    mine = and_(QueueEntry.claimed_by == actor.id, QueueEntry.state == "waiting")
    live = update(QueueEntry).where(QueueEntry.id == entry.id, mine, QueueEntry.claimed_until > now)
    values["claimed_until"] = now + LEASE
    if not changed(session, live.values(values)):
        lapsed = _alone(session, now, entry, update(QueueEntry).where(mine))
        if not changed(session, lapsed.values(values)):
            raise Refusal("stale", STALE)
    session.refresh(entry, list(values))


def _alone(session: Session, now: datetime, entry: QueueEntry, statement: Update) -> Update:
    """The update narrowed to the entry, as long as nobody is busy with its number."""
    if not entry.shared_phone:
        return statement.where(QueueEntry.id == entry.id)
    lock_name(session, number_lock(entry.phone))
    rules = {name: value for name, value in limits(entry.campaign, now).items() if name in ("now", "today")}
    q: Any = aliased(QueueEntry, name="q")
    alone = select(q.id).where(q.id == entry.id, ~number_busy(q)).params(rules)
    return statement.where(QueueEntry.id.in_(alone))


def number_lock(phone: str | None) -> str:
    """Name of the lock on a telephone number."""
    return f"number {phone}"


def changed(session: Session, statement: Update) -> bool:
    """Run a conditional update; whether it hit its row."""
    session.flush()
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount == 1
