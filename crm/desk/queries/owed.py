"""What was promised and what is sought, as the consultant's day and the lead's overview tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Date, case, func, literal, select
from sqlalchemy.orm import Session, joinedload

from crm.base.scope import Scope
from crm.campaigns.models import Campaign
from crm.followups.models import Answer, FollowUp
from crm.followups.rules import reached_until
from crm.openings.models import Candidacy, Opening, Placement
from crm.openings.queries.openings import Asked
from crm.openings.queries.openings import statement as openings_statement
from crm.openings.queries.placements import SOON
from crm.openings.queries.sharing import waits_for
from crm.openings.rules.candidates import RUNNING
from crm.people.models import Leave, User, UserRole
from crm.people.queries.leave import STAFF

FEW = 4
ROWS = 6


@dataclass(frozen=True)
class Mine:
    """One consultant's: agreements ``due`` today or before, ``late`` of them; companies' ``answers`` and other people's
    ``proposals`` that wait; placements ``ending``, at most FEW. CVs due are agreements (followups.actions.cvs)."""

    due: int
    late: int
    answers: int
    proposals: int
    ending: Sequence[Placement]

    def __bool__(self) -> bool:
        return bool(self.due or self.answers or self.proposals or self.ending)


def mine(session: Session, user_id: int, today: date) -> Mine:
    """Two queries."""
    open_ones = select(func.count()).select_from(FollowUp).where(*_open(), FollowUp.owner_id == user_id)
    answers = (
        select(func.count(Answer.follow_up_id.distinct()))
        .join(FollowUp, FollowUp.id == Answer.follow_up_id)
        .where(
            FollowUp.owner_id == user_id,
            FollowUp.voided_at.is_(None),
            Answer.kind.in_(("corrected", "not_kept")),
            Answer.settled_at.is_(None),
        )
    )
    due, late, waiting, proposed = session.execute(
        select(
            open_ones.where(FollowUp.due_on <= today).scalar_subquery(),
            open_ones.where(FollowUp.due_on < today).scalar_subquery(),
            answers.scalar_subquery(),
            waits_for(user_id, today).scalar_subquery(),
        )
    ).one()
    return Mine(due, late, waiting, proposed, _ending(session, user_id, today))


def _open() -> tuple[ColumnElement[bool], ...]:
    return (FollowUp.state == "open", FollowUp.voided_at.is_(None))


def _ending(session: Session, user_id: int, today: date) -> Sequence[Placement]:
    return session.scalars(
        select(Placement)
        .join(Opening, Opening.id == Placement.opening_id)
        .where(
            Opening.consultant_id == user_id,
            Placement.state == "agreed",
            Placement.voided_at.is_(None),
            Placement.ends_on <= today + SOON,
        )
        .options(
            joinedload(Placement.opening, innerjoin=True).joinedload(Opening.workplace, innerjoin=True),
            joinedload(Placement.candidacy, innerjoin=True).joinedload(Candidacy.candidate, innerjoin=True),
        )
        .order_by(Placement.ends_on, Placement.id)
        .limit(FEW)
    ).all()


@dataclass(frozen=True)
class Late:
    """A consultant's agreements past their day. ``escalated``: so long past it that the lead is told of them."""

    user_id: int
    name: str
    count: int
    escalated: int
    oldest: date


@dataclass(frozen=True)
class Away:
    leave_id: int
    name: str
    until_on: date


@dataclass(frozen=True)
class Team:
    """``bare``: open openings nobody is proposed for, the oldest first, at most ROWS of ``bare_count``; ``lacking``:
    open openings without all their details; ``unmanned``: leaves of today without a substitute."""

    late: Sequence[Late]
    bare: Sequence[Opening]
    bare_count: int
    lacking: int
    unmanned: Sequence[Away]


def team(session: Session, scope: Scope, today: date) -> Team:
    """Five queries, however many there are."""
    candidates = select(Candidacy.id).where(
        Candidacy.opening_id == Opening.id, Candidacy.state.in_((*RUNNING, "hired"))
    )
    wanted = openings_statement(scope, state="open").where(~candidates.exists())
    lacking = openings_statement(scope, asked=Asked(state="open", lacking="any"))
    bare_count, lacks = session.execute(
        select(
            *(
                select(func.count()).select_from(one.with_only_columns(Opening.id).subquery()).scalar_subquery()
                for one in (wanted, lacking)
            )
        )
    ).one()
    rows = session.scalars(
        wanted.options(joinedload(Opening.consultant, innerjoin=True).lazyload(User.roles))
        .order_by(Opening.created_at, Opening.id)
        .limit(ROWS)
    ).all()
    return Team(late_by_consultant(session, scope, today), rows, bare_count, lacks, _unmanned(session, scope, today))


def _unmanned(session: Session, scope: Scope, today: date) -> list[Away]:
    team = select(UserRole.user_id).where(UserRole.role.in_(STAFF), scope.clause(jobcentre=UserRole.jobcentre_id))
    rows = session.execute(
        select(Leave.id, User.name, Leave.until_on)
        .join(User, User.id == Leave.user_id)
        .where(Leave.user_id.in_(team), Leave.substitute_id.is_(None), Leave.from_on <= today, Leave.until_on >= today)
        .order_by(User.name, Leave.id)
    )
    return [Away(*row) for row in rows]


def late_by_consultant(session: Session, scope: Scope, today: date) -> list[Late]:
    """The most first; two queries. Escalated by each campaign's own ladder."""
    known = session.scalars(select(Campaign.nag_lead_days).distinct()).all()
    if not known:
        return []
    limit = case({days: literal(reached_until(today, days), Date) for days in known}, value=Campaign.nag_lead_days)
    rows = session.execute(
        select(
            User.id,
            User.name,
            func.count(FollowUp.id),
            func.count(case((FollowUp.due_on <= limit, 1))),
            func.min(FollowUp.due_on),
        )
        .join(User, User.id == FollowUp.owner_id)
        .join(Campaign, Campaign.id == FollowUp.campaign_id)
        .where(*_open(), FollowUp.due_on < today, scope.clause(jobcentre=FollowUp.jobcentre_id))
        .group_by(User.id, User.name)
    )
    return sorted((Late(*row) for row in rows), key=lambda one: (-one.escalated, -one.count, one.name))
