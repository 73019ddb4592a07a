"""How a person wants to be reminded of agreements."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.followups.actions.reminders import set_wishes
from crm.followups.forms.reminders import RemindersForm
from crm.followups.queries.away import away, substitutes
from crm.followups.queries.notices import wishes_of
from crm.followups.views.blueprint import pages
from crm.followups.views.cards import on_phone
from crm.people.queries import names_of
from crm.web.edge import now, session
from crm.web.permit import actor, requires


@pages.route("/reminders", methods=["GET", "POST"])
@requires("followups.reminders")
def reminders() -> Any:
    person = actor()
    form = RemindersForm(obj=wishes_of(session(), person.id))
    if request.method == "POST" and form.validate():
        values = {"mail": bool(form.mail.data), "sms": bool(form.sms.data), "calendar": form.calendar.data}
        try:
            set_wishes(session(), person, now(), person, **values)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Dine ønsker er gemt."), "success")
            return redirect(url_for("followups.reminders"), 303)
    today = danish_date(now())
    instead = substitutes(session(), {person.id}, today).get(person.id)
    page = render_template(
        "followups/reminders.html",
        form=form,
        phone=on_phone(),
        number=person.phone,
        has_calendar=any(held.role == "consultant" for held in person.roles),
        away_today=person.id in away(session(), {person.id}, today),
        substitute=names_of(session(), [instead]).get(instead or 0),
    )
    return page, 422 if request.method == "POST" else 200
