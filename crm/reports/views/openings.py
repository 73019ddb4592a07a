"""What became of the openings; presentations and placements, counted apart."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import N_, NotFound
from crm.openings.rules import CLOSE_REASONS, SHORT
from crm.reports import queries
from crm.reports.queries.life import COUNTS, LifeTable
from crm.reports.queries.life_rows import OF
from crm.reports.rules import DEFINITIONS, LIFE_GROUPS
from crm.reports.views import life_figures as shown
from crm.reports.views.answer import csv_answer
from crm.reports.views.bar import Bar, pages, read_bar
from crm.web.edge import now, session
from crm.web.filters import dk_datetime
from crm.web.i18n import say
from crm.web.permit import requires, scope

TITLES = {
    "told": N_("Fortalte åbninger"),
    "specified": N_("Åbninger med alle oplysninger"),
    "presented": N_("Åbninger med præsentation"),
    "interview": N_("Åbninger med jobsamtale"),
    "shared": N_("Delte åbninger"),
    "accepted": N_("Åbninger, hvor en andens kandidat er taget imod"),
    "closed": N_("Lukkede åbninger"),
    "presentations": N_("Præsentationer"),
    "placements": N_("Formidlinger"),
    "hired": N_("Besatte stillinger"),
}


@pages.get("/reports/openings")
@requires("reports.read")
def openings() -> Any:
    """Filters in the address; those that cannot be used are named (422), and no figures shown."""
    bar = _bar()
    common: dict[str, Any] = {"bar": bar, "definitions": DEFINITIONS}
    if bar.asked.errors:
        wrong = [say(text) for text in bar.asked.errors.values()]
        return render_template("reports/openings.html", **common, wrong=wrong), 422
    if bar.asked.campaign is None and not bar.asked.every:
        return render_template("reports/openings.html", **common, empty="campaign")
    table = _table(bar)
    if not table.total["told"]:
        return render_template("reports/openings.html", **common, empty="openings")
    because = queries.closed_because(session(), scope(), _campaign(bar), within=bar.asked.within)
    page = request.args.get("page", 1, type=int) or 1
    return render_template(
        "reports/openings.html",
        **common,
        as_of=table.as_of,
        title=shown.finding(table),
        stats=shown.stats(bar, table),
        way=shown.way(bar, table),
        closed=shown.closed(bar, because, table.total["closed"]),
        table=shown.lines(bar, table, page),
        apart=shown.apart(bar, *_events(bar)),
    )


@pages.get("/reports/openings-life.csv")
@requires("reports.read")
def openings_life_csv() -> Any:
    """The groups of the page with the same figures; what is hidden there is empty here."""
    bar = _bar()
    if bar.asked.errors:
        abort(404)
    table, (rows, total) = _table(bar), _events(bar)
    events = {one.key: one for one in rows}
    head = [bar.groups[bar.asked.by], _("Fortalt"), _("Beskrevet"), _("Med præsentation"), _("Med samtale"), _("Delt")]
    head += [_("Taget imod fra andre"), _("Lukket"), _("Stillinger"), _("Besat"), _("Median dage til præsentation")]
    head += [_("Median dage til ansættelse"), _("Præsentationer"), _("Formidlinger"), _("Definition"), _("Opgjort")]
    told = {row.key: row for row in table.rows}
    keys = [row.key for row in table.rows] + [row.key for row in rows if row.key not in told]
    lines: list[list[Any]] = []
    for key in [*keys, None]:
        life = table.total if key is None else told.get(key)
        event = total if key is None else events.get(key)
        name = life.group if life else event.group if event else ""
        figures: list[Any] = [life[one] if life else 0 for one in COUNTS]
        figures += [life.positions, None if life.hidden else life.hired] if life else [0, 0]
        figures += [life.to_presentation if life else None, life.to_hire if life and not life.hidden else None]
        figures += [event.presentations, event.placements] if event else [0, 0]
        lines.append([_(name), *figures, _versions(), dk_datetime(table.as_of)])
    name = f"openings-life-{bar.campaign_id or 'all'}-{bar.asked.by}.csv"
    return csv_answer(name, head, lines)


@pages.get("/reports/openings/rows")
@requires("reports.read")
def opening_rows() -> Any:
    """Exactly what a number counts, with the same filters."""
    bar = _bar()
    of, key, because = request.args.get("of", "told"), request.args.get("key"), request.args.get("because")
    wrong = of not in OF or (because and because not in CLOSE_REASONS)
    if bar.asked.errors or wrong or (bar.asked.campaign is None and not bar.asked.every):
        raise NotFound
    by = bar.asked.by if "by" in request.args and key is not None else None
    try:
        found = queries.behind_life(
            session(),
            scope(),
            _campaign(bar),
            of,
            within=bar.asked.within,
            by=by,
            key=key,
            because=because,
            page=request.args.get("page", 1, type=int) or 1,
        )
    except ValueError as exc:
        raise NotFound from exc
    address = bar.asked.address(sort=None, by=by, of=of, key=key, because=because)
    named = [bar.area, *([_(CLOSE_REASONS[because])] if because else []), bar.source]
    return render_template(
        "reports/opening_rows.html",
        bar=bar,
        found=found,
        of=of,
        title=_(TITLES[of]),
        named=" · ".join(named),
        types={name: _(label) for name, label in SHORT.items()},
        reasons={name: _(label) for name, label in CLOSE_REASONS.items()},
        urls={n: url_for("reports.opening_rows", **address, page=n) for n in (found.page - 1, found.page + 1)},
        back=url_for("reports.openings", **bar.asked.address(sort=None)),
    )


def _bar() -> Bar:
    return read_bar(LIFE_GROUPS, by="type", may_all=True)


def _campaign(bar: Bar) -> int | None:
    """None where all campaigns were asked for; one that does not exist where there is none."""
    return None if bar.asked.every else bar.campaign_id or 0


def _table(bar: Bar) -> LifeTable:
    asked = bar.asked
    return queries.openings_life(session(), scope(), _campaign(bar), asked.by, now=now(), within=asked.within)


def _events(bar: Bar) -> Any:
    return queries.events(session(), scope(), _campaign(bar), bar.asked.by, within=bar.asked.within)


def _versions() -> str:
    return ", ".join(f"{_(DEFINITIONS[key].name)} v{DEFINITIONS[key].version}" for key in ("presentation", "placement"))
