"""Which booked visits no longer fit their day, as the rows say now; and the conflicts that are open."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from crm.base.clock import danish_date, day_bounds
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calendars.rules import days_between
from crm.calling.models import QueueEntry
from crm.people.models import User, UserRole
from crm.travel.engine import default_engine
from crm.visits.models import Visit, VisitConflict
from crm.visits.queries.days import load_days
from crm.visits.queries.slots import ask_for_visit
from crm.visits.queries.visits import reach
from crm.visits.rules.conflicts import Booked, Trouble, troubles

SHOWN = 100
"""Conflicts on one page."""


@dataclass
class Findings:
    """What a look at a consultant's days found. ``raised``: a visit that does not fit, without an open conflict;
    ``altered``: an open one whose trouble is another now; ``settled``: open ones that are no more, and how;
    ``lapsed``: accepted ones whose visit fits again."""

    raised: list[tuple[Visit, Trouble]] = field(default_factory=list)
    altered: list[tuple[VisitConflict, Trouble]] = field(default_factory=list)
    settled: list[tuple[VisitConflict, str]] = field(default_factory=list)
    lapsed: list[VisitConflict] = field(default_factory=list)

    @property
    def days(self) -> set[date]:
        """The Danish days that something is to be written for."""
        visits = [visit for visit, _ in self.raised]
        conflicts = [one for one, _ in self.altered] + [one for one, _ in self.settled] + self.lapsed
        return {danish_date(visit.starts_at) for visit in (*visits, *(one.visit for one in conflicts))}


def examine(session: Session, now: datetime, consultant_id: int, days: Collection[date] | None = None) -> Findings:
    """Judge every booked visit that has not begun against its day; eight queries at most, whatever their number.

    ``days`` None: every day that has one. Notice and horizon are no matter: the visit is booked.
    """
    booked = _booked(session, now, consultant_id, days)
    known = _known(session, consultant_id, days)
    if not booked and not known:
        return Findings()
    found = _troubles(session, now, consultant_id, booked)
    result = Findings()
    for visit in booked:
        _compare(result, visit, found.get(visit.id), known.pop(visit.id, []))
    for rest in known.values():
        result.settled += [(one, "over") for one in rest if one.settled_at is None]
    return result


def _compare(result: Findings, visit: Visit, trouble: Trouble | None, known: Sequence[VisitConflict]) -> None:
    live = next((one for one in known if one.settled_at is None), None)
    accepted = [one for one in known if one.settled_at is not None]
    if trouble is None:
        result.lapsed += accepted
        if live is not None:
            result.settled.append((live, "fits"))
        return
    line = trouble.signature(visit.starts_at, visit.consultant_id)
    if live is not None:
        if live.signature != line:
            result.altered.append((live, trouble))
    elif all(one.signature != line for one in accepted):
        result.raised.append((visit, trouble))


def _booked(session: Session, now: datetime, consultant_id: int, days: Collection[date] | None) -> list[Visit]:
    statement = (
        select(Visit)
        .where(Visit.consultant_id == consultant_id, Visit.state == "booked", Visit.starts_at > now)
        .options(joinedload(Visit.entry).options(joinedload(QueueEntry.campaign)))
        .order_by(Visit.starts_at)
        .execution_options(populate_existing=True)
    )
    if days is not None:
        if not days:
            return []
        statement = statement.where(
            Visit.starts_at >= day_bounds(min(days))[0], Visit.starts_at < day_bounds(max(days))[1]
        )
    found = session.scalars(statement).unique().all()
    return [visit for visit in found if days is None or danish_date(visit.starts_at) in days]


def _known(session: Session, consultant_id: int, days: Collection[date] | None) -> dict[int, list[VisitConflict]]:
    """Open conflicts of the consultant's visits, and accepted ones that still stand, by visit."""
    standing = and_(VisitConflict.settled_how == "accepted", VisitConflict.signature != "")
    rows = session.scalars(
        select(VisitConflict)
        .join(VisitConflict.visit)
        .where(Visit.consultant_id == consultant_id, or_(VisitConflict.settled_at.is_(None), standing))
        .options(joinedload(VisitConflict.visit))
        .order_by(VisitConflict.id)
        .execution_options(populate_existing=True)
    )
    known: dict[int, list[VisitConflict]] = {}
    for one in rows:
        if days is None or danish_date(one.visit.starts_at) in days:
            known.setdefault(one.visit_id, []).append(one)
    return known


