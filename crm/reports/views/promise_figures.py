"""What the page of agreements says in words, draws, and lists."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.reports.queries.promises import Promises, PromiseTable
from crm.reports.queries.rows import NONE
from crm.reports.rules import (
    DEFINITIONS,
    HAPPENED_2013,
    SIDE_WORDS,
    SMALL_N,
    Rate,
    distinct,
    margin,
    pct,
    percent,
    sample_margin,
)
from crm.reports.views.bar import Bar
from crm.reports.views.figures import FUNNEL_FROM, axis
from crm.web.filters import dk_number


def rows_url(bar: Bar, of: str, **more: Any) -> str:
    """The page with exactly the agreements that a number counts."""
    return url_for("reports.followup_rows", **bar.asked.address(**{"sort": None, "of": of, **more}))


def says(key: str) -> str:
    """A definition with its version."""
    definition = DEFINITIONS[key]
    return f"{_(definition.text)} (v{definition.version})"


def finding(table: PromiseTable) -> str:
    """The same agreements in both sides' words where companies have answered; else what we kept on time."""
    ours, theirs = table.total["jobcentre"], table.total["company"]
    kept = percent(ours["on_time"], ours.due, 0)
    if kept is None:
        return str(_("Ingen frister er nået endnu"))
    told, done, answered = (dk_number(_both(ours, theirs, name)) for name in ("says_kept", "answered_done", "answered"))
    if not _both(ours, theirs, "answered"):
        return str(_("Vi holdt %(kept)s %% af vores aftaler til tiden", kept=kept))
    return str(
        _(
            "Virksomhederne siger, at %(told)s af %(n)s aftaler skete; vi siger %(done)s af de samme",
            told=told,
            n=answered,
            done=done,
        )
    )


def _both(ours: Promises, theirs: Promises, name: str) -> int:
    return ours[name] + theirs[name]


def stats(bar: Bar, table: PromiseTable) -> list[dict[str, Any]]:
    ours, theirs = table.total["jobcentre"], table.total["company"]
    said = Rate("", _both(ours, theirs, "says_kept"), _both(ours, theirs, "answered"))
    top = Rate("", _both(ours, theirs, "escalated"), ours.all + theirs.all)
    url = rows_url(bar, "on_time", by=None, side="jobcentre")
    return [
        _stat(_("Vi holdt til tiden"), ours.rate("on_time"), _("nåede frister"), "kept_rate", url),
        _stat(
            _("Virksomhederne holdt til tiden"),
            theirs.rate("on_time"),
            _("nåede frister"),
            "kept_rate",
            rows_url(bar, "on_time", by=None, side="company"),
        ),
        _stat(_("Nåede lederen"), top, _("aftaler"), "escalated", rows_url(bar, "escalated", by=None, side=None)),
        _stat(
            _("Virksomhederne siger, det skete"),
            said,
            _("svar"),
            "company_says",
            rows_url(bar, "says_kept", by=None, side=None),
        ),
    ]


def _stat(label: str, rate: Rate, unit: str, key: str, url: str) -> dict[str, Any]:
    return {
        "label": label,
        "rate": pct(rate),
        "numerator": dk_number(rate.numerator),
        "denominator": dk_number(rate.denominator),
        "interval": margin(rate),
        "unit": unit,
        "url": url if rate.numerator else "",
        "definition": says(key),
        "n_small": rate.small,
    }


