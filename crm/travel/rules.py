"""Pure rules of driving: distance, speed, water, shortest way, whether a visit fits between its neighbours.

Coordinates are WGS 84 degrees as (lat, lon), distances kilometres, durations minutes, moments aware
datetimes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import asin, cos, exp, inf, radians, sin, sqrt
from typing import Literal, NamedTuple, TypeAlias

from crm.travel.places import Leg, Place, TravelEngine

Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = Sequence[Point]

EARTH_KM = 6371.0
START_STOP_MIN = 5.0
TOWN_KM, TOWN_KMH = 5.0, 40.0
COUNTRY_KM, COUNTRY_KMH = 40.0, 65.0
MOTORWAY_KMH = 90.0
SAME_DAY_FERRY_MIN = 240.0
"""A way that needs a ferry counts as same-day up to about four hours one way."""


def great_circle_km(a: Point, b: Point) -> float:
    """Haversine distance in kilometres."""
    lat_a, lat_b = radians(a[0]), radians(b[0])
    half_lat, half_lon = (lat_b - lat_a) / 2, radians(b[1] - a[1]) / 2
    chord = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lon) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(chord)))


def detour(km: float, far: float = 1.18, near: float = 0.17, fade_km: float = 8.0) -> float:
    """How much longer the road is than the great circle: streets bend more than highways (1.35 to 1.18)."""
    return far + near * exp(-km / fade_km)


def road_km(a: Point, b: Point) -> float:
    """Road kilometres where nothing but dry land lies between."""
    km = great_circle_km(a, b)
    return km * detour(km)


def drive_minutes(km: float) -> float:
    """Five minutes to start and stop, 40 km/h in town, 65 km/h to 40 km out, 90 km/h beyond: decision 010."""
    town = min(km, TOWN_KM)
    country = min(max(km - TOWN_KM, 0.0), COUNTRY_KM - TOWN_KM)
    motorway = max(km - COUNTRY_KM, 0.0)
    return START_STOP_MIN + 60.0 * (town / TOWN_KMH + country / COUNTRY_KMH + motorway / MOTORWAY_KMH)


def inside(point: Point, ring: Ring) -> bool:
    """Whether the ring (closed by its first point) goes round the point."""
    lat, lon = point
    odd = False
    before_lat, before_lon = ring[-1]
    for here_lat, here_lon in ring:
        if (here_lat > lat) != (before_lat > lat):
            crossing = (before_lon - here_lon) * (lat - here_lat) / (before_lat - here_lat) + here_lon
            if lon < crossing:
                odd = not odd
        before_lat, before_lon = here_lat, here_lon
    return odd


def cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the segments a-b and c-d cross. Touching counts, so that nobody slips between two shores."""
    first = _turn(a, b, c)
    second = _turn(a, b, d)
    if (first > 0 and second > 0) or (first < 0 and second < 0):
        return False
    third = _turn(c, d, a)
    fourth = _turn(c, d, b)
    if first == second == third == fourth == 0.0:
        return False
    return not ((third > 0 and fourth > 0) or (third < 0 and fourth < 0))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def nearest_land(point: Point, lands: Mapping[str, Ring], reach_km: float) -> str | None:
    """The land a point belongs to: the ring round it, else the nearest shore within `reach_km`, else None."""
    for name, ring in lands.items():
        if inside(point, ring):
            return name
    best: tuple[float, str] | None = None
    for name, ring in lands.items():
        away = min(distance_to_segment_km(point, a, b) for a, b in sides(ring))
        if away <= reach_km and (best is None or away < best[0]):
            best = (away, name)
    return best[1] if best else None


def sides(ring: Ring) -> Iterable[tuple[Point, Point]]:
    """The segments of a ring, the closing one first."""
    return zip([ring[-1], *ring[:-1]], ring, strict=True)


def distance_to_segment_km(point: Point, a: Point, b: Point) -> float:
    """Flat-earth distance from a point to a segment; good to a per cent over some tens of kilometres."""
    scale = cos(radians(point[0]))
    ax, ay = (a[1] - point[1]) * scale, a[0] - point[0]
    bx, by = (b[1] - point[1]) * scale, b[0] - point[0]
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = 0.0 if length == 0 else max(0.0, min(1.0, -(ax * (bx - ax) + ay * (by - ay)) / length))
    x, y = ax + along * (bx - ax), ay + along * (by - ay)
    return sqrt(x * x + y * y) * radians(1) * EARTH_KM


class Edge(NamedTuple):
    """A stretch from one node to the next: road kilometres, or a ferry's minutes with its number."""

    to: int
    km: float
    ferry: int = -1
    ferry_min: float = 0.0


@dataclass(frozen=True, slots=True)
class Way:
    """The best way to a node: land kilometres, minutes afloat (waiting included), ferries in order."""

    km: float
    ferry_min: float = 0.0
    ferries: tuple[int, ...] = ()


