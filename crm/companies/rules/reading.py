"""Open a register extract, whatever it is, and hand out its records."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from crm.base.errors import N_, Invalid
from crm.companies.rules.columns import Header, read_header
from crm.companies.rules.csv_file import CsvRecords, Record
from crm.companies.rules.xlsx_file import XlsxRecords

OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@contextmanager
def open_extract(source: BinaryIO) -> Iterator[tuple[Header, Iterator[Record]]]:
    """The header and the records (empty ones left out) of a CSV or XLSX file.

    Raises Invalid when it is neither, or lacks columns.
    """
    if not source.seekable():
        source = _seekable(source)
    start = source.read(8)
    source.seek(0)
    if not start.strip():
        raise Invalid(N_("Filen er tom. Intet er læst ind."))
    if start.startswith(OLD_EXCEL):
        raise Invalid(
            N_("Filen er fra et gammelt Excel eller har adgangskode. Gem den som .xlsx eller CSV, og prøv igen.")
        )
    records = XlsxRecords(source) if start.startswith(b"PK\x03\x04") else CsvRecords(source)
    try:
        yield read_header(records.header, records.header_row), _filled(records)
    finally:
        records.close()


def _filled(records: Iterable[Record]) -> Iterator[Record]:
    return (record for record in records if record[2] or any(map(str.strip, record[1])))


def _seekable(source: BinaryIO) -> BinaryIO:
    copy = tempfile.SpooledTemporaryFile(max_size=8_000_000)  # noqa: SIM115 - closed with the last reference
    shutil.copyfileobj(source, copy)
    copy.seek(0)
    return cast(BinaryIO, copy)
