"""Which jobcentres' companies are to be ranked anew, and the ranking itself: reads and sums, no writes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Row, func, or_, select, union
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import add_working_days, danish_date, day_bounds
from crm.base.errors import NotFound
from crm.calendars.rules import days_between
from crm.calling.models import QueueEntry
from crm.campaigns.models import CallList, Campaign, Participation
from crm.companies.models import Workplace
from crm.people.models import UserRole
from crm.travel.engine import Place, default_engine, place_of_postcode
from crm.travel.places import TravelEngine
from crm.visits.models import FitRun, Visit, VisitEvent
from crm.visits.queries.days import Limits, load_days, warm_stops
from crm.visits.queries.slots import consultants
from crm.visits.rules.fit import DAYS, Asked, Plan, minutes, plan
from crm.visits.rules.places import WORST, blur

EVERY = timedelta(minutes=30)
"""No ranking is older: time itself passes, and calendars change in ways that leave no trace."""
CALENDAR_FACTS = (
    "calendars.set_hours",
    "calendars.set_profile",
    "calendars.add_absence",
    "calendars.remove_absence",
    "calendars.set_wishes",
    "calendars.busy",
    "calendars.remove_source",
    "calendars.disconnect",
    "people.disable",
    "people.enable",
    "people.set_roles",
)
GRID = 2
"""Decimals of a degree within which companies of one postcode count as one place: about 1 km, a minute's drive."""


class Wanted(NamedTuple):
    """One jobcentre's companies in one campaign."""

    campaign_id: int
    jobcentre_id: int


@dataclass(frozen=True)
class Ranking:
    """What a company's chance is worth now. ``rows``: (entry, fit) where it has changed; ``entries``: all that wait;
    ``places``: as many were worked out; ``none``: so many cannot be reached; ``mean`` of all; ``seconds`` it took."""

    wanted: Wanted
    last_event_id: int
    rows: Sequence[tuple[int, float]]
    entries: int
    places: int
    none: int
    mean: float
    seconds: float


def due_rankings(
    session: Session,
    now: datetime,
    *,
    campaign_id: int | None = None,
    jobcentre_id: int | None = None,
    everything: bool = False,
) -> list[Wanted]:
    """Jobcentres of open campaigns whose ranking is missing, half an hour old, of another day, or older than a change
    in their consultants' time; with ``everything`` all of them. Those that wait longest first."""
    today = danish_date(now)
    statement = (
        select(Participation.campaign_id, Participation.jobcentre_id, FitRun.ran_at, FitRun.last_event_id)
        .join(Campaign, Campaign.id == Participation.campaign_id)
        .outerjoin(
            FitRun,
            (FitRun.campaign_id == Participation.campaign_id) & (FitRun.jobcentre_id == Participation.jobcentre_id),
        )
        .where(Campaign.state == "open", Campaign.starts_on <= today + timedelta(days=7), Campaign.ends_on >= today)
        .order_by(FitRun.ran_at.nulls_first(), Participation.id)
    )
    if campaign_id is not None:
        statement = statement.where(Participation.campaign_id == campaign_id)
    if jobcentre_id is not None:
        statement = statement.where(Participation.jobcentre_id == jobcentre_id)
    rows = session.execute(statement).all()
    changed = set() if everything else _changed(session, rows)
    return [Wanted(row[0], row[1]) for row in rows if everything or _stale(row, now) or (row[0], row[1]) in changed]


_Run: TypeAlias = Row[int, int, datetime, int]


def _stale(row: _Run, now: datetime) -> bool:
    ran = row.ran_at
    return ran is None or not now - EVERY < ran <= now or danish_date(ran) != danish_date(now)


def _changed(session: Session, rows: Iterable[_Run]) -> set[tuple[int, int]]:
    """(campaign, jobcentre) with visits booked, moved, cancelled or reported, consultants' hours or absences changed,
    or companies put in the queue since they were ranked."""
    known = [row for row in rows if row.ran_at is not None]
    if not known:
        return set()
    events = _events(session, min(row.last_event_id for row in known))
    facts = _facts(session, min(row.ran_at for row in known))
    return {
        (row.campaign_id, row.jobcentre_id)
        for row in known
        if events.get(row.jobcentre_id, 0) > row.last_event_id
        or any(
            at >= row.ran_at and where == row.jobcentre_id and campaign in (None, row.campaign_id)
            for at, where, campaign in facts
        )
    }


def _events(session: Session, after: int) -> dict[int, int]:
    """The newest visit event of each jobcentre: the visit's own, and those its consultant belongs to."""
    newer = select(VisitEvent.id, Visit.jobcentre_id, Visit.consultant_id).join(Visit).where(VisitEvent.id > after)
    news = newer.subquery()
    others = (
        select(UserRole.jobcentre_id, func.max(news.c.id))
        .join(news, news.c.consultant_id == UserRole.user_id)
        .where(UserRole.role == "consultant")
        .group_by(UserRole.jobcentre_id)
    )
    own = select(news.c.jobcentre_id, func.max(news.c.id)).group_by(news.c.jobcentre_id)
    found: dict[int, int] = {}
    for jobcentre, event in session.execute(union(own, others)):
        found[jobcentre] = max(event, found.get(jobcentre, 0))
    return found


