"""Where the demo's jobcentres and workplaces lie: real municipalities, real postcodes, spots on dry land."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import cos, radians
from random import Random

from crm.travel.network import network
from crm.travel.postcodes import PostcodeRow, postcodes
from crm.travel.rules import inside

SPOTS = 14
KM_A_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class DemoJobcentre:
    """A jobcentre of the demo. ``size``: thousand inhabitants, by hand and roughly; it weighs how much is drawn."""

    name: str
    codes: tuple[str, ...]
    size: int

    @property
    def key(self) -> str:
        return self.codes[0]


@cache
def jobcentres() -> tuple[DemoJobcentre, ...]:
    """The 74 of the reference campaign; the report does not name its own, so these are picked by hand."""
    with files("crm.demo").joinpath("data/jobcentres.csv").open(encoding="utf-8") as source:
        return tuple(
            DemoJobcentre(row["name"], tuple(row["municipality_codes"].split("|")), int(row["size"]))
            for row in csv.DictReader(source)
        )


@dataclass(frozen=True, slots=True)
class Spot:
    """A point where workplaces stand (WGS 84 degrees), with its postcode."""

    postcode: str
    city: str
    municipality_code: str
    lat: float
    lon: float


def postcodes_of(codes: Sequence[str]) -> list[PostcodeRow]:
    return [row for row in postcodes().values() if row.municipality_code in codes]


def spots_of(centre: DemoJobcentre, rng: Random) -> list[Spot]:
    """Points round every postcode of the jobcentre, none of them in water; those of its own town three times."""
    town = seat(centre).postcode
    return [
        spot for row in postcodes_of(centre.codes) for spot in _round(row, rng) * (3 if row.postcode == town else 1)
    ]


def _round(row: PostcodeRow, rng: Random) -> list[Spot]:
    """Half the points within a kilometre (the town), half out to four (the country round it); 1 km in cities."""
    reach = 0.8 if row.postcode < "3000" else 4.0
    shore = network().lands[row.land]
    found = [_spot(row, row.lat, row.lon)]
    for number in range(SPOTS * 3):
        if len(found) == SPOTS:
            break
        km = rng.uniform(0.1, 1.0) if number % 2 else rng.uniform(0.3, reach)
        north, east = rng.uniform(-1, 1) * km, rng.uniform(-1, 1) * km
        lat, lon = row.lat + north / KM_A_DEGREE, row.lon + east / (KM_A_DEGREE * cos(radians(row.lat)))
        if inside((lat, lon), shore):
            found.append(_spot(row, lat, lon))
    return found


def _spot(row: PostcodeRow, lat: float, lon: float) -> Spot:
    return Spot(row.postcode, row.place, row.municipality_code, round(lat, 4), round(lon, 4))


def seat(centre: DemoJobcentre) -> PostcodeRow:
    """The town the jobcentre lies in: the one that gives the municipality its name, else its first postcode."""
    if centre.key in SEATS:
        return postcodes()[SEATS[centre.key]]
    rows = postcodes_of(centre.codes[:1])
    named = [row for row in rows if row.place.split(" ")[0] in centre.name]
    return (named or rows)[0]


SEATS = {
    "846": "9500",
    "840": "9530",
    "706": "8410",
    "707": "8500",
    "710": "8382",
    "360": "4930",
    "376": "4800",
    "430": "5600",
    "575": "6600",
    "813": "9900",
    "849": "9440",
    "760": "6950",
    "756": "7430",
    "480": "5450",
    "270": "3200",
}
