"""Who answers for agreements: their owners, and on a day those who stand in for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, and_, false, or_, select
from sqlalchemy.orm import Session, joinedload

from crm.followups.models import FollowUp
from crm.followups.rules.recipients import stand_in
from crm.people.models import Leave, User, UserRole

ANSWERING = ("consultant", "jobcentre_lead")
"""The roles that have a work list."""
LISTED = 50


def answers(user: User) -> bool:
    """Whether agreements of this person are on anybody's work list; else they are without an owner."""
    return user.active and any(held.role in ANSWERING for held in user.roles)


def answering(*also: str) -> Select[int]:
    """Ids of those who answer for agreements, as ``answers`` says of one; ``also``: those who hold these roles."""
    held = select(UserRole.user_id).where(UserRole.role.in_((*ANSWERING, *also)))
    return select(User.id).where(User.active, User.id.in_(held))


@dataclass(frozen=True)
class Instead:
    """The agreements of somebody who is away until and with ``until_on``, due by then, for who stands in."""

    owner: User
    until_on: date
    rows: Sequence[FollowUp]


def stood_in_for(session: Session, user_id: int, day: date) -> dict[int, date]:
    """People on leave on the Danish day whose work falls to this person -> the last day of their leave. To nobody who
    has no work list any more."""
    leaves = session.execute(
        select(Leave.user_id, Leave.substitute_id, Leave.until_on)
        .where(Leave.from_on <= day, Leave.until_on >= day, answering().where(User.id == user_id).exists())
        .order_by(Leave.id)
    ).all()
    absent = {who: substitute for who, substitute, _until in leaves}
    until = {who: until_on for who, _substitute, until_on in leaves}
    return {who: until[who] for who in absent if stand_in(who, absent, (user_id,)) == user_id}


def instead_of(session: Session, user_id: int, day: date) -> list[Instead]:
    """What falls to the person as a substitute, by whom it belongs to, in the order of its dates. Two queries."""
    until = stood_in_for(session, user_id, day)
    if not until:
        return []
    theirs = or_(false(), *(and_(FollowUp.owner_id == who, FollowUp.due_on <= last) for who, last in until.items()))
    rows = session.scalars(
        select(FollowUp)
        .where(theirs, FollowUp.state == "open", FollowUp.voided_at.is_(None))
        .options(
            joinedload(FollowUp.owner, innerjoin=True).lazyload(User.roles), joinedload(FollowUp.visit, innerjoin=True)
        )
        .order_by(FollowUp.due_on, FollowUp.id)
        .limit(LISTED)
    ).all()
    owners = {row.owner_id: row.owner for row in rows}
    return [
        Instead(owner, until[who], [row for row in rows if row.owner_id == who])
        for who, owner in sorted(owners.items(), key=lambda item: item[1].name)
    ]
