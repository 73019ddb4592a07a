"""Claim the next entry to call, and reserve the one after. Never two phoners the same one."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, and_, bindparam, case, exists, func, literal_column, select
from sqlalchemy.orm import Session, aliased, make_transient_to_detached
from sqlalchemy.orm.util import identity_key

from crm.base.clock import danish_date
from crm.base.db import hold_person
from crm.base.errors import NotFound
from crm.base.straight import Straight
from crm.calling.actions.keep import STALE as STALE
from crm.calling.actions.keep import changed as changed
from crm.calling.actions.keep import let_go as let_go
from crm.calling.actions.take import Taken, take
from crm.calling.actions.wake import wake
from crm.calling.models import QueueEntry
from crm.calling.queries import firms_of, live_claim, reserved
from crm.calling.queries.allotment import calls_here
from crm.calling.queries.offer import limits, moment, sleeping
from crm.calling.rules import LEASE
from crm.campaigns.models import Campaign, Participation
from crm.campaigns.rules import in_calling_hours


def claim(
    session: Session, actor: Any, now: datetime, campaign_id: int, jobcentre_id: int | None = None
) -> QueueEntry | None:
    """The next entry for this phoner, held for ``LEASE``; None when nothing is to be called now.

    The phoner's own live claim comes first, so that a lost answer claims nothing twice; then the one reserved as the
    next, if it still may be called; then by priority group: call-backs due (mine, then anyone's), retries, fresh.
    Every dial rule is checked here: campaign open, dates and hours, contract, phone, protection, do-not-call, caps,
    quarantine, the same number elsewhere, capacity, firm. What the phoner holds elsewhere is given back. The entry
    is read when it is looked at. Raises NotFound when the phoner's firms do not call for the campaign.
    """
    return _next(session, actor, now, campaign_id, jobcentre_id, reserve=False)


def reserve(
    session: Session, actor: Any, now: datetime, campaign_id: int, jobcentre_id: int | None = None
) -> QueueEntry | None:
    """The entry after this one, kept for the phoner for ``LEASE`` so that it can be shown at once; ``claim`` makes it
    the current one. The same one as long as it may be called: a phoner holds at most the current and one next.
    Raises NotFound as ``claim`` does."""
    return _next(session, actor, now, campaign_id, jobcentre_id, reserve=True)


def _next(
    session: Session, actor: Any, now: datetime, campaign_id: int, jobcentre_id: int | None, *, reserve: bool
) -> QueueEntry | None:
    session.flush()
    firms = firms_of(actor)
    campaign = _gate(session, actor, now, campaign_id, jobcentre_id, firms)
    if not in_calling_hours(campaign, now):
        return None if reserve else _going_on(session, actor, now, campaign_id, jobcentre_id)
    if campaign.asleep:
        wake(session, now, campaign_id)
    asked = {**limits(campaign, now), "me": actor.id, "until": now + LEASE, "in_jobcentre": jobcentre_id}
    for firm in firms:
        theirs = {**asked, "for_firm": firm}
        taken = take(session, theirs, holds=campaign.holds, promised=campaign.promised, reserve=reserve)
        if taken:
            if taken.others:
                let_go(session, actor.id, keep=_kept(session, actor, now, taken, reserve))
            return _entity(session, taken.id)
    if campaign.holds and not reserve:
        let_go(session, actor.id)
    return None


@dataclass
class Gate:
    """What a claim reads first, of the campaign and the phoner. ``state``: open only on a day on which it runs.

    ``asleep``: something due has to be woken. ``holds``: how many entries the phoner holds; a request that had to wait
    for another of the phoner's sees it as it was before. ``promised``: the foremost priority group with a call-back
    of theirs due.
    """

    id: int
    state: str
    calls_from: int
    calls_to: int
    calls_any_day: int
    max_attempts: int
    max_attempts_a_day: int
    max_number_attempts: int
    quarantine_months: int
    asleep: int
    holds: int
    promised: int | None
    starts_on: date
    ends_on: date


def _gate(
    session: Session, actor: Any, now: datetime, campaign_id: int, jobcentre_id: int | None, firms: list[int]
) -> Gate:
    """The campaign, if one of the firms calls in it (for that jobcentre). One request of a phoner at a time passes,
    until the transaction ends. Raises NotFound."""
    day = danish_date(now)
    asked = {"me": actor.id, "now": now, "day": day, "in_campaign": campaign_id, "in_jobcentre": jobcentre_id}
    for number, firm in enumerate(firms):
        asked[f"firm_{number}"] = firm
    found = _ready(jobcentre_id is not None, len(firms)).first(session, asked) if firms else None
    if found is None:
        raise NotFound
    values: tuple[Any, ...] = (*found[:_WIDTH], day, day)
    return Gate(*values)


_WIDTH = len(fields(Gate)) - 2  # what follows is the lock
_COLUMNS = [column.key for column in QueueEntry.__table__.columns]


@lru_cache
def _ready(narrowed: bool, firms: int) -> Straight:
    return Straight(lambda session: _gate_statement(session, narrowed, firms))


def _gate_statement(session: Session, narrowed: bool, firms: int) -> Any:
    c, p = Campaign, Participation
    mine: list[Any] = [bindparam(f"firm_{n}") for n in range(firms)]
    me: Any = bindparam("me")
    theirs = [p.campaign_id == bindparam("in_campaign"), calls_here(mine)]
    if narrowed:
        theirs.append(p.jobcentre_id == bindparam("in_jobcentre"))
    asleep = exists().where(*sleeping(QueueEntry), QueueEntry.campaign_id == bindparam("in_campaign"))
    h: Any = aliased(QueueEntry, name="h")
    holds = select(func.count()).where(h.claimed_by == me).scalar_subquery()
    q: Any = aliased(QueueEntry, name="q")
    promised = select(func.min(q.priority)).where(
        q.call_back_by == me,
        q.due_at <= moment("now"),
        q.state == literal_column("'waiting'"),
        q.campaign_id == bindparam("in_campaign"),
    )
    day = bindparam("day", type_=Date())
    return select(
        c.id,
        case((and_(c.starts_on <= day, c.ends_on >= day), c.state), else_="closed").label("state"),
        *(getattr(c, field.name) for field in fields(Gate)[2:9]),
        asleep.label("asleep"),
        holds.label("holds"),
        promised.scalar_subquery().label("promised"),
        *hold_person(session, me),
    ).where(c.id == bindparam("in_campaign"), select(p.id).where(*theirs).exists())


def _going_on(
    session: Session, actor: Any, now: datetime, campaign_id: int, jobcentre_id: int | None
) -> QueueEntry | None:
    """What the phoner is on when the calling hours end; else everything is given back."""
    mine = live_claim(session, actor.id, now)
    if mine is None or mine.campaign_id != campaign_id or jobcentre_id not in (None, mine.jobcentre_id):
        let_go(session, actor.id)
        return None
    mine.claimed_until = now + LEASE
    session.flush()
    return mine


def _kept(session: Session, actor: Any, now: datetime, taken: Taken, reserve: bool) -> list[int]:
    """What stays the phoner's beside nothing else: the entry taken, and with it the current or the next one."""
    beside = None
    if reserve:
        current = select(QueueEntry.id).where(
            QueueEntry.claimed_by == actor.id, QueueEntry.claimed_at.is_not(None), QueueEntry.state == "waiting"
        )
        beside = session.scalar(current.order_by(QueueEntry.claimed_at.desc()).limit(1))
    elif taken.again:
        following = reserved(session, actor.id, now)
        beside = following.id if following else None
    return [taken.id] if beside is None else [taken.id, beside]


def _entity(session: Session, entry_id: int) -> QueueEntry:
    """The entry, to be read from the database when somebody looks at it."""
    found: QueueEntry | None = session.identity_map.get(identity_key(QueueEntry, entry_id))
    if found is None:
        found = QueueEntry(id=entry_id)
        make_transient_to_detached(found)
        session.add(found)
    else:
        session.expire(found, _COLUMNS)
    return found
