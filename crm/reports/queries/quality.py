"""What became of the visits that phoners and firms booked, beside how many of the contacted they booked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.reports.queries import rates
from crm.reports.queries.figures import VISITS
from crm.reports.queries.groups import Within, grouped, narrowed
from crm.reports.rules import DEFINITIONS, Rate, RateTable
from crm.visits.models import Visit
from crm.visits.rules.words import RESULTS

KINDS = {
    "cancelled_company_rate": "cancelled_by_company",
    "cancelled_jobcentre_rate": "cancelled_by_jobcentre",
    "nobody_rate": "nobody_there",
}
"""Definition -> the visit's state that it counts, of all that have a result."""
BY = ("phoner", "firm")


def quality(
    session: Session, scope: Scope, campaign_id: int, by: str, *, now: datetime, within: Within
) -> dict[str, RateTable]:
    """By ``phoner`` or ``firm`` of the booking: ``booking_rate`` and ``pressed_rate`` as the report has them, and the
    shares of ``KINDS``; two queries. ``within`` takes answers and visits each by its own time, as the report does."""
    if by not in BY:
        raise ValueError(by)
    counted = [
        Visit.state.in_(RESULTS),
        *(Visit.state == state for state in KINDS.values()),
        and_(Visit.state == "held", Visit.pressed.is_(True)),
        and_(Visit.state == "held", Visit.pressed.is_not(None)),
    ]
    statement = select(Visit.id).where(Visit.campaign_id == campaign_id)
    sums = [func.sum(case((one, 1), else_=0)) for one in counted]
    rows = grouped(session, narrowed(statement, VISITS, scope, within), VISITS, by, sums)

    def table(key: str, top: int, bottom: int) -> RateTable:
        found = [Rate(row.group, row.sums[top], row.sums[bottom], row.key) for row in rows]
        total = Rate(rates.TOTAL, sum(one.numerator for one in found), sum(one.denominator or 0 for one in found))
        return RateTable(DEFINITIONS[key], now, found, total, by)

    return {
        "booking_rate": rates.booking(session, scope, campaign_id, by, now=now, within=within),
        "pressed_rate": table("pressed_rate", 4, 5),
        **{key: table(key, place, 0) for place, key in enumerate(KINDS, start=1)},
    }
