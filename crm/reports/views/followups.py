"""Figures of agreements: kept, late, never; and what the companies say of the same."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import N_, NotFound
from crm.followups.rules import KINDS
from crm.reports import queries
from crm.reports.queries.promises import COUNTS, SIDES, Promises, PromiseTable
from crm.reports.rules import DEFINITIONS, PROMISE_GROUPS, SIDE_WORDS
from crm.reports.views import promise_figures as shown
from crm.reports.views.answer import csv_answer
from crm.reports.views.bar import Bar, pages, read_bar
from crm.web.edge import now, session
from crm.web.filters import dk_datetime
from crm.web.i18n import say
from crm.web.permit import requires, scope

PAGE = 50
TITLES = {
    "all": N_("Aftaler"),
    "due": N_("Aftaler, hvis frist er nået"),
    "on_time": N_("Aftaler holdt til tiden"),
    "late": N_("Aftaler gjort for sent"),
    "never": N_("Aftaler, der ikke er gjort"),
    "ahead": N_("Aftaler med frist endnu"),
    "put_off": N_("Udsatte aftaler"),
    "escalated": N_("Aftaler, der nåede lederen"),
    "region": N_("Aftaler, der nåede regionen"),
    "asked": N_("Aftaler, virksomheden er spurgt om"),
    "answered": N_("Aftaler, virksomheden har svaret om"),
    "says_kept": N_("Aftaler, som virksomheden siger er sket"),
    "answered_done": N_("Aftaler, virksomheden har svaret om, og vi har skrevet som gjort"),
}


@pages.get("/reports/followups")
@requires("reports.read")
def followups() -> Any:
    """Filters in the address; those that cannot be used are named (422), and no figures shown."""
    bar = _bar()
    common: dict[str, Any] = {"bar": bar, "definitions": DEFINITIONS, "sides": _sides()}
    if bar.asked.errors:
        wrong = [say(text) for text in bar.asked.errors.values()]
        return render_template("reports/followups.html", **common, wrong=wrong), 422
    if bar.asked.campaign is None and not bar.asked.every:
        return render_template("reports/followups.html", **common, empty="campaign")
    table = _table(bar)
    if not any(one.all for one in table.total.values()):
        return render_template("reports/followups.html", **common, empty="promises")
    page = request.args.get("page", 1, type=int) or 1
    return render_template(
        "reports/followups.html",
        **common,
        as_of=table.as_of,
        title=shown.finding(table),
        stats=shown.stats(bar, table),
        figure=shown.kept_figure(bar, table),
        voices=shown.voices(bar, table),
        table=shown.lines(bar, table, page, PAGE),
    )


@pages.get("/reports/followups.csv")
@requires("reports.read")
def followups_csv() -> Any:
    """The same groups and figures, both sides, from the same query; a total for each side."""
    bar = _bar()
    if bar.asked.errors:
        abort(404)
    table = _table(bar)
    head = [_(PROMISE_GROUPS[bar.asked.by]), _("Hvem skylder"), _("Frist nået")]
    head += [_("Til tiden"), _("For sent"), _("Ikke gjort"), _("Frist endnu")]
    head += [_("Procent"), _("95 % fra"), _("95 % til"), _("Median dage til gjort"), _("Median dage for sent")]
    head += [_("Udsat"), _("Gange udsat"), _("Nåede lederen"), _("Nåede regionen")]
    head += [_("Spurgte"), _("Svarede"), _("Siger, det skete"), _("Gjort af de svarede"), _("Definition"), _("Opgjort")]
    definition = DEFINITIONS["kept_rate"]
    tail = [f"{_(definition.name)} v{definition.version}", dk_datetime(table.as_of)]
    rows = [[*_cells(one), *tail] for side in SIDES for one in [*table.rows[side], table.total[side]]]
    name = f"followups-{bar.campaign_id or 'all'}-{bar.asked.by}.csv"
    return csv_answer(name, head, rows)


@pages.get("/reports/followups/rows")
@requires("reports.read")
def followup_rows() -> Any:
    """Exactly what a number counts, with the same filters."""
    bar = _bar()
    of, key = request.args.get("of", "all"), request.args.get("key")
    if bar.asked.errors or of not in TITLES or (bar.asked.campaign is None and not bar.asked.every):
        raise NotFound
    by = bar.asked.by if "by" in request.args and key is not None else None
    side = bar.asked.side if "side" in request.args else None
    try:
        rows, total, page = queries.behind_promises(
            session(),
            scope(),
            bar.campaign_id,
            of,
            now=now(),
            within=bar.asked.within,
            side=side,
            by=by,
            key=key,
            page=request.args.get("page", 1, type=int) or 1,
        )
    except ValueError as exc:
        raise NotFound from exc
    address = bar.asked.address(sort=None, by=by, side=side, of=of, key=key)
    named = [bar.area, *([_(SIDE_WORDS[side])] if side else []), bar.source]
    return render_template(
        "reports/followup_rows.html",
        bar=bar,
        rows=rows,
        total=total,
        page=page,
        title=_(TITLES[of]),
        named=" · ".join(named),
        kinds={key: _(label) for key, label in KINDS.items()},
        urls={number: url_for("reports.followup_rows", **address, page=number) for number in (page - 1, page + 1)},
        back=url_for("reports.followups", **bar.asked.address(sort=None)),
    )


def _bar() -> Bar:
    return read_bar(PROMISE_GROUPS, may_all=True, sides=SIDES)


def _sides() -> dict[str, str]:
    return {side: _(SIDE_WORDS[side]) for side in SIDES}


def _table(bar: Bar) -> PromiseTable:
    asked = bar.asked
    return queries.promises(session(), scope(), bar.campaign_id or _none(bar), asked.by, now=now(), within=asked.within)


def _none(bar: Bar) -> int | None:
    """All campaigns where they were asked for; else one that does not exist."""
    return None if bar.asked.every else 0


def _cells(one: Promises) -> list[str | int | float | None]:
    rate = one.rate("on_time")
    share = [None if value is None else round(value * 100, 2) for value in (rate.rate, rate.low, rate.high)]
    counts = [one[name] for name in COUNTS]
    return [
        _(one.group),
        _(SIDE_WORDS[one.side]),
        one.due,
        *counts[:4],
        *share,
        one.taken,
        one.behind,
        one["put_off"],
        one.times,
        *(one[name] for name in ("escalated", "region", "asked", "answered", "says_kept", "answered_done")),
    ]
