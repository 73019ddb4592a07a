"""The comparison: every group with both rates, follow-up kept and pressed, from the queries of the headline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.reports.queries.rows import NONE
from crm.reports.rules import Rate, RateTable, distinct, in_danish_order, pct, points
from crm.reports.views.bar import Bar
from crm.reports.views.figures import rows_url
from crm.web.filters import dk_number

PAGE = 50


@dataclass
class Line:
    """One group; a rate that it has none of is None."""

    key: Any
    name: str
    rates: dict[str, Rate] = field(default_factory=dict)

    def count(self, kind: str, top: bool = True) -> int:
        rate = self.rates.get(kind)
        return (rate.numerator if top else rate.denominator or 0) if rate else 0

    def value(self, kind: str) -> float:
        rate = self.rates.get(kind)
        return rate.rate if rate and rate.rate is not None else -1.0


def lines(booking: RateTable, visits: Mapping[str, RateTable], kept: Mapping[str, RateTable]) -> list[Line]:
    """The groups of all tables together: one may have calls and no visits yet, or the other way round."""
    made: dict[Any, Line] = {}
    tables = {"booking": booking, **visits, "kept_jobcentre": kept["jobcentre"], "kept_company": kept["company"]}
    for kind, table in tables.items():
        for row in table.rows:
            made.setdefault(row.key, Line(row.key, _(row.group))).rates[kind] = row
    return list(made.values())


def comparison(
    bar: Bar, booking: RateTable, visits: Mapping[str, RateTable], kept: Mapping[str, RateTable], page: int
) -> dict[str, Any]:
    """Columns, rows and scale; the total stands first on every page."""
    found = ordered(lines(booking, visits, kept), bar.asked.sort, by=bar.asked.by)
    tables = {"booking": booking, **visits, "kept_jobcentre": kept["jobcentre"], "kept_company": kept["company"]}
    total = Line(None, bar.area[:1].upper() + bar.area[1:], {kind: table.total for kind, table in tables.items()})
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    spans = [rate for line in shown for rate in [line.rates.get("booking")] if rate and rate.low is not None]
    low = min([rate.low or 0.0 for rate in spans] + [booking.total.low or 0.0])
    high = max([rate.high or 1.0 for rate in spans] + [booking.total.high or 1.0])
    scale = (int(low * 10) / 10, min(1.0, -(-high * 10 // 1) / 10))
    reference = booking.total.rate or 0.0
    return {
        "rows": [_row(bar, line, reference) for line in shown],
        "total": _row(bar, total, reference, whole=True),
        "low": scale[0],
        "high": scale[1],
        "reference": reference,
        "page": page,
        "pages": pages,
        "count": len(found),
        "first": (page - 1) * PAGE + 1,
        "last": (page - 1) * PAGE + len(shown),
        "ticks": [n / 10 for n in range(int(scale[0] * 10 + 0.5), int(scale[1] * 10 + 0.5) + 1)],
        "urls": {n: url_for("reports.index", **bar.asked.address(page=n)) for n in (page - 1, page + 1)},
    }


def ordered(found: list[Line], sort: str, *, by: str) -> list[Line]:
    """By name, or by a figure; weeks stand in time unless another order is asked for."""
    keys: dict[str, Any] = {
        "name": lambda line: in_danish_order(line.name),
        "rate": lambda line: line.value("booking"),
        "n": lambda line: line.count("booking", top=False),
        "openings": lambda line: line.value("opening_rate"),
    }
    found = sorted(found, key=keys["name"])
    if by == "week" and sort == "-rate":
        return found
    return sorted(found, key=keys[sort.lstrip("-")], reverse=sort.startswith("-"))


def _row(bar: Bar, line: Line, reference: float, *, whole: bool = False) -> dict[str, Any]:
    booking = line.rates.get("booking")
    has = booking is not None and booking.rate is not None
    group: dict[str, Any] = {"by": None} if whole else {"key": NONE if line.key is None else line.key}
    return {
        "name": line.name,
        "small": bool(has and booking and booking.small),
        "total": whole,
        "mark": distinct(booking, reference) if has and booking and not whole else "",
        "interval": {
            "rate": booking.rate,
            "low": booking.low,
            "high": booking.high,
            "small": booking.small,
            "mark": "" if whole else distinct(booking, reference),
        }
        if has and booking
        else None,
        "rate": pct(booking) if booking else "-",
        "contacted": _link(bar, dk_number(booking.denominator) if booking else "-", "contacted", group),
        "booked": _link(bar, dk_number(line.count("booking")), "booked", group),
        "held": _link(bar, dk_number(line.count("opening_rate", top=False)), "held", group),
        "openings": _link(bar, dk_number(line.count("opening_rate")), "openings", group),
        "per_visit": _text(line, "opening_rate", points),
        "share": _text(line, "opening_share", pct),
        "kept": _with_n(line, "kept_jobcentre"),
        "kept_company": _with_n(line, "kept_company"),
        "pressed": _link(bar, _with_n(line, "pressed_rate"), "pressed", group),
    }


def _text(line: Line, kind: str, write: Any) -> str:
    rate = line.rates.get(kind)
    return str(write(rate)) if rate else "-"


def _with_n(line: Line, kind: str) -> str:
    """``81 % 135/167``"""
    rate = line.rates.get(kind)
    if not rate or not rate.denominator:
        return "-"
    share = pct(rate, 0 if kind.startswith("kept") else 1)
    return f"{share} \u00a0{dk_number(rate.numerator)}/{dk_number(rate.denominator)}"


def _link(bar: Bar, text: str, of: str, group: Mapping[str, Any]) -> dict[str, str]:
    return {"text": text, "url": "" if text in ("-", "0") else rows_url(bar, of, **group)}
