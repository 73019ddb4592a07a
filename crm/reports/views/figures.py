"""Headline and charts: what the page says in words and draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.openings.rules import SHORT
from crm.reports.queries.rates import TypeTable
from crm.reports.queries.reach import Reach
from crm.reports.rules import DEFINITIONS, SMALL_N, Definition, Rate, RateTable, distinct, margin, pct, percent, points
from crm.reports.views.bar import Bar
from crm.web.filters import dk_number

FUNNEL_FROM = 16
"""So many jobcentres and more are drawn as a funnel; fewer as intervals, one line each."""


def finding(booking: Rate, opening: Rate) -> str:
    booked = percent(booking.numerator, booking.denominator, 0)
    given = percent(opening.numerator, opening.denominator, 0)
    if given is None:
        return str(_("%(booked)s af 100 kontaktede virksomheder booker et besøg", booked=booked))
    return str(
        _(
            "%(booked)s af 100 kontaktede virksomheder booker et besøg, og 100 besøg giver %(given)s åbninger",
            booked=booked,
            given=given,
        )
    )


def rows_url(bar: Bar, of: str, **more: Any) -> str:
    """The page with exactly the rows that a figure counts."""
    return url_for("reports.rows", **bar.asked.address(sort=None, of=of, **more))


def stats(bar: Bar, reach: Reach, booking: Rate, visits: Mapping[str, RateTable]) -> list[dict[str, Any]]:
    """The four figures on top, each with what it stands on."""
    opening = visits["opening_rate"].total
    return [
        _stat("reach", reach.contacted, _("på listerne"), rows_url(bar, "contacted", by=None)),
        _stat("booking_rate", booking, _("kontaktede"), rows_url(bar, "booked", by=None)),
        _stat("held_rate", reach.held, _("bookede"), rows_url(bar, "held", by=None)),
        {
            **_stat("opening_rate", opening, _("afholdte besøg"), rows_url(bar, "openings", by=None)),
            "rate": points(opening),
            "interval": margin(opening, ""),
        },
    ]


def _stat(key: str, rate: Rate, unit: str, url: str) -> dict[str, Any]:
    definition: Definition = DEFINITIONS[key]
    return {
        "label": _(definition.name),
        "rate": pct(rate),
        "numerator": dk_number(rate.numerator),
        "denominator": dk_number(rate.denominator),
        "interval": margin(rate),
        "unit": unit,
        "url": url,
        "definition": _(definition.text),
        "n_small": rate.small,
    }


def booking_figure(bar: Bar, table: RateTable) -> dict[str, Any]:
    """Figure 1: jobcentres beside the total, fairly: with intervals, or as a funnel when they are many."""
    total = table.total.rate or 0.0
    rows = [_centre(bar, row, distinct(row, total)) for row in table.rows]
    rows.sort(key=lambda row: (row["small"], -row["rate"]))
    high, low = (sum(row["mark"] == side for row in rows) for side in ("high", "low"))
    cells = [
        [row["label"], pct(rate), dk_number(rate.numerator), dk_number(rate.denominator), margin(rate)]
        for row in rows
        for rate in [row["source"]]
    ]
    cells.append(
        [
            bar.area,
            pct(table.total),
            dk_number(table.total.numerator),
            dk_number(table.total.denominator),
            margin(table.total),
        ]
    )
    least, most = axis([row["low"] for row in rows], [row["high"] for row in rows])
    return {
        "title": _centre_title(high, low),
        "low": least,
        "high": most,
        "rows": rows,
        "reference": total,
        "funnel": len(rows) >= FUNNEL_FROM,
        "reference_label": _("I alt %(rate)s", rate=pct(table.total)),
        "note": _("Grå: under %(n)s kontaktede, for få til sammenligning.", n=SMALL_N),
        "table": {
            "columns": [_("Jobcenter"), _("Bookingprocent"), _("Bookede"), _("Kontaktede"), _("95 % interval")],
            "rows": cells,
            "total": True,
        },
    }


def axis(lows: Sequence[float], highs: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis of four equal steps of whole points that holds every interval."""
    least = int(min(lows, default=0.0) * 50) / 50
    step = max(1, -int(-(max(highs, default=1.0) - least) * 100 // 4)) / 100
    return least, least + 4 * step


def _centre(bar: Bar, row: Rate, mark: str) -> dict[str, Any]:
    short = row.group.removeprefix("Jobcenter ")
    return {
        "label": short,
        "rate": row.rate or 0.0,
        "low": row.low,
        "high": row.high,
        "n": row.denominator,
        "n_text": dk_number(row.denominator),
        "small": row.small,
        "mark": mark,
        "source": row,
        "url": rows_url(bar, "contacted", by="jobcentre", key=row.key),
    }


def _centre_title(high: int, low: int) -> str:
    if high and low:
        return str(
            _("%(high)s jobcentre booker klart flere end gennemsnittet, %(low)s klart færre", high=high, low=low)
        )
    if high:
        return str(
            ngettext(
                "%(num)s jobcenter booker klart flere end gennemsnittet",
                "%(num)s jobcentre booker klart flere end gennemsnittet",
                high,
            )
        )
    if low:
        return str(
            ngettext(
                "%(num)s jobcenter booker klart færre end gennemsnittet",
                "%(num)s jobcentre booker klart færre end gennemsnittet",
                low,
            )
        )
    return str(_("Ingen jobcentre kan skelnes fra gennemsnittet"))


def type_figure(bar: Bar, found: TypeTable) -> dict[str, Any]:
    """Figure 2: openings by type, in per cent of held visits, the table of the report beneath."""
    table, total = found.table, found.table.total
    told = sorted((row for row in table.rows if row.numerator), key=lambda row: -row.numerator)
    rows: list[dict[str, Any]] = []
    for row in sorted(told, key=lambda row: (row.key == "other", -row.numerator)):
        rows.append(_type_row(bar, row, grey=row not in told[:2]))
        if row.key == "ordinary" and found.akutjob.numerator:
            rows.append(
                {**_type_row(bar, found.akutjob, grey=False), "label": _(found.akutjob.group), "sub": True, "url": ""}
            )
    cells = [[_(row.group), dk_number(row.numerator), points(row), margin(row, "")] for row in [*table.rows, total]]
    return {
        "title": _type_title(told, total),
        "rows": rows,
        "subtitle": _(
            "%(openings)s åbninger på %(held)s afholdte besøg; antal og pr. 100 besøg.",
            openings=dk_number(total.numerator),
            held=dk_number(total.denominator),
        ),
        "table": {
            "columns": [_("Type"), _("Åbninger"), _("Pr. 100 besøg"), _("95 % interval")],
            "rows": cells,
            "total": True,
        },
    }


def _type_row(bar: Bar, row: Rate, *, grey: bool) -> dict[str, Any]:
    return {
        "label": _(SHORT.get(str(row.key), row.group)),
        "value": row.numerator,
        "text": dk_number(row.numerator),
        "share": points(row),
        "grey": grey,
        "url": rows_url(bar, "openings", by=None, type=row.key),
    }


def _type_title(told: Sequence[Rate], total: Rate) -> str:
    if not told:
        return str(_("Ingen åbninger endnu"))
    if len(told) == 1:
        return str(_("Alle åbninger er %(type)s", type=_(SHORT[str(told[0].key)]).lower()))
    share = percent(told[0].numerator + told[1].numerator, total.numerator, 0)
    return str(
        _(
            "%(first)s og %(second)s er %(share)s %% af åbningerne",
            first=_(SHORT[str(told[0].key)]),
            second=_(SHORT[str(told[1].key)]).lower(),
            share=share,
        )
    )
