"""The days of consultants as the rules judge them: hours, absence, base, visits and held times."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date, day_bounds
from crm.calendars.queries import Home, Terms, Time, terms, times
from crm.calling.models import QueueEntry
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.travel.engine import Place, default_engine, embedded_engine
from crm.travel.postcodes import row_of_postcode
from crm.visits.models import SlotHold, Visit
from crm.visits.rules.day import Day, Span, Stop
from crm.visits.rules.lunch import Lunch
from crm.visits.rules.places import blur, blur_at
from crm.visits.rules.words import OCCUPYING_STATES


@dataclass(frozen=True)
class Holds:
    """Times held at ``now`` count as taken, but not the one held for ``entry_id``."""

    now: datetime
    entry_id: int | None = None


@dataclass(frozen=True)
class Limits:
    """The consultants' own notice and horizon count from ``now``; without ``notice`` only the horizon. ``keeps``: who
    has the visit already, and keeps it whatever areas they wish for."""

    now: datetime
    notice: bool = True
    keeps: int | None = None


@dataclass
class _Loaded:
    stops: dict[tuple[int, date], list[Stop]] = field(default_factory=dict)
    weeks: dict[tuple[int, int, int], int] = field(default_factory=dict)


def load_days(
    session: Session,
    people: Collection[int],
    dates: Sequence[date],
    *,
    exclude: int | None = None,
    holds: Holds | None = None,
    limits: Limits | None = None,
) -> tuple[dict[tuple[int, date], Day], Mapping[tuple[int, int, int], int]]:
    """Each consultant's days as the rules judge them, and the visits each has in each ISO week: four queries, and
    one for the times that are held.

    ``exclude``: a visit that is left out. Without ``limits`` the consultants' notice and horizon are left out of
    account. A consultant without a profile has no days.
    """
    known = terms(session, people)
    first, last = day_bounds(dates[0])[0], day_bounds(dates[-1])[1]
    hours = times(session, list(known), first, last)
    loaded = _visits(session, list(known), dates, exclude)
    if holds is not None:
        _add_holds(session, list(known), (first, last), holds, loaded.stops)
    bounds = [(day, *day_bounds(day)) for day in dates]
    days = {}
    for number, own in known.items():
        time = hours[number]
        makes = _Maker(own, _between(own, limits), () if limits and limits.keeps == number else own.areas)
        for day, spans in _split(time, bounds).items():
            home = time.bases.get(day.weekday(), own.base)
            days[number, day] = makes.day(day, home, spans, loaded.stops.get((number, day), []))
    return days, loaded.weeks


def _between(own: Terms, limits: Limits | None) -> tuple[datetime | None, datetime | None]:
    """The earliest and latest start by the consultant's own notice and horizon."""
    if limits is None:
        return None, None
    earliest = limits.now + timedelta(hours=own.notice_hours) if limits.notice and own.notice_hours else None
    return earliest, limits.now + timedelta(days=own.horizon_days) if own.horizon_days else None


def _split(time: Time, bounds: Sequence[tuple[date, datetime, datetime]]) -> dict[date, tuple[list[Span], ...]]:
    """Hours, absences and own appointments by day, days without hours left out; a span over midnight is cut there."""
    starts = [start for _, start, _ in bounds]
    result: dict[date, tuple[list[Span], ...]] = {}
    for kind, spans in enumerate((time.hours, time.absences, time.busy)):
        for a, b in spans:
            for number in range(max(bisect_right(starts, a) - 1, 0), bisect_right(starts, b - timedelta.resolution)):
                day, opens, closes = bounds[number]
                if a < closes and opens < b and (kind == 0 or day in result):
                    result.setdefault(day, ([], [], []))[kind].append((max(a, opens), min(b, closes)))
    return result


@dataclass(frozen=True)
class _Maker:
    """Makes one consultant's days. ``areas``: none for who keeps the visit that is being moved."""

    own: Terms
    within: tuple[datetime | None, datetime | None]
    areas: Sequence[tuple[str, str]]

    def day(self, day: date, home: Home, spans: tuple[list[Span], ...], visits: list[Stop]) -> Day:
        base, town = _base(home)
        hours, absences, busy = spans
        stops = visits
        if absences or busy:
            away = [Stop(a, b, base, town, "away") for a, b in absences]
            taken = [Stop(a, b, base, town, "busy") for a, b in busy]
            stops = sorted((*visits, *away, *taken), key=lambda stop: stop.starts_at)
        own, lunch = self.own, None
        if own.lunch_minutes:
            lunch = _lunch(day, own.lunch_minutes, own.lunch_from, own.lunch_to)
        return Day(hours, stops, base, town, own.max_visits, lunch, self.areas, *self.within)


@lru_cache(maxsize=4096)
def _lunch(day: date, length: int, opens: int, closes: int) -> Lunch:
    """Most consultants wish for the same, and the clock of a day is dear to work out."""
    end = at(day, closes) if closes < 1440 else day_bounds(day)[1]
    return Lunch(timedelta(minutes=length), at(day, opens), end)


