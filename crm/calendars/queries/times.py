"""When consultants work, when they are away or taken, and where their days start."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from sqlalchemy import inspect, literal, select, union_all
from sqlalchemy.orm import Session

from crm.calendars.models import Absence, BusyTime, CalendarProfile, CalendarWishes, WeekdayBase, WorkingHours
from crm.calendars.rules import Span, Stretch, hours_between, merged, without


@dataclass(frozen=True, slots=True)
class Home:
    """Where a day starts and ends. WGS 84 degrees."""

    name: str
    postcode: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Time:
    """A consultant's working hours, absences and own appointments (``busy``, joined where they meet) between two
    moments, UTC, each in order. ``bases``: by weekday (0 = Monday) with working hours, where that is not the
    profile's base."""

    hours: list[Span]
    absences: list[Span]
    busy: list[Span] = field(default_factory=list)
    bases: Mapping[int, Home] = field(default_factory=dict)

    @property
    def free(self) -> list[Span]:
        return without(without(self.hours, self.absences), self.busy)


def times(session: Session, consultant_ids: Collection[int], frm: datetime, to: datetime) -> dict[int, Time]:
    """Working hours, absences and own appointments of each consultant in [frm, to); two queries whatever their
    number."""
    weekly, bases = _weeks(session, consultant_ids)
    away: dict[int, list[Span]] = {number: [] for number in consultant_ids}
    busy: dict[int, list[Span]] = {number: [] for number in consultant_ids}
    for who, start, end, own in _taken(session, consultant_ids, frm, to):
        (busy if own else away)[who].append((start, end))
    known: dict[tuple[Stretch, ...], list[Span]] = {}
    result = {}
    for who, stretches in weekly.items():
        key = tuple(sorted(stretches, key=lambda s: (s.weekday, s.starts_minute)))
        if key not in known:
            known[key] = hours_between(key, frm, to)
        result[who] = Time(known[key], away[who], merged(busy[who]), bases.get(who, {}))
    return result


def _weeks(
    session: Session, consultant_ids: Collection[int]
) -> tuple[dict[int, list[Stretch]], dict[int, dict[int, Home]]]:
    """Weekly hours, and the bases of the weekdays that have one of their own."""
    hours, base = inspect(WorkingHours).local_table.c, inspect(WeekdayBase).local_table.c
    rows = session.execute(
        select(
            hours.consultant_id,
            hours.weekday,
            hours.starts_minute,
            hours.ends_minute,
            base.name,
            base.postcode,
            base.lat,
            base.lon,
        )
        .outerjoin_from(
            hours.id.table,
            base.name.table,
            (base.consultant_id == hours.consultant_id) & (base.weekday == hours.weekday),
        )
        .where(hours.consultant_id.in_(consultant_ids))
    )
    weekly: dict[int, list[Stretch]] = {number: [] for number in consultant_ids}
    bases: dict[int, dict[int, Home]] = {}
    for who, weekday, starts, ends, name, postcode, lat, lon in rows:
        weekly[who].append(Stretch(weekday, starts, ends))
        if lat is not None:
            bases.setdefault(who, {})[weekday] = Home(name, postcode, lat, lon)
    return weekly, bases


def _taken(
    session: Session, consultant_ids: Collection[int], frm: datetime, to: datetime
) -> Collection[tuple[int, datetime, datetime, int]]:
    """(consultant, from, to, 1 for an own appointment and 0 for an absence), by start."""
    away, busy = inspect(Absence).local_table.c, inspect(BusyTime).local_table.c
    both = union_all(
        *(
            select(own.consultant_id, own.starts_at, own.ends_at, literal(number).label("own")).where(
                own.consultant_id.in_(consultant_ids), own.starts_at < to, own.ends_at > frm
            )
            for number, own in enumerate((away, busy))
        )
    )
    return [tuple(row) for row in sorted(session.execute(both).all(), key=itemgetter(1, 2))]


def free(session: Session, consultant_ids: Collection[int], frm: datetime, to: datetime) -> dict[int, list[Span]]:
    """Working hours minus absences and own appointments of each consultant in [frm, to), UTC, in order."""
    return {who: time.free for who, time in times(session, consultant_ids, frm, to).items()}


@dataclass(frozen=True, slots=True)
class Terms:
    """Of a consultant's profile and wishes what bookings go by; see the models for the meaning of the wishes."""

    base: Home
    max_visits: int
    lunch_minutes: int
    lunch_from: int
    lunch_to: int
    notice_hours: int
    horizon_days: int | None
    areas: tuple[tuple[str, str], ...]


def terms(session: Session, consultant_ids: Collection[int]) -> dict[int, Terms]:
    """Profiles with wishes: one query. A consultant without a profile is left out and cannot be booked."""
    own, wish = inspect(CalendarProfile).local_table.c, inspect(CalendarWishes).local_table.c
    rows = session.execute(
        select(
            own.consultant_id,
            own.base_name,
            own.base_postcode,
            own.base_lat,
            own.base_lon,
            own.max_visits_a_day,
            wish.lunch_minutes,
            wish.lunch_from,
            wish.lunch_to,
            wish.notice_hours,
            wish.horizon_days,
            wish.areas,
        )
        .outerjoin_from(own.base_name.table, wish.areas.table, wish.consultant_id == own.consultant_id)
        .where(own.consultant_id.in_(consultant_ids))
    )
    return {
        row[0]: Terms(
            Home(row[1], row[2], row[3], row[4]),
            row[5],
            row[6] or 0,
            row[7] or 0,
            row[8] or 0,
            row[9] or 0,
            row[10],
            tuple((str(first), str(last)) for first, last in row[11] or ()),
        )
        for row in rows
    }
