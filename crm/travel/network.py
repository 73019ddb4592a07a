"""The road network the embedded engine drives on, built once from the room's tables.

Nodes are the postcodes' places, a few waypoints and both ends of every gateway. Each node has roads to its
nearest neighbours on the same land that can be seen without crossing water, and to the nearest in each direction,
so that the quarters of a town do not hide the village on the other side; water is the shore of each land
and the fjords' centre lines. Motorways and main roads are straighter than that, so their kilometres are given
(`roads.csv`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from math import atan2, cos, radians, tau

from crm.travel.postcodes import postcodes, read_table
from crm.travel.rules import Edge, Point, Ring, cross, great_circle_km, nearest_land, road_km, sides

NEIGHBOURS = 10
DIRECTIONS = 8
NEIGHBOUR_KM = 32.0
ATTACHMENTS = 4
SHORE_KM = 3.0
CELL = 0.1
"""Degrees; the water's segments are looked up by the cells they touch."""


@dataclass(slots=True)
class Network:
    """Lands, water, nodes and roads. Nothing changes after `network()` has built it."""

    lands: dict[str, Ring]
    water: dict[tuple[int, int], list[tuple[Point, Point]]]
    nodes: list[Point] = field(default_factory=list)
    on_land: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    graph: list[list[Edge]] = field(default_factory=list)
    ferries: list[str] = field(default_factory=list)

    def land_of(self, point: Point) -> str | None:
        """The land a point lies on, or within 3 km of; None at sea and abroad."""
        return nearest_land(point, self.lands, SHORE_KM)

    def dry(self, a: Point, b: Point) -> bool:
        """Whether the straight line from a to b crosses no water."""
        return not any(cross(a, b, c, d) for cell in _cells(a, b) for c, d in self.water.get(cell, ()))

    def near(self, point: Point, land: str, count: int) -> list[tuple[int, float]]:
        """The nearest nodes on the land that can be driven to straight, with road kilometres.

        Where none can (a jetty, a spit outside our rough shore), the nearest node of all.
        """
        by_distance = sorted((great_circle_km(point, self.nodes[i]), i) for i in self.on_land[land])
        found: list[tuple[int, float]] = []
        for km, i in by_distance:
            if len(found) == count or km > NEIGHBOUR_KM:
                break
            if self.dry(point, self.nodes[i]):
                found.append((i, road_km(point, self.nodes[i])))
        return found or [(i, road_km(point, self.nodes[i])) for _, i in by_distance[:1]]

    def neighbours(self, node: int, land: str) -> list[tuple[int, float]]:
        """The nodes a road leads to straight: the nearest ones, and the nearest in each of eight directions."""
        here = self.nodes[node]
        found = [each for each in self.near(here, land, NEIGHBOURS + 1) if each[0] != node]
        open_sides = set(range(DIRECTIONS)) - {direction(here, self.nodes[i]) for i, _ in found}
        by_distance = sorted((great_circle_km(here, self.nodes[i]), i) for i in self.on_land[land])
        for km, i in by_distance:
            if not open_sides or km > NEIGHBOUR_KM:
                break
            side = direction(here, self.nodes[i])
            if i != node and side in open_sides and self.dry(here, self.nodes[i]):
                open_sides.discard(side)
                found.append((i, road_km(here, self.nodes[i])))
        return found

    def add_node(self, point: Point, land: str) -> int:
        """The number of the node there, a new one unless it exists."""
        for i in self.on_land[land]:
            if self.nodes[i] == point:
                return i
        self.nodes.append(point)
        self.graph.append([])
        self.on_land[land].append(len(self.nodes) - 1)
        return len(self.nodes) - 1

    def join(self, a: int, b: int, km: float, ferry: int = -1, ferry_min: float = 0.0) -> None:
        """A two-way edge."""
        self.graph[a].append(Edge(b, km, ferry, ferry_min))
        self.graph[b].append(Edge(a, km, ferry, ferry_min))


@cache
def network() -> Network:
    """The network of the shipped tables; takes about a quarter of a second the first time."""
    lands = {row["land"]: points(row["ring"]) for row in read_table("lands.csv")}
    lands = dict(sorted(lands.items(), key=lambda land: _extent(land[1])))
    lines = [points(row["line"]) for row in read_table("barriers.csv")]
    net = Network(lands, _water(lands.values(), lines))
    for row in postcodes().values():
        net.add_node((row.lat, row.lon), row.land)
    for spot in read_table("waypoints.csv"):
        net.add_node((float(spot["lat"]), float(spot["lon"])), spot["land"])
    for gate in read_table("gateways.csv"):
        _add_gateway(net, gate)
    _add_roads(net)
    _add_highways(net)
    return net


def direction(here: Point, there: Point) -> int:
    """Which of the eight directions a point lies in: north, northeast, and so on round, from 0."""
    east, north = (there[1] - here[1]) * cos(radians(here[0])), there[0] - here[0]
    return round(atan2(east, north) / (tau / DIRECTIONS)) % DIRECTIONS


def points(text: str) -> Ring:
    """`55.1 10.2;55.3 10.4` as points."""
    pairs = (pair.split() for pair in text.split(";"))
    return [(float(lat), float(lon)) for lat, lon in pairs]


def _extent(ring: Ring) -> float:
    lats, lons = [lat for lat, _ in ring], [lon for _, lon in ring]
    return (max(lats) - min(lats)) * (max(lons) - min(lons))


def _water(rings: Iterable[Ring], lines: Iterable[Ring]) -> dict[tuple[int, int], list[tuple[Point, Point]]]:
    water: dict[tuple[int, int], list[tuple[Point, Point]]] = defaultdict(list)
    shores = [side for ring in rings for side in sides(ring)]
    fjords = [side for line in lines for side in zip(line, line[1:], strict=False)]
    for a, b in shores + fjords:
        for cell in _cells(a, b):
            water[cell].append((a, b))
    return dict(water)


def _cells(a: Point, b: Point) -> list[tuple[int, int]]:
    south, north = sorted((int(a[0] / CELL), int(b[0] / CELL)))
    west, east = sorted((int(a[1] / CELL), int(b[1] / CELL)))
    return [(lat, lon) for lat in range(south, north + 1) for lon in range(west, east + 1)]


def _add_gateway(net: Network, gate: dict[str, str]) -> None:
    a = net.add_node((float(gate["lat_a"]), float(gate["lon_a"])), gate["land_a"])
    b = net.add_node((float(gate["lat_b"]), float(gate["lon_b"])), gate["land_b"])
    if gate["kind"] == "fixed":
        net.join(a, b, float(gate["km"]))
        return
    net.ferries.append(gate["name"])
    waiting = float(gate["headway_min"]) / 2
    net.join(a, b, 0.0, len(net.ferries) - 1, float(gate["crossing_min"]) + waiting)


def _add_roads(net: Network) -> None:
    joined: set[tuple[int, int]] = set()
    for land, members in list(net.on_land.items()):
        for i in members:
            for j, km in net.neighbours(i, land):
                pair = (min(i, j), max(i, j))
                if pair not in joined:
                    joined.add(pair)
                    net.join(i, j, km)


def _add_highways(net: Network) -> None:
    rows = postcodes()
    for road in read_table("roads.csv"):
        a, b = rows[road["postcode_a"]], rows[road["postcode_b"]]
        start, goal = (net.add_node((row.lat, row.lon), row.land) for row in (a, b))
        net.join(start, goal, float(road["km"]))
