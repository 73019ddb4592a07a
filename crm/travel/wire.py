"""What an engine over HTTP is asked and what it may say, whatever its dialect (`osrm`, `valhalla`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Spot: TypeAlias = tuple[int, int]
"""A place as (lat, lon) in ten-thousandths of a degree, about ten metres: what is asked for and what is kept."""

Pair: TypeAlias = tuple[Spot, Spot]
Answer: TypeAlias = tuple[float, float] | None
"""Kilometres and seconds of the drive; None: no road joins the two."""

SNAP_M = 5000
"""A place farther than this from every road of the engine's map is off its network: the engine would otherwise drive
from the nearest road however far away."""


class Unanswered(Exception):
    """The engine gave no answer that can be used; the text says what happened, in Danish."""


class OffNetwork(Exception):
    """At least one place of the table lies off the engine's network."""


class Apart(Exception):
    """No road joins some places of the table with the others."""


class TooMuch(Exception):
    """The table has more places, or they lie farther apart, than the engine will take at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: the path after the engine's address, and the JSON body of a POST."""

    path: str
    body: dict[str, object] | None = None


class Wire(Protocol):
    """A dialect: how a table is asked for and how the answer reads."""

    name: str
    profile: str

    def fits(self, sources: Sequence[Spot], targets: Sequence[Spot]) -> bool:
        """Whether the engine takes a table of this size at once; one pair always fits."""

    def request(self, sources: Sequence[Spot], targets: Sequence[Spot]) -> Request: ...

    def read(self, status: int, body: object, rows: int, columns: int) -> list[list[Answer]]:
        """The answers. Raises OffNetwork, Apart, TooMuch, and Unanswered for whatever cannot be understood."""


def degrees(spot: Spot) -> tuple[float, float]:
    """Latitude and longitude."""
    return spot[0] / 10_000, spot[1] / 10_000


def table(value: object, rows: int, columns: int, cell: Callable[[object], float | None]) -> list[list[float | None]]:
    """A list of rows, each cell read by ``cell``. Raises Unanswered when it has another shape."""
    if not isinstance(value, list) or len(value) != rows:
        raise Unanswered("svaret har ikke den form, der blev spurgt om")
    if any(not isinstance(row, list) or len(row) != columns for row in value):
        raise Unanswered("svaret har ikke den form, der blev spurgt om")
    return [[cell(each) for each in row] for row in value]


def amount(value: object) -> float | None:
    """A number that is not negative, or null. Raises Unanswered for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise Unanswered("svaret indeholder noget, der ikke er en køretid")
    return float(value)
