"""Records of an Excel workbook (.xlsx), read as a stream; cells become the text that a CSV of it would hold."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO

from openpyxl import load_workbook

from crm.base.errors import N_, Invalid
from crm.companies.rules.columns import LINES_SEARCHED, recognised
from crm.companies.rules.csv_file import Record

MAX_UNPACKED = 1_500_000_000
BROKEN = N_("Regnearket kan ikke læses. Gem det igen som .xlsx eller CSV, og prøv igen; intet er læst ind.")


def as_text(value: Any) -> str:
    """A cell's value as text: whole numbers without decimals, dates as ISO, yes and no as 1 and 0."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


class XlsxRecords:
    """The first sheet with a usable header: ``header`` and its row number, and the records below when iterated."""

    def __init__(self, source: BinaryIO) -> None:
        self.header: Sequence[str] = ()
        self.header_row = 1
        try:
            with zipfile.ZipFile(source) as packed:
                size = sum(part.file_size for part in packed.infolist())
            if size > MAX_UNPACKED:
                raise Invalid(N_("Regnearket er for stort. Gem det som CSV, og prøv igen; intet er læst ind."))
            source.seek(0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._book = load_workbook(source, read_only=True, data_only=True, keep_links=False)
            self._sheet = self._find_header()
        except Invalid:
            raise
        except Exception as exc:  # openpyxl lets a damaged file raise nearly anything
            raise Invalid(BROKEN) from exc

    def _find_header(self) -> Any:
        best, chosen = 0, None
        for sheet in self._book.worksheets:
            sheet.reset_dimensions()
            for number, values in enumerate(sheet.iter_rows(max_row=LINES_SEARCHED, values_only=True), start=1):
                cells = [as_text(value) for value in values]
                found = recognised(cells)
                if found > best:
                    best, chosen, self.header, self.header_row = found, sheet, cells, number
        return chosen

    def __iter__(self) -> Iterator[Record]:
        if self._sheet is None:
            return
        rows = self._sheet.iter_rows(min_row=self.header_row + 1, values_only=True)
        number = self.header_row
        while True:
            number += 1
            try:
                values = next(rows)
            except StopIteration:
                return
            except Exception as exc:
                raise Invalid(BROKEN) from exc
            yield number, [as_text(value) for value in values], None

    def close(self) -> None:
        self._book.close()
