"""A flat country for rules of the day: a kilometre a minute, and an island that nobody drives to."""

from __future__ import annotations

from datetime import date
from math import ceil, hypot

from hypothesis import strategies as st

from crm.base.clock import at
from crm.travel.places import NO_SAME_DAY, Leg, Place
from crm.visits.rules.route import Halt

DAY = date(2026, 11, 26)
BASE = Place(56.0, 9.0)
SEA = Place(55.0, 15.0)
ISLAND = 14.0


class Grid:
    """Sixty kilometres a degree."""

    name = "grid"

    def leg(self, origin: Place, destination: Place) -> Leg:
        if (origin.lon > ISLAND) != (destination.lon > ISLAND):
            return NO_SAME_DAY
        km = 60 * hypot(origin.lat - destination.lat, origin.lon - destination.lon)
        return Leg(km, ceil(km), None, True)

    def matrix(self, origins: object, destinations: object) -> list[list[Leg]]:
        raise NotImplementedError

    def warm(self, origins: object, destinations: object) -> None:
        pass


ENGINE = Grid()
places = st.builds(Place, st.floats(55.5, 56.5), st.floats(8.5, 9.5))


@st.composite
def visits(draw: st.DrawFn, least: int = 1) -> list[Halt]:
    """Visits of one day that do not overlap, by start."""
    result: list[Halt] = []
    free_from = 0
    for start in sorted(draw(st.lists(st.integers(24, 72), min_size=least, max_size=6, unique=True))):
        if start * 15 >= free_from:
            length = draw(st.sampled_from([30, 45, 60]))
            result.append(Halt("visit", draw(places), at(DAY, start * 15), at(DAY, start * 15 + length), len(result)))
            free_from = start * 15 + length
    return result
