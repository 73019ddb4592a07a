"""What became of the openings told; presentations and placements, counted apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, literal, select
from sqlalchemy.orm import Session

from crm.base.days import danish_day, days_between
from crm.base.scope import Scope
from crm.openings.models import Candidacy, Opening, OpeningShare, Placement
from crm.openings.rules import TYPES
from crm.reports.queries.groups import EVERYTHING, Facts, Row, Within, grouped, keyed, named, narrowed, weeks_of
from crm.reports.queries.medians import WHOLE, medians
from crm.reports.queries.rates import TOTAL
from crm.reports.rules import FEW_PEOPLE, Rate, suppressed, week_key
from crm.visits.models import Visit

FILLED = "filled_by_us"
"""The one reason to close that counts people: each such opening has somebody hired."""
COUNTS = ("told", "specified", "presented", "interview", "shared", "accepted", "closed")
OPENINGS = Facts(
    Visit.jobcentre_id,
    Visit.booked_firm_id,
    Visit.booked_by,
    Opening.consultant_id,
    Opening.workplace_id,
    Visit.starts_at,
    campaign=Opening.campaign_id,
    kind=Opening.type,
)
"""``kind`` is the type that was told, the week the one of the visit."""
PRESENTATIONS = replace(OPENINGS, at=Candidacy.presented_at)
PLACEMENTS = replace(OPENINGS, at=Placement.created_at, kind=Placement.type)
"""``kind`` is the type that it became, the week the one in which it was agreed."""


@dataclass(frozen=True)
class Life:
    """One group's openings (rows, not positions, but for ``positions`` and ``hired``). ``hidden``: ``hired`` rests on
    too few people to be told. Medians in days from the visit; None where there is none."""

    group: str = TOTAL
    key: int | str | None = None
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    positions: int = 0
    hired: int = 0
    hidden: bool = False
    to_presentation: float | None = None
    to_hire: float | None = None

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    def rate(self, name: str) -> Rate:
        return Rate(self.group, self[name], self["told"], self.key)

    @property
    def filled(self) -> Rate:
        return Rate(self.group, self.hired, self.positions, self.key)


@dataclass(frozen=True)
class LifeTable:
    as_of: datetime
    by: str | None
    rows: Sequence[Life]
    total: Life


@dataclass(frozen=True)
class Events:
    """Presentations and placements of one group. Cells that rest on 1 to 4 people, or would tell of one, are None."""

    group: str
    key: int | str | None
    presentations: int | None
    placements: int | None


def openings_life(
    session: Session,
    scope: Scope,
    campaign_id: int | None,
    by: str | None = None,
    *,
    now: datetime,
    within: Within = EVERYTHING,
) -> LifeTable:
    """Openings of held visits, as the opening rate counts them, by ``type``, ``jobcentre``, ``region``, ``campaign`` or
    ``week`` of the visit; two queries (by week one more). Without a campaign those of all in reach."""
    statement = narrowed(told(campaign_id), OPENINGS, scope, within)
    weeks = weeks_of(session, statement, OPENINGS) if by == "week" else []
    facts = _facts(session, statement, by, weeks)
    counted, middle = _counted(session, facts), medians(session, facts, ("to_presentation", "to_hire"))
    rows = [
        replace(counted[raw], key=key, group=group, **middle.get(("", raw), {}))
        for raw, key, group in (_groups(counted, by, weeks) if by else ())
    ]
    hidden = suppressed([row.hired for row in rows])
    rows = [replace(row, hidden=few) for row, few in zip(rows, hidden, strict=True)]
    return LifeTable(now, by, rows, _total(list(counted.values()), middle.get(("", WHOLE), {})))


def events(
    session: Session,
    scope: Scope,
    campaign_id: int | None,
    by: str | None,
    *,
    within: Within = EVERYTHING,
) -> tuple[list[Events], Events]:
    """Presentations (a candidate was shown a concrete opening) and placements (was hired through us), each by its own
    time and its own type, as report 003 tells them apart; and the total. Two queries (by week four)."""
    found = []
    for statement, facts in (presented(campaign_id), placed(campaign_id)):
        grouping = "kind" if by == "type" else by
        statement = narrowed(statement, facts, scope, within)
        people = func.count(Candidacy.candidate_id.distinct())
        everybody = statement.with_only_columns(people, maintain_column_froms=True).correlate(None).scalar_subquery()
        found.append(grouped(session, statement, facts, grouping, [func.count(), people, everybody]))
    names = {row.key: row.group for rows in found for row in rows}
    order = [key for key in TYPES if key in names] if by == "type" else list(names)
    if by == "week":
        order.sort(key=str)
    cells = [_cells(rows, order if by else [None]) for rows in found]
    rows = [Events(names[key], key, cells[0][n], cells[1][n]) for n, key in enumerate(order)] if by else []
    whole = [_whole(rows) for rows in found]
    return [replace(row, group=TYPES.get(str(row.key), row.group)) for row in rows], Events(TOTAL, None, *whole)


def _cells(rows: Sequence[Row], order: Sequence[Any]) -> list[int | None]:
    sums = {row.key: row.sums for row in rows}
    counts = [sums.get(key, (0, 0, 0)) for key in order]
    hidden = suppressed([one[1] for one in counts])
    return [None if few else one[0] for one, few in zip(counts, hidden, strict=True)]


def _whole(rows: Sequence[Row]) -> int | None:
    people = max((row.sums[2] for row in rows), default=0)
    return None if 0 < people < FEW_PEOPLE else sum(row.sums[0] for row in rows)


def closed_because(
    session: Session, scope: Scope, campaign_id: int | None, *, within: Within = EVERYTHING
) -> dict[str, int | None]:
    """Closed openings by reason; None for a number that is not told."""
    counts = by_reason(session, narrowed(told(campaign_id), OPENINGS, scope, within))
    hidden = hidden_reasons(counts)
    return {reason: None if reason in hidden else count for reason, count in counts.items()}


def by_reason(session: Session, statement: Select[Any]) -> dict[str, int]:
    """The closed openings of a statement, each once, by reason. One query."""
    reason = func.coalesce(Opening.closed_reason, "").label("reason")
    counted = statement.where(Opening.state == "closed").with_only_columns(
        reason, func.count(Opening.id.distinct()), maintain_column_froms=True
    )
    return {row[0]: int(row[1]) for row in session.execute(counted.group_by("reason"))}


def hidden_reasons(counts: Mapping[str, int]) -> frozenset[str]:
    """Reasons whose numbers are not told: FILLED at 1 to 4; and with it the smallest of the others until they too are
    too many to be reckoned away from the total."""
    if not 0 < counts.get(FILLED, 0) < FEW_PEOPLE:
        return frozenset()
    hidden, others = {FILLED}, 0
    for count, reason in sorted((count, reason) for reason, count in counts.items() if count and reason != FILLED):
        if others >= FEW_PEOPLE:
            break
        hidden.add(reason)
        others += count
    return frozenset(hidden)


def told(campaign_id: int | None) -> Select[Any]:
    """The openings that the opening rate counts."""
    statement = (
        select(Opening.id)
        .join(Visit, Visit.id == Opening.visit_id)
        .where(Visit.state == "held", Opening.voided_at.is_(None))
    )
    return statement if campaign_id is None else statement.where(Opening.campaign_id == campaign_id)


def presented(campaign_id: int | None) -> tuple[Select[Any], Facts]:
    return told(campaign_id).join(Candidacy, Candidacy.opening_id == Opening.id).where(
        Candidacy.presented_at.is_not(None)
    ), PRESENTATIONS


def placed(campaign_id: int | None) -> tuple[Select[Any], Facts]:
    return told(campaign_id).join(Placement, Placement.opening_id == Opening.id).join(
        Candidacy, Candidacy.id == Placement.candidacy_id
    ).where(Placement.voided_at.is_(None)), PLACEMENTS


def meaning() -> dict[str, Any]:
    """The one meaning of every number of openings, for the counts and for the rows behind them."""
    there = Candidacy.opening_id == Opening.id
    return {
        "told": Opening.id.is_not(None),
        "specified": Opening.stage != "told",
        "presented": exists().where(there, Candidacy.presented_at.is_not(None)),
        "interview": exists().where(there, Candidacy.interview_at.is_not(None)),
        "shared": exists().where(OpeningShare.opening_id == Opening.id),
        "accepted": exists().where(there, Candidacy.offered_at.is_not(None), Candidacy.proposed_at.is_not(None)),
        "closed": Opening.state == "closed",
    }


def _facts(session: Session, statement: Select[Any], by: str | None, weeks: Sequence[date]) -> Any:
    """One row an opening: group, each condition as 0 or 1, positions, hired, days to what came of it."""
    statement, key, label = keyed(statement, OPENINGS, "kind" if by == "type" else by, weeks)
    first = select(func.min(Candidacy.presented_at)).where(Candidacy.opening_id == Opening.id).scalar_subquery()
    hires = and_(Placement.opening_id == Opening.id, Placement.voided_at.is_(None))
    hired = select(func.min(Placement.created_at)).where(hires).scalar_subquery()
    day = danish_day(session, Visit.starts_at)
    columns = [
        key.label("group_key"),
        label.label("group_label"),
        literal("").label("part"),
        *(case((each, 1), else_=0).label(name) for name, each in meaning().items()),
        Opening.positions,
        select(func.count()).where(hires).correlate(Opening).scalar_subquery().label("hired"),
        days_between(session, day, danish_day(session, first)).label("to_presentation"),
        days_between(session, day, danish_day(session, hired)).label("to_hire"),
    ]
    return statement.with_only_columns(*columns, maintain_column_froms=True).subquery()


def _counted(session: Session, facts: Any) -> dict[Any, Life]:
    sums = [func.sum(facts.c[name]) for name in (*COUNTS, "positions", "hired")]
    groups = (facts.c.group_key, facts.c.group_label)
    found = {}
    for key, label, *numbers, positions, hired in session.execute(select(*groups, *sums).group_by(*groups)):
        counts = dict(zip(COUNTS, map(int, numbers), strict=True))
        found[key] = Life(label or "", key, counts, int(positions), int(hired))
    return found


def _groups(counted: dict[Any, Life], by: str, weeks: Sequence[date]) -> list[tuple[Any, Any, str]]:
    """The groups that occur: (key as counted, key, name), in order."""
    if by == "week":
        return [(n, week_key(weeks[int(n)]), week_key(weeks[int(n)])) for n in sorted(counted)]
    if by == "type":
        return [(key, key, TYPES[key]) for key in TYPES if key in counted]
    rows = named([Row(key, one.group, ()) for key, one in counted.items()], by, [])
    return [(row.key, row.key, row.group) for row in rows]


def _total(rows: Sequence[Life], middle: dict[str, Any]) -> Life:
    counts = {name: sum(row[name] for row in rows) for name in COUNTS}
    hired = sum(row.hired for row in rows)
    positions = sum(row.positions for row in rows)
    return Life(counts=counts, positions=positions, hired=hired, hidden=0 < hired < FEW_PEOPLE, **middle)
