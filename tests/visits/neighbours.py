"""Each visit beside what lies before and after it, worked out from the rows alone and without the product's rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date, day_bounds
from crm.calendars.models import Absence, BusyTime, CalendarProfile, WeekdayBase, WorkingHours
from crm.travel.engine import Place, minutes
from crm.visits.models import Visit
from crm.visits.rules import OCCUPYING_STATES

Fault = tuple[int, str, int]
"""(visit, what is wrong, the visit beside it or 0)."""


@dataclass
class Known:
    """Where somebody is, and from when to when. ``visit`` 0: at the base."""

    starts_at: datetime
    ends_at: datetime
    place: Place
    visit: int = 0


@dataclass
class Rows:
    """What the database holds of the consultants' days."""

    bases: dict[int, Place]
    by_weekday: dict[tuple[int, int], Place]
    hours: dict[tuple[int, int], list[tuple[int, int]]]
    taken: list[tuple[int, datetime, datetime]]
    visits: list[Visit]

    def base(self, who: int, day: date) -> Place:
        return self.by_weekday.get((who, day.weekday()), self.bases[who])


def rows(session: Session) -> Rows:
    hours: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for one in session.scalars(select(WorkingHours).order_by(WorkingHours.starts_minute)):
        hours.setdefault((one.consultant_id, one.weekday), []).append((one.starts_minute, one.ends_minute))
    taken = [
        (one.consultant_id, one.starts_at, one.ends_at)
        for model in (Absence, BusyTime)
        for one in session.scalars(select(model))
    ]
    visits = session.scalars(
        select(Visit).where(Visit.state.in_(OCCUPYING_STATES)).execution_options(populate_existing=True)
    ).unique()
    return Rows(
        {one.consultant_id: Place(one.base_lat, one.base_lon) for one in session.scalars(select(CalendarProfile))},
        {(one.consultant_id, one.weekday): Place(one.lat, one.lon) for one in session.scalars(select(WeekdayBase))},
        hours,
        taken,
        list(visits),
    )


def faults(session: Session, margin: int = 5) -> set[Fault]:
    """Everything that makes a visit impossible where it lies: time taken twice, outside the hours, a drive too long."""
    known = rows(session)
    return {fault for visit in known.visits for fault in _of(visit, known, margin)}


def overlaps(session: Session) -> list[tuple[int, int]]:
    """Pairs of visits of one consultant at the same time."""
    visits = rows(session).visits
    return [
        (one.id, other.id)
        for one in visits
        for other in visits
        if one.id < other.id
        and one.consultant_id == other.consultant_id
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
    ]


def _of(visit: Visit, known: Rows, margin: int) -> Iterable[Fault]:
    day, who, here = danish_date(visit.starts_at), visit.consultant_id, Place(visit.lat, visit.lon)
    hours = [(at(day, a), at(day, b)) for a, b in known.hours.get((who, day.weekday()), [])]
    if not any(a <= visit.starts_at and visit.ends_at <= b for a, b in hours):
        yield visit.id, "hours", 0
        return
    line = list(_line(visit, known, day, (hours[0][0], hours[-1][1])))
    for stop in line:
        if stop.starts_at < visit.ends_at and visit.starts_at < stop.ends_at:
            yield visit.id, "taken", stop.visit
            return
    before = max((s for s in line if s.ends_at <= visit.starts_at), key=lambda s: (s.ends_at, s.visit > 0))
    after = min((s for s in line if s.starts_at >= visit.ends_at), key=lambda s: (s.starts_at, s.visit == 0))
    for stop, free, drive in (
        (before, visit.starts_at - before.ends_at, minutes(before.place, here)),
        (after, after.starts_at - visit.ends_at, minutes(here, after.place)),
    ):
        if drive is None or drive + margin > free.total_seconds() / 60:
            yield visit.id, "drive", stop.visit


def _line(visit: Visit, known: Rows, day: date, ends: tuple[datetime, datetime]) -> Iterable[Known]:
    """Everything else of the day: its two ends, other visits, time that is taken (spent at the base)."""
    who, base = visit.consultant_id, known.base(visit.consultant_id, day)
    opens, closes = day_bounds(day)
    yield from (Known(moment, moment, base) for moment in ends)
    for other in known.visits:
        if other.id != visit.id and other.consultant_id == who and danish_date(other.starts_at) == day:
            yield Known(other.starts_at, other.ends_at, Place(other.lat, other.lon), other.id)
    for person, start, end in known.taken:
        if person == who and start < closes and opens < end:
            yield Known(max(start, opens), min(end, closes), base)
