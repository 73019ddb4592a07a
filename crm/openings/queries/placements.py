"""Reads of placements. Ones taken back are in no list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.openings.models import Candidacy, Opening, Placement
from crm.people.models import User

PAGE = 50
SOON = timedelta(days=28)
"""How near the last day a placement is shown as ending."""


@dataclass(frozen=True)
class Found:
    rows: Sequence[Placement]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1


def statement(scope: Scope) -> Select[Placement]:
    return select(Placement).where(Placement.voided_at.is_(None), scope.clause(jobcentre=Placement.jobcentre_id))


def filtered(
    scope: Scope, today: date, *, state: str = "running", type: str | None = None, consultant_id: int | None = None
) -> Select[Placement]:
    """``state``: running, ending (within four weeks, or past their last day and not finished), ended, all."""
    wanted = statement(scope)
    if state in ("running", "ending"):
        wanted = wanted.where(Placement.state == "agreed")
    if state == "ending":
        wanted = wanted.where(Placement.ends_on <= today + SOON)
    if state == "ended":
        wanted = wanted.where(Placement.state == "ended")
    if type:
        wanted = wanted.where(Placement.type == type)
    if consultant_id is not None:
        wanted = wanted.where(
            Placement.opening_id.in_(select(Opening.id).where(Opening.consultant_id == consultant_id))
        )
    return wanted


def placements(session: Session, wanted: Select[Placement], page: int = 1, *, ended: bool = False) -> Found:
    """One page of at most 50: those that end first on top, of the ended ones the last to end."""
    total = session.scalar(select(func.count()).select_from(wanted.with_only_columns(Placement.id).subquery())) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    order = (
        (Placement.ended_on.desc(), Placement.id.desc())
        if ended
        else (Placement.ends_on.is_(None), Placement.ends_on, Placement.id)
    )
    rows = session.scalars(wanted.options(*_whole()).order_by(*order).offset((page - 1) * PAGE).limit(PAGE)).all()
    return Found(rows, total, page)


def counts(session: Session, scope: Scope, today: date) -> dict[str, int]:
    """How many are running, ending soon and ended."""
    near = func.count().filter(Placement.state == "agreed", Placement.ends_on <= today + SOON)
    running = func.count().filter(Placement.state == "agreed")
    wanted = statement(scope).with_only_columns(running, near, func.count().filter(Placement.state == "ended"))
    found = session.execute(wanted).one()
    return dict(zip(("running", "ending", "ended"), found, strict=True))


def placement(session: Session, scope: Scope, placement_id: int) -> Placement:
    """Raises NotFound outside the scope and for one taken back."""
    found = session.scalar(statement(scope).where(Placement.id == placement_id).options(*_whole()))
    if found is None:
        raise NotFound
    return found


def _whole() -> tuple[ExecutableOption, ...]:
    return (
        joinedload(Placement.candidacy, innerjoin=True).joinedload(Candidacy.candidate, innerjoin=True),
        joinedload(Placement.opening, innerjoin=True).joinedload(Opening.workplace, innerjoin=True),
        joinedload(Placement.opening, innerjoin=True)
        .joinedload(Opening.consultant, innerjoin=True)
        .lazyload(User.roles),
    )
