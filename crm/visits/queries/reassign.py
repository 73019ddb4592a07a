"""What can become of an absent consultant's visits: the days of the jobcentre's consultants, and a plan in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from crm.base.clock import danish_date, day_bounds
from crm.calendars.rules import days_between
from crm.calling.models import QueueEntry
from crm.people.models import User
from crm.travel.engine import Place, default_engine
from crm.visits.models import Visit
from crm.visits.queries.days import Holds, Limits, load_days
from crm.visits.queries.slots import Person, SlotMaker, ask_for_visit, consultants
from crm.visits.rules.conflicts import Booked, is_of
from crm.visits.rules.day import Day, Stop, Verdict, judge
from crm.visits.rules.reassign import KEEP, Days, Field, Proposal, Task, plan
from crm.visits.rules.slots import Slot

AHEAD = timedelta(days=14)
"""How long after the absence another time is looked for."""
LONGEST = timedelta(days=31)
"""More days are not reassigned at once."""
TOLD_BEFORE = timedelta(hours=24)
"""An earlier time than the present one must leave the company this long."""

NO_WORK = Day([], [], Place(0, 0), "", 0)


@dataclass(frozen=True)
class Plan:
    """``visits``: those to be placed, by start; ``proposals`` one each. ``people``: the jobcentre's consultants.
    ``away``: whether absence is recorded in these days; ``spared``: so many visits that it does not concern."""

    visits: Sequence[Visit]
    proposals: Sequence[Proposal]
    people: dict[int, Person]
    away: bool
    spared: int = 0


def visits_of(session: Session, now: datetime, consultant_id: int, first: date, last: date) -> Sequence[Visit]:
    """The consultant's booked visits of the days that have not begun, by start."""
    start, end = day_bounds(first)[0], day_bounds(last)[1]
    return (
        session.scalars(
            select(Visit)
            .where(
                Visit.consultant_id == consultant_id,
                Visit.state == "booked",
                Visit.starts_at > now,
                Visit.starts_at >= start,
                Visit.starts_at < end,
            )
            .options(
                joinedload(Visit.entry).options(joinedload(QueueEntry.campaign)),
                joinedload(Visit.consultant).lazyload(User.roles),
            )
            .order_by(Visit.starts_at)
        )
        .unique()
        .all()
    )


def proposals(
    session: Session, now: datetime, consultant_id: int, first: date, last: date, *, everything: bool = False
) -> Plan:
    """A plan for the consultant's booked visits of these Danish days (both included), drivable as a whole.

    Where absence is recorded in them, only for the visits it concerns, unless ``everything``: a morning's meeting
    stands in the calendar already when somebody falls ill for the day. Nothing is written.
    """
    booked = visits_of(session, now, consultant_id, first, last)
    if not booked:
        return Plan([], [], {}, False)
    people = consultants(session, {visit.jobcentre_id for visit in booked})
    start = max(first, danish_date(now))
    span = days_between(day_bounds(start)[0], day_bounds(last + AHEAD)[1])
    days, weeks = load_days(
        session, {*people, consultant_id}, span, holds=Holds(now), limits=Limits(now, False, consultant_id)
    )
    away = [stop for (who, _), day in days.items() if who == consultant_id for stop in day.stops if stop.kind == "away"]
    away = [stop for stop in away if danish_date(stop.starts_at) <= last]
    visits = [
        visit
        for visit in booked
        if everything
        or not away
        or any(one.starts_at < visit.ends_at and visit.starts_at < one.ends_at for one in away)
    ]
    tasks = [_task(visit, now, days.get((consultant_id, danish_date(visit.starts_at)))) for visit in visits]
    free = {key: day for key, day in days.items() if key[0] in people}
    field = Field(
        _without(free, consultant_id, visits), weeks, consultant_id, last + timedelta(days=1), now + TOLD_BEFORE
    )
    warm(field.days, tasks)
    return Plan(visits, plan(field, tasks, default_engine()), people, bool(away), len(booked) - len(visits))


def colleagues(session: Session, now: datetime, visit: Visit) -> list[Slot]:
    """The visit's time with each other consultant of the jobcentre, as a slot: drivable first, then by extra driving;
    the others with what stands in the way."""
    ask = ask_for_visit(visit)
    wish, day = ask.wish(now), danish_date(visit.starts_at)
    people = {key: one for key, one in consultants(session, [ask.jobcentre_id]).items() if key != visit.consultant_id}
    days, weeks = load_days(session, people, [day], holds=ask.holds(now), limits=ask.limits(now))
    warm(days, [Task(visit.id, visit.starts_at, wish, Stop(visit.starts_at, visit.ends_at, wish.place, ""))])
    found = []
    for number, person in people.items():
        one = days.get((number, day)) or NO_WORK
        verdict = judge(one, wish, visit.starts_at, default_engine()) if one.hours else None
        found.append(SlotMaker(person, wish, weeks, one).one(verdict or Verdict(visit.starts_at, "hours")))
    return sorted(found, key=lambda slot: (slot.reason is not None, slot.extra_driving_min, slot.consultant))


def _task(visit: Visit, now: datetime, day: Day | None) -> Task:
    wish = ask_for_visit(visit).wish(now)
    known = next((stop for stop in (day.stops if day else ()) if is_of(stop, as_booked(visit, now))), None)
    stop = known or Stop(
        visit.starts_at, visit.ends_at, wish.place, visit.workplace.city, "visit", wish.blur, None, wish.margin
    )
    return Task(visit.id, visit.starts_at, wish, stop)


def as_booked(visit: Visit, now: datetime) -> Booked:
    return Booked(visit.id, visit.starts_at, ask_for_visit(visit).wish(now))


def _without(days: Days, who: int, visits: Collection[Visit]) -> Days:
    """The days as they are once these visits are gone from them."""
    gone = {visit.starts_at for visit in visits}
    left = dict(days)
    for key, day in days.items():
        if key[0] == who:
            stops = [stop for stop in day.stops if stop.kind != "visit" or stop.starts_at not in gone]
            left[key] = replace(day, stops=stops)
    return left


def warm(days: Days, tasks: Sequence[Task]) -> None:
    """Ask the engine for all the drives at once."""
    here = {task.wish.place for task in tasks}
    there: set[Place] = {stop.place for day in days.values() for stop in day.stops} | {d.base for d in days.values()}
    order = sorted(there | here, key=lambda place: (place.lat, place.lon))
    default_engine().warm(order, sorted(here, key=lambda place: (place.lat, place.lon)))


__all__ = ["AHEAD", "KEEP", "LONGEST", "Plan", "proposals", "visits_of", "warm"]
