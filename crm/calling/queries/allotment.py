"""Who calls what: the firm and priority of every approved list, by its allotment and the contract."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, null, or_, select
from sqlalchemy.orm import Session, aliased

from crm.base.clock import danish_date
from crm.calling.models import ListAllotment, QueueEntry
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from crm.people.models import CallingFirm, Jobcentre


def contract_runs(today: date) -> ColumnElement[bool]:
    """Of a Participation joined to its Campaign: both days with; without days of its own, the campaign's."""
    return and_(
        func.coalesce(Participation.contract_from, Campaign.starts_on) <= today,
        func.coalesce(Participation.contract_until, Campaign.ends_on) >= today,
    )


def _firm(today: date) -> Any:
    """The firm that may call the list's companies today: the allotment's, else the participation's; nobody when the
    list is released or the contract does not run."""
    barred = or_(ListAllotment.released_at.is_not(None), ~contract_runs(today))
    return case((barred, null()), else_=func.coalesce(ListAllotment.calling_firm_id, Participation.calling_firm_id))


def _priority() -> Any:
    return func.coalesce(ListAllotment.priority, 1)


def _lists(statement: Any) -> Any:
    """From CallList on: what decides its firm."""
    return (
        statement.join(Participation, Participation.id == CallList.participation_id)
        .join(Campaign, Campaign.id == Participation.campaign_id)
        .outerjoin(ListAllotment, ListAllotment.call_list_id == CallList.id)
    )


def calls_here(firms: Collection[int], today: date | None = None) -> ColumnElement[bool]:
    """Of a Participation: whether one of the firms calls for it, all of it or a list; with ``today`` (and a Campaign
    joined) only while the contract runs."""
    allotted = (
        select(ListAllotment.call_list_id)
        .join(CallList, CallList.id == ListAllotment.call_list_id)
        .where(
            CallList.participation_id == Participation.id,
            ListAllotment.calling_firm_id.in_(firms),
            ListAllotment.released_at.is_(None),
        )
        .correlate(Participation)
    )
    calls = or_(Participation.calling_firm_id.in_(firms), exists(allotted))
    return calls if today is None else and_(contract_runs(today), calls)


@dataclass(frozen=True)
class Due:
    """Lists of a campaign whose waiting or done entries are to have this firm and priority."""

    campaign_id: int
    firm_id: int | None
    priority: int
    lists: tuple[int, ...]


def out_of_step(session: Session, now: datetime, lists: Iterable[int] | None = None) -> list[Due]:
    """The lists with entries that are in nobody's hands and have another firm or priority than they should; one
    query. ``lists``: only these."""
    firm, priority = _firm(danish_date(now)), _priority()
    free = or_(QueueEntry.claimed_until.is_(None), QueueEntry.claimed_until <= now)
    other = or_(QueueEntry.calling_firm_id.is_distinct_from(firm), QueueEntry.priority != priority)
    statement: Select[Any] = _lists(
        select(CallList.id, QueueEntry.campaign_id, firm, priority)
        .select_from(QueueEntry)
        .join(ListEntry, ListEntry.id == QueueEntry.list_entry_id)
        .join(CallList, CallList.id == ListEntry.call_list_id)
    ).where(free, other)
    if lists is not None:
        statement = statement.where(CallList.id.in_(list(lists)))
    found: dict[tuple[int, int | None, int], list[int]] = {}
    for list_id, campaign_id, firm_id, group in session.execute(statement.distinct()):
        found.setdefault((campaign_id, firm_id, group), []).append(list_id)
    return [Due(*key, tuple(sorted(ids))) for key, ids in found.items()]


@dataclass(frozen=True)
class ListLine:
    """An approved list, who calls it, and how far it is. ``own_firm_id``: allotted to the list itself, None when it
    follows the participation; ``firm_id``: who may call it today. ``held``: in phoners' hands, counted in waiting."""

    id: int
    name: str
    participation_id: int
    jobcentre: str
    participation_firm: str | None
    own_firm_id: int | None
    own_firm: str | None
    released_at: datetime | None
    priority: int
    firm_id: int | None
    approved_at: datetime | None
    waiting: int
    held: int
    done: int


def list_lines(session: Session, campaign_id: int, now: datetime) -> list[ListLine]:
    """The campaign's approved lists by jobcentre and age; one query."""
    counts = _counts(campaign_id, now).subquery()
    own = aliased(CallingFirm)
    standing = aliased(CallingFirm)
    statement = _lists(
        select(
            CallList.id,
            CallList.name,
            Participation.id,
            Jobcentre.name,
            standing.name,
            ListAllotment.calling_firm_id,
            own.name,
            ListAllotment.released_at,
            _priority(),
            _firm(danish_date(now)),
            CallList.approved_at,
            *(func.coalesce(counts.c[name], 0) for name in ("waiting", "held", "done")),
        ).select_from(CallList)
    )
    statement = (
        statement.join(Jobcentre, Jobcentre.id == Participation.jobcentre_id)
        .outerjoin(own, own.id == ListAllotment.calling_firm_id)
        .outerjoin(standing, standing.id == Participation.calling_firm_id)
        .outerjoin(counts, counts.c.list_id == CallList.id)
        .where(Participation.campaign_id == campaign_id, CallList.state == "approved")
        .order_by(Jobcentre.name, CallList.approved_at, CallList.id)
    )
    return [ListLine(*row) for row in session.execute(statement)]


def _counts(campaign_id: int, now: datetime) -> Select[int, int, int, int]:
    q = QueueEntry
    waiting = q.state == "waiting"
    return (
        select(
            ListEntry.call_list_id.label("list_id"),
            func.count(case((waiting, 1))).label("waiting"),
            func.count(case((and_(waiting, q.claimed_until > now), 1))).label("held"),
            func.count(case((q.state == "done", 1))).label("done"),
        )
        .join(ListEntry, ListEntry.id == q.list_entry_id)
        .where(q.campaign_id == campaign_id)
        .group_by(ListEntry.call_list_id)
    )
