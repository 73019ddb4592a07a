"""Quality of the bookings, by phoner and firm; its place is beside the live board, so its address is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import abort, current_app, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.reports import queries
from crm.reports.queries.quality import BY, KINDS
from crm.reports.queries.rows import NONE
from crm.reports.rules import DEFINITIONS, GROUPS, Rate, RateTable, distinct, in_danish_order, margin, pct
from crm.reports.views.answer import csv_answer
from crm.reports.views.bar import Bar, pages, read_bar
from crm.reports.views.figures import rows_url
from crm.web.edge import now, session
from crm.web.filters import dk_datetime, dk_number
from crm.web.i18n import say
from crm.web.permit import may, requires, scope

PAGE = 50
ROWS = {"booking_rate": ("booked", "contacted"), "pressed_rate": ("pressed", "asked")} | {
    key: (state, "decided") for key, state in KINDS.items()
}
"""Definition -> which rows its numerator and denominator count."""


@pages.get("/calling/quality")
@requires("calling.supervise")
def quality() -> Any:
    """Filters in the address; those that cannot be used are named (422), and no figures shown."""
    bar = _bar()
    common: dict[str, Any] = {"bar": bar, "groups": _groups(), "nav": _nav(bar), "definitions": DEFINITIONS}
    if bar.asked.errors:
        wrong = [say(text) for text in bar.asked.errors.values()]
        return render_template("reports/quality.html", **common, wrong=wrong), 422
    if bar.asked.campaign is None:
        return render_template("reports/quality.html", **common, empty="campaign")
    tables = _tables(bar)
    if not tables["booking_rate"].total.denominator and not tables["nobody_rate"].total.denominator:
        return render_template("reports/quality.html", **common, empty="contacts")
    page = request.args.get("page", 1, type=int) or 1
    return render_template("reports/quality.html", **common, as_of=now(), quality=_shown(bar, tables, page))


@pages.get("/calling/quality.csv")
@requires("calling.supervise")
def quality_csv() -> Any:
    """The same groups and figures; one line for each group and definition."""
    bar = _bar()
    if bar.asked.errors or bar.asked.campaign is None:
        abort(404)
    head = [_(GROUPS[bar.asked.by]), _("Tal"), _("Tæller"), _("Nævner"), _("Procent"), _("95 % fra"), _("95 % til")]
    head += [_("Definition"), _("Opgjort")]
    rows = [
        [_(rate.group), _(table.definition.name), rate.numerator, rate.denominator]
        + [None if one is None else round(one * 100, 2) for one in (rate.rate, rate.low, rate.high)]
        + [f"{_(table.definition.text)} (v{table.definition.version})", dk_datetime(table.as_of)]
        for table in _tables(bar).values()
        for rate in [*table.rows, table.total]
    ]
    name = f"quality-{bar.asked.campaign.id}-{bar.asked.by}.csv"
    return csv_answer(name, head, rows)


def _bar() -> Bar:
    """The report's filters; divided by phoner unless by firm."""
    bar = read_bar()
    by = bar.asked.by if bar.asked.by in BY else BY[0]
    return replace(bar, asked=replace(bar.asked, by=by, sort="name"))


def _groups() -> dict[str, str]:
    return {key: _(GROUPS[key]) for key in BY}


def _nav(bar: Bar) -> list[dict[str, Any]]:
    """The pages of supervision for the same campaign."""
    named = (
        (_("Ringestatus"), "calling.board", "calling.supervise"),
        (_("Genopkald"), "calling.supervised_call_backs", "calling.supervise"),
        (_("Kvalitet"), "reports.quality", "calling.supervise"),
        (_("Fordeling"), "calling.allot", "campaigns.manage"),
    )
    address: dict[str, Any] = {"campaign": bar.asked.campaign.id} if bar.asked.campaign else {}
    return [
        {"label": label, "url": url_for(endpoint, **address), "here": endpoint == "reports.quality"}
        for label, endpoint, verb in named
        if endpoint in current_app.view_functions and may(verb)
    ]


def _tables(bar: Bar) -> dict[str, RateTable]:
    asked = bar.asked
    campaign_id = asked.campaign.id if asked.campaign else 0
    return queries.quality(session(), scope(), campaign_id, asked.by, now=now(), within=asked.within)


