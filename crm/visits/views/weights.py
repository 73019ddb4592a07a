"""The lead's page on how the jobcentre ranks its times, with an example worked out from the form's own numbers."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Refusal
from crm.people.queries import jobcentre as load_jobcentre
from crm.visits.actions.weights import weigh
from crm.visits.forms import WeightsForm
from crm.visits.queries.weights import weights_of
from crm.visits.rules.weights import EVEN, FAR_BUT_FREE, NEAR_BUT_BUSY, Example, Weights, weighed
from crm.visits.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


@pages.route("/jobcentre/<int:jobcentre_id>/slots", methods=["GET", "POST"])
@requires("visits.weigh")
def weights(jobcentre_id: int) -> Any:
    """Show, try (nothing is saved) or save the weights."""
    centre = load_jobcentre(session(), scope(), jobcentre_id)
    current = weights_of(session(), centre.id)
    form = WeightsForm(obj=current)
    if request.method == "GET":
        return _page(centre, form, current, 200)
    if not form.validate():
        return _page(centre, form, current, 422)
    if request.form.get("step") == "try":
        return _page(centre, form, form.weights, 200, tried=form.weights != current)
    try:
        weigh(session(), actor(), now(), centre, form.weights)
    except Refusal as refusal:
        form.refused(refusal)
        return _page(centre, form, current, 422)
    flash(_("Vægtene er gemt. Tider, der vises fra nu af, er sorteret efter dem."), "success")
    return redirect(url_for("visits.weights", jobcentre_id=centre.id), 303)


def _page(centre: Any, form: WeightsForm, shown: Weights, status: int, *, tried: bool = False) -> Any:
    rows = [_row(name, one, shown) for name, one in ((_("Tid A"), NEAR_BUT_BUSY), (_("Tid B"), FAR_BUT_FREE))]
    first = min(rows, key=lambda row: int(row["total"]))
    page = render_template(
        "visits/weights.html",
        centre=centre,
        form=form,
        shown=shown,
        even=shown == EVEN,
        rows=rows,
        first=first["name"],
        tied=rows[0]["total"] == rows[1]["total"],
        tried=tried,
    )
    return page, status


def _row(name: str, one: Example, shown: Weights) -> dict[str, Any]:
    return {
        "name": name,
        "extra": one.extra_min,
        "visits": one.visits_that_week,
        "days": one.days_ahead,
        "fairness": shown.fairness_min * one.visits_that_week,
        "earliness": shown.earliness_min * one.days_ahead,
        "total": weighed(shown, one),
    }