def _troubles(session: Session, now: datetime, consultant_id: int, booked: Sequence[Visit]) -> dict[int, Trouble]:
    """By visit."""
    by_day: dict[date, list[Booked]] = {}
    serves = _serves(session, consultant_id) if booked else set()
    for visit in booked:
        one = replace(_as_booked(visit, now), gone=visit.jobcentre_id not in serves)
        by_day.setdefault(danish_date(visit.starts_at), []).append(one)
    found: dict[int, Trouble] = {}
    if by_day:
        span = days_between(day_bounds(min(by_day))[0], day_bounds(max(by_day))[1])
        days, _ = load_days(session, [consultant_id], span)
        for day, ones in by_day.items():
            for trouble in troubles(days.get((consultant_id, day)), ones, default_engine()):
                found[trouble.ref] = trouble
    return found


def _serves(session: Session, consultant_id: int) -> set[int]:
    """The jobcentres that an active user is a consultant of; none of one who is disabled."""
    roles = select(UserRole.jobcentre_id).join(User, User.id == UserRole.user_id)
    rows = session.scalars(roles.where(User.id == consultant_id, User.active, UserRole.role == "consultant"))
    return {number for number in rows if number is not None}


def _as_booked(visit: Visit, now: datetime) -> Booked:
    minutes = int((visit.ends_at - visit.starts_at).total_seconds() // 60)
    return Booked(visit.id, visit.starts_at, replace(ask_for_visit(visit).wish(now), minutes=minutes))


def open_conflicts(
    session: Session, scope: Scope, now: datetime, *, consultant_id: int | None = None, visit_id: int | None = None
) -> Sequence[VisitConflict]:
    """Open conflicts in reach of visits that have not begun, the next visit first."""
    statement = (
        select(VisitConflict)
        .join(VisitConflict.visit)
        .where(*_live(now), reach(scope))
        .options(
            joinedload(VisitConflict.visit).options(
                joinedload(Visit.consultant).lazyload(User.roles), joinedload(Visit.responsible).lazyload(User.roles)
            )
        )
        .order_by(Visit.starts_at, Visit.id)
        .limit(SHOWN)
    )
    if consultant_id is not None:
        statement = statement.where(Visit.consultant_id == consultant_id)
    if visit_id is not None:
        statement = statement.where(Visit.id == visit_id)
    return session.scalars(statement).all()


def count_conflicts(session: Session, scope: Scope, now: datetime) -> int:
    """How many are open in reach."""
    statement = select(func.count()).select_from(VisitConflict).join(VisitConflict.visit).where(*_live(now))
    return int(session.scalar(statement.where(reach(scope))) or 0)


def troubled_visits(user_id: int, now: datetime) -> ScalarSelect[int]:
    """How many open conflicts this person is to settle, as part of a statement: of the visits they answer for, and of
    those of the jobcentres they lead."""
    led = select(UserRole.jobcentre_id).where(UserRole.user_id == user_id, UserRole.role == "jobcentre_lead")
    statement = select(func.count()).select_from(VisitConflict).join(VisitConflict.visit).where(*_live(now))
    return statement.where(or_(Visit.responsible_id == user_id, Visit.jobcentre_id.in_(led))).scalar_subquery()


def conflict(session: Session, scope: Scope, conflict_id: int) -> VisitConflict:
    """One in reach, settled or not. Raises NotFound."""
    found = session.scalar(
        select(VisitConflict).join(VisitConflict.visit).where(VisitConflict.id == conflict_id, reach(scope))
    )
    if found is None:
        raise NotFound
    return found


def _live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return VisitConflict.settled_at.is_(None), Visit.state == "booked", Visit.starts_at > now
