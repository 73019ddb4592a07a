"""Moves that consultants have made in their own calendars: those that wait for a word, and what to make of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, exists, literal, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calendars.models import BusySource, CalendarCopy
from crm.visits.models import MoveProposal, Visit
from crm.visits.queries.visits import reach


@dataclass(frozen=True, slots=True)
class Change:
    """What a consultant did with our event in a calendar of their own; ``starts_at`` None: deleted it."""

    source_id: int
    visit: Visit
    starts_at: datetime | None
    ends_at: datetime | None


def _uid() -> ColumnElement[str]:
    return literal("visit-") + cast(Visit.id, String) + literal("@jobaabner")


def changes(session: Session, now: datetime, visit_id: int | None = None) -> list[Change]:
    """Of visits that are booked, to come, and theirs; of one with ``visit_id``."""
    found = (
        select(CalendarCopy, Visit)
        .join(BusySource, BusySource.id == CalendarCopy.source_id)
        .join(Visit, and_(_uid() == CalendarCopy.uid, Visit.consultant_id == BusySource.consultant_id))
        .where(
            CalendarCopy.theirs_change.is_not(None),
            BusySource.ending_at.is_(None),
            BusySource.writes,
            Visit.state == "booked",
            Visit.starts_at > now,
        )
        .order_by(CalendarCopy.theirs_seen_at, CalendarCopy.id)
    )
    if visit_id is not None:
        found = found.where(Visit.id == visit_id)
    rows = session.execute(found)
    return [Change(copy.source_id, visit, copy.theirs_starts_at, copy.theirs_ends_at) for copy, visit in rows]


def all_open(session: Session, visit_id: int | None = None) -> Sequence[MoveProposal]:
    """Of one visit with ``visit_id``."""
    found = select(MoveProposal).where(MoveProposal.state == "open").order_by(MoveProposal.id)
    return session.scalars(found if visit_id is None else found.where(MoveProposal.visit_id == visit_id)).all()


def out_of_step(session: Session, now: datetime) -> list[int]:
    """Visits of which a proposal has to be made or to lapse; cheap, and without a lock."""
    found: dict[int, set[tuple[int | None, datetime | None]]] = defaultdict(set)
    made: dict[int, set[tuple[int | None, datetime | None]]] = defaultdict(set)
    for change in changes(session, now):
        found[change.visit.id].add((change.source_id, change.starts_at))
    for proposal in all_open(session):
        made[proposal.visit_id].add((proposal.source_id, proposal.starts_at))
    return sorted(
        number
        for number in found.keys() | made.keys()
        if made[number] - found[number] or (found[number] and not made[number])
    )


def _live() -> ColumnElement[bool]:
    """Open, of a booked visit, and still so in the calendar it came from."""
    unsettled = exists().where(
        CalendarCopy.source_id == MoveProposal.source_id,
        CalendarCopy.uid == _uid(),
        CalendarCopy.theirs_change.is_not(None),
    )
    return and_(MoveProposal.state == "open", Visit.state == "booked", unsettled)


def proposals(session: Session, scope: Scope, visit_id: int | None = None) -> Sequence[MoveProposal]:
    """Those that wait, the next visit first; of one visit with ``visit_id``."""
    statement = select(MoveProposal).join(Visit, Visit.id == MoveProposal.visit_id).where(_live(), reach(scope))
    if visit_id is not None:
        statement = statement.where(Visit.id == visit_id)
    return session.scalars(statement.order_by(Visit.starts_at, MoveProposal.id)).all()


def proposal(session: Session, scope: Scope, proposal_id: int) -> MoveProposal:
    """Settled ones too. Raises NotFound outside the scope."""
    found = session.scalar(
        select(MoveProposal)
        .join(Visit, Visit.id == MoveProposal.visit_id)
        .where(MoveProposal.id == proposal_id, reach(scope))
    )
    if found is None:
        raise NotFound
    return found


def is_live(session: Session, proposal_id: int) -> bool:
    return bool(
        session.scalar(
            select(MoveProposal.id)
            .join(Visit, Visit.id == MoveProposal.visit_id)
            .where(MoveProposal.id == proposal_id, _live())
        )
    )
