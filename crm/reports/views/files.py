"""CSV files for Danish spreadsheets, from the same queries and filters as the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, abort, request
from flask_babel import gettext as _

from crm.reports import queries
from crm.reports.rules import GROUPS, Rate, RateTable
from crm.reports.views.answer import csv_answer
from crm.reports.views.bar import Bar, pages, read_bar
from crm.web.edge import now, session
from crm.web.filters import dk_datetime
from crm.web.permit import requires, scope


@pages.get("/reports/booking.csv")
@requires("reports.read")
def booking_csv() -> Any:
    """Without ``by`` in the address by jobcentre, as the page."""
    bar = _usable_bar()
    asked = bar.asked
    table = queries.booking(session(), scope(), _campaign(bar), asked.by, now=now(), within=asked.within)
    return _file(table, bar, "booking")


@pages.get("/reports/openings.csv")
@requires("reports.read")
def openings_csv() -> Any:
    """By type, or with ``by`` in the address the opening rate by group."""
    bar = _usable_bar()
    asked = bar.asked
    if "by" in request.args:
        table = queries.opening(session(), scope(), _campaign(bar), asked.by, now=now(), within=asked.within)
        return _file(table, bar, "openings")
    found = queries.opening_types(session(), scope(), _campaign(bar), now=now(), within=asked.within)
    return _file(found.table, bar, "openings")


def _usable_bar() -> Bar:
    bar = read_bar()
    if bar.asked.errors:
        abort(404)
    return bar


def _campaign(bar: Bar) -> int:
    return bar.asked.campaign.id if bar.asked.campaign else 0


def _file(table: RateTable, bar: Bar, name: str) -> Response:
    group = _(GROUPS[table.by]) if table.by in GROUPS else _("Type")
    words = _words(name)
    head = [group, *words, _("Procent"), _("95 % fra"), _("95 % til"), _("Definition"), _("Opgjort")]
    tail = [f"{_(table.definition.name)} v{table.definition.version}", dk_datetime(table.as_of)]
    rows = [[*_figures(row), *tail] for row in [*table.rows, table.total]]
    campaign = bar.asked.campaign.id if bar.asked.campaign else 0
    return csv_answer(f"{name}-{campaign}-{table.by or 'total'}.csv", head, rows)


def _words(name: str) -> Sequence[str]:
    return (_("Bookede"), _("Kontaktede")) if name == "booking" else (_("Åbninger"), _("Afholdte besøg"))


def _figures(row: Rate) -> list[str | int | float | None]:
    def points(value: float | None) -> float | None:
        return None if value is None else round(value * 100, 2)

    return [_(row.group), row.numerator, row.denominator, points(row.rate), points(row.low), points(row.high)]
