"""Weeks, the Danish order, and files for spreadsheets: pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from crm.base.clock import at, danish_date
from crm.base.errors import N_


def in_danish_order(text: str) -> str:
    """A sort key: a to z, then æ ø å (aa as å)."""
    return text.lower().replace("aa", "å").translate(str.maketrans("æøå", "{|}"))


def parse_week(text: str) -> date:
    """The Monday of ``2026-W36``. Raises ValueError with a Danish reason."""
    found = re.fullmatch(r"(\d{4})-W(\d{1,2})", text.strip().upper())
    try:
        if not found or not 1990 <= int(found[1]) <= 2100:
            raise ValueError(text)
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError as exc:
        raise ValueError(N_("Skriv ugen som 2026-W36")) from exc


def week_key(day: date) -> str:
    """``2026-W36``"""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def week_starts(first: datetime, last: datetime) -> list[date]:
    """Mondays of the Danish weeks from the one of ``first`` to the one of ``last``, both with."""
    day = danish_date(first)
    day -= timedelta(days=day.weekday())
    return [day + timedelta(weeks=n) for n in range((danish_date(last) - day).days // 7 + 1)]


def week_bounds(frm: date | None, to: date | None) -> tuple[datetime | None, datetime | None]:
    """UTC start of the week of Monday ``frm`` and end of the week of Monday ``to``."""
    return (at(frm, 0) if frm else None), (at(to + timedelta(weeks=1), 0) if to else None)


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: str | int | float | None) -> str:
    """A cell for Danish spreadsheets: decimal comma; text that a spreadsheet would run as a formula gets a ``'``."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return str(round(value, 6)).replace(".", ",") if isinstance(value, float) else str(value)


def csv_file(head: Sequence[str], rows: Sequence[Sequence[str | int | float | None]]) -> bytes:
    """UTF-8 with BOM, semicolons, CRLF: opens rightly by a double click in Danish Excel."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")
