"""The openings of a visit, for the visit's own page (a room beneath, which asks for our fragment by name)."""

from __future__ import annotations

from types import SimpleNamespace

from flask import render_template
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import joinedload

from crm.openings import queries
from crm.openings.models import Opening
from crm.openings.rules import STAGES, STATES
from crm.openings.views.blueprint import pages
from crm.openings.views.shared import lacking, type_name
from crm.visits.models import Visit
from crm.web.edge import session
from crm.web.permit import may, scope_for


@pages.app_template_global("visit_openings")
def visit_openings(visit: Visit) -> Markup:
    """The fragment for who may read openings, with a way to add one; nothing where the visit was not held."""
    if visit.state != "held" or not may("openings.read"):
        return Markup()
    found = session().scalars(
        queries.statement(scope_for("openings.read"))
        .where(Opening.visit_id == visit.id)
        .options(joinedload(Opening.visit, innerjoin=True), joinedload(Opening.own_type))
        .order_by(Opening.id)
    )
    rows = [
        SimpleNamespace(
            o=one,
            type=type_name(one),
            stage=_(_standing(one)),
            lacking=lacking(one) if one.state == "open" else "",
        )
        for one in found
    ]
    reach = scope_for("openings.log")
    add = may("openings.log") and (reach.everything or visit.jobcentre_id in reach.jobcentres)
    given = SimpleNamespace(rows=rows, add=add)
    return Markup(render_template("openings/_of_visit.html", visit=visit, given=given))


def _standing(found: Opening) -> str:
    return STAGES[found.stage] if found.state == "open" else STATES[found.state]
