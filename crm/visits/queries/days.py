"""The days of consultants as the rules judge them: hours, absence, base, visits and held times."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date, day_bounds
from crm.calendars.models import CalendarProfile
from crm.calendars.queries import Time, profiles, times
from crm.calling.models import QueueEntry
from crm.companies.models import Workplace
from crm.travel.engine import Place
from crm.travel.postcodes import row_of_postcode
from crm.visits.models import SlotHold, Visit
from crm.visits.rules.day import Day, Span, Stop
from crm.visits.rules.words import OCCUPYING_STATES


@dataclass(frozen=True)
class Holds:
    """Times held at ``now`` count as taken, but not the one held for ``entry_id``."""

    now: datetime
    entry_id: int | None = None


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
) -> tuple[dict[tuple[int, date], Day], Mapping[tuple[int, int, int], int]]:
    """Each consultant's days as the rules judge them, and the visits each has in each ISO week: four queries, and
    one for the times that are held.

    ``exclude``: a visit that is left out. A consultant without a profile has no days.
    """
    known = profiles(session, people)
    first, last = day_bounds(dates[0])[0], day_bounds(dates[-1])[1]
    hours = times(session, list(known), first, last)
    loaded = _visits(session, list(known), dates, exclude)
    if holds is not None:
        _add_holds(session, list(known), (first, last), holds, loaded.stops)
    bounds = [(day, *day_bounds(day)) for day in dates]
    days = {}
    for number, profile in known.items():
        by_day = _split(hours[number], bounds)
        for day, (spans, absences) in by_day.items():
            days[number, day] = _day(profile, spans, absences, loaded.stops.get((number, day), []))
    return days, loaded.weeks


def _split(
    time: Time,
    bounds: Sequence[tuple[date, datetime, datetime]],
) -> dict[date, tuple[list[Span], list[Span]]]:
    """Hours and absences by day, days without hours left out; a span over midnight is cut there."""
    starts = [start for _, start, _ in bounds]
    result: dict[date, tuple[list[Span], list[Span]]] = {}
    for kind, spans in enumerate((time.hours, time.absences)):
        for a, b in spans:
            for number in range(max(bisect_right(starts, a) - 1, 0), bisect_right(starts, b - timedelta.resolution)):
                day, opens, closes = bounds[number]
                if a < closes and opens < b and (kind == 0 or day in result):
                    result.setdefault(day, ([], []))[kind].append((max(a, opens), min(b, closes)))
    return result


def _day(profile: CalendarProfile, hours: list[Span], absences: list[Span], visits: list[Stop]) -> Day:
    base = Place(profile.base_lat, profile.base_lon)
    town = base_town(profile)
    stops = visits
    if absences:
        away = [Stop(a, b, base, town, "away") for a, b in absences]
        stops = sorted((*visits, *away), key=lambda stop: stop.starts_at)
    return Day(hours, stops, base, town, profile.max_visits_a_day)


def base_town(profile: CalendarProfile) -> str:
    row = row_of_postcode(profile.base_postcode)
    return row.place if row else profile.base_name


def _visits(session: Session, people: Collection[int], dates: Sequence[date], exclude: int | None) -> _Loaded:
    """The occupying visits of the weeks these dates lie in, by start; ``exclude`` is left out."""
    monday = dates[0] - timedelta(days=dates[0].weekday())
    days = [monday + timedelta(days=n) for n in range((dates[-1] - monday).days + 7 - dates[-1].weekday())]
    opens = [day_bounds(day)[0] for day in days]
    weeks = [day.isocalendar()[:2] for day in days]
    visit, place = inspect(Visit).local_table.c, inspect(Workplace).local_table.c
    rows = session.execute(
        select(
            visit.id,
            visit.consultant_id,
            visit.starts_at,
            visit.ends_at,
            visit.lat,
            visit.lon,
            place.city,
            place.geo_source,
        )
        .join_from(visit.id.table, place.id.table, place.id == visit.workplace_id)
        .where(
            visit.consultant_id.in_(people),
            visit.state.in_(OCCUPYING_STATES),
            visit.starts_at >= opens[0],
            visit.starts_at < day_bounds(days[-1])[1],
        )
        .order_by(visit.starts_at)
    )
    loaded = _Loaded()
    for number, who, start, end, lat, lon, city, source in rows:
        if number != exclude:
            at = bisect_right(opens, start) - 1
            week = (who, *weeks[at])
            loaded.weeks[week] = loaded.weeks.get(week, 0) + 1
            loaded.stops.setdefault((who, days[at]), []).append(
                Stop(start, end, Place(lat, lon), city, "visit", source == "file")
            )
    return loaded


def _add_holds(
    session: Session,
    people: Collection[int],
    span: tuple[datetime, datetime],
    holds: Holds,
    stops: dict[tuple[int, date], list[Stop]],
) -> None:
    """Put the live holds among the stops, by start. A hold lives as long as its phoner has the company in hand."""
    held, entry, place = inspect(SlotHold).local_table.c, inspect(QueueEntry).local_table.c, inspect(Workplace)
    where = place.local_table.c
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
        )
        .join_from(held.entry_id.table, entry.id.table, entry.id == held.entry_id)
        .join(where.id.table, where.id == entry.workplace_id)
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
    for who, start, end, lat, lon, until, city, source in rows:
        day = stops.setdefault((who, danish_date(start)), [])
        day.append(Stop(start, end, Place(lat, lon), city, "hold", source == "file", until))
        day.sort(key=lambda stop: stop.starts_at)
