"""Register extracts as bytes, and the rows an import leaves behind."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from sqlalchemy.orm import Session

from crm.companies.models import Contact, ImportBatch, Workplace
from crm.companies.rules import COLUMNS
from tests.conftest import NOW
from tests.factories.core import valid_cvr

ENGLISH = list(COLUMNS)
DANISH = [danish for danish, _others in COLUMNS.values()]


def register_row(n: int = 1, **cells: str) -> dict[str, str]:
    """One good row by column key; give the cells the test is about."""
    return {
        "cvr_number": valid_cvr(n),
        "p_number": f"{1_500_000_000 + n}",
        "name": f"Ærlig Østergård {n} ApS",
        "street": "Søndergade 4",
        "postcode": "9500",
        "city": "Hobro",
        "municipality_code": "0846",
        "industry_code": "432200",
        "employees": "14",
        "phone": f"{20_000_000 + n}",
        "email": f"post{n}@firma.invalid",
        "advertising_protected": "nej",
        "lat": "56,64",
        "lon": "9,79",
        "contact_name": "Åse Prøvesen",
        **cells,
    }


def _table(rows: Sequence[Mapping[str, str]], keys: Sequence[str], headers: Sequence[str] | None) -> list[list[str]]:
    return [list(headers or keys), *([row.get(key, "") for key in keys] for row in rows)]


def csv_extract(
    rows: Sequence[Mapping[str, str]],
    *,
    keys: Sequence[str] = ENGLISH,
    headers: Sequence[str] | None = None,
    delimiter: str = ";",
    encoding: str = "utf-8",
) -> io.BytesIO:
    """An extract as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(_table(rows, keys, headers))
    return io.BytesIO(out.getvalue().encode(encoding))


def xlsx_extract(
    rows: Sequence[Mapping[str, Any]], *, keys: Sequence[str] = ENGLISH, headers: Sequence[str] | None = None
) -> io.BytesIO:
    """An extract as an Excel workbook."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in _table(rows, keys, headers):
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def make_contact(session: Session, workplace: Workplace, name: str = "Mette Prøvesen", **fields: Any) -> Contact:
    made = Contact(workplace_id=workplace.id, name=name, **{"source": "call", **fields})
    session.add(made)
    session.flush()
    return made


def make_batch(session: Session, **fields: Any) -> ImportBatch:
    made = ImportBatch(**{"filename": "udtræk.csv", "started_at": NOW, "finished_at": NOW, **fields})
    session.add(made)
    session.flush()
    return made
