"""The administrators' own types: list, add, rename, put out of use."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Refusal
from crm.openings import actions, queries
from crm.openings.forms.openings import OwnTypeForm
from crm.openings.rules import TYPES
from crm.openings.views.blueprint import pages
from crm.openings.views.shared import translated
from crm.web.edge import now, session
from crm.web.permit import actor, requires


@pages.route("/openings/types", methods=["GET", "POST"])
@requires("openings.types")
def types() -> Any:
    form = OwnTypeForm()
    form.fit()
    if request.method == "POST" and form.validate():
        try:
            made = actions.add_type(session(), actor(), now(), form.name.data or "", form.reports_as.data or "")
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("%(name)s kan nu vælges.", name=made.name), "success")
            return redirect(url_for("openings.types"))
    page = render_template(
        "openings/types.html", form=form, rows=queries.type_rows(session()), reports_as=translated(TYPES)
    )
    return page, 422 if request.method == "POST" else 200


@pages.route("/openings/types/<int:type_id>", methods=["GET", "POST"])
@requires("openings.types")
def own_type(type_id: int) -> Any:
    found = queries.own_type(session(), type_id)
    used = actions.used(session(), found)
    form = OwnTypeForm(obj=found)
    form.fit(found, used)
    name = found.name
    if request.method == "POST" and form.validate():
        try:
            actions.change_type(
                session(),
                actor(),
                now(),
                found,
                name=form.name.data or "",
                reports_as=form.reports_as.data or "",
                active=bool(form.active.data),
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("%(name)s er gemt.", name=found.name), "success")
            return redirect(url_for("openings.types"))
    page = render_template("openings/own_type.html", form=form, name=name, used=used)
    return page, 422 if request.method == "POST" else 200
