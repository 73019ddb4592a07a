"""The rows behind a figure."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import N_, NotFound
from crm.calling.rules import OUTCOMES
from crm.openings.rules import SHORT
from crm.reports import queries
from crm.reports.rules import GROUPS
from crm.reports.views.bar import Bar, pages, read_bar
from crm.visits.rules.words import STATES
from crm.web.edge import session
from crm.web.permit import requires, scope

TITLES = {
    "contacted": N_("Kontaktede virksomheder"),
    "booked": N_("Virksomheder, der bookede et besøg"),
    "declined": N_("Virksomheder, der sagde nej tak"),
    "held": N_("Afholdte besøg"),
    "with_opening": N_("Afholdte besøg med åbning"),
    "pressed": N_("Pressede besøg"),
    "asked": N_("Afholdte besøg, hvor pres er noteret"),
    "decided": N_("Besøg, der er afholdt, aflyst eller forgæves"),
    "cancelled_by_company": N_("Besøg aflyst af virksomheden"),
    "cancelled_by_jobcentre": N_("Besøg aflyst af jobcentret"),
    "nobody_there": N_("Besøg, hvor ingen tog imod"),
    "openings": N_("Åbninger"),
}


@pages.get("/reports/rows")
@requires("reports.read")
def rows() -> Any:
    """Exactly what a figure counts, with the same filters; the number on top is the figure."""
    bar = read_bar()
    of, key, type_ = request.args.get("of", "contacted"), request.args.get("key"), request.args.get("type")
    if bar.asked.errors or bar.asked.campaign is None or of not in TITLES or (type_ and type_ not in SHORT):
        raise NotFound
    by = bar.asked.by if "by" in request.args and key is not None else None
    try:
        found = queries.behind(
            session(),
            scope(),
            bar.asked.campaign.id,
            of,
            within=bar.asked.within,
            by=by,
            key=key,
            type=type_,
            page=request.args.get("page", 1, type=int) or 1,
        )
    except ValueError as exc:
        raise NotFound from exc
    group = (GROUPS[by], key) if by else None

    def page_url(number: int) -> str:
        return url_for("reports.rows", **bar.asked.address(sort=None, by=by, of=of, key=key, type=type_, page=number))

    return render_template(
        "reports/rows.html",
        bar=bar,
        found=found,
        of=of,
        title=_(TITLES[of]),
        words=words(),
        named=_named(bar, by, key, type_),
        group=group,
        page_url=page_url,
    )


def words() -> dict[str, str]:
    """Outcomes, states and types as one says them."""
    said = {key: _(outcome.label) for key, outcome in OUTCOMES.items()}
    return {
        **said,
        **{key: _(label) for key, label in SHORT.items()},
        **{key: _(label) for key, label in STATES.items()},
    }


def _named(bar: Bar, by: str | None, key: str | None, type_: str | None) -> str:
    """The group in words, where its name is at hand."""
    parts = [bar.area]
    if by in ("jobcentre", "region"):
        names = (
            {str(place.id): place.name for place in bar.places}
            if by == "jobcentre"
            else {str(number): name for number, name in bar.regions.items()}
        )
        parts = [names.get(key or "", bar.area)]
    elif by == "week" and key:
        parts.append(_("uge %(week)s", week=key.partition("-W")[2]))
    if type_:
        parts.append(_(SHORT[type_]))
    return " · ".join(parts)
