"""A schematic map of a day: true directions, north up, stops apart, labels where there is room. Pure.

Measures are those of the drawing's own box, WIDTH across.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, inf, pi, radians, sin
from typing import TypeAlias

from crm.travel.places import Place

WIDTH = 358.0
TALLEST, LOWEST = 290.0, 120.0
EDGE = 24.0
"""Room kept round the stops."""
APART = 40.0
"""Between the middles of two stops at the least."""
RADIUS = 15.0
BULGE = 34.0
"""How far a way bends out where another way runs between the same two stops."""
LABEL_HEIGHT, LABEL_CHAR = 17.0, 7.6
ARROW = 24.0
"""The height of the arrow to the north with its letter."""

DOTS = 24
"""Points of a way that a label is kept clear of."""

Spot: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Node:
    """A stop of the drawing; ``index`` is its place in what was asked for."""

    index: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A way between two nodes. ``bend``: the point a curve is drawn by, None for a straight line; ``label``: the
    middle of its text, None where there is no room for it beside the stops."""

    start: Node
    end: Node
    bend: Spot | None
    label: Spot | None


@dataclass(frozen=True, slots=True)
class Sketch:
    """``north``: the tip of the arrow, in the corner that is most free."""

    height: float
    nodes: Sequence[Node]
    edges: Sequence[Edge]
    north: Spot


def sketch(places: Sequence[Place], path: Sequence[int], labels: Sequence[str]) -> Sketch:
    """Draw ``places`` and the ways along ``path`` (indexes of places, in driving order), each with its label."""
    spots, height = _spread(*_projected(places))
    nodes = [Node(index, round(x, 1), round(y, 1)) for index, (x, y) in enumerate(spots)]
    ways: list[Way] = []
    seen: set[frozenset[int]] = set()
    for a, b in pairwise(path):
        pair = frozenset((a, b))
        ways.append(Way(nodes[a], nodes[b], _bend(nodes[a], nodes[b], height) if pair in seen else None))
        seen.add(pair)
    drawn: list[Edge] = []
    paper = Paper(height, nodes, [way.dots() for way in ways], [])
    for number, (way, label) in enumerate(zip(ways, labels, strict=True)):
        spot = _label_spot(way, number, label, paper)
        if spot is not None:
            paper.labels.append(_box(spot, label))
        drawn.append(Edge(way.start, way.end, way.bend, spot))
    return Sketch(round(height, 1), nodes, drawn, _north(paper))