def _shown(bar: Bar, tables: Mapping[str, RateTable], page: int) -> dict[str, Any]:
    """Columns and rows, in Danish order: nobody is ranked. The total stands first on every page."""
    names = {row.key: _(row.group) for table in tables.values() for row in table.rows}
    order = sorted(names, key=lambda key: (key is None, in_danish_order(names[key])))
    pages_ = max(1, -(-len(order) // PAGE))
    page = min(max(page, 1), pages_)
    keys = order[(page - 1) * PAGE : page * PAGE]
    found = {kind: {row.key: row for row in table.rows} for kind, table in tables.items()}
    shown = {kind: [rates[key] for key in keys if key in rates] for kind, rates in found.items()}
    columns = [_column(kind, table, shown[kind]) for kind, table in tables.items()]
    whole: dict[str, Any] = {"name": bar.area[:1].upper() + bar.area[1:], "total": True}
    rows = [{**whole, "cells": [_cell(bar, column, column["total"], {"by": None}) for column in columns]}]
    for key in keys:
        group = {"key": NONE if key is None else key}
        cells = [_cell(bar, column, found[column["kind"]].get(key), group) for column in columns]
        rows.append({"name": names[key], "total": False, "cells": cells})
    return {
        "title": _finding(tables, bar.asked.by),
        "columns": columns,
        "rows": rows,
        "page": page,
        "pages": pages_,
        "count": len(order),
        "first": (page - 1) * PAGE + 1,
        "last": (page - 1) * PAGE + len(keys),
        "urls": {n: url_for("reports.quality", **bar.asked.address(sort=None, page=n)) for n in (page - 1, page + 1)},
    }


def _finding(tables: Mapping[str, RateTable], by: str) -> str:
    """Who stands out in what a good booking should not lead to: a number, no names."""
    high = {
        row.key
        for kind in ("pressed_rate", *KINDS)
        for row in tables[kind].rows
        if distinct(row, tables[kind].total.rate) == "high"
    }
    if not high:
        return str(_("Ingen kan skelnes fra gennemsnittet i pressede, aflyste eller forgæves besøg"))
    if by == "firm":
        text = ngettext(
            "%(num)s firma ligger klart over gennemsnittet i pressede, aflyste eller forgæves besøg",
            "%(num)s firmaer ligger klart over gennemsnittet i pressede, aflyste eller forgæves besøg",
            len(high),
        )
    else:
        text = ngettext(
            "%(num)s phoner ligger klart over gennemsnittet i pressede, aflyste eller forgæves besøg",
            "%(num)s phonere ligger klart over gennemsnittet i pressede, aflyste eller forgæves besøg",
            len(high),
        )
    return str(text)


def _column(kind: str, table: RateTable, shown: list[Rate]) -> dict[str, Any]:
    """One rate with its scale from 0, in steps of ten points; small groups may reach beyond it."""
    high = max([one.high or 0.0 for one in [*shown, table.total] if not one.small or one is table.total], default=0.0)
    top = min(1.0, max(0.2, -(-high * 10 // 1) / 10))
    return {
        "kind": kind,
        "name": _(table.definition.name),
        "text": _(table.definition.text),
        "total": table.total,
        "top": top,
        "ticks": [0, top / 2, top],
        "reference": table.total.rate or 0.0,
    }


def _cell(bar: Bar, column: Mapping[str, Any], rate: Rate | None, group: Mapping[str, Any]) -> dict[str, Any]:
    if rate is None or rate.rate is None or rate.denominator is None:
        return {"rate": "-"}
    top, bottom = ROWS[column["kind"]]
    open_rows = may("reports.read")
    mark = "" if rate is column["total"] else distinct(rate, column["reference"])
    return {
        "rate": pct(rate),
        "margin": margin(rate),
        "small": rate.small,
        "mark": mark,
        "numerator": dk_number(rate.numerator),
        "denominator": dk_number(rate.denominator),
        "top_url": rows_url(bar, top, **group) if open_rows and rate.numerator else "",
        "bottom_url": rows_url(bar, bottom, **group) if open_rows else "",
        "interval": {"rate": rate.rate, "low": rate.low, "high": rate.high, "small": rate.small, "mark": mark},
    }
