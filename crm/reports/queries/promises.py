"""How agreements were kept: counted and their medians taken by the database, and the rows behind each number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from crm.base.clock import danish_date
from crm.base.days import danish_day, days_between
from crm.base.scope import Scope
from crm.followups.models import FollowUp, Nag
from crm.followups.queries import kept as meant
from crm.followups.queries.kept import fulfilled, in_time, too_late
from crm.followups.rules import AGREED, KINDS
from crm.reports.queries.groups import EVERYTHING, Facts, Row, Within, keyed, named, narrowed, weeks_of
from crm.reports.queries.medians import WHOLE, medians
from crm.reports.queries.rates import TOTAL
from crm.reports.queries.rows import PAGE, in_group
from crm.reports.rules import Rate, week_key
from crm.visits.models import Visit

SIDES = ("jobcentre", "company", "tasks")
"""Who owed what was agreed; ``tasks`` are those the system makes for us alone, which nobody was promised."""
SIDE: Any = case((FollowUp.kind.in_(AGREED), FollowUp.owed_by), else_="tasks")
FACTS = Facts(
    FollowUp.jobcentre_id,
    Visit.booked_firm_id,
    Visit.booked_by,
    FollowUp.owner_id,
    FollowUp.workplace_id,
    FollowUp.first_due_on,
    dated=True,
    campaign=FollowUp.campaign_id,
    kind=FollowUp.kind,
)
"""``consultant`` is who owns the agreement now, the week is the one of its first date."""

COUNTS = (
    "on_time",
    "late",
    "never",
    "ahead",
    "put_off",
    "escalated",
    "region",
    "asked",
    "answered",
    "says_kept",
    "answered_done",
)
"""What is counted, and can be opened as rows; ``due`` is the sum of the first three, ``all`` of the first four."""


@dataclass(frozen=True)
class Promises:
    """One side's agreements in one group. ``times``: how often they were put off, all told. ``taken``: median days from
    agreement to done; ``behind``: median days past the first date of those done late. None where there is none."""

    side: str
    group: str = TOTAL
    key: int | str | None = None
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    times: int = 0
    taken: float | None = None
    behind: float | None = None

    def __getitem__(self, name: str) -> int:
        return self.counts[name] if name in self.counts else {"due": self.due, "all": self.all}[name]

    @property
    def due(self) -> int:
        return self.counts["on_time"] + self.counts["late"] + self.counts["never"]

    @property
    def all(self) -> int:
        return self.due + self.counts["ahead"]

    def rate(self, top: str, bottom: str = "due") -> Rate:
        return Rate(self.group, self[top], self[bottom], self.key)

    def record(self) -> dict[str, Any]:
        """Everything by name, for programs."""
        rate = self.rate("on_time")
        return {
            "side": self.side,
            "group": self.group,
            "key": self.key,
            "due": self.due,
            **self.counts,
            "rate": rate.rate,
            "low": rate.low,
            "high": rate.high,
            "median_days": self.taken,
            "median_days_late": self.behind,
            "times_put_off": self.times,
        }


@dataclass(frozen=True)
class PromiseTable:
    """``rows`` by side, in the groups' order; ``total`` by side, summed from the rows."""

    as_of: datetime
    by: str | None
    rows: dict[str, list[Promises]]
    total: dict[str, Promises]


def promises(
    session: Session,
    scope: Scope,
    campaign_id: int | None,
    by: str | None = None,
    *,
    now: datetime,
    within: Within = EVERYTHING,
) -> PromiseTable:
    """By ``region``, ``jobcentre``, ``campaign``, ``firm``, ``consultant``, ``kind`` or ``week``; two queries (by week
    one more). Without a campaign those of every campaign in reach. Of what was taken back what we had broken."""
    statement = narrowed(_every(session, campaign_id), FACTS, scope, within)
    weeks = weeks_of(session, statement, FACTS) if by == "week" else []
    facts = _facts(session, statement, by, weeks, danish_date(now))
    counted = _counted(session, facts)
    middle = medians(session, facts, ("taken", "behind"))
    rows: dict[str, list[Promises]] = {side: [] for side in SIDES}
    for raw, key, group in _groups(counted, by, weeks) if by else ():
        for side in SIDES:
            if (side, raw) in counted:
                one = replace(counted[side, raw][1], key=key, group=group, **middle.get((side, raw), {}))
                rows[side].append(one)
    total = {side: _total(side, counted, middle) for side in SIDES}
    return PromiseTable(now, by, rows, total)