def _north(paper: Paper) -> Spot:
    """The corner farthest from stops and labels; the upper right one where it makes no difference."""
    spots = [(node.x, node.y) for node in paper.nodes]
    spots += [((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in paper.labels]
    low = round(paper.height - ARROW - 4, 1)
    corners = [(WIDTH - 12, 4.0), (12.0, 4.0), (WIDTH - 12, low), (12.0, low)]

    def room(corner: Spot) -> float:
        x, y = corner[0], corner[1] + ARROW / 2
        return min((hypot(x - a, y - b) for a, b in spots), default=inf)

    return max(corners, key=lambda corner: min(room(corner), 4 * RADIUS))


@dataclass(frozen=True, slots=True)
class Way:
    """A line or curve between two nodes."""

    start: Node
    end: Node
    bend: Spot | None

    def at(self, part: float) -> Spot:
        """A point of it, ``part`` of the way from its start."""
        start, end, rest = self.start, self.end, 1 - part
        if self.bend is None:
            return start.x * rest + end.x * part, start.y * rest + end.y * part
        return (
            rest * rest * start.x + 2 * rest * part * self.bend[0] + part * part * end.x,
            rest * rest * start.y + 2 * rest * part * self.bend[1] + part * part * end.y,
        )

    def dots(self) -> list[Spot]:
        return [self.at(step / DOTS) for step in range(DOTS + 1)]


@dataclass(frozen=True, slots=True)
class Paper:
    """What is drawn already, and where the ways run."""

    height: float
    nodes: Sequence[Node]
    ways: Sequence[Sequence[Spot]]
    labels: list[Box]


def _projected(places: Sequence[Place]) -> tuple[list[Spot], float]:
    """True relative positions to one scale, as large as the box takes."""
    if not places:
        return [], LOWEST
    middle = radians(sum(p.lat for p in places) / len(places))
    flat = [(p.lon * cos(middle), -p.lat) for p in places]
    left, top = min(x for x, _ in flat), min(y for _, y in flat)
    wide, high = max(x for x, _ in flat) - left, max(y for _, y in flat) - top
    across, down = WIDTH - 2 * EDGE, TALLEST - 2 * EDGE
    scale = min(across / wide if wide > 1e-9 else 1e9, down / high if high > 1e-9 else 1e9)
    scale = 0.0 if scale >= 1e9 else scale
    height = max(LOWEST, high * scale + 2 * EDGE)
    aside, below = (across - wide * scale) / 2, (height - 2 * EDGE - high * scale) / 2
    return [(EDGE + aside + (x - left) * scale, EDGE + below + (y - top) * scale) for x, y in flat], height


def _spread(spots: list[Spot], height: float) -> tuple[list[Spot], float]:
    """Push stops apart that would lie over each other, as little as will do, within the box; a crowd gets a taller
    one."""
    height = max(height, min(TALLEST, LOWEST + 18.0 * max(0, len(spots) - 3)))
    points = [list(spot) for spot in spots]
    for _ in range(400):
        moved = False
        for a in range(len(points)):
            for b in range(a):
                moved |= _push(points[a], points[b], a + b * 0.37)
        for point in points:
            point[0] = min(max(point[0], EDGE), WIDTH - EDGE)
            point[1] = min(max(point[1], EDGE), height - EDGE)
        if not moved:
            break
    return [(x, y) for x, y in points], height


def _push(one: list[float], other: list[float], turn: float) -> bool:
    dx, dy = one[0] - other[0], one[1] - other[1]
    far = hypot(dx, dy)
    if far >= APART:
        return False
    if far < 0.01:  # on the same spot: a direction of its own for each pair, always the same
        dx, dy, far = cos(turn * 2 * pi / 5), sin(turn * 2 * pi / 5), 1.0
        step = APART / 2 + 0.05
    else:
        step = (APART - far) / 2 + 0.05
    one[0], one[1] = one[0] + dx / far * step, one[1] + dy / far * step
    other[0], other[1] = other[0] - dx / far * step, other[1] - dy / far * step
    return True


def _bend(start: Node, end: Node, height: float) -> Spot:
    """Aside of the straight line, on the side of the box's middle."""
    x, y = (start.x + end.x) / 2, (start.y + end.y) / 2
    far = hypot(end.x - start.x, end.y - start.y) or 1.0
    across, down = -(end.y - start.y) / far * 2 * BULGE, (end.x - start.x) / far * 2 * BULGE
    spots = [(x + across, y + down), (x - across, y - down)]
    bx, by = min(spots, key=lambda s: hypot(s[0] - WIDTH / 2, s[1] - height / 2))
    return round(bx, 1), round(by, 1)


def _label_spot(way: Way, number: int, label: str, paper: Paper) -> Spot | None:
    """Beside the way, nearer to it than to any other, over no stop, line or other label; the first such place from its
    middle out, close by before farther off, else the best that lies over no stop."""
    start, end = way.start, way.end
    far = hypot(end.x - start.x, end.y - start.y) or 1.0
    across, down = -(end.y - start.y) / far, (end.x - start.x) / far
    wide = LABEL_CHAR * len(label) / 2
    close = abs(across) * (wide + 6) + abs(down) * (LABEL_HEIGHT / 2 + 6)
    best: Spot | None = None
    least = inf
    for aside in (close, close + 10, close + 20):
        if least == 0.0:
            break
        for part in (0.5, 0.38, 0.62, 0.26, 0.74):
            x, y = way.at(part)
            for side in (-1.0, 1.0):
                spot = (
                    min(max(x + across * aside * side, wide + 2), WIDTH - wide - 2),
                    min(max(y + down * aside * side, LABEL_HEIGHT / 2), paper.height - LABEL_HEIGHT / 2),
                )
                cost = _cost(spot, number, label, paper)
                if cost < least and _over_stops(_box(spot, label), paper) == 0:
                    best, least = spot, cost
    return (round(best[0], 1), round(best[1], 1)) if best else None


def _box(spot: Spot, label: str) -> Box:
    wide = LABEL_CHAR * len(label) / 2
    return spot[0] - wide, spot[1] - LABEL_HEIGHT / 2, spot[0] + wide, spot[1] + LABEL_HEIGHT / 2


def _cost(spot: Spot, number: int, label: str, paper: Paper) -> float:
    """How much of the label lies over stops, lines and other labels, and whether it reads as another way's."""
    box = _box(spot, label)
    cost = _over_stops(box, paper)
    for left, top, right, bottom in paper.labels:
        cost += 2 * max(0.0, min(right, box[2]) - max(left, box[0])) * max(0.0, min(bottom, box[3]) - max(top, box[1]))
    own = _away(box, paper.ways[number])
    for other, dots in enumerate(paper.ways):
        if other != number:
            cost += 8 * sum(box[0] - 2 < x < box[2] + 2 and box[1] - 2 < y < box[3] + 2 for x, y in dots)
            cost += 30 if _away(box, dots) < own + 4 else 0
    return cost


def _over_stops(box: Box, paper: Paper) -> float:
    """0 when no stop touches the box."""
    cost = 0.0
    for node in paper.nodes:
        near_x, near_y = min(max(node.x, box[0]), box[2]), min(max(node.y, box[1]), box[3])
        cost += max(0.0, RADIUS + 2 - hypot(node.x - near_x, node.y - near_y)) * 20
    return cost


def _away(box: Box, dots: Sequence[Spot]) -> float:
    """From the box to the nearest of the points."""
    return min(hypot(x - min(max(x, box[0]), box[2]), y - min(max(y, box[1]), box[3])) for x, y in dots)