def kept_figure(bar: Bar, table: PromiseTable) -> dict[str, Any]:
    """Figure 1: kept by group beside the whole, of the side asked for."""
    side = bar.asked.side
    total = table.total[side].rate("on_time")
    reference = total.rate or 0.0
    rows = [_group(bar, one, reference) for one in table.rows[side] if one.due]
    if bar.asked.by not in ("week", "kind"):
        rows.sort(key=lambda row: (row["small"], -row["rate"]))
    high, low = (sum(row["mark"] == mark for row in rows) for mark in ("high", "low"))
    least, most = axis([row["low"] for row in rows], [row["high"] for row in rows])
    cells = [[row["label"], *_figures(row["source"])] for row in rows]
    return {
        "title": _title(high, low),
        "rows": rows,
        "low": least,
        "high": most,
        "reference": reference,
        "reference_label": _("I alt %(rate)s", rate=pct(total)),
        "funnel": len(rows) >= FUNNEL_FROM and bar.asked.by != "week",
        "note": _("Grå: under %(n)s frister, for få til sammenligning.", n=SMALL_N),
        "subtitle": _(
            "%(side)s: holdt til tiden af nåede frister, med 95 %% interval; til højre antal frister.",
            side=_(SIDE_WORDS[side]),
        ),
        "table": {
            "columns": [bar.groups[bar.asked.by], _("Procent"), _("Til tiden"), _("Frister"), _("95 % interval")],
            "rows": [*cells, [_("I alt"), *_figures(total)]],
            "total": True,
        },
    }


def _figures(rate: Rate) -> list[str]:
    return [pct(rate), dk_number(rate.numerator), dk_number(rate.denominator), margin(rate)]


def _group(bar: Bar, one: Promises, reference: float) -> dict[str, Any]:
    rate = one.rate("on_time")
    return {
        "label": _(one.group).removeprefix("Jobcenter "),
        "rate": rate.rate or 0.0,
        "low": rate.low,
        "high": rate.high,
        "n": rate.denominator,
        "n_text": dk_number(rate.denominator),
        "small": rate.small,
        "mark": distinct(rate, reference),
        "source": rate,
        "url": rows_url(bar, "due", key=_key(one)),
    }


def _key(one: Promises) -> Any:
    return NONE if one.key is None else one.key


def _title(high: int, low: int) -> str:
    if high and low:
        return str(_("%(high)s ligger klart over gennemsnittet, %(low)s klart under", high=high, low=low))
    if high or low:
        side = _("over") if high else _("under")
        return str(_("%(n)s ligger klart %(side)s gennemsnittet", n=high or low, side=side))
    return str(_("Ingen kan skelnes fra gennemsnittet"))


def voices(bar: Bar, table: PromiseTable) -> dict[str, Any]:
    """Figure 2: the same agreements in our words and in the companies'."""
    ours, theirs = table.total["jobcentre"], table.total["company"]
    asked, answered = _both(ours, theirs, "asked"), _both(ours, theirs, "answered")
    if not answered:
        return {"asked": asked}
    done = Rate(_("Vi siger: gjort"), _both(ours, theirs, "answered_done"), answered, "answered_done")
    told = Rate(_("Virksomheden: det skete"), _both(ours, theirs, "says_kept"), answered, "says_kept")
    spread = sample_margin(answered, asked)
    rows = [{**_voice(bar, one), "mark": "high" if one is told else ""} for one in (done, told)]
    return {
        "asked": asked,
        "title": _(
            "Om de samme %(n)s aftaler: vi siger %(ours)s %%, virksomhederne siger %(theirs)s %%",
            n=dk_number(answered),
            ours=percent(done.numerator, answered, 0),
            theirs=percent(told.numerator, answered, 0),
        ),
        "subtitle": _(
            "%(n)s af %(asked)s spurgte virksomheder har svaret. Stikprøvens usikkerhed er højst ± %(points)s point.",
            n=dk_number(answered),
            asked=dk_number(asked),
            points=dk_number((spread or 0.0) * 100, 2),
        ),
        "rows": rows,
        "reference": HAPPENED_2013,
        "reference_label": _("2013: 40 %"),
        "note": _(
            "Mærket at slå: i 2013 sagde 58 % af virksomhederne, at den aftalte opfølgning ikke var sket, 40 % at "
            "den var (Evaluering af kampagnen, 2013, afsnit 4.4). Usikkerheden er regnet med korrektion for en endelig "
            "population."
        ),
        "table": {
            "columns": [_("Hvem siger det"), _("Procent"), _("Sket"), _("Svar"), _("95 % interval")],
            "rows": [[one.group, *_figures(one)] for one in (done, told)],
        },
    }


