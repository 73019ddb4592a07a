"""Random days with everything in them, for property tests of what fits into a day."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil, hypot

from hypothesis import strategies as st

from crm.base.clock import at
from crm.travel.places import NO_SAME_DAY, Leg, Place
from crm.visits.rules.day import Day, Stop, Wish
from crm.visits.rules.lunch import Lunch
from crm.visits.rules.places import BLUR

SUNDAYS = ((3, 29), (10, 25)), ((3, 28), (10, 31)), ((3, 26), (10, 29)), ((3, 25), (10, 28)), ((3, 31), (10, 27))
"""Of 2026 to 2030, on which the clock changes."""
DAYS = (date(2026, 11, 26), *(date(2026 + n, *day) for n, both in enumerate(SUNDAYS) for day in both))
"""A Thursday, and the Sundays on which the clock changes."""
BASE = Place(56.0, 9.0)
SEA = Place(55.0, 15.0)
places = st.one_of(st.builds(Place, st.floats(55.7, 56.3), st.floats(8.7, 9.3)), st.just(BASE), st.just(SEA))
blurs = st.sampled_from(sorted(set(BLUR.values())))


class OneWay:
    """A country in which driving east takes longer than driving west: sixty kilometres a degree."""

    name = "one-way"

    def leg(self, origin: Place, destination: Place) -> Leg:
        if (origin.lon > 14) != (destination.lon > 14):
            return NO_SAME_DAY
        km = 60 * hypot(origin.lat - destination.lat, origin.lon - destination.lon)
        return Leg(km, ceil(km * (1.5 if destination.lon > origin.lon else 1)), None, True)

    def matrix(self, origins: list[Place], destinations: list[Place]) -> list[list[Leg]]:
        return [[self.leg(origin, goal) for goal in destinations] for origin in origins]

    def warm(self, origins: object, destinations: object) -> None:
        """Nothing to fetch."""


ENGINE = OneWay()


@st.composite
def stops(draw: st.DrawFn, day: date) -> list[Stop]:
    """Visits and held times that do not overlap each other; absences and own appointments that may."""
    result, free_from = [], 0
    minutes = st.integers(0, 47).map(lambda n: n * 15 + 6 * 60)
    for minute in sorted(draw(st.lists(minutes, max_size=5, unique=True))):
        if minute >= free_from:
            kind = draw(st.sampled_from(["visit", "visit", "hold"]))
            result.append(Stop(at(day, minute), at(day, minute + 60), draw(places), "By", kind, draw(blurs)))
            free_from = minute + 60
    for minute in draw(st.lists(minutes, max_size=2)):
        length = draw(st.sampled_from([15, 30, 60, 180]))
        kind = draw(st.sampled_from(["away", "busy"]))
        result.append(Stop(at(day, minute), at(day, min(minute + length, 1439)), BASE, "Base", kind))
    return sorted(result, key=lambda stop: stop.starts_at)


@st.composite
def calendars(draw: st.DrawFn) -> Day:
    """A day with hours (perhaps with a break), stops and wishes."""
    day = draw(st.sampled_from(DAYS))
    rows = draw(st.sampled_from([[(480, 960)], [(480, 720), (750, 960)], [(0, 960)], [(600, 690)], []]))
    lunch = None
    if draw(st.booleans()):
        opens, length = draw(st.integers(40, 48)) * 15, draw(st.sampled_from([15, 30, 45]))
        closes = opens + length + draw(st.sampled_from([0, 15, 60, 120]))
        lunch = Lunch(timedelta(minutes=length), at(day, opens), at(day, closes))
    areas = draw(st.sampled_from([(), (("9500", "9560"),), (("8000", "8999"), ("9000", "9000"))]))
    earliest = at(day, draw(st.integers(0, 900))) if draw(st.booleans()) else None
    latest = at(day, draw(st.integers(600, 1400))) if draw(st.booleans()) else None
    hours = [(at(day, a), at(day, b)) for a, b in rows]
    return Day(hours, draw(stops(day)), BASE, "Base", draw(st.integers(1, 7)), lunch, areas, earliest, latest)


@st.composite
def wishes(draw: st.DrawFn, day: Day) -> Wish:
    """A visit to place in that day."""
    date_ = (day.hours[0][0] if day.hours else at(DAYS[0], 0)).date()
    return Wish(
        draw(places),
        draw(blurs),
        draw(st.sampled_from([30, 60, 90])),
        draw(st.sampled_from([0, 5, 15])),
        at(date_, draw(st.integers(0, 700))),
        at(date_, draw(st.integers(600, 1400))),
        draw(st.sampled_from(["9500", "9000", "5000"])),
    )
