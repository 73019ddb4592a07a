"""Rates of a campaign by any grouping: the one place pages, files, API and commands take their figures from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from crm.base.errors import N_
from crm.base.scope import Scope
from crm.openings.rules import TYPES
from crm.reports.queries import figures
from crm.reports.queries.groups import EVERYTHING, Row, Within
from crm.reports.rules import DEFINITIONS, Rate, RateTable

TOTAL = N_("I alt")


def booking(
    session: Session,
    scope: Scope,
    campaign_id: int,
    by: str | None = None,
    *,
    now: datetime,
    within: Within = EVERYTHING,
) -> RateTable:
    """Booked of contacted. By consultant there is no denominator: who says no is refused to no consultant in
    particular, so a row has its booked visits alone; the total is still booked of contacted."""
    rows = figures.calls(session, scope, campaign_id, by, within)
    total = _sum(rows, 0, 1)
    if by == "consultant":
        found = [Rate(row.group, row.sums[0], None, row.key) for row in rows if row.sums[0]]
        return RateTable(DEFINITIONS["booking_rate"], now, found, total, by)
    return _table("booking_rate", rows, by, now, 0, 1)


def opening(
    session: Session,
    scope: Scope,
    campaign_id: int,
    by: str | None = None,
    *,
    now: datetime,
    within: Within = EVERYTHING,
) -> RateTable:
    """Openings (positions) of held visits."""
    return visit_tables(session, scope, campaign_id, by, now=now, within=within)["opening_rate"]


def opening_share(
    session: Session,
    scope: Scope,
    campaign_id: int,
    by: str | None = None,
    *,
    now: datetime,
    within: Within = EVERYTHING,
) -> RateTable:
    """Held visits with at least one opening."""
    return visit_tables(session, scope, campaign_id, by, now=now, within=within)["opening_share"]


def pressed(
    session: Session,
    scope: Scope,
    campaign_id: int,
    by: str | None = None,
    *,
    now: datetime,
    within: Within = EVERYTHING,
) -> RateTable:
    """Visits where the company felt pressed, of the held ones where that is noted."""
    return visit_tables(session, scope, campaign_id, by, now=now, within=within)["pressed_rate"]


def visit_tables(
    session: Session,
    scope: Scope,
    campaign_id: int,
    by: str | None = None,
    *,
    now: datetime,
    within: Within = EVERYTHING,
) -> dict[str, RateTable]:
    """All that held visits tell, by the key of its definition, from one query."""
    rows = figures.visits(session, scope, campaign_id, by, within)
    return {
        key: _table(key, rows, by, now, top, bottom)
        for key, top, bottom in (("opening_rate", 0, 1), ("opening_share", 2, 1), ("pressed_rate", 3, 4))
    }


def kept(
    session: Session,
    scope: Scope,
    campaign_id: int,
    by: str | None = None,
    *,
    now: datetime,
    within: Within = EVERYTHING,
) -> dict[str, RateTable]:
    """Follow-ups done in time of those due, apart for ``jobcentre`` and ``company``."""
    rows = figures.promises(session, scope, campaign_id, by, within, now)
    return {side: _table("kept_rate", rows, by, now, top, top + 1) for side, top in (("jobcentre", 0), ("company", 2))}


@dataclass(frozen=True)
class TypeTable:
    """Openings by type in the report's order, each of all held visits; ``akutjob`` of the ordinary ones.

    The labels are msgids. ``table.total`` is the opening rate.
    """

    table: RateTable
    akutjob: Rate


def opening_types(
    session: Session,
    scope: Scope,
    campaign_id: int,
    *,
    now: datetime,
    within: Within = EVERYTHING,
    held: int | None = None,
) -> TypeTable:
    """The report's table of openings. ``held``: held visits, where the caller has counted them already."""
    told = figures.types(session, scope, campaign_id, within)
    if held is None:
        held = opening(session, scope, campaign_id, now=now, within=within).total.denominator or 0
    rows = [Rate(label, told.positions.get(key, 0), held, key) for key, label in TYPES.items()]
    total = Rate(TOTAL, sum(row.numerator for row in rows), held)
    table = RateTable(DEFINITIONS["opening_rate"], now, rows, total, "type")
    return TypeTable(table, Rate(N_("heraf akutjob"), told.akutjob, held, "akutjob"))


def _sum(rows: Sequence[Row], top: int, bottom: int) -> Rate:
    return Rate(TOTAL, sum(row.sums[top] for row in rows), sum(row.sums[bottom] for row in rows))


def _table(key: str, rows: Sequence[Row], by: str | None, now: datetime, top: int, bottom: int) -> RateTable:
    found = [Rate(row.group, row.sums[top], row.sums[bottom], row.key) for row in rows] if by else []
    return RateTable(DEFINITIONS[key], now, found, _sum(rows, top, bottom), by)


Report = Callable[..., RateTable]
REPORTS: dict[str, Report] = {"booking": booking, "openings": opening}
