"""The embedded engine: Denmark's roads and ferries from the room's own tables, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from math import ceil

from crm.travel.network import ATTACHMENTS, Network, network
from crm.travel.places import NO_SAME_DAY, Leg, Place, TravelEngine
from crm.travel.postcodes import PostcodeRow, place_of_postcode, postcodes
from crm.travel.rules import (
    SAME_DAY_FERRY_MIN,
    Point,
    Way,
    drive_minutes,
    great_circle_km,
    road_km,
    shortest_ways,
)

__all__ = [
    "EmbeddedEngine",
    "Leg",
    "Place",
    "PostcodeRow",
    "TravelEngine",
    "default_engine",
    "embedded_engine",
    "minutes",
    "place_of_postcode",
    "postcodes",
    "use",
]

DIRECT_KM = 30.0
"""Great-circle kilometres up to which two places on dry ground are driven straight, past the network."""


class EmbeddedEngine:
    """Shortest way over land, gateways and ferries; the quicker of the way with and the way without a ferry.

    `ferries=False` answers over fixed links only. Loading takes a moment once; a pair asked before is a
    look-up.
    """

    name = "embedded"

    def __init__(self, ferries: bool = True) -> None:
        self.ferries = ferries
        self._pair = lru_cache(maxsize=200_000)(self._work_out)
        self._asked = lru_cache(maxsize=200_000)(self._ask)
        self._ways = cache(self._work_out_ways)
        self._attached = lru_cache(maxsize=20_000)(self._attach)

    def leg(self, origin: Place, destination: Place) -> Leg:
        """The drive; the same both ways. Coordinates are rounded to four decimals, about ten metres."""
        return self._asked(origin.lat, origin.lon, destination.lat, destination.lon)

    def _ask(self, from_lat: float, from_lon: float, to_lat: float, to_lon: float) -> Leg:
        """By the numbers as they were given: a search asks for the same drives hundreds of times."""
        a, b = _rounded(Place(from_lat, from_lon)), _rounded(Place(to_lat, to_lon))
        return self._pair(a, b) if a <= b else self._pair(b, a)

    def by_road(self, origin: Place, destination: Place) -> Leg:
        """The drive over fixed links only."""
        return self._by_road(_rounded(origin), _rounded(destination)) or NO_SAME_DAY

    def land_of(self, place: Place) -> str | None:
        """The land a place lies on; None at sea and abroad."""
        return self._attached(_rounded(place))[0]

    def matrix(self, origins: Sequence[Place], destinations: Sequence[Place]) -> list[list[Leg]]:
        """All drives from each origin (row) to each destination (column)."""
        goals = [_rounded(place) for place in destinations]
        pair = self._pair
        return [
            [pair(start, goal) if start <= goal else pair(goal, start) for goal in goals]
            for start in map(_rounded, origins)
        ]

    def warm(self, origins: Sequence[Place], destinations: Sequence[Place]) -> None:
        """Nothing to fetch: every drive is worked out here."""

    def prepare(self) -> None:
        """Work out the ways from every node now (some seconds), so that no first question waits for them."""
        for node in range(len(self._net.nodes)):
            self._ways(node, False)
            if self.ferries:
                self._ways(node, True)

    @property
    def _net(self) -> Network:
        return network()

    def _work_out(self, a: Point, b: Point) -> Leg:
        by_road = self._by_road(a, b)
        by_ferry = self._ferry_leg(self._attached(a)[1], self._attached(b)[1]) if self.ferries else None
        if by_ferry and (by_road is None or by_ferry.minutes < by_road.minutes):
            return by_ferry
        return by_road or NO_SAME_DAY

    def _by_road(self, a: Point, b: Point) -> Leg | None:
        from_land, from_nodes = self._attached(a)
        to_land, to_nodes = self._attached(b)
        if from_land is None or to_land is None:
            return None
        km = self._fixed_km(from_nodes, to_nodes)
        if from_land == to_land and great_circle_km(a, b) <= DIRECT_KM and self._net.dry(a, b):
            straight = road_km(a, b)
            km = straight if km is None else min(km, straight)
        return None if km is None else Leg(round(km, 1), _whole(drive_minutes(km)), None, True)

    def _fixed_km(self, origins: Attached, goals: Attached) -> float | None:
        reached = (
            start_km + way.km + goal_km
            for start, start_km in origins
            for goal, goal_km in goals
            if (way := self._ways(start, False)[goal]) is not None
        )
        return min(reached, default=None)

    def _ferry_leg(self, origins: Attached, goals: Attached) -> Leg | None:
        best: Leg | None = None
        for start, start_km in origins:
            ways = self._ways(start, True)
            for goal, goal_km in goals:
                way = ways[goal]
                if way is None or not way.ferries:
                    continue
                leg = self._afloat(way, start_km + way.km + goal_km)
                if leg.minutes <= SAME_DAY_FERRY_MIN and (best is None or leg.minutes < best.minutes):
                    best = leg
        return best

    def _afloat(self, way: Way, km: float) -> Leg:
        names = " + ".join(self._net.ferries[i] for i in way.ferries)
        return Leg(round(km, 1), _whole(drive_minutes(km) + way.ferry_min), names, True)

    def _work_out_ways(self, node: int, ferries: bool) -> list[Way | None]:
        return shortest_ways(self._net.graph, node, ferries)

    def _attach(self, point: Point) -> tuple[str | None, Attached]:
        """The land and the nodes to start from; a place on a node (any postcode's) needs no other."""
        land = self._net.land_of(point)
        near = self._net.near(point, land, ATTACHMENTS) if land else []
        return land, tuple(near[:1] if near and near[0][1] == 0.0 else near)


Attached = tuple[tuple[int, float], ...]


@cache
def embedded_engine() -> EmbeddedEngine:
    """The one embedded engine of this process: what it has worked out serves everybody."""
    return EmbeddedEngine()


_chosen: TravelEngine | None = None


def default_engine() -> TravelEngine:
    """The engine this process drives by: what ``use`` was given, else the embedded one."""
    return _chosen or embedded_engine()


def use(engine: TravelEngine | None) -> None:
    """Drive by ``engine`` from now on, None for the embedded one; called when the product starts."""
    global _chosen
    _chosen = engine


def minutes(origin: Place, destination: Place) -> int | None:
    """Minutes from one place to another, None when it is no same-day drive."""
    leg = default_engine().leg(origin, destination)
    return leg.minutes if leg.reachable else None


def _rounded(place: Place) -> Point:
    return round(place.lat, 4), round(place.lon, 4)


def _whole(duration: float) -> int:
    return ceil(round(duration, 6))