def shortest_ways(graph: Sequence[Sequence[Edge]], start: int, ferries: bool) -> list[Way | None]:
    """Dijkstra from `start`; with ferries a kilometre weighs 0.8 minutes, so that land and water compare."""
    cost = [inf] * len(graph)
    cost[start] = 0.0
    came: list[tuple[int, Edge] | None] = [None] * len(graph)
    ways: list[Way | None] = [None] * len(graph)
    queue = [(0.0, start)]
    while queue:
        here, node = heapq.heappop(queue)
        if ways[node] is not None:
            continue
        ways[node] = _arrive(ways, came[node])
        for edge in graph[node]:
            to, km, ferry, afloat = edge
            there = here + km * 0.8 + afloat
            if there < cost[to] and (ferries or ferry < 0):
                cost[to] = there
                came[to] = (node, edge)
                heapq.heappush(queue, (there, to))
    return ways


def _arrive(ways: Sequence[Way | None], last: tuple[int, Edge] | None) -> Way:
    """The way to the node at the end of the last edge; an empty one at the start."""
    way = ways[last[0]] if last else None
    if last is None or way is None:
        return Way(0.0)
    edge = last[1]
    if edge.ferry < 0:
        return Way(way.km + edge.km, way.ferry_min, way.ferries)
    return Way(way.km, way.ferry_min + edge.ferry_min, (*way.ferries, edge.ferry))


Reason: TypeAlias = Literal["travel_before", "travel_after", "unreachable"]


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a visit can be driven to and from.

    `before_min` and `after_min` are the drives; `extra_driving_min` is what the visit adds to the day (drive
    there plus drive on, less the drive it replaces; may be slightly negative). When `ok` is False, `reason`
    says which drive fails, `needed_min` what it takes (margin included; 0 when unreachable) and
    `available_min` the whole minutes between the two (negative when they overlap, None when that side has no
    moment).
    """

    ok: bool
    before_min: int
    after_min: int
    extra_driving_min: int
    reason: Reason | None = None
    needed_min: int | None = None
    available_min: int | None = None


def fits(
    previous_end: datetime | None,
    previous_place: Place | None,
    start: datetime,
    end: datetime,
    place: Place,
    next_start: datetime | None,
    next_place: Place | None,
    engine: TravelEngine,
    margin_minutes: int = 0,
) -> Fit:
    """Whether the visit from `start` to `end` at `place` can be driven between its neighbours.

    Each neighbour is a place and a moment: an appointment, or the base with the hour the day starts or ends.
    Place and moment: the drive, plus the margin, must fit. Place without moment (the base, when the hour does
    not matter): the drive counts, but nothing is checked except that it can be made the same day. Neither:
    that side has no drive. Moments are aware and are subtracted in UTC, so the hour of a clock change is
    neither lost nor doubled. Raises ValueError on a naive moment or on a moment without a place.
    """
    if (previous_place is None and previous_end) or (next_place is None and next_start):
        raise ValueError("a neighbouring moment needs its place")
    before = _side(previous_place, previous_end, place, start, engine, margin_minutes)
    after = _side(place, end, next_place, next_start, engine, margin_minutes)
    for side in (before, after):
        if side.leg is not None and not side.leg.reachable:
            return Fit(False, before.minutes, after.minutes, 0, "unreachable", 0, side.available)
    extra = before.minutes + after.minutes
    if previous_place is not None and next_place is not None:
        extra -= engine.leg(previous_place, next_place).minutes
    if before.late:
        return Fit(False, before.minutes, after.minutes, extra, "travel_before", before.needed, before.available)
    if after.late:
        return Fit(False, before.minutes, after.minutes, extra, "travel_after", after.needed, after.available)
    return Fit(True, before.minutes, after.minutes, extra)


@dataclass(frozen=True, slots=True)
class _Side:
    leg: Leg | None = None
    needed: int = 0
    available: int | None = None

    @property
    def minutes(self) -> int:
        return self.leg.minutes if self.leg else 0

    @property
    def late(self) -> bool:
        return self.available is not None and self.needed > self.available


def _side(
    origin: Place | None, leave: datetime | None, goal: Place | None, arrive: datetime | None,
    engine: TravelEngine, margin: int,
) -> _Side:  # fmt: skip
    if origin is None or goal is None:
        return _Side()
    leg = engine.leg(origin, goal)
    if leave is None or arrive is None:
        return _Side(leg)
    return _Side(leg, leg.minutes + margin, minutes_between(leave, arrive))


def minutes_between(earlier: datetime, later: datetime) -> int:
    """Whole minutes from one aware moment to another, rounded down; negative in the other order."""
    if earlier.utcoffset() is None or later.utcoffset() is None:
        raise ValueError("travel needs aware moments")
    return int((later.astimezone(UTC) - earlier.astimezone(UTC)).total_seconds() // 60)
