"""Reads of follow-ups. Voided ones are never shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, joinedload

from crm.base.clock import danish_date
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.companies.models import Workplace
from crm.followups.models import FollowUp, Nag
from crm.followups.rules import LADDER, Kept, Step, kept, thresholds
from crm.people.models import Jobcentre, User, UserRole

PAGE = 50


def statement(scope: Scope, *, owner_id: int | None = None, state: str | None = "open") -> Select[FollowUp]:
    """The follow-ups in reach; for pages and for the API's lists."""
    wanted = select(FollowUp).where(
        FollowUp.voided_at.is_(None), scope.clause(jobcentre=FollowUp.jobcentre_id, own=FollowUp.owner_id)
    )
    if owner_id is not None:
        wanted = wanted.where(FollowUp.owner_id == owner_id)
    return wanted.where(FollowUp.state == state) if state else wanted


def follow_up(session: Session, scope: Scope, follow_up_id: int) -> FollowUp:
    """With its visit and owner. Raises NotFound outside the scope and for a voided one."""
    found = session.scalar(
        statement(scope, state=None)
        .where(FollowUp.id == follow_up_id)
        .options(joinedload(FollowUp.visit), joinedload(FollowUp.owner))
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Board:
    """``due``: today's and overdue ones, oldest first; ``coming``: the next ones. Each at most 50, with the
    numbers of all; ``overdue_count``: those whose day has passed."""

    due: Sequence[FollowUp]
    coming: Sequence[FollowUp]
    due_count: int
    overdue_count: int
    coming_count: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.due_count // PAGE))


def board(
    session: Session, scope: Scope, today: date, *, owner_id: int | None = None, overdue: bool = False, page: int = 1
) -> Board:
    """The work list. ``overdue`` leaves out today's; ``today`` is the Danish date."""
    wanted = statement(scope, owner_id=owner_id)
    ids = wanted.with_only_columns(FollowUp.id, FollowUp.due_on).subquery()
    late, now_due, coming = session.execute(
        select(
            func.count(case((ids.c.due_on < today, 1))),
            func.count(case((ids.c.due_on == today, 1))),
            func.count(case((ids.c.due_on > today, 1))),
        )
    ).one()
    count = late if overdue else late + now_due
    page = min(max(page, 1), max(1, -(-count // PAGE)))
    rows = wanted.options(joinedload(FollowUp.owner), joinedload(FollowUp.visit)).order_by(FollowUp.due_on, FollowUp.id)
    come = FollowUp.due_on < today if overdue else FollowUp.due_on <= today
    due = session.scalars(rows.where(come).offset((page - 1) * PAGE).limit(PAGE)).all()
    ahead = [] if overdue else session.scalars(rows.where(FollowUp.due_on > today).limit(PAGE)).all()
    return Board(due, ahead, count, late, 0 if overdue else coming, page)


def open_count(session: Session, user_id: int, today: date) -> int:
    """Due and overdue ones of a person: the badge of the navigation."""
    return (
        session.scalar(
            select(func.count())
            .select_from(FollowUp)
            .where(
                FollowUp.owner_id == user_id,
                FollowUp.state == "open",
                FollowUp.voided_at.is_(None),
                FollowUp.due_on <= today,
            )
        )
        or 0
    )


def overdue_count(session: Session, scope: Scope, today: date) -> int:
    """Open ones in reach whose day has passed."""
    late = statement(scope).where(FollowUp.due_on < today).with_only_columns(FollowUp.id).subquery()
    return session.scalar(select(func.count()).select_from(late)) or 0


def of_visit(session: Session, visit_id: int) -> Sequence[FollowUp]:
    return session.scalars(
        select(FollowUp).where(FollowUp.visit_id == visit_id, FollowUp.voided_at.is_(None)).order_by(FollowUp.id)
    ).all()


def of_workplace(session: Session, workplace_id: int, scope: Scope, limit: int = 50) -> Sequence[FollowUp]:
    """Newest first: for the company's page."""
    return session.scalars(
        statement(scope, state=None)
        .where(FollowUp.workplace_id == workplace_id)
        .order_by(FollowUp.id.desc())
        .limit(limit)
    ).all()


def kept_rate(session: Session, scope: Scope, today: date, *, campaign_id: int | None = None) -> dict[str, Kept]:
    """By the side that owed (``jobcentre``, ``company``) and ``all``: promises due by ``today``, and how many
    were kept by their first date. Voided ones count nowhere."""
    wanted = select(FollowUp.owed_by, FollowUp.first_due_on, FollowUp.done_at).where(
        FollowUp.voided_at.is_(None),
        FollowUp.first_due_on <= today,
        scope.clause(jobcentre=FollowUp.jobcentre_id, own=FollowUp.owner_id),
    )
    if campaign_id is not None:
        wanted = wanted.where(FollowUp.campaign_id == campaign_id)
    sides: dict[str, list[tuple[date, date | None]]] = {"jobcentre": [], "company": [], "all": []}
    for owed_by, first, done_at in session.execute(wanted):
        row = (first, danish_date(done_at) if done_at else None)
        sides[owed_by].append(row)
        sides["all"].append(row)
    return {side: kept(rows, today) for side, rows in sides.items()}


@dataclass(frozen=True)
class Due:
    """A follow-up with the nag it is due for."""

    id: int
    step: Step
    due_on: date
    owner_id: int
    jobcentre_id: int
    workplace_id: int
    workplace: str
    owed_by: str
    promise: str


def due_nags(session: Session, day: date, *, after_id: int = 0, limit: int = 500) -> list[Due]:
    """Open follow-ups whose highest step reached on the working day ``day`` has no nag yet, by id."""
    steps = {step.key: step for step in LADDER}
    latest = thresholds(day)
    reached = case(*((FollowUp.due_on <= until, literal(step.key)) for step, until in latest))
    written = (
        select(Nag.id)
        .where(and_(Nag.follow_up_id == FollowUp.id, Nag.due_on == FollowUp.due_on, Nag.step == reached))
        .exists()
    )
    wanted = (
        select(
            FollowUp.id,
            reached,
            FollowUp.due_on,
            FollowUp.owner_id,
            FollowUp.jobcentre_id,
            FollowUp.workplace_id,
            Workplace.name,
            FollowUp.owed_by,
            FollowUp.promise,
        )
        .join(Workplace, Workplace.id == FollowUp.workplace_id)
        .where(
            FollowUp.state == "open",
            FollowUp.voided_at.is_(None),
            FollowUp.id > after_id,
            FollowUp.due_on <= latest[-1][1],
            ~written,
        )
        .order_by(FollowUp.id)
        .limit(limit)
    )
    return [Due(row[0], steps[row[1]], *row[2:]) for row in session.execute(wanted)]


def people_to_nag(session: Session, found: Sequence[Due]) -> tuple[Mapping[int, User], Mapping[int, list[User]]]:
    """Active owners by id; active leads by jobcentre id, where there is none the region's."""
    owners = session.scalars(select(User).where(User.id.in_({due.owner_id for due in found}), User.active))
    users = {user.id: user for user in owners}
    answers = or_(
        and_(UserRole.role == "jobcentre_lead", UserRole.jobcentre_id == Jobcentre.id),
        and_(UserRole.role == "regional_lead", UserRole.region_id == Jobcentre.region_id),
    )
    wanted = (
        select(Jobcentre.id, UserRole.role, User)
        .join(UserRole, answers)
        .join(User, User.id == UserRole.user_id)
        .where(Jobcentre.id.in_({due.jobcentre_id for due in found}), User.active)
        .order_by(User.id)
    )
    leads: dict[str, dict[int, list[User]]] = {"jobcentre_lead": {}, "regional_lead": {}}
    for jobcentre_id, role, user in session.execute(wanted):
        leads[role].setdefault(jobcentre_id, []).append(user)
    return users, leads["regional_lead"] | leads["jobcentre_lead"]
