"""What the page of openings' life says in words, draws, and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.openings.rules import CLOSE_REASONS
from crm.reports.queries.life import FILLED, Events, Life, LifeTable
from crm.reports.queries.rows import NONE
from crm.reports.rules import DEFINITIONS, Rate, margin, pct, percent
from crm.reports.views.bar import Bar
from crm.reports.views.promise_figures import says
from crm.web.filters import dk_number

PAGE = 50


def rows_url(bar: Bar, of: str, **more: Any) -> str:
    return url_for("reports.opening_rows", **bar.asked.address(**{"sort": None, "of": of, **more}))


def finding(table: LifeTable) -> str:
    total = table.total
    shown = percent(total["presented"], total["told"], 0)
    if total.hidden or not total.hired:
        return str(_("%(shown)s %% af åbningerne har fået en kandidat præsenteret", shown=shown))
    filled = percent(total.hired, total.positions, 0)
    return str(
        _(
            "%(shown)s %% af åbningerne har fået en kandidat præsenteret; %(filled)s %% af stillingerne er besat",
            shown=shown,
            filled=filled,
        )
    )


def stats(bar: Bar, table: LifeTable) -> list[dict[str, Any]]:
    total = table.total
    return [
        _stat("specified", total.rate("specified"), _("fortalte åbninger"), rows_url(bar, "specified", by=None)),
        _stat(
            "with_presentation", total.rate("presented"), _("fortalte åbninger"), rows_url(bar, "presented", by=None)
        ),
        _stat("with_interview", total.rate("interview"), _("fortalte åbninger"), rows_url(bar, "interview", by=None)),
        _stat("filled", total.filled, _("fortalte stillinger"), rows_url(bar, "hired", by=None), hidden=total.hidden),
    ]


def _stat(key: str, rate: Rate, unit: str, url: str, *, hidden: bool = False) -> dict[str, Any]:
    return {
        "label": _(DEFINITIONS[key].name),
        "rate": "-" if hidden else pct(rate),
        "numerator": few() if hidden else dk_number(rate.numerator),
        "denominator": dk_number(rate.denominator),
        "interval": "" if hidden else margin(rate),
        "unit": unit,
        "url": "" if hidden or not rate.numerator else url,
        "definition": says(key),
        "n_small": rate.small,
    }


def few() -> str:
    """What stands where a number rests on too few people, or would tell of another that does: not how many."""
    return str(_("skjult"))


def way(bar: Bar, table: LifeTable) -> dict[str, Any]:
    """Figure 1: from told to hired, openings by how far they came."""
    total = table.total
    names = {
        "told": _("Fortalt"),
        "specified": _("Beskrevet"),
        "presented": _("Præsenteret"),
        "interview": _("Jobsamtale"),
        "shared": _("Delt med andre"),
        "accepted": _("Fra andre"),
    }
    rows = [
        {
            "label": label,
            "value": total[name],
            "text": dk_number(total[name]),
            "share": pct(total.rate(name), 0),
            "grey": name in ("shared", "accepted"),
            "url": rows_url(bar, name, by=None) if total[name] else "",
        }
        for name, label in names.items()
    ]
    days = []
    if total.to_presentation is not None:
        days.append(_("median %(days)s dage til første præsentation", days=_days(total.to_presentation)))
    if total.to_hire is not None and not total.hidden:
        days.append(_("median %(days)s dage til første ansættelse", days=_days(total.to_hire)))
    return {
        "title": _("Så langt er åbningerne nået"),
        "subtitle": "; ".join(days),
        "rows": rows,
        "table": {
            "columns": [_("Trin"), _("Åbninger"), _("Procent"), _("95 % interval")],
            "rows": [
                [row["label"], row["text"], row["share"], margin(total.rate(name))]
                for name, row in zip(names, rows, strict=True)
            ],
        },
    }


def closed(bar: Bar, because: Mapping[str, int | None], total: int) -> dict[str, Any]:
    """Figure 2: why openings were closed. Where every reason's number is hidden, which ones there are is too."""
    found = {key: because[key] for key in CLOSE_REASONS if because.get(key, 0) != 0}
    told = any(count is not None for count in found.values())
    rows = [_reason(bar, key, count, total) for key, count in found.items()] if told else []
    ours = because.get(FILLED, 0)
    return {
        "title": _("Så mange åbninger er lukket, og hvorfor")
        if ours is None
        else _("%(share)s %% af de lukkede åbninger er besat med vores kandidat", share=percent(ours, total, 0)),
        "subtitle": _("%(n)s lukkede åbninger efter grund.", n=dk_number(total)),
        "hidden": bool(found) and not told,
        "rows": rows,
        "table": {
            "columns": [_("Grund"), _("Åbninger"), _("Procent")],
            "rows": [[row["label"], row["text"], row["share"] or "-"] for row in rows],
        },
    }


