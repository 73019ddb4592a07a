"""Where an address lies: Klimadatastyrelsen's Adressevælger, which followed DAWA.

Two calls: ``GET /adresser/soeg?tekst=…&maksimum=…&token=…`` answers ``{"status": "ok", "fund": […]}``, each find with
``type`` (``adresse``, ``husnummer``, ``vejnavn``, ``navngivenvejpostnummer``), ``id`` and ``titel``; then
``GET /adresser/{id}`` or ``/husnumre/{id}`` answers the address with ``adgangspunkt.koordinater`` in EPSG:25832. The
agency's own pages name the parameters and the fields of the register's model; how the answers nest is known from
recorded answers only. So they are read tolerantly: what is missing or shaped otherwise is no place, never a guess.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import isfinite
from typing import Any, Literal, Protocol

import httpx
from pyproj import Transformer

from crm.base.settings import Settings
from crm.integrations.addresses import Address, of_title, same_street, taken_apart

State = Literal["found", "unclear", "unknown", "failed"]
FINDS = 30
LONGEST = 73  # characters the search takes
TIMEOUT = 5.0  # seconds
DENMARK = ((54.5, 57.8), (8.0, 15.3))  # degrees of latitude and longitude


@dataclass(frozen=True, slots=True)
class Answer:
    """``found`` with WGS 84 degrees, ``precision`` (``address`` or ``street``) and ``matched``, the address as the
    register words it; ``unclear`` when what came back does not agree with what was asked; ``unknown`` when nothing
    came; ``failed`` with the ``reason``, in English, when there was no answer."""

    state: State
    lat: float = 0.0
    lon: float = 0.0
    precision: Literal["address", "street"] = "address"
    matched: str = ""
    reason: str = ""


class Geocoder(Protocol):
    """Looks up one address. It is given the address alone, never whose it is, and it never raises."""

    def look_up(self, street: str, postcode: str) -> Answer: ...


class _Failed(Exception):
    """No usable answer; the text says why and holds neither address nor token."""


@dataclass(frozen=True, slots=True)
class _Find:
    kind: str
    id: str
    title: str
    address: Address


class Adressevaelger:
    """The agency's service. ``token`` goes with each call; it refuses tokens of fewer than ten characters."""

    def __init__(self, base_url: str, token: str, timeout: float = TIMEOUT) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole addresses of calls, token and all
        self._token = token
        self._client = httpx.Client(
            base_url=base_url.rstrip("/"), timeout=timeout, headers={"User-Agent": "Jobaabner (geocoding)"}
        )

    def look_up(self, street: str, postcode: str) -> Answer:
        """The place of the house, else of its street; at most four calls."""
        wanted = taken_apart(street, postcode)
        if len(wanted.street) < 2:
            return Answer("unknown")
        try:
            return self._look_up(wanted)
        except _Failed as exc:
            return Answer("failed", reason=str(exc))

    def _look_up(self, wanted: Address) -> Answer:
        finds = self._search(f"{wanted.street} {wanted.number}, {wanted.postcode}") if wanted.number else []
        houses = [find for find in finds if _is_house(find, wanted) and find.address.number == wanted.number]
        if houses:
            return self._placed(houses[0], wanted, "address")
        more = self._search(f"{wanted.street} {wanted.postcode}")
        nearby = [find for find in finds + more if _is_house(find, wanted)]
        if nearby:
            return self._placed(_nearest(nearby, wanted), wanted, "street")
        return Answer("unclear" if finds or more else "unknown")

    def _placed(self, find: _Find, wanted: Address, precision: Literal["address", "street"]) -> Answer:
        path = "husnumre" if find.kind == "husnummer" else "adresser"
        body = self._get(f"/{path}/{find.id}", {})
        house = _part(body, "adresse", "husnummer") or _part(body, "husnummer")
        point = _point(house)
        if _part(house, "postnummer").get("postnr") not in (None, wanted.postcode) or point is None:
            return Answer("unclear", matched=find.title)
        number = house.get("husnummertekst")
        if precision == "address" and number and taken_apart(f"x {number}", "").number != wanted.number:
            return Answer("unclear", matched=find.title)
        lat, lon = in_degrees(*point)
        if not in_denmark(lat, lon):
            return Answer("unclear", matched=find.title)
        return Answer("found", lat, lon, precision, find.title)

    def _search(self, text: str) -> list[_Find]:
        body = self._get("/adresser/soeg", {"tekst": text[:LONGEST], "maksimum": str(FINDS)})
        return list(_finds(body))

    def _get(self, path: str, parameters: dict[str, str]) -> dict[str, Any]:
        try:
            response = self._client.get(path, params={**parameters, "token": self._token})
            body = response.json() if response.status_code == 200 else None
        except httpx.HTTPError as exc:
            raise _Failed(f"no answer: {type(exc).__name__}") from exc
        except ValueError as exc:
            raise _Failed("the answer is not JSON") from exc
        if response.status_code == 404:
            return {}
        if not isinstance(body, dict) or body.get("status", "ok") != "ok":
            raise _Failed(f"refused with status {response.status_code}")
        return body


