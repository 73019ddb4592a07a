"""The report: headline, figures, the table by group."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from crm.reports import queries
from crm.reports.rules import DEFINITIONS
from crm.reports.views.bar import Bar, groups, pages, read_bar
from crm.reports.views.figures import booking_figure, finding, stats, type_figure
from crm.reports.views.table import comparison
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import requires, scope


@pages.get("/reports")
@requires("reports.read")
def index() -> Any:
    """One page; filters in the address. Filters that cannot be used are named (422), and no figures shown."""
    bar = read_bar()
    asked = bar.asked
    common: dict[str, Any] = {"bar": bar, "groups": groups(), "definitions": DEFINITIONS}
    if asked.errors:
        wrong = [say(text) for text in asked.errors.values()]
        return render_template("reports/index.html", **common, wrong=wrong), 422
    if asked.campaign is None:
        return render_template("reports/index.html", **common, empty="campaign")
    return render_template("reports/index.html", **common, **_figures(bar))


def _figures(bar: Bar) -> dict[str, Any]:
    """Everything the page shows, from at most seven queries."""
    asked, db, mine = bar.asked, session(), scope()
    campaign_id, within = asked.campaign.id if asked.campaign else 0, asked.within
    centres = queries.booking(db, mine, campaign_id, "jobcentre", now=now(), within=within)
    if not centres.total.denominator:
        return {"empty": "contacts"}
    booking = (
        centres
        if asked.by == "jobcentre"
        else queries.booking(db, mine, campaign_id, asked.by, now=now(), within=within)
    )
    visits = queries.visit_tables(db, mine, campaign_id, asked.by, now=now(), within=within)
    reach = queries.reach(db, mine, campaign_id, within)
    opening = visits["opening_rate"].total
    types = queries.opening_types(db, mine, campaign_id, now=now(), within=within, held=opening.denominator or 0)
    kept = queries.kept(db, mine, campaign_id, asked.by, now=now(), within=within)
    return {
        "title": finding(centres.total, opening),
        "as_of": centres.as_of,
        "stats": stats(bar, reach, centres.total, visits),
        "kept": kept,
        "booking_figure": booking_figure(bar, centres),
        "type_figure": type_figure(bar, types),
        "comparison": comparison(bar, booking, visits, kept, request.args.get("page", 1, type=int) or 1),
    }
