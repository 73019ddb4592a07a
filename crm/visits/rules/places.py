"""How well a place is known, and what that costs in margin. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

BLUR = {"file": 0, "address": 0, "street": 2, "postcode": 5, "none": 5}
"""More minutes of margin on a drive to or from a place, by ``Workplace.geo_source``: a street's middle lies a minute
or two from the door, a postcode's middle five."""
WORST = max(BLUR.values())
NEARBY = 0.002
"""Degrees."""

Areas = Sequence[Sequence[str]]
"""``(from, to)`` postcodes, both included."""


def blur(source: str) -> int:
    """The margin of a source of coordinates; of one that is not known the worst."""
    return BLUR.get(source, WORST)


def blur_at(spot: tuple[float, float], lat: float | None, lon: float | None, source: str) -> int:
    """The margin of a booked visit, which stays at the ``spot`` it was booked at. How well the workplace is known says
    something of it only while it still lies there (within some 200 metres): one that has been looked up better
    afterwards, or has moved, does not make the visit's old spot better known."""
    same = lat is not None and lon is not None and abs(spot[0] - lat) < NEARBY and abs(spot[1] - lon) < NEARBY
    return blur(source) if same else WORST


def covers(areas: Areas, postcode: str) -> bool:
    """Whether a visit in the postcode lies within the areas; without areas it lies anywhere."""
    return not areas or any(first <= postcode <= last for first, last in areas)


def spelled(areas: Areas) -> str:
    """``9500–9560, 9000``"""
    return ", ".join(first if first == last else f"{first}–{last}" for first, last in areas)


def as_areas(rows: Iterable[Sequence[object]]) -> tuple[tuple[str, str], ...]:
    """The stored pairs as they are compared."""
    return tuple((str(first), str(last)) for first, last in rows)
