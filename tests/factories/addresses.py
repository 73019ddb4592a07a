"""An address service on a port of its own that speaks Adressevælger's shape, as recorded answers show it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid5

TOKEN = "et-token-til-proeven"
SPACE = UUID("3a6b09ec-cfd7-4cc9-8eed-d9f3f0e4978a")


@dataclass(frozen=True)
class House:
    """A house, with its easting and northing in EPSG:25832."""

    street: str
    number: str
    postcode: str
    town: str
    east: float
    north: float
    flats: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.street} {self.number}, {self.postcode} {self.town}"

    @property
    def id(self) -> str:
        return str(uuid5(SPACE, self.title))


@dataclass
class AddressService:
    """``asked``: path and parameters of every call but the token. ``broken``: a status to answer instead, with a body
    that is not the service's. ``geometry`` gives the point as GeoJSON instead of x and y."""

    houses: list[House]
    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    broken: int | None = None
    body: str = "{}"
    geometry: bool = False

    def answer(self, path: str, parameters: dict[str, str]) -> tuple[int, Any]:
        if len(parameters.pop("token", "")) < 10:
            return 400, "Mangler token"
        self.asked.append((path, parameters))
        if self.broken is not None:
            return self.broken, None
        if path == "/adresser/soeg":
            return 200, {"status": "ok", "beskrivelse": "", "fund": list(self._finds(parameters))}
        kind, _, wanted = path.strip("/").partition("/")
        for house in self.houses:
            if kind == "husnumre" and wanted == house.id:
                return 200, {"status": "ok", "husnummer": self._house(house)}
            for flat in house.flats or ("",):
                if kind == "adresser" and wanted == _flat_id(house, flat):
                    return 200, {"status": "ok", "adresse": {"id_lokalid": wanted, "husnummer": self._house(house)}}
        return 404, {"status": "fejl", "beskrivelse": "Findes ikke"}

    def _finds(self, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Streets sound alike by their first four letters; a number and a postcode in the text narrow it."""
        text = parameters["tekst"]
        words = text.replace(",", " ").split()
        postcode = next((word for word in words if len(word) == 4 and word.isdigit()), None)
        number = next((word for word in words[1:] if word[0].isdigit() and word != postcode), None)
        streets: set[tuple[str, str]] = set()
        for house in self.houses[: int(parameters.get("maksimum", "100"))]:
            if house.street.casefold()[:4] != text.casefold()[:4] or postcode not in (None, house.postcode):
                continue
            if number is None and (house.street, house.postcode) not in streets:
                streets.add((house.street, house.postcode))
                title = f"{house.street}, {house.postcode} {house.town}"
                yield {"type": "navngivenvejpostnummer", "id": str(uuid5(SPACE, title)), "titel": title}
            if number in (None, house.number):
                yield from self._addresses(house)

    def _addresses(self, house: House) -> Iterator[dict[str, Any]]:
        if not house.flats:
            yield {"type": "husnummer", "id": house.id, "titel": house.title, "vejnavn": house.street}
        for flat in house.flats:
            title = f"{house.street} {house.number}, {flat}, {house.postcode} {house.town}"
            yield {"type": "adresse", "id": _flat_id(house, flat), "titel": title, "husnummerId": house.id}

    def _house(self, house: House) -> dict[str, Any]:
        x_and_y = {"koordinater": {"x": house.east, "y": house.north}}
        geometry = {"geometri": {"type": "Point", "coordinates": [house.east, house.north]}}
        return {
            "id_lokalid": house.id,
            "husnummertekst": house.number,
            "vejnavn": house.street,
            "adgangspunkt": geometry if self.geometry else x_and_y,
            "postnummer": {"postnr": house.postcode, "navn": house.town},
        }


def _flat_id(house: House, flat: str) -> str:
    return str(uuid5(SPACE, f"{house.title} {flat}"))


@contextmanager
def address_service(*houses: House) -> Iterator[AddressService]:
    service = AddressService(list(houses))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, body = service.answer(parts.path, parameters)
            text = service.body if body is None else body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments: object) -> None:
            """Nothing on the tests' screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
