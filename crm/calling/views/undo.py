"""Take the last outcome back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from crm.base.errors import NotFound, Refusal
from crm.calling import actions, queries
from crm.calling.rules import BOOKED
from crm.calling.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires


@pages.post("/call/undo/<int:call_id>")
@requires("calling.call")
def undo(call_id: int) -> Any:
    """The company is back on the screen, with its notes. A booked call is sent on to where its visit is undone."""
    call = queries.own_call(session(), actor().id, call_id)
    if call is None:
        raise NotFound
    if call.outcome == BOOKED:
        return redirect(url_for("visits.undo_booking", call_id=call.id), 307)
    try:
        entry = actions.undo(session(), actor(), now(), call)
    except Refusal as refusal:
        if request.headers.get("HX-Request"):
            raise
        session().rollback()
        flash(say(refusal.message, refusal.fields), "error")
        return redirect(url_for("calling.call"))
    flash(_("Fortrudt: %(company)s er din igen, med dine noter.", company=entry.workplace.name), "success")
    target = url_for("calling.call")
    return ("", 204, {"HX-Redirect": target}) if request.headers.get("HX-Request") else redirect(target)