def _reason(bar: Bar, key: str, count: int | None, total: int) -> dict[str, Any]:
    return {
        "label": _(CLOSE_REASONS[key]),
        "value": count or 0,
        "text": few() if count is None else dk_number(count),
        "share": "" if count is None else pct(Rate("", count, total), 0),
        "grey": key != FILLED,
        "url": "" if count is None else rows_url(bar, "closed", by=None, because=key),
    }


def lines(bar: Bar, table: LifeTable, page: int) -> dict[str, Any]:
    """Every group, the total first on every page."""
    pages = max(1, -(-len(table.rows) // PAGE))
    page = min(max(page, 1), pages)
    shown = table.rows[(page - 1) * PAGE : page * PAGE]
    here = url_for("reports.openings", **bar.asked.address(sort=None))
    return {
        "rows": [_line(bar, table.total, whole=True), *(_line(bar, one) for one in shown)],
        "page": page,
        "pages": pages,
        "count": len(table.rows),
        "first": (page - 1) * PAGE + 1,
        "last": (page - 1) * PAGE + len(shown),
        "previous": f"{here}&page={page - 1}" if page > 1 else "",
        "next": f"{here}&page={page + 1}" if page < pages else "",
    }


def _line(bar: Bar, one: Life, *, whole: bool = False) -> dict[str, Any]:
    group: dict[str, Any] = {"by": None} if whole else {"key": NONE if one.key is None else one.key}

    def cell(name: str) -> dict[str, str]:
        share = f" {pct(one.rate(name), 0)}" if name != "told" and one["told"] else ""
        return {"text": dk_number(one[name]), "more": share, "url": rows_url(bar, name, **group) if one[name] else ""}

    hired = {
        "text": few() if one.hidden else dk_number(one.hired),
        "more": f"/{dk_number(one.positions)}",
        "url": "" if one.hidden or not one.hired else rows_url(bar, "hired", **group),
    }
    return {
        "name": bar.area[:1].upper() + bar.area[1:] if whole else _(one.group),
        "total": whole,
        "cells": [
            *(cell(name) for name in ("told", "specified", "presented", "interview")),
            hired,
            *(cell(name) for name in ("shared", "accepted", "closed")),
            {"text": _days(one.to_presentation)},
            {"text": "-" if one.hidden else _days(one.to_hire)},
        ],
    }


def _days(value: float | None) -> str:
    return dk_number(value, 0 if value is None or value == int(value) else 1)


def apart(bar: Bar, rows: Sequence[Events], total: Events) -> list[dict[str, Any]]:
    """Presentations and placements, each by its own time."""

    def line(one: Events, *, whole: bool = False) -> dict[str, Any]:
        group: dict[str, Any] = {"by": None} if whole else {"key": NONE if one.key is None else one.key}
        cells = [
            {"text": few() if value is None else dk_number(value), "url": rows_url(bar, of, **group) if value else ""}
            for of, value in (("presentations", one.presentations), ("placements", one.placements))
        ]
        name = bar.area[:1].upper() + bar.area[1:] if whole else _(one.group)
        return {"name": name, "total": whole, "cells": cells}

    return [line(total, whole=True), *(line(one) for one in rows)]