def _finds(body: dict[str, Any]) -> Iterator[_Find]:
    found = body.get("fund")
    for each in found if isinstance(found, list) else ():
        if not isinstance(each, dict):
            continue
        title = str(each.get("titel") or "")
        address = of_title(title) or Address(str(each.get("vejnavn") or ""), "", str(each.get("postnr") or ""))
        yield _Find(str(each.get("type") or ""), str(each.get("id") or ""), title, address)


def _is_house(find: _Find, wanted: Address) -> bool:
    """Whether the find is a house or flat in the street and postcode that were asked for."""
    if find.kind not in ("adresse", "husnummer") or not find.id.replace("-", "").isalnum():
        return False
    there = find.address
    return there.postcode == wanted.postcode and bool(there.number) and same_street(there.street, wanted.street)


def _nearest(finds: list[_Find], wanted: Address) -> _Find:
    """The house whose number is nearest; without a number, the one in the middle of the street."""
    ordered = sorted(finds, key=lambda find: (find.address.digits, find.address.number, find.title))
    if not wanted.number:
        return ordered[len(ordered) // 2]
    return min(ordered, key=lambda find: abs(find.address.digits - wanted.digits))


def _part(body: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        inner = body.get(name)
        body = inner if isinstance(inner, dict) else {}
    return body


def _point(house: dict[str, Any]) -> tuple[float, float] | None:
    """Easting and northing of the house's access point, from either of the two ways they are given in."""
    access = _part(house, "adgangspunkt")
    pair = _part(access, "koordinater")
    values: Any = (pair.get("x"), pair.get("y")) if pair else _part(access, "geometri").get("coordinates")
    try:
        east, north = (float(value) for value in values[:2])
    except (TypeError, ValueError):
        return None
    return (east, north) if isfinite(east) and isfinite(north) else None


_converting = threading.Lock()  # several threads share the one transformer


@cache
def _transformer() -> Transformer:
    return Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)


def in_degrees(east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude (WGS 84) of a point in ETRS89 / UTM zone 32N (EPSG:25832), metres."""
    with _converting:
        lon, lat = _transformer().transform(east, north)
    return round(float(lat), 6), round(float(lon), 6)


def in_denmark(lat: float, lon: float) -> bool:
    (south, north), (west, east) = DENMARK
    return isfinite(lat) and isfinite(lon) and south <= lat <= north and west <= lon <= east


def make_geocoder(settings: Settings) -> Geocoder | None:
    """What is configured; None when addresses are not looked up."""
    if settings.geocoding != "adressevaelger":
        return None
    return Adressevaelger(settings.geocoding_url, settings.geocoding_token)
