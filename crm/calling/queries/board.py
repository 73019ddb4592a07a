"""The live board: who calls, and how their day goes. A fixed number of queries, however many phoners there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date, day_bounds
from crm.base.db import seconds_between
from crm.base.scope import Scope
from crm.calling.models import Call, Presence, QueueEntry
from crm.calling.rules import BOOKED
from crm.calling.rules.presence import presence_now
from crm.companies.models import Workplace
from crm.people.models import CallingFirm, Jobcentre, User, UserRole

ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Tally:
    """A phoner's finished calls of the Danish day. ``contacts``: calls that gave an answer to the offer, booked or no
    thanks; ``seconds``: from each company shown to its call saved, pauses not counted."""

    calls: int = 0
    contacts: int = 0
    booked: int = 0
    seconds: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True)
class Hand:
    """A company in a phoner's hands."""

    entry_id: int
    workplace_id: int
    company: str
    jobcentre: str
    since: datetime


@dataclass(frozen=True)
class Phoner:
    """state: ``calling``, ``paused``, ``away``, or ``elsewhere`` (calls for another campaign or jobcentre)."""

    user_id: int
    name: str
    firm: str
    state: str
    since: datetime | None
    reason: str | None
    hand: Hand | None
    today: Tally


def phoners(
    session: Session, scope: Scope, campaign_id: int, now: datetime, firm_id: int | None = None
) -> list[Phoner]:
    """Who calls for the campaign within the scope today: they say so, hold a company, or have finished a call. Those
    who call now stand first, then pauses, then the others; four queries."""
    start, end = day_bounds(danish_date(now))
    tallies = _tallies(session, scope, campaign_id, start, end, firm_id)
    hands = _hands(session, scope, campaign_id, now, firm_id)
    said = _said(session, scope, campaign_id, start, {*tallies, *hands})
    found = []
    for user_id, (name, firms) in _names(session, {*tallies, *hands, *said}).items():
        if firm_id is not None and firm_id not in firms:
            continue
        hand, today = hands.get(user_id), tallies.get(user_id, Tally())
        state, since, reason = _doing(said.get(user_id), scope, campaign_id, hand, today, now)
        found.append(Phoner(user_id, name, ", ".join(firms.values()), state, since, reason, hand, today))
    order = ("calling", "paused", ELSEWHERE, "away")
    return sorted(found, key=lambda one: (order.index(one.state), one.name, one.user_id))


def _doing(
    said: Presence | None, scope: Scope, campaign_id: int, hand: Hand | None, today: Tally, now: datetime
) -> tuple[str, datetime | None, str | None]:
    """State, since when, and why. A phoner at another program says nothing here but holds companies."""
    if said is None:
        return ("calling", hand.since, None) if hand else ("away", today.last_at, None)
    state, since = presence_now(said.state, said.since, said.seen_at, now)
    inside = said.campaign_id == campaign_id and (
        scope.everything or said.jobcentre_id is None or said.jobcentre_id in scope.jobcentres
    )
    if state == "calling" and not inside and hand is None:
        return ELSEWHERE, since, None
    return state, since, said.reason if state == "paused" else None


def _tallies(
    session: Session, scope: Scope, campaign_id: int, start: datetime, end: datetime, firm_id: int | None
) -> dict[int, Tally]:
    people = select(UserRole.user_id).where(UserRole.role == "phoner")
    rows = session.execute(
        select(
            Call.user_id,
            func.count(),
            func.count(Call.answer),
            func.count(case((Call.answer == BOOKED, 1))),
            func.sum(seconds_between(session, Call.started_at, Call.ended_at)),
            func.max(Call.ended_at),
        )
        .join(QueueEntry, QueueEntry.id == Call.entry_id)
        .where(
            Call.user_id.in_(people),
            Call.ended_at >= start,
            Call.ended_at < end,
            Call.undone_at.is_(None),
            QueueEntry.campaign_id == campaign_id,
            scope.clause(jobcentre=QueueEntry.jobcentre_id),
            *_of_firm(Call.calling_firm_id, firm_id),
        )
        .group_by(Call.user_id)
    )
    return {row[0]: Tally(row[1], row[2], row[3], round(float(row[4] or 0)), row[5]) for row in rows}


def _of_firm(column: Any, firm_id: int | None) -> list[ColumnElement[bool]]:
    return [] if firm_id is None else [column == firm_id]


def _hands(session: Session, scope: Scope, campaign_id: int, now: datetime, firm_id: int | None) -> dict[int, Hand]:
    """Current claims by their holder; what is only kept for later is in nobody's hands yet."""
    q = QueueEntry
    rows = session.execute(
        select(q.claimed_by, q.id, q.workplace_id, Workplace.name, Jobcentre.name, q.claimed_at)
        .join(Workplace, Workplace.id == q.workplace_id)
        .join(Jobcentre, Jobcentre.id == q.jobcentre_id)
        .where(
            q.claimed_by > 0,
            q.claimed_at.is_not(None),
            q.claimed_until > now,
            q.state == "waiting",
            q.campaign_id + 0 == campaign_id,  # not by the campaign's index: what is claimed is few, the queue long
            scope.clause(jobcentre=q.jobcentre_id),
            *_of_firm(q.calling_firm_id, firm_id),
        )
        .order_by(q.claimed_at)
    )
    return {int(row[0]): Hand(*row[1:]) for row in rows if row[0] is not None}  # type: ignore[arg-type]


def _said(
    session: Session, scope: Scope, campaign_id: int, start: datetime, known: Collection[int]
) -> dict[int, Presence]:
    here = and_(
        Presence.campaign_id == campaign_id,
        Presence.seen_at >= start,
        scope.clause(jobcentre=Presence.jobcentre_id),
    )
    rows = session.scalars(select(Presence).where(or_(here, Presence.user_id.in_(known)))).all()
    return {row.user_id: row for row in rows if row.user_id in known or row.state != "away" or row.seen_at >= start}


def _names(session: Session, user_ids: Collection[int]) -> dict[int, tuple[str, dict[int, str]]]:
    """User id -> name, and the firms they phone for."""
    rows = session.execute(
        select(User.id, User.name, CallingFirm.id, CallingFirm.name)
        .outerjoin(UserRole, and_(UserRole.user_id == User.id, UserRole.role == "phoner"))
        .outerjoin(CallingFirm, CallingFirm.id == UserRole.calling_firm_id)
        .where(User.id.in_(user_ids))
        .order_by(User.name, CallingFirm.name)
    )
    found: dict[int, tuple[str, dict[int, str]]] = {}
    for user_id, name, firm_id, firm in rows:
        firms = found.setdefault(user_id, (name, {}))[1]
        if firm_id is not None:
            firms[firm_id] = firm
    return found
