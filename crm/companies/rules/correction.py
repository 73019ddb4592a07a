"""The file to correct and load again: the rejected rows as they were read, each with what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crm.companies.rules.columns import COLUMNS, REASON, folded
from crm.companies.rules.remarks import Remark
from crm.companies.rules.values import storable

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Rejected:
    """A row that was set aside."""

    number: int
    cells: Sequence[str]
    remarks: Sequence[Remark]


def neutral(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; ``values.clean`` takes the apostrophe off again."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def correction_file(header: Sequence[str], rows: Iterable[Rejected]) -> bytes:
    """CSV for Danish Excel: UTF-8 with BOM, ``;``. The last column says why; loading the file again ignores it.

    A row with more cells than the header keeps them under columns without a name.
    """
    kept = list(rows)
    places = [place for place, text in enumerate(header) if folded(text) != folded(REASON)]
    extra = max((len(row.cells) for row in kept), default=0) - len(header)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    named = [neutral(storable(header[place])) for place in places] + [""] * max(extra, 0)
    writer.writerow([*named, REASON])
    for row in kept:
        cells = [row.cells[place] if place < len(row.cells) else "" for place in places]
        cells += row.cells[len(header) :]
        cells += [""] * (len(named) - len(cells))
        writer.writerow([*(neutral(storable(cell)) for cell in cells), _why(row)])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def _why(row: Rejected) -> str:
    told = [f"{remark.column}: {remark.text}" if remark.column else remark.text for remark in row.remarks]
    return f"Række {row.number}: " + "; ".join(told)


def example_file() -> bytes:
    """A small extract that can be loaded: every column with its Danish header, and two invented workplaces."""
    rows = [[danish for danish, _others in COLUMNS.values()], *_EXAMPLE]
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


_EXAMPLE = [
    [
        "10000009",
        "1900000001",
        "Eksempel Blik & Rør ApS",
        "Eksempelvej 12",
        "9550",
        "Mariager",
        "0846",
        "432200",
        "14",
        "20 00 00 01",
        "post@eksempel.invalid",
        "nej",
        "56,6489",
        "9,9786",
        "Mette Prøvesen",
    ],
    [
        "10000092",
        "1900000002",
        "Eksempel Bageri",
        "Prøvegade 3",
        "9500",
        "Hobro",
        "0846",
        "107120",
        "6",
        "",
        "",
        "ja",
        "",
        "",
        "",
    ],
]
