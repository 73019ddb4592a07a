"""How good an engine's kilometres are against road distances that somebody has published.

The goal is the design's: nine pairs in ten within a quarter of the known distance, none under seventy per cent of
it. Too short is the dangerous side: a consultant sent off on it comes late.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crm.travel.places import Place, TravelEngine

WITHIN = 0.25
SHARE = 0.90
SMALLEST = 0.70


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of the file: two places as they were written and the kilometres that are known. ``use`` sets apart what
    an engine was tuned on from what only checks it; ``name`` and ``use`` may be empty."""

    line: int
    origin: str
    destination: str
    start: Place
    goal: Place
    km: float
    name: str = ""
    use: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A pair with the engine's kilometres; ``ratio`` is 1 where they agree and 0 where no road was found."""

    pair: Pair
    km: float

    @property
    def ratio(self) -> float:
        return self.km / self.pair.km

    @property
    def near(self) -> bool:
        return abs(self.ratio - 1) <= WITHIN


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that could not be read, and why, in Danish."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Of some pairs: how many, the share within a quarter, the smallest ratio."""

    count: int
    share: float
    smallest: float

    @property
    def holds(self) -> bool:
        """Whether the goal is met; nothing to compare meets nothing."""
        return self.count > 0 and self.share >= SHARE and self.smallest >= SMALLEST


def read_pairs(text: str, place: Callable[[str], Place]) -> tuple[list[Pair], list[Bad]]:
    """The pairs of a CSV file ``from,to,km`` (also ``name`` or ``from_name`` and ``to_name``, and ``use``), and the
    lines that cannot be used. ``place`` reads a place and raises ValueError with a Danish sentence.

    Raises ValueError when the header lacks a column, csv.Error when the file is no CSV.
    """
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
    missing = [name for name in ("from", "to", "km") if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(", ".join(missing))
    pairs: list[Pair] = []
    bad: list[Bad] = []
    for row in reader:
        try:
            pairs.append(_pair(reader.line_num, row, place))
        except ValueError as wrong:
            bad.append(Bad(reader.line_num, str(wrong)))
    return pairs, bad


def _pair(line: int, row: dict[str, str], place: Callable[[str], Place]) -> Pair:
    origin, destination = (row["from"] or "").strip(), (row["to"] or "").strip()
    start, goal = place(origin), place(destination)
    name = row.get("name") or " - ".join(part for part in (row.get("from_name"), row.get("to_name")) if part)
    return Pair(line, origin, destination, start, goal, _km(row["km"] or ""), name, row.get("use") or "")


def _km(text: str) -> float:
    try:
        km = float(text.strip().replace(",", "."))
    except ValueError:
        km = 0.0
    if not 0 < km < 2000:
        raise ValueError(f"»{text.strip()}« er ikke et antal kilometer.")
    return km


def compare(pairs: Sequence[Pair], engine: TravelEngine) -> list[Compared]:
    """The engine's kilometres for each pair, in the order of the file. Give it an engine without ferries: published
    road distances count none."""
    engine.warm([pair.start for pair in pairs], [pair.goal for pair in pairs])
    return [Compared(pair, engine.leg(pair.start, pair.goal).km) for pair in pairs]


def summary(compared: Sequence[Compared]) -> Summary:
    if not compared:
        return Summary(0, 0.0, 0.0)
    near = sum(each.near for each in compared)
    return Summary(len(compared), near / len(compared), min(each.ratio for each in compared))


def worst(compared: Sequence[Compared], count: int) -> list[Compared]:
    """Those furthest from the known distance, the furthest first."""
    return sorted(compared, key=lambda each: (-abs(each.ratio - 1), each.pair.line))[:count]


def by_use(compared: Sequence[Compared]) -> dict[str, Summary]:
    """A summary for each value of ``use``, in the file's order; empty when the file sets nothing apart."""
    uses = list(dict.fromkeys(each.pair.use for each in compared))
    if uses in ([], [""]):
        return {}
    return {use: summary([each for each in compared if each.pair.use == use]) for use in uses}
