"""A row of cells becomes a workplace's values, with remarks on what cannot be used. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any

from crm.base.errors import N_
from crm.companies.rules import values
from crm.companies.rules.columns import REQUIRED, Header
from crm.companies.rules.remarks import Remark, shown

Parser = Callable[[str], Any]
FEW_VALUES = frozenset({"postcode", "municipality_code", "city", "industry_code", "employees", "advertising_protected"})
EMPTY: dict[str, Any] = {"street": "", "city": "", "advertising_protected": False}


@dataclass(slots=True)
class Row:
    """A row of the file. ``values`` holds what it says of the workplace: a column that the file lacks and a value
    that cannot be used are absent, an empty cell is None (or its empty value). No values: the row is set aside.
    ``repeated``: it says the same as an earlier row."""

    number: int
    cells: Sequence[str]
    values: dict[str, Any] | None = None
    digest: str = ""
    remarks: list[Remark] = field(default_factory=list)
    repeated: bool = False


def _cell_reader(key: str, parse: Parser) -> Parser:
    """From a cell as it stands to its value. Columns of few different values read each of them once."""
    required, empty = key in REQUIRED, EMPTY.get(key)

    def take(cell: str) -> Any:
        raw = values.clean(cell)
        return parse(raw) if raw or required else empty

    return lru_cache(maxsize=20_000)(take) if key in FEW_VALUES else take


class RowReader:
    """Reads the rows of one file. municipalities: the codes that exist. version: DB25 or DB07."""

    def __init__(self, header: Header, municipalities: frozenset[str], version: str = "DB25") -> None:
        self.header = header
        self.version = version
        parsers: dict[str, Parser] = {
            "cvr_number": values.cvr_number,
            "p_number": values.p_number,
            "name": values.name,
            "postcode": values.postcode,
            "municipality_code": partial(values.municipality_code, known=municipalities),
            "street": partial(values.free_text, limit=300),
            "city": partial(values.free_text, limit=120),
            "industry_code": partial(values.industry_code, version=version),
            "employees": values.employees,
            "phone": values.phone,
            "email": values.email,
            "advertising_protected": values.yes_or_no,
            "contact_name": values.contact_name,
        }
        order = [key for key in parsers if key in header.places]
        self._columns = [(key, header.places[key], _cell_reader(key, parsers[key])) for key in order]
        self._lat, self._lon = header.places.get("lat"), header.places.get("lon")

    def read(self, number: int, cells: Sequence[str]) -> Row:
        """The row's values or why it is set aside; every fault of the row is named, not only the first."""
        row = Row(number, cells)
        if self._too_long(row):
            return row
        found: dict[str, Any] = {}
        here = len(cells)
        for key, place, take in self._columns:
            try:
                found[key] = take(cells[place] if place < here else "")
            except ValueError as exc:
                self._fault(row, key, values.clean(cells[place]) if place < here else "", str(exc))
                if key == "advertising_protected":
                    found[key] = True  # an unreadable answer blocks: nobody is called who may have said no
        faults = [remark for remark in row.remarks if remark.kind == "reject"]
        if faults:
            row.remarks = [self._shifted(row)] if here > len(self.header.cells) else faults
            return row
        self._place(row, found)
        self._finish(row, found)
        return row

    def _fault(self, row: Row, key: str, raw: str, reason: str) -> None:
        limits = {"street": 300, "city": 120}
        fields: dict[str, Any] = {"limit": limits[key]} if "{limit}" in reason else {}
        if "{version}" in reason:
            fields = {"version": self.version}
        kind = "reject" if key in REQUIRED else "warning"
        row.remarks.append(Remark(row.number, kind, self.header.label(key), shown(raw), reason, fields))

    def _too_long(self, row: Row) -> bool:
        """Cells beyond the header: a delimiter inside a text has shifted the row, so none of it can be trusted."""
        width, aside = self.header.width, self.header.reason_at
        if len(row.cells) <= width:
            return False
        extra = any(cell.strip() for place, cell in enumerate(row.cells) if place >= width and place != aside)
        if extra:
            row.remarks.append(self._shifted(row))
        return extra

    def _shifted(self, row: Row) -> Remark:
        begins = "; ".join(values.clean(cell) for cell in row.cells[:6])
        return Remark(
            row.number,
            "reject",
            "",
            shown(begins),
            N_("Rækken har flere celler end overskriften; sæt anførselstegn om tekst med skilletegn"),
        )

    def _place(self, row: Row, found: dict[str, Any]) -> None:
        """Latitude and longitude go together: one fault, one remark."""
        if self._lat is None and self._lon is None:
            return
        lat, lon = (
            values.clean(row.cells[place]) if place is not None and place < len(row.cells) else ""
            for place in (self._lat, self._lon)
        )
        if not lat and not lon:
            found["lat"] = found["lon"] = None
            return
        try:
            found["lat"], found["lon"] = values.coordinates(lat, lon)
        except ValueError as exc:
            column = self.header.label("lat" if self._lat is not None else "lon")
            row.remarks.append(Remark(row.number, "warning", column, shown(f"{lat}; {lon}"), str(exc), {}))

    def _finish(self, row: Row, found: dict[str, Any]) -> None:
        if "lat" in found:
            found["geo_source"] = "file" if found["lat"] is not None else "none"
        if found.get("industry_code"):
            found["industry_version"] = self.version
        row.values = found
        row.digest = blake2b(repr(found).encode("utf-8", "replace"), digest_size=16).hexdigest()
