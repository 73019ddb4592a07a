"""JSON resources: the two rates, and how agreements were kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask_babel import gettext as _
from pydantic import BaseModel, Field

from crm.reports import queries
from crm.reports.queries.promises import SIDES
from crm.reports.rules import DEFINITIONS, Rate, RateTable
from crm.web.api import In, api_blueprint
from crm.web.edge import now, session
from crm.web.permit import requires, scope

api = api_blueprint("reports", "Reports")

By = Literal["region", "jobcentre", "firm", "phoner", "consultant", "industry", "week"]


class RateQuery(In):
    """``by`` gives a row for each; without it booking rate has the total alone, opening rate a row for each type."""

    campaign_id: int = Field(ge=1, le=2**53)
    by: By | None = None


class RateOut(BaseModel):
    """``denominator`` and ``rate`` are null where there is no sensible one. Bounds: 95 % Wilson interval."""

    group: str
    label: str
    key: int | str | None
    numerator: int
    denominator: int | None
    rate: float | None
    low: float | None
    high: float | None


class RateTableOut(BaseModel):
    """The total is summed from the rows' facts, whatever the grouping."""

    as_of: datetime
    definition: str
    definition_version: int
    rows: list[RateOut]
    total: RateOut


@api.get("/reports/booking-rate", responses={200: RateTableOut})
@requires("reports.read")
def booking_rate(query: RateQuery) -> Any:
    """Booked of contacted, each workplace once, by its last final answer."""
    campaign = queries.campaign(session(), scope(), query.campaign_id)
    return answer(queries.booking(session(), scope(), campaign.id, query.by, now=now()))


@api.get("/reports/opening-rate", responses={200: RateTableOut})
@requires("reports.read")
def opening_rate(query: RateQuery) -> Any:
    """Openings (positions) of held visits; can exceed 1."""
    campaign = queries.campaign(session(), scope(), query.campaign_id)
    if query.by is None:
        return answer(queries.opening_types(session(), scope(), campaign.id, now=now()).table)
    return answer(queries.opening(session(), scope(), campaign.id, query.by, now=now()))


class FollowUpQuery(In):
    """``by`` gives a row for each side and group; without it the totals alone. Without ``campaign_id``: all campaigns
    in reach."""

    campaign_id: int | None = Field(default=None, ge=1, le=2**53)
    by: Literal["region", "jobcentre", "campaign", "firm", "consultant", "kind", "week"] | None = None


class FollowUpsOut(BaseModel):
    """``due`` = ``on_time`` + ``late`` + ``never``: agreements whose first date has come; ``ahead``: not yet.
    ``side``: jobcentre or company (who owed it), or tasks (made by the system, promised to nobody), counted apart.
    ``put_off``: agreements put off, ``times_put_off``: how often. Medians in calendar days. ``says_kept`` of
    ``answered`` of ``asked`` companies say that it happened."""

    side: str
    group: str
    key: int | str | None
    due: int
    on_time: int
    late: int
    never: int
    ahead: int
    rate: float | None
    low: float | None
    high: float | None
    median_days: float | None
    median_days_late: float | None
    put_off: int
    times_put_off: int
    escalated: int
    region: int
    asked: int
    answered: int
    says_kept: int
    answered_done: int


class FollowUpTableOut(BaseModel):
    """``totals``: one a side, summed from the rows' facts, whatever the grouping."""

    as_of: datetime
    definition: str
    definition_version: int
    rows: list[FollowUpsOut]
    totals: list[FollowUpsOut]


@api.get("/reports/follow-ups", responses={200: FollowUpTableOut})
@requires("reports.read")
def follow_ups(query: FollowUpQuery) -> Any:
    """Kept on time, late, never, by the side that owed; beside what the companies say of the same."""
    if query.campaign_id is not None:
        queries.campaign(session(), scope(), query.campaign_id)
    table = queries.promises(session(), scope(), query.campaign_id, query.by, now=now())
    definition = DEFINITIONS["kept_rate"]
    return {
        "as_of": table.as_of.isoformat(),
        "definition": _(definition.text),
        "definition_version": definition.version,
        "rows": [{**one.record(), "group": _(one.group)} for side in SIDES for one in table.rows[side]],
        "totals": [{**table.total[side].record(), "group": _(table.total[side].group)} for side in SIDES],
    }


def answer(table: RateTable) -> dict[str, Any]:
    by_type = table.by == "type"
    return {
        "as_of": table.as_of.isoformat(),
        "definition": _(table.definition.text),
        "definition_version": table.definition.version,
        "rows": [_row(row, by_type) for row in table.rows],
        "total": _row(table.total, False),
    }


def _row(row: Rate, by_type: bool) -> dict[str, Any]:
    label = _(row.group)
    return {
        "group": row.key if by_type else label,
        "label": label,
        "key": row.key,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "rate": row.rate,
        "low": row.low,
        "high": row.high,
    }
