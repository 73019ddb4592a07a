"""A server that speaks OSRM's wire shape, over drives of its own: what an engine gets wrong here, it gets wrong there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crm.travel.engine import Place, place_of_postcode
from crm.travel.rules import great_circle_km

Point = tuple[float, float]


def town(postcode: str) -> Place:
    place = place_of_postcode(postcode)
    assert place is not None
    return place


def point(place: Place) -> Point:
    return round(place.lat, 4), round(place.lon, 4)


def metres_and_seconds(a: Point, b: Point) -> tuple[float, float]:
    """The drive on this server's map: 80 km/h, and slower against the wind, that is to the west."""
    km = great_circle_km(a, b) * 1.3
    return round(km * 1000, 1), round(km / (60 if b[1] < a[1] else 80) * 3600, 1)


class Ticking:
    """A clock that stands still until it is put on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()

    def on(self, **time: float) -> None:
        self.at += timedelta(**time)


class OsrmServer:
    """`off` are places off the network, `walls` pairs without a road, `limit` the most coordinates it takes, `mood`
    what it does instead of answering: 500, garbage, refuse, silent, redirect, or any OSRM code."""

    def __init__(self) -> None:
        self.off: set[Point] = set()
        self.walls: set[tuple[Point, Point]] = set()
        self.limit = 100
        self.mood = ""
        self.tables: list[tuple[int, int]] = []
        self.paths: list[str] = []
        self.released = Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True

    @property
    def hits(self) -> int:
        return len(self.paths)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> OsrmServer:
        Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()

    def answer(self, target: str) -> tuple[int, bytes]:
        self.paths.append(target)
        if self.mood == "silent":
            self.released.wait(30)
        if self.mood == "500":
            return 500, b"upstream is away"
        if self.mood == "garbage":
            return 200, b"<html>welcome to the portal</html>"
        if self.mood.startswith("{"):
            return 200, self.mood.encode()
        if self.mood and self.mood != "silent":
            return 400, json.dumps({"code": self.mood, "message": "as told"}).encode()
        status, body = self._table(target)
        return status, json.dumps(body).encode()

    def _table(self, target: str) -> tuple[int, dict[str, Any]]:
        url = urlsplit(target)
        head, _, coordinates = url.path.rpartition("/")
        asked = {name: values[0].split(";") for name, values in parse_qs(url.query).items()}
        if head != "/table/v1/driving" or asked.get("annotations") != ["duration,distance"]:
            return 400, {"code": "InvalidUrl", "message": "URL string malformed"}
        places = [(float(lat), float(lon)) for lon, lat in (each.split(",") for each in coordinates.split(";"))]
        if len(asked["radiuses"]) != len(places):
            return 400, {"code": "InvalidOptions", "message": "Number of elements in radiuses size must match"}
        if len(places) > self.limit:
            return 400, {"code": "TooBig", "message": "Too many table coordinates"}
        for number, place in enumerate(places):
            if place in self.off:
                return 400, {"code": "NoSegment", "message": f"Could not find a matching segment for {number}"}
        sources, targets = ([places[int(i)] for i in asked[side]] for side in ("sources", "destinations"))
        self.tables.append((len(sources), len(targets)))
        return 200, {
            "code": "Ok",
            "durations": [[self._cell(a, b, 1) for b in targets] for a in sources],
            "distances": [[self._cell(a, b, 0) for b in targets] for a in sources],
            "sources": _waypoints(sources),
            "destinations": _waypoints(targets),
        }

    def _cell(self, a: Point, b: Point, which: int) -> float | None:
        return None if (a, b) in self.walls else metres_and_seconds(a, b)[which]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = server.answer(self.path)
                self.send_response(302 if server.mood == "redirect" else status)
                self.send_header("Content-Type", "application/json")
                if server.mood == "redirect":
                    self.send_header("Location", "/table/v1/driving/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(ConnectionError):  # who asked no longer waits
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


def _waypoints(places: Iterable[Point]) -> list[dict[str, Any]]:
    return [{"name": "", "location": [lon, lat], "distance": 1.5} for lat, lon in places]