def _voice(bar: Bar, rate: Rate) -> dict[str, Any]:
    return {
        "label": rate.group,
        "rate": rate.rate or 0.0,
        "low": rate.low,
        "high": rate.high,
        "n_text": dk_number(rate.denominator),
        "small": rate.small,
        "url": rows_url(bar, str(rate.key), by=None, side=None),
    }


def lines(bar: Bar, table: PromiseTable, page: int, size: int) -> dict[str, Any]:
    """Every group of the side asked for; the total stands first on every page."""
    side = bar.asked.side
    found, total = table.rows[side], table.total[side]
    pages = max(1, -(-len(found) // size))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * size : page * size]
    spans = [one.rate("on_time") for one in [*shown, total] if one.due]
    low = min([int((rate.low or 0.0) * 10) / 10 for rate in spans], default=0.0)
    high = max([-(-(rate.high or 1.0) * 10 // 1) / 10 for rate in spans], default=1.0)
    reference = total.rate("on_time").rate or 0.0
    here = url_for("reports.followups", **bar.asked.address(sort=None))
    return {
        "rows": [_line(bar, total, reference, whole=True), *(_line(bar, one, reference) for one in shown)],
        "low": low,
        "high": min(high, 1.0),
        "reference": reference,
        "ticks": _ticks(round(low * 10), round(min(high, 1.0) * 10)),
        "page": page,
        "pages": pages,
        "count": len(found),
        "first": (page - 1) * size + 1,
        "last": (page - 1) * size + len(shown),
        "previous": f"{here}&page={page - 1}" if page > 1 else "",
        "next": f"{here}&page={page + 1}" if page < pages else "",
    }


def _ticks(low: int, high: int) -> list[float]:
    """Shares at round tenths; few enough to stand side by side over the column."""
    step = 5 if high - low > 6 else 2
    return [n / 10 for n in range(low, high + 1) if n % step == 0]


def _line(bar: Bar, one: Promises, reference: float, *, whole: bool = False) -> dict[str, Any]:
    rate = one.rate("on_time")
    group: dict[str, Any] = {"by": None} if whole else {"key": _key(one)}
    mark = "" if whole else distinct(rate, reference)
    times = f" ({dk_number(one.times)})" if one.times else ""
    return {
        "name": bar.area[:1].upper() + bar.area[1:] if whole else _(one.group),
        "total": whole,
        "small": rate.small,
        "mark": mark,
        "rate": pct(rate),
        "interval": {"rate": rate.rate, "low": rate.low, "high": rate.high, "small": rate.small, "mark": mark}
        if rate.rate is not None
        else None,
        "cells": [
            *(_cell(bar, one, name, group) for name in ("due", "on_time", "late", "never", "ahead")),
            {"text": dk_number(one.taken, 0 if one.taken in (None, int(one.taken or 0)) else 1), "url": ""},
            {"text": dk_number(one.behind, 0 if one.behind in (None, int(one.behind or 0)) else 1), "url": ""},
            {**_cell(bar, one, "put_off", group), "more": times},
            _cell(bar, one, "escalated", group),
            _cell(bar, one, "region", group),
            _said(bar, one, group),
        ],
    }


def _cell(bar: Bar, one: Promises, name: str, group: dict[str, Any]) -> dict[str, str]:
    return {"text": dk_number(one[name]), "url": rows_url(bar, name, **group) if one[name] else ""}


def _said(bar: Bar, one: Promises, group: dict[str, Any]) -> dict[str, str]:
    rate = one.rate("says_kept", "answered")
    if not rate.denominator:
        return {"text": "-", "url": ""}
    text = f"{pct(rate, 0)} \u00a0{dk_number(rate.numerator)}/{dk_number(rate.denominator)}"
    return {"text": text, "url": rows_url(bar, "answered", **group)}
