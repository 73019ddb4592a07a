"""The openings, presentations and placements behind a number; never who the candidates are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, literal, null
from sqlalchemy.orm import Session, aliased

from crm.base.scope import Scope
from crm.companies.models import Workplace
from crm.openings.models import Candidacy, Opening, Placement
from crm.people.models import Jobcentre, User
from crm.reports.queries.groups import EVERYTHING, Facts, Within, narrowed
from crm.reports.queries.life import COUNTS, OPENINGS, meaning, placed, presented, told
from crm.reports.queries.rows import PAGE, in_group
from crm.reports.rules import FEW_PEOPLE

PEOPLE = ("presentations", "placements", "hired")
"""Numbers of people: not opened where they are 1 to 4."""
OF = (*COUNTS, *PEOPLE)


@dataclass(frozen=True)
class Event:
    """One row. ``type``: what was told, of a placement what it became; ``since``: a placement's first day."""

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
    the time asked for, ``placements`` those agreed in it. Raises ValueError for a key that no group has."""
    statement, facts = _of(campaign_id, of)
    statement = narrowed(statement, facts, scope, within)
    if because:
        statement = statement.where(Opening.state == "closed", Opening.closed_reason == because)
    if by and key is not None:
        statement = in_group(statement, facts, "kind" if by == "type" else by, key)
    people = func.count(Candidacy.candidate_id.distinct()) if of in PEOPLE else literal(FEW_PEOPLE)
    counts = statement.with_only_columns(func.count(), people, maintain_column_froms=True)
    total, known = session.execute(counts).one()
    if total and known < FEW_PEOPLE:
        return Events([], 0, 1, few=True)
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    person = aliased(User)
    statement = statement.join(Workplace, Workplace.id == facts.workplace)
    statement = statement.join(Jobcentre, Jobcentre.id == facts.jobcentre)
    statement = statement.join(person, person.id == facts.consultant)
    shown: tuple[Any, ...] = (Opening.id, facts.workplace, Workplace.name, Jobcentre.name, facts.at, facts.kind)
    shown = (*shown, Opening.positions, Opening.stage, Opening.state, Opening.closed_reason)
    since = Placement.starts_on if of in ("placements", "hired") else null()
    statement = statement.with_only_columns(*shown, since, person.name, maintain_column_froms=True)
    ordered = statement.order_by(facts.at.desc(), Opening.id.desc()).offset((page - 1) * PAGE).limit(PAGE)
    return Events([Event(*row) for row in session.execute(ordered)], total, page)


def _of(campaign_id: int | None, of: str) -> tuple[Select[Any], Facts]:
    if of == "presentations":
        return presented(campaign_id)
    if of == "placements":
        return placed(campaign_id)
    if of == "hired":
        return placed(campaign_id)[0], OPENINGS
    return told(campaign_id).where(meaning()[of]), OPENINGS
