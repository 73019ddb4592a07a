"""What a consultant wishes of bookings, as it is set on the calendar page."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from crm.base.errors import Refusal
from crm.calendars import actions, queries
from crm.calendars.forms import WishesForm
from crm.calendars.views.blueprint import back, consultant_of, pages
from crm.calendars.views.page import page_of
from crm.calendars.views.words import follows
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


@pages.post("/calendar/wishes")
@requires("calendars.manage")
def wishes() -> Any:
    """Replace them; what is booked already stays."""
    form, person = WishesForm(), consultant_of(request.form.get("consultant"))
    if form.validate():
        try:
            actions.set_wishes(session(), actor(), now(), person, **form.values)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Ønskerne er gemt. %(follows)s", follows=follows()), "success")
            return back(person)
    return page_of(person, queries.consultants(session(), scope()), 422, wishes_form=form)
