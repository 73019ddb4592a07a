"""Closing an opening, opening it again, taking it back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.errors import Invalid
from crm.openings import actions, queries
from crm.openings.forms.openings import CloseForm
from crm.openings.queries.candidates import placements_of
from crm.openings.views.blueprint import pages
from crm.openings.views.openings import opening_page
from crm.openings.views.shared import or_back
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


@pages.post("/openings/<int:opening_id>/close")
@requires("openings.log")
@or_back
def close(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    form = CloseForm()
    hired = len(placements_of(session(), found.id))
    form.fit(hired=1)
    if form.validate():
        try:
            ended = actions.close(session(), actor(), now(), found, form.reason.data or "")
        except Invalid as refusal:
            form.refused(refusal)
        else:
            text = _("Åbningen er lukket.")
            if ended:
                text += " " + ngettext("%(num)s kandidat er afsluttet.", "%(num)s kandidater er afsluttet.", ended)
            flash(text, "success")
            return redirect(url_for("openings.show", opening_id=found.id))
    form.fit(hired)
    return opening_page(found, closing=form), 422


@pages.post("/openings/<int:opening_id>/reopen")
@requires("openings.log")
@or_back
def reopen(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    back = actions.reopen(session(), actor(), now(), found)
    text = _("Åbningen er åben igen.")
    if back:
        text += " " + ngettext("%(num)s kandidat er undervejs igen.", "%(num)s kandidater er undervejs igen.", back)
    flash(text, "success")
    return redirect(url_for("openings.show", opening_id=found.id))


@pages.post("/openings/<int:opening_id>/void")
@requires("openings.log")
@or_back
def void(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    actions.void(session(), actor(), now(), found)
    flash(_("Åbningen er fjernet og tæller ikke med."), "success")
    return redirect(url_for("openings.index"))
