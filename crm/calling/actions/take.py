"""The statements that take an entry: one the phoner holds, one they promised to call back, or the next of the rest.

Each is one UPDATE … RETURNING along a partial index, made once for each database; on PostgreSQL rows that others are
just taking are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Update,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from crm.base.db import bare, for_update_skip_locked, seen_before, try_lock_name
from crm.base.straight import Straight
from crm.calling.actions.keep import FREE, number_lock
from crm.calling.models import QueueEntry
from crm.calling.queries.offer import moment, number_busy, offered
from crm.calling.rules import RANK_CALL_BACK

OWN, PROMISED, BEFORE, REST = "own", "promised", "before", "rest"
_TABLE: Any = QueueEntry.__table__


@dataclass(frozen=True)
class Taken:
    """``others``: how many further entries the phoner may hold. ``again``: it was the phoner's current one already."""

    id: int
    others: int
    again: bool


def take(
    session: Session, asked: dict[str, Any], *, holds: int, promised: int | None, reserve: bool = False
) -> Taken | None:
    """Take the next entry for a phoner; None when nothing is offered.

    What the phoner holds comes first; then, by priority group, call-backs due that they promised, anyone's, retries,
    fresh; within these by ``behind``, the longest due first. asked: ``limits``, and me, until, for_firm, in_jobcentre
    (None: any). holds: how many entries the phoner holds; promised: the foremost priority group in which a call-back
    of theirs is due. reserve: as their next one.
    """
    asked["holds"] = holds
    found = _take(session, asked, OWN, reserve) if holds else None
    if found is None and promised is not None:
        found = _take(session, {**asked, "below": promised}, BEFORE, reserve) if promised else None
        found = found or _take(session, asked, PROMISED, reserve)
    found = found or _take(session, asked, REST, reserve)
    if holds or (found and not found.others):
        return found
    # Nothing was held when this began: what is held now was taken by a twin of this request, sent in the same instant.
    if found:
        _give_back(session, found.id)
    held = _take(session, asked, OWN, reserve)
    return held or (take(session, asked, holds=1, promised=promised, reserve=reserve) if found else None)


def _take(session: Session, asked: dict[str, Any], which: str, reserve: bool) -> Taken | None:
    """A number that stands on several entries is taken under a lock on it, and looked at again: somebody may have
    taken its twin in the same instant. Then the next one is tried."""
    passed: list[int] = []
    while (row := _run(session, asked, which, reserve, passed)) is not None:
        number, going_on, shared, phone, held = row
        if going_on or not shared or _alone(session, asked, number, phone):
            return Taken(number, (asked["holds"] if held is None else held) - (which == OWN), bool(going_on))
        _give_back(session, number)
        passed.append(number)
    return None


def _alone(session: Session, asked: dict[str, Any], entry_id: int, phone: str) -> bool:
    """Whether the taken entry is the only one of its number that anybody deals with today."""
    if not try_lock_name(session, number_lock(phone)):
        return False
    busy = select(QueueEntry.id).where(QueueEntry.id == entry_id, number_busy(QueueEntry))
    return session.execute(busy, {"now": asked["now"], "today": asked["today"]}).first() is None


def _give_back(session: Session, entry_id: int) -> None:
    session.connection().execute(update(_TABLE).where(_TABLE.c.id == entry_id).values(FREE))


@lru_cache
def _ready(which: str, narrowed: bool, reserve: bool) -> Straight:
    return Straight(lambda session: statement(session, which, narrowed, reserve))


def _run(session: Session, asked: dict[str, Any], which: str, reserve: bool, passed: Sequence[int]) -> Any:
    """(id, going on?, shared number?, number, entries held before or None)."""
    narrowed = asked["in_jobcentre"] is not None
    if not passed:
        return _ready(which, narrowed, reserve).first(session, asked)
    slow = statement(session, which, narrowed, reserve, passing=True)
    return session.connection().execute(slow, {**asked, "passed": passed}).first()


def statement(session: Session, which: str, narrowed: bool, reserve: bool, passing: bool = False) -> Update:
    """UPDATE … RETURNING. Parameters: see ``take``; below for what comes before a promise; passed when ``passing``."""
    me: Any = bindparam("me")
    now, c = moment("now"), _TABLE.c
    q: Any = aliased(QueueEntry, name="q")
    looked = _held(session, q, narrowed, reserve) if which == OWN else [_queued(session, q, which, narrowed, reserve)]
    if passing:
        looked = [choice.where(q.id.not_in(bindparam("passed", expanding=True))) for choice in looked]
    choices = [for_update_skip_locked(session, choice.limit(_ONE)).scalar_subquery() for choice in looked]
    held: Any = aliased(QueueEntry, name="h")
    holds = seen_before(session, select(func.count()).where(held.claimed_by == me).scalar_subquery())
    going_on = and_(c.claimed_by == me, c.claimed_until > now, c.claimed_at.is_not(None))
    since_before: Any = false() if reserve else c.claimed_at < now
    return (
        update(_TABLE)
        .where(c.id == (func.coalesce(*choices) if len(choices) > 1 else choices[0]))
        .values(
            claimed_by=me,
            claimed_at=None if reserve else case((going_on, c.claimed_at), else_=now),
            claimed_until=moment("until"),
        )
        .returning(c.id, since_before.label("going_on"), c.shared_phone, c.phone, holds.label("holds"))
    )


_ONE: Any = literal_column("1")


def _held(session: Session, q: Any, narrowed: bool, reserve: bool) -> list[Select[int]]:
    """What I am on, whatever the rules say by now; then what is reserved for me, if it may be called."""
    mine = (q.claimed_by == bindparam("me"), q.claimed_until > moment("now"))
    following = select(q.id).where(*mine, q.claimed_at.is_(None), *offered(session, q, narrowed))
    if reserve:
        return [following]
    here = [q.campaign_id == bindparam("in_campaign"), q.state == literal_column("'waiting'")]
    if narrowed:
        here.append(q.jobcentre_id == bindparam("in_jobcentre"))
    current = select(q.id).where(*mine, q.claimed_at.is_not(None), *here).order_by(q.claimed_at.desc())
    return [current, following]


def _queued(session: Session, q: Any, which: str, narrowed: bool, reserve: bool) -> Select[int]:
    """The foremost that nobody holds and that is promised to me, or to no one."""
    call_back = q.rank == literal_column(str(RANK_CALL_BACK))
    free = _free(q, reserve)
    if which == PROMISED:
        mine = [bare(q.awake), *offered(session, q, narrowed, free), call_back, q.call_back_by == bindparam("me")]
        return select(q.id).where(*mine).order_by(q.priority, q.behind, q.due_at, q.id)
    also = [free, or_(~call_back, q.call_back_by.is_(None))]
    if which == BEFORE:
        also.append(q.priority < bindparam("below"))
    found = select(q.id).where(bare(q.awake), *offered(session, q, narrowed, *also))
    return found.order_by(q.priority, q.rank, q.behind, q.due_at, q.id)


def _free(q: Any, reserve: bool) -> ColumnElement[bool]:
    """Nobody holds it. What a phoner is on, even past its time, is never reserved as their next."""
    free = or_(q.claimed_until.is_(None), q.claimed_until <= moment("now"))
    return and_(free, q.claimed_by.is_distinct_from(bindparam("me"))) if reserve else free
