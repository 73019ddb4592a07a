"""The values other rooms hold: a place, a leg between two places, and the Protocol every engine answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """A point in WGS 84 degrees."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Leg:
    """The drive between two places.

    `km` is road kilometres; on a ferry leg only the land part counts (an engine over HTTP counts the crossing
    too). `minutes` is whole minutes, rounded up, and includes the crossing and half the headway. `ferry` names
    the ferry or ferries used. `reachable` is False when the drive cannot be made the same day; km and minutes
    are then 0. `estimate` is set by an engine that had to fall back on another one.
    """

    km: float
    minutes: int
    ferry: str | None
    reachable: bool
    estimate: bool = False


NO_SAME_DAY = Leg(km=0.0, minutes=0, ferry=None, reachable=False)


class TravelEngine(Protocol):
    """What an engine must answer; embedded, OSRM and Valhalla look alike from outside."""

    @property
    def name(self) -> str: ...

    def leg(self, origin: Place, destination: Place) -> Leg:
        """The drive from `origin` to `destination`; an unreachable pair is an answer, never an error."""

    def matrix(self, origins: Sequence[Place], destinations: Sequence[Place]) -> list[list[Leg]]:
        """One row for each origin, one column for each destination."""

    def warm(self, origins: Sequence[Place], destinations: Sequence[Place]) -> None:
        """Make sure that these drives, both ways, can be answered without waiting: call it before a search or a check
        that asks for many of them one by one, and never while holding a lock."""
