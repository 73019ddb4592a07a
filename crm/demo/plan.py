"""The reference campaign parted among its jobcentres: pure figures. Every total is exact, every part differs.

Source: evaluation 2013, section 2.2 (calls) and table 3.1 (openings); how it falls on the jobcentres is not printed
there and is drawn here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from crm.demo.places import DemoJobcentre, jobcentres
from crm.demo.register import shares

WORKPLACES = 80_000
BOOKED, DECLINED, HELD = 10_572, 23_181, 5_397
OPENINGS = {
    "ordinary": 945,
    "upskilling_job": 16,
    "adult_apprentice": 147,
    "job_rotation": 243,
    "wage_subsidy": 437,
    "work_placement": 940,
    "other": 262,
}
AKUTJOB = 223
FIRST = "846"  # Mariagerfjord: the jobcentre that phoner1 calls for first
VISITS_A_CONSULTANT = 47
PHONERS = (16, 12)


@dataclass(frozen=True)
class CentrePlan:
    """What falls on one jobcentre. ``listed``: on its approved list. ``firm``: 0 or 1."""

    centre: DemoJobcentre
    workplaces: int
    listed: int
    booked: int
    declined: int
    held: int
    consultants: int
    firm: int


def campaign(rng: Random) -> list[CentrePlan]:
    """The 74 jobcentres, Mariagerfjord first; sums are the report's to the last unit."""
    centres = sorted(jobcentres(), key=lambda one: one.key != FIRST)
    workplaces = shares(WORKPLACES, [one.size**0.8 for one in centres])
    contacted = shares(BOOKED + DECLINED, [count * rng.uniform(0.7, 1.25) for count in workplaces])
    rates = [min(0.45, max(0.20, rng.gauss(0.313, 0.05))) for _ in centres]
    booked = shares(BOOKED, [count * rate for count, rate in zip(contacted, rates, strict=True)])
    held = shares(HELD, [count * rng.uniform(0.38, 0.62) for count in booked])
    plans = []
    for index, centre in enumerate(centres):
        plans.append(
            CentrePlan(
                centre,
                workplaces[index],
                min(round(contacted[index] * 1.36) + 40, round(workplaces[index] * 0.80)),
                booked[index],
                contacted[index] - booked[index],
                held[index],
                max(2, round(booked[index] / VISITS_A_CONSULTANT)),
                _firm(centre),
            )
        )
    return plans


def _firm(centre: DemoJobcentre) -> int:
    """Jutland and Funen with the first firm, the islands east of the Belt with the second."""
    return 0 if centre.key >= "410" else 1


@dataclass(frozen=True)
class Told:
    """An opening as a visit gives it."""

    type: str
    positions: int
    akutjob: bool


def openings(rng: Random) -> list[Told]:
    """The openings of the published table, told for one to three positions each; sums by positions are exact."""
    found = [Told("ordinary", size, True) for size in _sizes(rng, AKUTJOB)]
    found += [Told("ordinary", size, False) for size in _sizes(rng, OPENINGS["ordinary"] - AKUTJOB)]
    for kind, positions in OPENINGS.items():
        if kind != "ordinary":
            found += [Told(kind, size, False) for size in _sizes(rng, positions)]
    rng.shuffle(found)
    return found


def _sizes(rng: Random, positions: int) -> list[int]:
    """Ones, twos and threes with this sum."""
    found: list[int] = []
    while positions:
        size = min(positions, rng.choices((1, 2, 3), (84, 12, 4))[0])
        found.append(size)
        positions -= size
    return found


def spread(rng: Random, told: Sequence[Told], visits: int) -> list[list[Told]]:
    """Which visit gave which openings: most none, some several; every opening falls on exactly one visit.

    A fifth of the openings fall beside another, as where one employer tells of a job and a placement at once.
    """
    given: list[list[Told]] = [[] for _ in range(visits)]
    order = list(range(visits))
    rng.shuffle(order)
    used = 0
    for one in told:
        if used and (rng.random() < 0.2 or used == visits):
            given[order[rng.randrange(used)]].append(one)
        else:
            given[order[used]].append(one)
            used += 1
    return given
