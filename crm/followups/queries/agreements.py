"""Reads of follow-ups. Voided ones are never shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict, Unpack

from sqlalchemy import Select, case, false, func, select
from sqlalchemy.orm import Session, joinedload

from crm.base.activity import Activity
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.followups.models import FollowUp, Notice
from crm.followups.queries.owning import answering, stood_in_for
from crm.followups.rules import AGREED
from crm.people.models import User

PAGE = 50
HISTORY = 100


class Sought(TypedDict, total=False):
    """What a list is narrowed to; see ``statement``."""

    owner_id: int | None
    kind: str | None
    owed_by: str | None
    jobcentre_id: int | None
    unowned: bool


def statement(
    scope: Scope,
    *,
    owner_id: int | None = None,
    state: str | None = "open",
    kind: str | None = None,
    owed_by: str | None = None,
    jobcentre_id: int | None = None,
    unowned: bool = False,
) -> Select[FollowUp]:
    """The follow-ups in reach; for pages and for the API's lists. ``unowned``: of people who have left, or have
    no work list any more."""
    wanted = select(FollowUp).where(
        FollowUp.voided_at.is_(None), scope.clause(jobcentre=FollowUp.jobcentre_id, own=FollowUp.owner_id)
    )
    if unowned:
        wanted = wanted.where(FollowUp.owner_id.not_in(answering()))
    sought = (
        (FollowUp.owner_id, owner_id),
        (FollowUp.state, state),
        (FollowUp.kind, kind),
        (FollowUp.owed_by, owed_by),
        (FollowUp.jobcentre_id, jobcentre_id),
    )
    for column, value in sought:
        if value:
            wanted = wanted.where(column == value)
    return wanted


def follow_up(session: Session, scope: Scope, follow_up_id: int, *, day: date | None = None) -> FollowUp:
    """With its visit and owner. Raises NotFound outside the scope and for a voided one. Who was told of it as a
    substitute reaches it as its owner does, and so does who stands in for its owner on the Danish ``day``."""
    told = select(Notice.follow_up_id).where(Notice.user_id == scope.own, Notice.role == "substitute")
    reach = scope.clause(jobcentre=FollowUp.jobcentre_id, own=FollowUp.owner_id) | (
        FollowUp.id.in_(told) if scope.own is not None else false()
    )
    wanted = (
        select(FollowUp)
        .where(FollowUp.id == follow_up_id, FollowUp.voided_at.is_(None))
        .options(
            joinedload(FollowUp.visit, innerjoin=True), joinedload(FollowUp.owner, innerjoin=True).lazyload(User.roles)
        )
    )
    found = session.scalar(wanted.where(reach))
    if found is None and day is not None and scope.own is not None:
        found = session.scalar(wanted.where(FollowUp.owner_id.in_(stood_in_for(session, scope.own, day))))
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Board:
    """One page of the open ones by due date, fifty at a time: ``overdue`` (their day has passed), ``today``,
    ``coming``; with the numbers of all."""

    overdue: Sequence[FollowUp]
    today: Sequence[FollowUp]
    coming: Sequence[FollowUp]
    overdue_count: int
    today_count: int
    coming_count: int
    page: int
    pages: int

    @property
    def due_count(self) -> int:
        return self.overdue_count + self.today_count


def board(
    session: Session, scope: Scope, today: date, *, overdue: bool = False, page: int = 1, **sought: Unpack[Sought]
) -> Board:
    """The work list by promise. ``overdue``: nothing else; ``today`` is the Danish date; the rest as ``statement``."""
    wanted = statement(scope, **sought)
    ids = wanted.with_only_columns(FollowUp.due_on).subquery()
    late, now_due, coming = session.execute(
        select(
            func.count(case((ids.c.due_on < today, 1))),
            func.count(case((ids.c.due_on == today, 1))),
            func.count(case((ids.c.due_on > today, 1))),
        )
    ).one()
    if overdue:
        wanted, now_due, coming = wanted.where(FollowUp.due_on < today), 0, 0
    pages = max(1, -(-(late + now_due + coming) // PAGE))
    page = min(max(page, 1), pages)
    rows = session.scalars(
        wanted.options(
            joinedload(FollowUp.owner, innerjoin=True).lazyload(User.roles), joinedload(FollowUp.visit, innerjoin=True)
        )
        .order_by(FollowUp.due_on, FollowUp.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    ).all()
    return Board(
        [f for f in rows if f.due_on < today],
        [f for f in rows if f.due_on == today],
        [f for f in rows if f.due_on > today],
        late,
        now_due,
        coming,
        page,
        pages,
    )


@dataclass(frozen=True)
class Done:
    """A page of what is done, the last first."""

    rows: Sequence[FollowUp]
    count: int
    page: int
    pages: int


def done(session: Session, scope: Scope, *, page: int = 1, **sought: Unpack[Sought]) -> Done:
    """What was done, the last first; filters as ``statement``."""
    wanted = statement(scope, state="done", **sought)
    count = session.scalar(select(func.count()).select_from(wanted.with_only_columns(FollowUp.id).subquery())) or 0
    pages = max(1, -(-count // PAGE))
    page = min(max(page, 1), pages)
    rows = session.scalars(
        wanted.options(
            joinedload(FollowUp.owner, innerjoin=True).lazyload(User.roles), joinedload(FollowUp.visit, innerjoin=True)
        )
        .order_by(FollowUp.done_at.desc(), FollowUp.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    ).all()
    return Done(rows, count, page, pages)


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
        select(FollowUp)
        .where(FollowUp.visit_id == visit_id, FollowUp.voided_at.is_(None))
        .options(joinedload(FollowUp.owner, innerjoin=True))
        .order_by(FollowUp.id)
    ).all()


def of_workplace(session: Session, workplace_id: int, scope: Scope, limit: int = 50) -> Sequence[FollowUp]:
    """Newest first: for the company's page."""
    return session.scalars(
        statement(scope, state=None)
        .where(FollowUp.workplace_id == workplace_id)
        .order_by(FollowUp.id.desc())
        .limit(limit)
    ).all()


def is_last_promise(session: Session, found: FollowUp) -> bool:
    """Whether nothing else is agreed with the company: once this is done, nobody is to call it again."""
    others = select(FollowUp.id).where(
        FollowUp.workplace_id == found.workplace_id,
        FollowUp.id != found.id,
        FollowUp.state == "open",
        FollowUp.voided_at.is_(None),
        FollowUp.kind.in_(AGREED),
    )
    return session.scalar(others.limit(1)) is None


def next_of(session: Session, found: FollowUp) -> FollowUp | None:
    """The agreement that continues this one."""
    wanted = select(FollowUp).where(FollowUp.follows_id == found.id, FollowUp.voided_at.is_(None))
    return session.scalar(wanted.order_by(FollowUp.id.desc()).limit(1))


def history(session: Session, found: FollowUp) -> Sequence[Activity]:
    """What happened to it, the last first."""
    wanted = select(Activity).where(Activity.subject_type == FollowUp.__tablename__, Activity.subject_id == found.id)
    return session.scalars(wanted.order_by(Activity.at.desc(), Activity.id.desc()).limit(HISTORY)).all()
