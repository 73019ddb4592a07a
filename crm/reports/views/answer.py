"""Files as answers."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from crm.reports.rules import csv_file


def csv_answer(name: str, head: Sequence[str], rows: Sequence[Sequence[str | int | float | None]]) -> Response:
    """A file for Danish spreadsheets, called ``name``."""
    return Response(
        csv_file(head, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
