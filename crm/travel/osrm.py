"""OSRM's dialect: its table service (`/table/v1/driving/`), as its HTTP documentation describes it."""

from __future__ import annotations

from collections.abc import Sequence

from crm.travel.wire import SNAP_M, Answer, OffNetwork, Request, Spot, TooMuch, Unanswered, amount, degrees, table

PLACES = 100
"""Coordinates in one table; OSRM's own default (`--max-table-size`)."""


class Osrm:
    """One GET a table; both sides' coordinates stand in one list, and a place on both sides stands there once."""

    name = "osrm"
    profile = "driving"

    def fits(self, sources: Sequence[Spot], targets: Sequence[Spot]) -> bool:
        return len({*sources, *targets}) <= PLACES

    def request(self, sources: Sequence[Spot], targets: Sequence[Spot]) -> Request:
        places = {spot: number for number, spot in enumerate(dict.fromkeys((*sources, *targets)))}
        coordinates = ";".join(f"{lon:.4f},{lat:.4f}" for lat, lon in map(degrees, places))
        numbers = [";".join(str(places[spot]) for spot in side) for side in (sources, targets)]
        radiuses = ";".join([str(SNAP_M)] * len(places))
        return Request(
            f"/table/v1/{self.profile}/{coordinates}?sources={numbers[0]}&destinations={numbers[1]}"
            f"&annotations=duration,distance&radiuses={radiuses}&generate_hints=false"
        )

    def read(self, status: int, body: object, rows: int, columns: int) -> list[list[Answer]]:
        """A null is no road. `NoTable` ("No route found") says so of the whole table."""
        said = body if isinstance(body, dict) else {}
        code = said.get("code")
        if code == "NoSegment":
            raise OffNetwork
        if code == "TooBig":
            raise TooMuch
        if code == "NoTable":
            return [[None] * columns for _ in range(rows)]
        if code != "Ok" or status != 200:
            raise Unanswered(f"OSRM afviste spørgsmålet (HTTP {status}, {str(code)[:40]})")
        seconds = table(said.get("durations"), rows, columns, amount)
        metres = table(said.get("distances"), rows, columns, amount)
        return [
            [None if m is None or s is None else (m / 1000, s) for m, s in zip(*row, strict=True)]
            for row in zip(metres, seconds, strict=True)
        ]
