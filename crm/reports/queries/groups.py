"""How facts are grouped and filtered: one description for calls, visits and promises alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Null, Select, case, func, literal, null, select
from sqlalchemy.orm import Session, aliased

from crm.base.clock import at, danish_date
from crm.base.errors import N_
from crm.base.scope import Scope
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.companies.rules import section_of
from crm.people.models import CallingFirm, Jobcentre, Region, User
from crm.reports.rules import in_danish_order, week_key, week_starts

NOBODY = {
    "firm": N_("Uden phonerfirma"),
    "phoner": N_("Uden phoner"),
    "consultant": N_("Uden besøg"),
    "industry": N_("Uden branche"),
}


@dataclass(frozen=True)
class Within:
    """Narrower than the scope: one region, one jobcentre, a stretch of time (half-open, UTC)."""

    region_id: int | None = None
    jobcentre_id: int | None = None
    frm: datetime | None = None
    to: datetime | None = None


EVERYTHING = Within()


@dataclass(frozen=True)
class Facts:
    """Where a kind of fact keeps what it can be grouped by. ``at``: when it happened, ``dated``: as a Danish date."""

    jobcentre: Any
    firm: Any
    phoner: Any
    consultant: Any
    workplace: Any
    at: Any
    dated: bool = False
    campaign: Any = None
    kind: Any = None

    def since(self, moment: datetime) -> Any:
        """From this moment on; of dates, from its Danish day on."""
        return self.at >= (danish_date(moment) if self.dated else moment)

    def before(self, moment: datetime) -> Any:
        return self.at < (danish_date(moment) if self.dated else moment)


@dataclass(frozen=True)
class Row:
    """One group and its sums, in the order asked for."""

    key: int | str | None
    group: str
    sums: tuple[int, ...]


def narrowed(statement: Select[Any], facts: Facts, scope: Scope, within: Within) -> Select[Any]:
    """Only what the actor may see and the filters ask for."""
    statement = statement.where(scope.clause(jobcentre=facts.jobcentre))
    if within.jobcentre_id is not None:
        statement = statement.where(facts.jobcentre == within.jobcentre_id)
    if within.region_id is not None:
        inside = select(Jobcentre.id).where(Jobcentre.region_id == within.region_id)
        statement = statement.where(facts.jobcentre.in_(inside))
    if within.frm is not None:
        statement = statement.where(facts.since(within.frm))
    if within.to is not None:
        statement = statement.where(facts.before(within.to))
    return statement


def grouped(session: Session, statement: Select[Any], facts: Facts, by: str | None, sums: Sequence[Any]) -> list[Row]:
    """``sums`` of the statement's rows by group, in one query (by week: and one for the first and last week)."""
    weeks = weeks_of(session, statement, facts) if by == "week" else []
    statement, key, label = keyed(statement, facts, by, weeks)
    columns = [func.coalesce(one, 0) for one in sums]
    statement = statement.with_only_columns(key.label("group_key"), label, *columns, maintain_column_froms=True)
    if by is not None:  # by name: a key with bound values is another expression to PostgreSQL each time it stands
        statement = statement.group_by("group_key", *([] if isinstance(label, Null) else [label]))
    found = [Row(row[0], row[1] or "", tuple(int(value) for value in row[2:])) for row in session.execute(statement)]
    return named(found, by, weeks)


def weeks_of(session: Session, statement: Select[Any], facts: Facts) -> list[date]:
    ends = statement.with_only_columns(func.min(facts.at), func.max(facts.at), maintain_column_froms=True)
    first, last = session.execute(ends).one()
    if facts.dated and first:
        first, last = at(first, 0), at(last, 0)
    return week_starts(first, last) if first else []


def keyed(statement: Select[Any], facts: Facts, by: str | None, weeks: Sequence[date]) -> tuple[Select[Any], Any, Any]:
    """The statement joined to what names the group; the group's key and label columns."""
    if by is None:
        return statement, null(), null()
    if by in ("region", "jobcentre"):
        statement = statement.join(Jobcentre, Jobcentre.id == facts.jobcentre)
        if by == "jobcentre":
            return statement, Jobcentre.id, Jobcentre.name
        return statement.join(Region, Region.id == Jobcentre.region_id), Region.id, Region.name
    if by == "firm":
        return statement.outerjoin(CallingFirm, CallingFirm.id == facts.firm), CallingFirm.id, CallingFirm.name
    if by in ("phoner", "consultant"):
        person = aliased(User)
        return statement.outerjoin(person, person.id == getattr(facts, by)), person.id, person.name
    if by == "campaign":
        return statement.join(Campaign, Campaign.id == facts.campaign), Campaign.id, Campaign.name
    if by == "kind":
        return statement, facts.kind, null()
    if by == "industry":
        place = aliased(Workplace)
        joined = statement.join(place, place.id == facts.workplace)
        return joined, func.substr(place.industry_code, 1, 2), null()
    if by == "week":
        # The Danish clock's weeks as bounds: the same on both databases, summer and winter.
        bounds = [(facts.before(at(monday, 0)), n) for n, monday in enumerate(weeks[1:])]
        key = case(*bounds, else_=len(weeks) - 1) if bounds else literal(0)
        return statement, key, null()
    raise ValueError(f"no grouping called {by!r}")


def named(rows: Sequence[Row], by: str | None, weeks: Sequence[date]) -> list[Row]:
    """Groups under their names, in Danish order (weeks in time); divisions of one industry added up."""
    if by == "week":
        sums = {int(row.key or 0): row.sums for row in rows} if weeks else {}
        return [Row(week_key(weeks[n]), week_key(weeks[n]), sums[n]) for n in sorted(sums)]
    if by == "industry":
        rows = _merged([_in_section(row) for row in rows])
    if by is not None:
        rows = [row if row.key is not None else Row(None, NOBODY.get(by, "-"), row.sums) for row in rows]
    return sorted(rows, key=lambda row: (row.key is None, in_danish_order(row.group)))


def _in_section(row: Row) -> Row:
    section = section_of(str(row.key)) if row.key else None
    return Row(section.key, section.label, row.sums) if section else Row(None, "", row.sums)


def _merged(rows: Sequence[Row]) -> list[Row]:
    made: dict[Any, Row] = {}
    for row in rows:
        there = made.get(row.key)
        sums = tuple(a + b for a, b in zip(there.sums, row.sums, strict=True)) if there else row.sums
        made[row.key] = Row(row.key, row.group, sums)
    return list(made.values())
