"""The rows behind a figure: exactly those it counts, with the same filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, literal, null, select
from sqlalchemy.orm import Session, aliased

from crm.base.scope import Scope
from crm.calling.models import QueueEntry
from crm.calling.rules import CONTACTED
from crm.companies.models import Workplace
from crm.companies.rules import SECTIONS
from crm.openings.models import Opening
from crm.openings.queries import said_type
from crm.people.models import Jobcentre, User
from crm.reports.queries.figures import VISITS
from crm.reports.queries.groups import Facts, Within, narrowed
from crm.reports.rules import parse_week, week_bounds
from crm.visits.models import Visit
from crm.visits.rules.words import RESULTS

PAGE = 50
NONE = "none"
"""The key of the group without a name: no firm, no visit, no industry."""

_last = aliased(Visit)
CALLS = Facts(
    QueueEntry.jobcentre_id,
    QueueEntry.final_firm_id,
    QueueEntry.final_by,
    select(_last.consultant_id)
    .where(_last.queue_entry_id == QueueEntry.id)
    .order_by(_last.id.desc())
    .limit(1)
    .scalar_subquery(),
    QueueEntry.workplace_id,
    QueueEntry.final_at,
)


@dataclass(frozen=True)
class Behind:
    """One row behind a figure. ``what``: outcome or type of opening. ``count``: positions of an opening, else 1."""

    workplace_id: int
    name: str
    jobcentre: str
    at: datetime
    what: str
    count: int
    person: str | None
    visit_id: int | None


@dataclass(frozen=True)
class Page:
    """``figure``: what the report shows: positions where openings are counted, else the number of rows."""

    rows: Sequence[Behind]
    total: int
    figure: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def behind(
    session: Session,
    scope: Scope,
    campaign_id: int,
    of: str,
    *,
    within: Within,
    by: str | None = None,
    key: str | None = None,
    type: str | None = None,
    page: int = 1,
) -> Page:
    """``of``: contacted, booked, declined, held, with_opening, pressed, asked (whether it was pressed), openings,
    decided (visits with a result) or one of its states. Raises ValueError for a key that no group has. ``type``
    narrows openings."""
    statement, facts = _of(campaign_id, of)
    statement = narrowed(statement, facts, scope, within)
    if type and of == "openings":
        statement = statement.where(Opening.type == type)
    statement = statement.join(Workplace, Workplace.id == facts.workplace)
    statement = statement.join(Jobcentre, Jobcentre.id == facts.jobcentre)
    if by and key is not None:
        statement = in_group(statement, facts, by, key)
    what, count, who, visit = _columns(of)
    total, figure = session.execute(
        statement.with_only_columns(func.count(), func.coalesce(func.sum(count), 0), maintain_column_froms=True)
    ).one()
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    person = aliased(User)
    shown = (facts.workplace, Workplace.name, Jobcentre.name, facts.at, what, count, person.name, visit)
    statement = statement.outerjoin(person, person.id == who).with_only_columns(*shown, maintain_column_froms=True)
    found = session.execute(
        statement.order_by(facts.at.desc(), facts.workplace).offset((page - 1) * PAGE).limit(PAGE)
    ).all()
    return Page([Behind(*row) for row in found], total, int(figure), page)


def _of(campaign_id: int, of: str) -> tuple[Select[Any], Facts]:
    if of in ("contacted", "booked", "declined"):
        outcomes = CONTACTED if of == "contacted" else (of,)
        return select(QueueEntry.id).where(
            QueueEntry.campaign_id == campaign_id, QueueEntry.final_outcome.in_(outcomes)
        ), CALLS
    if of == "decided" or of in RESULTS[1:]:
        states = RESULTS if of == "decided" else (of,)
        return select(Visit.id).where(Visit.campaign_id == campaign_id, Visit.state.in_(states)), VISITS
    held = and_(Visit.campaign_id == campaign_id, Visit.state == "held")
    if of == "openings":
        return select(Opening.id).join(Visit, Visit.id == Opening.visit_id).where(
            held, Opening.voided_at.is_(None)
        ), VISITS
    statement = select(Visit.id).where(held)
    if of == "with_opening":
        told = select(Opening.visit_id).where(Opening.campaign_id == campaign_id, Opening.voided_at.is_(None))
        statement = statement.where(Visit.id.in_(told))
    if of == "pressed":
        statement = statement.where(Visit.pressed.is_(True))
    if of == "asked":
        statement = statement.where(Visit.pressed.is_not(None))
    return statement, VISITS


def _columns(of: str) -> tuple[Any, Any, Any, Any]:
    """What, count, person and visit of a row."""
    if of in ("contacted", "booked", "declined"):
        return QueueEntry.final_outcome, literal(1), QueueEntry.final_by, null()
    if of == "openings":
        return said_type(), Opening.positions, Visit.consultant_id, Visit.id
    return Visit.state, literal(1), Visit.consultant_id, Visit.id


def in_group(statement: Select[Any], facts: Facts, by: str, key: str) -> Select[Any]:
    if by == "week":
        monday = parse_week(key)
        frm, to = week_bounds(monday, monday)
        return statement.where(facts.since(frm), facts.before(to)) if frm and to else statement
    if by == "kind":
        return statement.where(facts.kind == key)
    if by == "industry":
        divisions = func.substr(Workplace.industry_code, 1, 2)
        if key == NONE:
            known = [d for section in SECTIONS.values() for d in section.divisions]
            return statement.where(Workplace.industry_code.is_(None) | divisions.notin_(known))
        return statement.where(divisions.in_(SECTIONS[key].divisions if key in SECTIONS else ()))
    number = None if key == NONE else int(key)
    if number is not None and not 0 < number < 2**53:
        raise ValueError(key)
    if by == "region":
        return statement.where(facts.jobcentre.in_(select(Jobcentre.id).where(Jobcentre.region_id == number)))
    column = getattr(facts, by)
    return statement.where(column.is_(None) if number is None else column == number)
