"""Reads for handing agreements over: whose they are, to whom they may go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from crm.base.scope import Scope
from crm.followups.models import FollowUp
from crm.followups.queries.agreements import statement
from crm.followups.queries.owning import ANSWERING, answering
from crm.openings.models import Opening
from crm.people.models import User, UserRole


@dataclass(frozen=True)
class Owner:
    """Somebody with open agreements in reach, and how many. ``active``: they answer for them; else these are without
    an owner."""

    id: int
    name: str
    active: bool
    count: int


@dataclass(frozen=True)
class Which:
    """Which of somebody's open agreements: of one ``kind``, due until ``until_on`` (with what is overdue already), or
    all."""

    kind: str | None = None
    until_on: date | None = None


def colleagues(session: Session, jobcentre_ids: Collection[int]) -> dict[int, list[User]]:
    """jobcentre id -> its active consultants and leads, by name: those who may answer for its agreements."""
    found: dict[int, list[User]] = {number: [] for number in jobcentre_ids}
    wanted = (
        select(UserRole.jobcentre_id, User)
        .join(User, User.id == UserRole.user_id)
        .where(UserRole.role.in_(ANSWERING), UserRole.jobcentre_id.in_(jobcentre_ids), User.active)
        .order_by(User.name, User.id)
    )
    for jobcentre_id, user in session.execute(wanted):
        if jobcentre_id is not None and user not in found[jobcentre_id]:
            found[jobcentre_id].append(user)
    return found


def owners(session: Session, scope: Scope) -> list[Owner]:
    """Everybody with open agreements in reach: those who have left first, then by name."""
    open_ones = statement(scope).with_only_columns(FollowUp.owner_id).subquery()
    here = User.id.in_(answering())
    wanted = (
        select(User.id, User.name, func.max(case((here, 1), else_=0)), func.count())
        .join(open_ones, open_ones.c.owner_id == User.id)
        .group_by(User.id, User.name)
    )
    found = [Owner(number, name, bool(able), count) for number, name, able, count in session.execute(wanted)]
    return sorted(found, key=lambda person: (person.active, person.name, person.id))


def open_of(session: Session, scope: Scope, owner_id: int, which: Which) -> Sequence[FollowUp]:
    """The person's open agreements in reach that are meant, by due date, with their visits."""
    wanted = statement(scope, owner_id=owner_id).options(joinedload(FollowUp.visit, innerjoin=True))
    if which.kind:
        wanted = wanted.where(FollowUp.kind == which.kind)
    if which.until_on:
        wanted = wanted.where(FollowUp.due_on <= which.until_on)
    return session.scalars(wanted.order_by(FollowUp.due_on, FollowUp.id)).all()


def openings_of(session: Session, scope: Scope, consultant_id: int) -> Sequence[Opening]:
    """The person's open openings in reach."""
    return session.scalars(
        select(Opening)
        .where(
            Opening.consultant_id == consultant_id,
            Opening.state == "open",
            Opening.voided_at.is_(None),
            scope.clause(jobcentre=Opening.jobcentre_id, own=Opening.consultant_id),
        )
        .order_by(Opening.id)
    ).all()
