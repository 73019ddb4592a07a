"""The openings, presentations and placements behind a number; never who the candidates are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, literal, null
from sqlalchemy.orm import Session, aliased

from crm.base.scope import Scope
from crm.companies.models import Workplace
from crm.openings.models import Candidacy, Opening, Placement
from crm.openings.queries import said_type
from crm.people.models import Jobcentre, User
from crm.reports.queries.groups import EVERYTHING, Facts, Within, narrowed
from crm.reports.queries.life import COUNTS, OPENINGS, by_reason, hidden_reasons, meaning, placed, presented, told
from crm.reports.queries.rows import PAGE, in_group
from crm.reports.rules import FEW_PEOPLE

PEOPLE = ("presentations", "placements", "hired")
"""Numbers of people: not opened where they are 1 to 4."""
OF = (*COUNTS, *PEOPLE)


@dataclass(frozen=True)
class Event:
    """One row. ``type``: what was told, an own type by its name; of a placement what it became. ``since``: a
    placement's first day."""

    opening_id: int
    workplace_id: int
    name: str
    jobcentre: str
    at: datetime
    type: str
    positions: int
    stage: str
    state: str
    closed_reason: str | None
    since: date | None
    person: str


@dataclass(frozen=True)
class Events:
    """``few``: the number rests on too few people to be told, and no row is shown."""

    rows: Sequence[Event]
    total: int
    page: int
    few: bool = False


def behind_life(
    session: Session,
    scope: Scope,
    campaign_id: int | None,
    of: str,
    *,
    within: Within = EVERYTHING,
    by: str | None = None,
    key: str | None = None,
    because: str | None = None,
    page: int = 1,
) -> Events:
    """``of``: one of ``OF``; ``because``: closed for this reason. ``hired`` are the placements of the openings told in
    the time asked for, ``placements`` those agreed in it. Why they were closed stands in no row where a reason's number
    is not told. Raises ValueError for a key that no group has."""
    statement, facts = _of(campaign_id, of)
    statement = narrowed(statement, facts, scope, within)
    if by and key is not None:
        statement = in_group(statement, facts, "kind" if by == "type" else by, key)
    hidden = hidden_reasons(by_reason(session, statement))
    if because in hidden:
        return Events([], 0, 1, few=True)
    if because:
        statement = statement.where(Opening.state == "closed", Opening.closed_reason == because)
    total, known = _sizes(session, statement, of)
    if total and known < FEW_PEOPLE:
        return Events([], 0, 1, few=True)
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    ordered = _shown(statement, facts, of).order_by(facts.at.desc(), Opening.id.desc())
    ordered = ordered.offset((page - 1) * PAGE).limit(PAGE)
    rows = [Event(*row) for row in session.execute(ordered)]
    if hidden and not because:
        rows = [replace(row, closed_reason=None) for row in rows]
    return Events(rows, total, page)


def _shown(statement: Select[Any], facts: Facts, of: str) -> Select[Any]:
    """The columns of ``Event``."""
    person = aliased(User)
    statement = statement.join(Workplace, Workplace.id == facts.workplace)
    statement = statement.join(Jobcentre, Jobcentre.id == facts.jobcentre)
    statement = statement.join(person, person.id == facts.consultant)
    shown: tuple[Any, ...] = (Opening.id, facts.workplace, Workplace.name, Jobcentre.name, facts.at)
    kind = said_type() if facts.kind is OPENINGS.kind else facts.kind
    shown = (*shown, kind, Opening.positions, Opening.stage, Opening.state, Opening.closed_reason)
    since = Placement.starts_on if of in ("placements", "hired") else null()
    return statement.with_only_columns(*shown, since, person.name, maintain_column_froms=True)


def _sizes(session: Session, statement: Select[Any], of: str) -> tuple[int, int]:
    """How many rows, and of how many people they tell; rows that tell of none count as of enough."""
    people = func.count(Candidacy.candidate_id.distinct()) if of in PEOPLE else literal(FEW_PEOPLE)
    total, known = session.execute(statement.with_only_columns(func.count(), people, maintain_column_froms=True)).one()
    return total, known


def _of(campaign_id: int | None, of: str) -> tuple[Select[Any], Facts]:
    if of == "presentations":
        return presented(campaign_id)
    if of == "placements":
        return placed(campaign_id)
    if of == "hired":
        return placed(campaign_id)[0], OPENINGS
    return told(campaign_id).where(meaning()[of]), OPENINGS