def behind_promises(
    session: Session,
    scope: Scope,
    campaign_id: int | None,
    of: str,
    *,
    now: datetime,
    within: Within = EVERYTHING,
    side: str | None = None,
    by: str | None = None,
    key: str | None = None,
    page: int = 1,
) -> tuple[Sequence[FollowUp], int, int]:
    """Exactly those that the number ``of`` (of ``COUNTS``, ``due`` or ``all``) counts: a page, how many, which page.
    Raises ValueError for a key that no group has."""
    statement = narrowed(_every(session, campaign_id), FACTS, scope, within)
    statement = statement.where(conditions(session, danish_date(now))[of])
    if side:
        statement = statement.where(side == SIDE)
    if by and key is not None:
        statement = in_group(statement, FACTS, by, key)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    wanted = select(FollowUp).where(FollowUp.id.in_(statement)).options(joinedload(FollowUp.owner, innerjoin=True))
    wanted = wanted.order_by(FollowUp.first_due_on.desc(), FollowUp.id.desc())
    return session.scalars(wanted.offset((page - 1) * PAGE).limit(PAGE)).all(), total, page


def conditions(session: Session, today: date) -> dict[str, Any]:
    """The one meaning of every number here, for the counts and for the rows behind them."""
    due = meant.due(today)
    answered = FollowUp.company_kept.is_not(None)

    def reached(step: str) -> Any:
        return exists().where(Nag.follow_up_id == FollowUp.id, Nag.step == step)

    return {
        "on_time": and_(due, in_time(session)),
        "late": and_(due, too_late(session)),
        "never": and_(due, ~fulfilled()),
        "ahead": ~due,
        "put_off": FollowUp.snoozes > 0,
        "escalated": or_(reached("escalated"), reached("region")),
        "region": reached("region"),
        "asked": or_(FollowUp.asked_at.is_not(None), answered),
        "answered": answered,
        "says_kept": FollowUp.company_kept.is_(True),
        "answered_done": and_(answered, fulfilled()),
        "due": due,
        "all": true(),
    }


def _every(session: Session, campaign_id: int | None) -> Select[Any]:
    statement = select(FollowUp.id).join(Visit, Visit.id == FollowUp.visit_id).where(meant.counted(session))
    return statement if campaign_id is None else statement.where(FollowUp.campaign_id == campaign_id)


def _facts(session: Session, statement: Select[Any], by: str | None, weeks: Sequence[date], today: date) -> Any:
    """One row a follow-up: its group, its side, each condition as 0 or 1, times put off, days taken, days behind."""
    statement, key, label = keyed(statement, FACTS, by, weeks)
    meaning = conditions(session, today)
    day = danish_day(session, FollowUp.done_at)
    made = danish_day(session, FollowUp.created_at)
    columns = [
        key.label("group_key"),
        label.label("group_label"),
        SIDE.label("part"),
        *(case((meaning[name], 1), else_=0).label(name) for name in COUNTS),
        FollowUp.snoozes.label("times"),
        case((fulfilled(), days_between(session, made, day))).label("taken"),
        case((meaning["late"], days_between(session, FollowUp.first_due_on, day))).label("behind"),
    ]
    return statement.with_only_columns(*columns, maintain_column_froms=True).subquery()


def _counted(session: Session, facts: Any) -> dict[tuple[str, Any], tuple[str, Promises]]:
    sums = [func.sum(facts.c[name]) for name in (*COUNTS, "times")]
    groups = (facts.c.part, facts.c.group_key, facts.c.group_label)
    found: dict[tuple[str, Any], tuple[str, Promises]] = {}
    for side, key, label, *numbers, times in session.execute(select(*groups, *sums).group_by(*groups)):
        counts = dict(zip(COUNTS, map(int, numbers), strict=True))
        found[side, key] = (label or "", Promises(side, counts=counts, times=int(times)))
    return found


def _groups(
    counted: dict[tuple[str, Any], tuple[str, Promises]], by: str | None, weeks: Sequence[date]
) -> list[tuple[Any, Any, str]]:
    """The groups that occur: (key as counted, key, name), in order."""
    labels = {key: label for (_side, key), (label, _found) in counted.items()}
    if by == "week":
        return [(n, week_key(weeks[int(n)]), week_key(weeks[int(n)])) for n in sorted(labels)]
    if by == "kind":
        return [(key, key, KINDS[key]) for key in KINDS if key in labels]
    return [
        (row.key, row.key, row.group) for row in named([Row(key, each, ()) for key, each in labels.items()], by, [])
    ]


def _total(side: str, counted: dict[tuple[str, Any], tuple[str, Promises]], middle: Any) -> Promises:
    own = [found for (there, _key), (_label, found) in counted.items() if there == side]
    counts = {name: sum(one.counts[name] for one in own) for name in COUNTS}
    return Promises(side, counts=counts, times=sum(one.times for one in own), **middle.get((side, WHOLE), {}))
