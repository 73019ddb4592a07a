"""The room's own navigation, and the suggestions of occupations that any form may ask for."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import N_
from crm.openings.queries.sharing import waits_for
from crm.openings.rules.occupations import find
from crm.openings.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires

TABS = (
    ("openings", N_("Åbninger"), "openings.index", "openings.read"),
    ("candidates", N_("Kandidater"), "openings.candidates", "openings.candidates"),
    ("placements", N_("Ansættelser"), "openings.placements", "openings.candidates"),
    ("board", N_("Tavle"), "openings.board", "openings.board"),
    ("partners", N_("Partnere"), "people.partners", "people.partners"),
    ("types", N_("Typer"), "openings.types", "openings.types"),
)


@pages.app_template_global("openings_tabs")
def tabs(here: str) -> list[dict[str, Any]]:
    """The pages of the room that the reader may open; the board with how many proposals wait for the reader."""
    waits = session().scalar(waits_for(actor().id, danish_date(now()))) if may("openings.share") else 0
    return [
        {
            "label": _(label) + (f" ({waits})" if key == "board" and waits else ""),
            "url": url_for(endpoint),
            "here": key == here,
        }
        for key, label, endpoint, verb in TABS
        if endpoint in current_app.view_functions and may(verb)
    ]


@pages.get("/openings/occupations")
@requires("openings.read")
def occupations() -> Any:
    """Options of a list; the field may send itself as ``q`` or under its own name ``occupation``."""
    text = request.args.get("q") or request.args.get("occupation", "")
    return render_template("openings/_occupations.html", found=find(text[:200]))