def _facts(session: Session, since: datetime) -> list[tuple[datetime, int, int | None]]:
    """(when, jobcentre, campaign or None) of what the activity log tells about calendars and lists."""
    log = select(Activity.at, Activity.verb, Activity.subject_id).where(
        Activity.at >= since, Activity.verb.in_((*CALENDAR_FACTS, "calling.enqueue"))
    )
    lately = log.subquery()
    people = select(lately.c.at, UserRole.jobcentre_id).join(UserRole, UserRole.user_id == lately.c.subject_id)
    lists = (
        select(lately.c.at, Participation.jobcentre_id, Participation.campaign_id)
        .join(CallList, CallList.id == lately.c.subject_id)
        .join(Participation, Participation.id == CallList.participation_id)
        .where(lately.c.verb == "calling.enqueue")
    )
    calendars = people.where(lately.c.verb != "calling.enqueue", UserRole.role == "consultant")
    return [(at, where, None) for at, where in session.execute(calendars)] + [
        (at, where, campaign) for at, where, campaign in session.execute(lists)
    ]


def ranking(session: Session, now: datetime, wanted: Wanted) -> Ranking:
    """The fit of every company that waits in the jobcentre's queue, by the calendars as they are: seven queries.

    What a phoner has in hand at this moment is left alone, so that nothing waits for it. Raises NotFound.
    """
    began = time.perf_counter()
    last = session.scalar(select(func.max(VisitEvent.id))) or 0
    campaign = session.get(Campaign, wanted.campaign_id)
    if campaign is None:
        raise NotFound
    coming, engine = _coming(session, now, campaign, wanted.jobcentre_id), default_engine()
    known: dict[Any, float] = {}
    rows, total, none, count = [], 0.0, 0, 0
    for number, before, lat, lon, postcode, source in session.execute(_waiting(wanted, now)):
        key = (postcode, source, lat and round(lat, GRID), lon and round(lon, GRID))
        fit = known.get(key)
        if fit is None:
            fit = known[key] = _fit(coming, engine, lat, lon, postcode, source)
        count, total, none = count + 1, total + fit, none + (fit == 0)
        if before is None or abs(before - fit) > 1e-9:
            rows.append((number, fit))
    took = time.perf_counter() - began
    return Ranking(wanted, last, rows, count, len(known), none, total / count if count else 0.0, took)


def _waiting(wanted: Wanted, now: datetime) -> Any:
    free = or_(QueueEntry.claimed_until.is_(None), QueueEntry.claimed_until <= now)
    columns = (Workplace.lat, Workplace.lon, Workplace.postcode, Workplace.geo_source)
    return (
        select(QueueEntry.id, QueueEntry.fit, *columns)
        .join(Workplace, Workplace.id == QueueEntry.workplace_id)
        .where(QueueEntry.campaign_id == wanted.campaign_id, QueueEntry.jobcentre_id == wanted.jobcentre_id)
        .where(QueueEntry.state == "waiting", free)
        .order_by(QueueEntry.id)
    )


def _fit(coming: Plan, engine: TravelEngine, lat: float | None, lon: float | None, postcode: str, source: str) -> float:
    place, vague = place_of_postcode(postcode), WORST
    if lat is not None and lon is not None:
        place, vague = Place(lat, lon), blur(source)
    if place is None or not coming.rooms:
        return 0.0
    onward = engine.matrix([place], coming.places)[0]
    there = [row[0] for row in engine.matrix(coming.places, [place])]
    return coming.fit(there, onward, vague, postcode)


def _coming(session: Session, now: datetime, campaign: Campaign, jobcentre_id: int) -> Plan:
    """The free time of the jobcentre's consultants over the next DAYS working days that can be booked. Times that are
    held count as free: they are booked or free again within minutes, and the ranking is not to flutter with them."""
    earliest = now + timedelta(hours=campaign.notice_hours)
    latest = now + timedelta(days=campaign.horizon_days)
    asked = Asked(campaign.visit_minutes, campaign.margin_minutes, minutes(earliest), minutes(latest) - 1)
    last = add_working_days(danish_date(earliest) - timedelta(days=1), DAYS)
    until = min(day_bounds(last)[1], latest)
    people = consultants(session, [jobcentre_id])
    if not people or earliest >= until:
        return Plan(asked, [], [])
    days, _weeks = load_days(session, people, days_between(earliest, until), limits=Limits(now))
    warm_stops(days)
    return plan(days, asked, default_engine())
