"""Reads of openings. Voided ones are never shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.openings.models import Opening
from crm.visits.models import Visit

PAGE = 50


@dataclass(frozen=True)
class Found:
    """One page of the list, newest first; ``positions`` and ``total`` are of the whole list."""

    rows: Sequence[Opening]
    total: int
    positions: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1


def statement(
    scope: Scope, *, type: str | None = None, campaign_id: int | None = None, state: str | None = None
) -> Select[Opening]:
    """The openings in reach, filtered; for pages and for the API's lists."""
    wanted = select(Opening).where(
        Opening.voided_at.is_(None), scope.clause(jobcentre=Opening.jobcentre_id, own=Opening.consultant_id)
    )
    if type:
        wanted = wanted.where(Opening.type == type)
    if campaign_id:
        wanted = wanted.where(Opening.campaign_id == campaign_id)
    if state:
        wanted = wanted.where(Opening.state == state)
    return wanted


def openings(
    session: Session,
    scope: Scope,
    *,
    type: str | None = None,
    campaign_id: int | None = None,
    state: str | None = None,
    page: int = 1,
) -> Found:
    """One page of at most 50, with the number and the positions of all."""
    wanted = statement(scope, type=type, campaign_id=campaign_id, state=state)
    ids = wanted.with_only_columns(Opening.id, Opening.positions).subquery()
    total, positions = session.execute(
        select(func.count(), func.coalesce(func.sum(ids.c.positions), 0)).select_from(ids)
    ).one()
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    rows = session.scalars(wanted.order_by(Opening.id.desc()).offset((page - 1) * PAGE).limit(PAGE)).all()
    return Found(rows, total, int(positions), page)


def opening(session: Session, scope: Scope, opening_id: int) -> Opening:
    """With its visit and consultant. Raises NotFound outside the scope and for a voided one."""
    found = session.scalar(
        statement(scope).where(Opening.id == opening_id).options(joinedload(Opening.visit).joinedload(Visit.consultant))
    )
    if found is None:
        raise NotFound
    return found


def of_visit(session: Session, visit_id: int, *, from_report: bool | None = None) -> Sequence[Opening]:
    wanted = select(Opening).where(Opening.visit_id == visit_id, Opening.voided_at.is_(None))
    if from_report is not None:
        wanted = wanted.where(Opening.from_report == from_report)
    return session.scalars(wanted.order_by(Opening.id)).all()


def of_workplace(session: Session, workplace_id: int, scope: Scope, limit: int = 50) -> Sequence[Opening]:
    """Newest first: for the company's page."""
    return session.scalars(
        statement(scope).where(Opening.workplace_id == workplace_id).order_by(Opening.id.desc()).limit(limit)
    ).all()
