"""Addresses for the printer as files: CSV and XLSX, with nothing in them that a spreadsheet would run. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from crm.base.errors import N_
from crm.companies.rules.correction import neutral

ADDRESS_COLUMNS = (
    N_("Navn"),
    N_("Att."),
    N_("Adresse"),
    N_("Postnr."),
    N_("By"),
    N_("CVR-nr."),
    N_("P-nr."),
    N_("Jobcenter"),
    N_("Forsendelse"),
    N_("Sendes"),
)
_WIDTHS = (36, 24, 32, 9, 18, 12, 13, 24, 24, 12)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def addresses_csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with BOM, ``;`` and CRLF, as Danish Excel opens it by a double click."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([neutral(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def addresses_xlsx(head: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> bytes:
    """One sheet; every cell is text, so that postcodes keep their zero and a name like ``=1+1`` stays a name."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for number, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDEFGHIJ"[number]].width = width
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, text, bold=True) for text in head])
    for row in rows:
        sheet.append([_cell(sheet, text) for text in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    made = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text))
    made.data_type = "s"
    made.quotePrefix = True
    if bold:
        made.font = Font(bold=True)
    return made
