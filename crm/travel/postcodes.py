"""Where each Danish postcode lies: data of our own making, with its source named in the table."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from crm.travel.places import Place
from crm.travel.rules import great_circle_km

INNER_CITY = range(1000, 2000)
"""Here a postcode is one street; the table has the first of each quarter, and the others lie with it."""


@dataclass(frozen=True, slots=True)
class PostcodeRow:
    """One postcode: its main place (WGS 84 degrees), its main municipality and the land it lies on."""

    postcode: str
    place: str
    lat: float
    lon: float
    municipality_code: str
    land: str
    source: str


def read_table(name: str) -> Iterator[dict[str, str]]:
    """The rows of one of the room's own tables."""
    text = files("crm.travel").joinpath("data", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


@cache
def postcodes() -> Mapping[str, PostcodeRow]:
    """All rows of the table by postcode; read once."""
    rows = (
        PostcodeRow(
            row["postcode"],
            row["place"],
            float(row["lat"]),
            float(row["lon"]),
            row["municipality_code"],
            row["land"],
            row["source"],
        )
        for row in read_table("postcodes.csv")
    )
    return MappingProxyType({row.postcode: row for row in rows})


def place_of_postcode(postcode: str) -> Place | None:
    """The place of a postcode, None when there is none. Street postcodes 1000-1999 find their quarter."""
    row = row_of_postcode(postcode)
    return Place(row.lat, row.lon) if row else None


def km_from_postcode(postcode: str, lat: float, lon: float) -> float | None:
    """Great-circle kilometres from a postcode's place to a point, None for an unknown postcode."""
    row = row_of_postcode(postcode)
    return great_circle_km((row.lat, row.lon), (lat, lon)) if row else None


def row_of_postcode(postcode: str) -> PostcodeRow | None:
    """The row a postcode belongs to, None when unknown."""
    code = postcode.strip()
    if len(code) != 4 or not (code.isascii() and code.isdigit()):
        return None
    row = postcodes().get(code)
    if row is None and int(code) in INNER_CITY:
        quarters = _quarters()
        row = postcodes()[quarters[bisect_right(quarters, code) - 1]]
    return row


@cache
def _quarters() -> list[str]:
    return sorted(code for code in postcodes() if int(code) in INNER_CITY)
