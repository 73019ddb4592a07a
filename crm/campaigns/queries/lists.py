"""Call lists, their entries, and the checks before approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from crm.campaigns.queries.segment import candidates
from crm.campaigns.rules import Filters
from crm.companies.models import Workplace

PAGE = 50


def call_list(session: Session, scope: Scope, list_id: int) -> CallList:
    """Raises NotFound outside the scope."""
    found = session.scalar(
        select(CallList)
        .join(CallList.participation)
        .options(contains_eager(CallList.participation).joinedload(Participation.campaign))
        .where(CallList.id == list_id, scope.clause(jobcentre=Participation.jobcentre_id))
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class ListCount:
    """``on_list``: what approval would freeze. ``no_basis``: protected, not struck out, and no legal basis.

    ``no_phone`` and ``do_not_call`` count those not struck out.
    """

    total: int = 0
    struck: int = 0
    protected: int = 0
    no_basis: int = 0
    do_not_call: int = 0
    no_phone: int = 0

    @property
    def on_list(self) -> int:
        return self.total - self.struck - self.no_basis


def _sum(clause: ColumnElement[bool], label: str) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((clause, 1), else_=0)), 0).label(label)


def list_counts(session: Session, list_ids: Sequence[int]) -> dict[int, ListCount]:
    """List id -> counts; one query."""
    live = ListEntry.struck_reason.is_(None)
    rows = session.execute(
        select(
            ListEntry.call_list_id,
            func.count().label("total"),
            _sum(~live, "struck"),
            _sum(and_(live, Workplace.advertising_protected), "protected"),
            _sum(and_(live, Workplace.advertising_protected, CallList.legal_basis.is_(None)), "no_basis"),
            _sum(and_(live, Workplace.do_not_call_at.is_not(None)), "do_not_call"),
            _sum(and_(live, Workplace.phone.is_(None)), "no_phone"),
        )
        .join(Workplace, Workplace.id == ListEntry.workplace_id)
        .join(CallList, CallList.id == ListEntry.call_list_id)
        .where(ListEntry.call_list_id.in_(list_ids))
        .group_by(ListEntry.call_list_id)
    )
    return {row[0]: ListCount(*(int(value) for value in row[1:])) for row in rows}


def list_sums(session: Session, found: CallList) -> ListCount:
    return list_counts(session, [found.id]).get(found.id, ListCount())


def lists_of(session: Session, participation_id: int) -> Sequence[CallList]:
    """Newest first."""
    return session.scalars(
        select(CallList).where(CallList.participation_id == participation_id).order_by(CallList.id.desc())
    ).all()


def entries(session: Session, found: CallList, view: str = "all", page: int = 1) -> Sequence[ListEntry]:
    """One page of 50 in drawn order, with workplace and company. view: ``all`` or ``struck``."""
    statement = (
        select(ListEntry)
        .options(joinedload(ListEntry.workplace))
        .where(ListEntry.call_list_id == found.id)
        .order_by(ListEntry.position, ListEntry.id)
    )
    if view == "struck":
        statement = statement.where(ListEntry.struck_reason.is_not(None))
    return session.scalars(statement.offset((page - 1) * PAGE).limit(PAGE)).all()


def entry_reasons(session: Session, found: CallList, entry_ids: Sequence[int]) -> dict[int, str | None]:
    """Entry id -> why it is struck out (None: it is not), of those ids that stand on the list."""
    rows = session.execute(
        select(ListEntry.id, ListEntry.struck_reason).where(
            ListEntry.call_list_id == found.id, ListEntry.id.in_(entry_ids)
        )
    )
    return dict(rows.all())


def waiting_for_basis(
    session: Session, found: CallList, now: datetime, page: int = 1
) -> tuple[Sequence[Workplace], int]:
    """Protected workplaces the segment matches or the list holds, and how many: what a basis lets in."""
    matching = candidates(session, found.participation, Filters.from_json(found.filters), now, call_list=found)
    held = select(ListEntry.workplace_id).where(ListEntry.call_list_id == found.id, ListEntry.struck_reason.is_(None))
    clause = and_(
        Workplace.advertising_protected,
        or_(Workplace.id.in_(matching.with_only_columns(Workplace.id)), Workplace.id.in_(held)),
    )
    count = session.scalar(select(func.count()).select_from(Workplace).where(clause)) or 0
    rows = session.scalars(
        select(Workplace).where(clause).order_by(Workplace.name, Workplace.id).offset((page - 1) * PAGE).limit(PAGE)
    ).all()
    return rows, count


@dataclass(frozen=True)
class Check:
    """One line of the control before approval: ``key`` says what, ``ok`` whether it needs a look."""

    key: str
    ok: bool
    count: int = 0


def checks(session: Session, found: CallList, counts: ListCount, left_out: int) -> list[Check]:
    """The control before approval. ``left_out``: protected ones that were not drawn for want of a basis."""
    running = _on_running_lists(session, found)
    return [
        Check("running", running == 0, running),
        Check("struck", True, counts.struck),
        Check("seed", True, found.seed),
        Check("protected", counts.no_basis == 0 and left_out == 0, counts.no_basis + left_out),
        Check("do_not_call", counts.do_not_call == 0, counts.do_not_call),
        Check("no_phone", counts.no_phone == 0, counts.no_phone),
    ]


def _on_running_lists(session: Session, found: CallList) -> int:
    """Live entries whose workplace stands on an approved list of another campaign that is still open."""
    other, theirs, part = (
        CallList.__table__.alias("other_list"),
        ListEntry.__table__.alias("other_entry"),
        Participation.__table__.alias("other_part"),
    )
    campaign = Campaign.__table__.alias("other_campaign")
    twice = exists().where(
        theirs.c.workplace_id == ListEntry.workplace_id,
        theirs.c.struck_reason.is_(None),
        theirs.c.call_list_id == other.c.id,
        other.c.state == "approved",
        other.c.participation_id == part.c.id,
        part.c.campaign_id == campaign.c.id,
        campaign.c.state == "open",
        part.c.campaign_id != found.participation.campaign_id,
    )
    return (
        session.scalar(
            select(func.count())
            .select_from(ListEntry)
            .where(ListEntry.call_list_id == found.id, ListEntry.struck_reason.is_(None), twice)
        )
        or 0
    )


def frozen_workplaces(session: Session, found: CallList) -> Sequence[ListEntry]:
    """The entries of an approved list that are to be called, with their workplaces, in drawn order.

    A draft gives none: only what is frozen may be called.
    """
    if found.state != "approved":
        return []
    return session.scalars(
        select(ListEntry)
        .options(joinedload(ListEntry.workplace))
        .where(ListEntry.call_list_id == found.id, ListEntry.struck_reason.is_(None))
        .order_by(ListEntry.position, ListEntry.id)
    ).all()
