"""Reads of leave: who is away on a day, and who stands in for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.people.models import Leave, User, UserRole

STAFF = ("consultant", "jobcentre_lead")


def on_leave(session: Session, user_ids: Collection[int], day: date) -> dict[int, int | None]:
    """Those of ``user_ids`` who are on leave on the Danish day -> their substitute, None where nobody was named."""
    if not user_ids:
        return {}
    rows = session.execute(
        select(Leave.user_id, Leave.substitute_id)
        .where(Leave.user_id.in_(set(user_ids)), Leave.from_on <= day, Leave.until_on >= day)
        .order_by(Leave.id)
    )
    return dict(rows.all())


def leaves(session: Session, scope: Scope, day: date) -> Sequence[Leave]:
    """Leaves in reach that have not ended before ``day``, by their first day, with people loaded."""
    return session.scalars(
        select(Leave)
        .where(Leave.user_id.in_(_in_reach(scope)), Leave.until_on >= day)
        .order_by(Leave.from_on, Leave.id)
        .options(joinedload(Leave.user), joinedload(Leave.substitute))
    ).all()


def standing_in(session: Session, user_id: int, day: date) -> Sequence[Leave]:
    """Leaves, now or later, in which the person is the substitute."""
    return session.scalars(
        select(Leave)
        .where(Leave.substitute_id == user_id, Leave.until_on >= day)
        .order_by(Leave.from_on, Leave.id)
        .options(joinedload(Leave.user))
    ).all()


def overlapping(session: Session, user_id: int, from_on: date, until_on: date, but: int | None = None) -> Leave | None:
    """A leave of the person, other than ``but``, that shares a day with these."""
    wanted = select(Leave).where(Leave.user_id == user_id, Leave.from_on <= until_on, Leave.until_on >= from_on)
    if but is not None:
        wanted = wanted.where(Leave.id != but)
    return session.scalar(wanted.order_by(Leave.from_on).limit(1))


def leave(session: Session, scope: Scope, leave_id: int) -> Leave:
    """Raises NotFound outside the scope."""
    found = session.scalar(select(Leave).where(Leave.id == leave_id, Leave.user_id.in_(_in_reach(scope))))
    if found is None:
        raise NotFound
    return found


def people_in_reach(session: Session, scope: Scope) -> Sequence[User]:
    """Active people whose leave may be written by who has the scope, by name."""
    wanted = select(User).where(User.id.in_(_in_reach(scope)), User.active).order_by(User.name, User.id)
    return session.scalars(wanted).all()


def colleagues(session: Session, person: User) -> Sequence[User]:
    """Who may stand in for a person: active consultants and leads of the same jobcentres; of a regional lead the other
    leads of the region; of a campaign manager the other campaign managers."""
    own = {(held.role, held.jobcentre_id, held.region_id) for held in person.roles}
    jobcentres = {place for role, place, _region in own if role in STAFF and place is not None}
    regions = {region for role, _place, region in own if role == "regional_lead" and region is not None}
    managers = any(role == "campaign_manager" for role, _place, _region in own)
    same = (UserRole.role.in_(STAFF) & UserRole.jobcentre_id.in_(jobcentres)) | (
        (UserRole.role == "regional_lead") & UserRole.region_id.in_(regions)
    )
    if managers:
        same |= UserRole.role == "campaign_manager"
    wanted = select(User).where(User.id.in_(select(UserRole.user_id).where(same)), User.active, User.id != person.id)
    return session.scalars(wanted.order_by(User.name, User.id)).all()


def _in_reach(scope: Scope) -> Any:
    """Ids of the people a scope reaches: themselves, and consultants and leads of its jobcentres."""
    of_team = select(UserRole.user_id).where(UserRole.role.in_(STAFF), scope.clause(jobcentre=UserRole.jobcentre_id))
    return of_team.union(select(User.id).where(User.id == scope.own)) if scope.own is not None else of_team
