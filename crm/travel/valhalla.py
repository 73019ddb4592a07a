"""Valhalla's dialect: its matrix service (`/sources_to_targets`), as its API reference and its own answers have it."""

from __future__ import annotations

from collections.abc import Sequence

from crm.travel.wire import (
    SNAP_M,
    Answer,
    Apart,
    OffNetwork,
    Request,
    Spot,
    TooMuch,
    Unanswered,
    amount,
    degrees,
    table,
)

PAIRS = 2500
"""Pairs in one matrix; Valhalla's own default (`service_limits.auto.max_matrix_location_pairs`)."""

UNCONNECTED, OFF_NETWORK = 170, 171
LIMITS = (150, 154)
"""Too many places, or places too far apart."""


class Valhalla:
    """One POST a matrix, by car."""

    name = "valhalla"
    profile = "auto"

    def fits(self, sources: Sequence[Spot], targets: Sequence[Spot]) -> bool:
        return len(sources) * len(targets) <= PAIRS

    def request(self, sources: Sequence[Spot], targets: Sequence[Spot]) -> Request:
        sides = {"sources": [_location(spot) for spot in sources], "targets": [_location(spot) for spot in targets]}
        return Request("/sources_to_targets", {**sides, "costing": self.profile, "units": "kilometers"})

    def read(self, status: int, body: object, rows: int, columns: int) -> list[list[Answer]]:
        said = body if isinstance(body, dict) else {}
        code = said.get("error_code")
        if code == OFF_NETWORK:
            raise OffNetwork
        if code == UNCONNECTED:
            raise Apart
        if code in LIMITS:
            raise TooMuch
        if status != 200:
            raise Unanswered(f"Valhalla afviste spørgsmålet (HTTP {status}, fejl {str(code)[:40]})")
        if said.get("units") != "kilometers":
            raise Unanswered("svaret er ikke i kilometer")
        cells = said.get("sources_to_targets")
        kilometres = table(cells, rows, columns, lambda cell: amount(_of(cell, "distance")))
        seconds = table(cells, rows, columns, lambda cell: amount(_of(cell, "time")))
        return [
            [None if km is None or s is None else (km, s) for km, s in zip(*row, strict=True)]
            for row in zip(kilometres, seconds, strict=True)
        ]


def _location(spot: Spot) -> dict[str, float]:
    lat, lon = degrees(spot)
    return {"lat": lat, "lon": lon, "search_cutoff": SNAP_M}


def _of(cell: object, name: str) -> object:
    if not isinstance(cell, dict) or name not in cell:
        raise Unanswered("svaret har ikke den form, der blev spurgt om")
    return cell[name]
