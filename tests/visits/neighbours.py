"""Each visit beside what lies before and after it, worked out from the rows alone and without the product's rules.

Plain rows, read once and judged day by day: the looking is done after every step of a random life.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date, day_bounds
from crm.calendars.models import Absence, BusyTime, CalendarProfile, WeekdayBase, WorkingHours
from crm.travel.engine import Place, minutes
from crm.visits.models import Visit, VisitConflict
from crm.visits.rules import OCCUPYING_STATES
from tests.visits import records
from tests.visits.checker import clashes

Fault = tuple[int, str, int]
"""(visit, what is wrong, the visit beside it or 0)."""


class Known(NamedTuple):
    """Where somebody is, and from when to when. ``visit`` 0: at the base."""

    starts_at: datetime
    ends_at: datetime
    place: Place
    visit: int = 0


@dataclass
class Rows:
    """What the database holds of the consultants' days; ``visits`` by consultant and start."""

    bases: dict[int, Place]
    by_weekday: dict[tuple[int, int], Place]
    hours: dict[tuple[int, int], list[tuple[int, int]]]
    taken: dict[int, list[tuple[datetime, datetime]]]
    visits: list[tuple[int, Known]]

    def base(self, who: int, day: date) -> Place:
        return self.by_weekday.get((who, day.weekday()), self.bases[who])

    def days(self) -> Iterator[tuple[int, date, list[Known]]]:
        for (who, day), ones in groupby(self.visits, key=lambda row: (row[0], _date(row[1].starts_at))):
            yield who, day, [visit for _, visit in ones]


def rows(session: Session) -> Rows:
    """Five statements; what is waiting in the session is flushed first."""
    hour, base, other, visit = (
        inspect(model).local_table.c for model in (WorkingHours, CalendarProfile, WeekdayBase, Visit)
    )
    hours: dict[tuple[int, int], list[tuple[int, int]]] = {}
    found = session.execute(select(hour.consultant_id, hour.weekday, hour.starts_minute, hour.ends_minute))
    for who, weekday, *stretch in sorted(map(tuple, found)):
        hours.setdefault((who, weekday), []).append((stretch[0], stretch[1]))
    away, busy = (inspect(model).local_table.c for model in (Absence, BusyTime))
    spans = (select(t.consultant_id, t.starts_at, t.ends_at) for t in (away, busy))
    taken: dict[int, list[tuple[datetime, datetime]]] = {}
    for who, start, end in session.execute(next(spans).union_all(next(spans))):
        taken.setdefault(who, []).append((start, end))
    lying = session.execute(
        select(visit.consultant_id, visit.starts_at, visit.ends_at, visit.lat, visit.lon, visit.id)
        .where(visit.state.in_(OCCUPYING_STATES))
        .order_by(visit.consultant_id, visit.starts_at, visit.id)
    )
    return Rows(
        {who: Place(lat, lon) for who, lat, lon in session.execute(select(base.consultant_id, base.base_lat, base.base_lon))},
        {
            (who, weekday): Place(lat, lon)
            for who, weekday, lat, lon in session.execute(
                select(other.consultant_id, other.weekday, other.lat, other.lon)
            )
        },
        hours,
        taken,
        [(who, Known(start, end, Place(lat, lon), number)) for who, start, end, lat, lon, number in lying],
    )  # fmt: skip


def faults(session: Session, margin: int = 5) -> set[Fault]:
    """Everything that makes a visit impossible where it lies: time taken twice, outside the hours, a drive too long."""
    return faults_in(rows(session), margin)


def faults_in(known: Rows, margin: int = 5) -> set[Fault]:
    return {fault for who, day, visits in known.days() for fault in _of_day(who, day, visits, known, margin)}


def overlaps(session: Session) -> list[tuple[int, int]]:
    """Pairs of visits of one consultant at the same time."""
    return overlaps_in(rows(session))


def overlaps_in(known: Rows) -> list[tuple[int, int]]:
    found = []
    for _, ones in groupby(known.visits, key=lambda row: row[0]):
        visits = [visit for _, visit in ones]
        for number, one in enumerate(visits):
            for other in visits[number + 1 :]:
                if other.starts_at >= one.ends_at:
                    break
                found.append((min(one.visit, other.visit), max(one.visit, other.visit)))
    return found


def _of_day(who: int, day: date, visits: Sequence[Known], known: Rows, margin: int) -> Iterable[Fault]:
    hours = [(_at(day, a), _at(day, b)) for a, b in known.hours.get((who, day.weekday()), [])]
    base = known.base(who, day)
    rest = list(_rest(who, day, known, base, hours))
    for visit in visits:
        if not any(a <= visit.starts_at and visit.ends_at <= b for a, b in hours):
            yield visit.visit, "hours", 0
        else:
            yield from _of(visit, [*rest, *(other for other in visits if other is not visit)], margin)


def _of(visit: Known, line: Sequence[Known], margin: int) -> Iterable[Fault]:
    for stop in line:
        if stop.starts_at < visit.ends_at and visit.starts_at < stop.ends_at:
            yield visit.visit, "taken", stop.visit
            return
    before = max((s for s in line if s.ends_at <= visit.starts_at), key=lambda s: (s.ends_at, s.visit > 0))
    after = min((s for s in line if s.starts_at >= visit.ends_at), key=lambda s: (s.starts_at, s.visit == 0))
    for stop, free, drive in (
        (before, visit.starts_at - before.ends_at, minutes(before.place, visit.place)),
        (after, after.starts_at - visit.ends_at, minutes(visit.place, after.place)),
    ):
        if drive is None or drive + margin > free.total_seconds() / 60:
            yield visit.visit, "drive", stop.visit


def _rest(who: int, day: date, known: Rows, base: Place, hours: Sequence[tuple[datetime, datetime]]) -> Iterable[Known]:
    """The day's two ends, and time that is taken (spent at the base)."""
    if hours:
        yield from (Known(moment, moment, base) for moment in (hours[0][0], hours[-1][1]))
    opens, closes = _bounds(day)
    for start, end in known.taken.get(who, ()):
        if start < closes and opens < end:
            yield Known(max(start, opens), min(end, closes), base)


_at = lru_cache(maxsize=4096)(at)
_bounds = lru_cache(maxsize=1024)(day_bounds)
_date = lru_cache(maxsize=4096)(danish_date)


def wrong(session: Session, now: datetime, booked: Collection[int] | None = None) -> list[str]:
    """One line for everything that must not be, once nobody writes any more and changed calendars have been looked
    at: two visits at one time, a drive that cannot be made, trouble with the calendar that stands as no conflict (and a
    conflict without trouble), and what ``records.wrong`` finds. ``booked``: the visits that were acknowledged."""
    known = rows(session)
    lines = [f"overlap: visits {one} and {other}" for one, other in overlaps_in(known)]
    found = faults_in(known)
    lines += [f"{what}: visit {visit} beside {beside}" for visit, what, beside in sorted(found) if beside]
    raised = select(VisitConflict.visit_id).join(VisitConflict.visit).where(Visit.state == "booked")
    told = set(session.scalars(raised.where(VisitConflict.settled_at.is_(None))))
    accepted = set(session.scalars(raised.where(VisitConflict.settled_how == "accepted")))
    troubled = {visit: what for visit, what, _ in found}
    lines += [f"untold: visit {one}, {troubled[one]}" for one in sorted(troubled.keys() - told - accepted)]
    lines += [f"conflict: visit {one} lies right" for one in sorted(told - troubled.keys())]
    return lines + clashes(session, now) + records.wrong(session, booked)
