"""The demo's register extract: rows for the ordinary importer, with the flaws that real extracts have."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from stdnum.dk import cvr

from crm.demo import names
from crm.demo.places import DemoJobcentre, Spot, spots_of

HEADER = (
    "CVR-nr",
    "P-nr",
    "Navn",
    "Adresse",
    "Postnr",
    "By",
    "Kommunekode",
    "Branchekode",
    "Antal ansatte",
    "Telefon",
    "E-mail",
    "Reklamebeskyttelse",
    "lat",
    "lon",
    "Kontaktperson",
)
FIRST_CVR = 99_000_000
FIRST_P_NUMBER = 1_990_000_001


@dataclass(frozen=True)
class Flaws:
    """Shares of rows that lack something or carry a mark; none of it is a reason to reject a row."""

    branch: float = 0.08
    no_staff: float = 0.05
    no_phone: float = 0.03
    same_phone: float = 0.02
    no_email: float = 0.35
    protected: float = 0.09
    no_coordinates: float = 0.12
    no_contact: float = 0.30


def cvr_numbers(start: int = FIRST_CVR) -> Iterator[str]:
    """Numbers with a right check digit, from 99 000 000 up: easy to tell from the numbers people know."""
    for stem in range(start // 10, 10_000_000):
        digit = (11 - cvr.checksum(f"{stem}0")) % 11
        if digit < 10:
            yield f"{stem}{digit}"


class Extract:
    """Draws rows; remembers the company and the phone before, so that branches and shared numbers come about."""

    def __init__(self, rng: Random, flaws: Flaws | None = None) -> None:
        self.rng, self.flaws = rng, flaws or Flaws()
        self._cvr, self._p_number = cvr_numbers(), FIRST_P_NUMBER
        self._number, self._name, self._trade = "", "", names.trade(rng)
        self._phone = ""

    def rows(self, centre: DemoJobcentre, count: int) -> Iterator[list[str]]:
        """``count`` sound rows in this jobcentre's municipalities."""
        spots = spots_of(centre, self.rng)
        for index in range(count):
            yield self._row(self.rng.choice(spots), first=index == 0)

    def _row(self, spot: Spot, first: bool) -> list[str]:
        rng, flaws = self.rng, self.flaws
        if first or rng.random() >= flaws.branch:
            self._number, self._trade = next(self._cvr), names.trade(rng)
            self._name = names.company_name(rng, self._trade, spot.city.split(" ")[0])
        contact = "" if rng.random() < flaws.no_contact else names.person(rng)
        p_number, self._p_number = str(self._p_number), self._p_number + 1
        lat, lon = ("", "") if rng.random() < flaws.no_coordinates else (f"{spot.lat:.4f}", f"{spot.lon:.4f}")
        return [
            self._number,
            p_number,
            self._name,
            names.street(rng),
            spot.postcode,
            spot.city,
            spot.municipality_code,
            self._trade.code,
            self._staff(),
            self._phone_cell(),
            self._email(contact),
            "1" if rng.random() < flaws.protected else "0",
            lat,
            lon,
            contact,
        ]

    def _staff(self) -> str:
        if self.rng.random() < self.flaws.no_staff:
            return ""
        return str(max(1, round(self._trade.staff * self.rng.lognormvariate(0, 0.75))))

    def _phone_cell(self) -> str:
        draw = self.rng.random()
        if draw < self.flaws.no_phone:
            return ""
        if draw > self.flaws.no_phone + self.flaws.same_phone or not self._phone:
            self._phone = names.phone(self.rng)
        return self._phone

    def _email(self, contact: str) -> str:
        return "" if self.rng.random() < self.flaws.no_email else names.email(self.rng, self._name, contact)


def spoil(rng: Random, rows: Sequence[list[str]]) -> list[list[str]]:
    """The rows with a few bad ones put in between (set aside by the importer) and a few bad optional values."""
    spoilt = [list(row) for row in rows]
    for (column, value), index in zip(WARNINGS, rng.sample(range(len(spoilt)), len(WARNINGS)), strict=True):
        spoilt[index][HEADER.index(column)] = value
    for column, value in REJECTS:
        bad = list(rng.choice(rows))
        bad[HEADER.index("P-nr")] = str(FIRST_P_NUMBER + 5_000_000 + rng.randrange(1_000_000))
        bad[HEADER.index(column)] = value
        spoilt.insert(rng.randrange(len(spoilt)), bad)
    return spoilt


REJECTS = (
    ("CVR-nr", "99000001"),
    ("CVR-nr", "9900000"),
    ("P-nr", "199000001"),
    ("Navn", ""),
    ("Postnr", "95OO"),
    ("Kommunekode", "999"),
    ("Kommunekode", ""),
    ("CVR-nr", ""),
)
WARNINGS = (
    ("Telefon", "ring til Hanne på lageret"),
    ("Telefon", "84 12 3"),
    ("E-mail", "info(at)eksempel.example"),
    ("E-mail", "kommer senere"),
    ("Antal ansatte", "ca. 12"),
    ("Antal ansatte", "10-19"),
    ("lat", "56,6O4"),
    ("lon", "190.5"),
    ("Telefon", "84 33 22 11 / 85 11 22 33"),
)


def write(path: Path, rows: Iterable[Sequence[str]]) -> int:
    """A CSV as spreadsheets save it in Denmark: semicolons, UTF-8 with a byte order mark. How many rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as target:
        writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEADER)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """``total`` parted by weight, exactly (largest remainder)."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda i: exact[i] - parts[i], reverse=True)
    for index in order[: total - sum(parts)]:
        parts[index] += 1
    return parts