@lru_cache(maxsize=4096)
def _base(home: Home) -> tuple[Place, str]:
    return Place(home.lat, home.lon), base_town(home)


def base_town(home: Home) -> str:
    row = row_of_postcode(home.postcode)
    return row.place if row else home.name


def warm(days: Mapping[tuple[int, date], Day], place: Place) -> None:
    """Have the engine fetch the drives that a search for ``place`` asks for: between it and every stop, and between
    the stops of each day. Never while a lock is held."""
    engine = default_engine()
    if engine is embedded_engine() or not days:
        return
    engine.warm([place], _ordered(set().union(*(_places(day) for day in days.values()))))
    warm_stops(days)


def warm_stops(days: Mapping[tuple[int, date], Day]) -> None:
    """The drives between the stops of each day; the engine that works them out itself is spared the trouble."""
    engine = default_engine()
    if engine is embedded_engine():
        return
    for own in {frozenset(_places(day)) for day in days.values()}:
        engine.warm(_ordered(own), _ordered(own))


def _places(day: Day) -> set[Place]:
    return {day.base, *(stop.place for stop in day.stops)}


def _ordered(places: Iterable[Place]) -> list[Place]:
    return sorted(places, key=lambda place: (place.lat, place.lon))


def _columns(*models: Any) -> list[Any]:
    """Plain columns: cheaper to select than mapped ones."""
    return [inspect(model).local_table.c for model in models]


def _visits(session: Session, people: Collection[int], dates: Sequence[date], exclude: int | None) -> _Loaded:
    """The occupying visits of the weeks these dates lie in, by start; ``exclude`` is left out."""
    monday = dates[0] - timedelta(days=dates[0].weekday())
    days = [monday + timedelta(days=n) for n in range((dates[-1] - monday).days + 7 - dates[-1].weekday())]
    opens = [day_bounds(day)[0] for day in days]
    weeks = [day.isocalendar()[:2] for day in days]
    visit, place, terms = _columns(Visit, Workplace, Campaign)
    known = (place.city, place.lat, place.lon, place.geo_source, terms.margin_minutes)
    rows = session.execute(
        select(
            visit.id,
            visit.consultant_id,
            visit.starts_at,
            visit.ends_at,
            visit.lat,
            visit.lon,
            *known,
        )
        .join_from(visit.id.table, place.id.table, place.id == visit.workplace_id)
        .join(terms.id.table, terms.id == visit.campaign_id)
        .where(
            visit.consultant_id.in_(people),
            visit.state.in_(OCCUPYING_STATES),
            visit.starts_at >= opens[0],
            visit.starts_at < day_bounds(days[-1])[1],
        )
        .order_by(visit.starts_at)
    )
    loaded = _Loaded()
    for number, who, start, end, lat, lon, city, *spot, margin in rows.all():
        if number != exclude:
            at = bisect_right(opens, start) - 1
            week = (who, *weeks[at])
            loaded.weeks[week] = loaded.weeks.get(week, 0) + 1
            loaded.stops.setdefault((who, days[at]), []).append(
                Stop(start, end, Place(lat, lon), city, "visit", blur_at((lat, lon), *spot), margin=margin)
            )
    return loaded


def _add_holds(
    session: Session,
    people: Collection[int],
    span: tuple[datetime, datetime],
    holds: Holds,
    stops: dict[tuple[int, date], list[Stop]],
) -> None:
    """Put the live holds among the stops, by start."""
    for who, stop in held_stops(session, people, span, holds):
        day = stops.setdefault((who, danish_date(stop.starts_at)), [])
        day.append(stop)
        day.sort(key=lambda one: one.starts_at)


def held_stops(
    session: Session, people: Collection[int], span: tuple[datetime, datetime], holds: Holds
) -> list[tuple[int, Stop]]:
    """Live holds of these consultants that begin within the span. A hold lives as long as its phoner has the company in
    hand. One query."""
    held, entry, where, terms = _columns(SlotHold, QueueEntry, Workplace, Campaign)
    rows = session.execute(
        select(
            held.consultant_id,
            held.starts_at,
            held.ends_at,
            held.lat,
            held.lon,
            held.until,
            where.city,
            where.geo_source,
            terms.margin_minutes,
        )
        .join_from(held.entry_id.table, entry.id.table, entry.id == held.entry_id)
        .join(where.id.table, where.id == entry.workplace_id)
        .join(terms.id.table, terms.id == entry.campaign_id)
        .where(
            held.consultant_id.in_(people),
            held.starts_at >= span[0],
            held.starts_at < span[1],
            held.until > holds.now,
            held.entry_id != (holds.entry_id or 0),
            entry.state == "waiting",
            entry.claimed_by == held.user_id,
            entry.claimed_at.is_not(None),
        )
    )
    return [
        (who, Stop(start, end, Place(lat, lon), city, "hold", blur(source), until, margin))
        for who, start, end, lat, lon, until, city, source, margin in rows
    ]
