"""Hours, base and absence, as they are set on the calendar page."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.errors import Refusal
from crm.calendars import actions, queries
from crm.calendars.forms import AbsenceForm, HoursForm, ProfileForm
from crm.calendars.views.blueprint import back, consultant_of, pages
from crm.calendars.views.page import page_of
from crm.calendars.views.words import follows
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


@pages.post("/calendar/hours")
@requires("calendars.manage")
def hours() -> Any:
    form, person = HoursForm(), consultant_of(request.form.get("consultant"))
    if form.validate():
        try:
            actions.set_hours(session(), actor(), now(), person, form.stretches)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            if form.stretches:
                flash(_("Arbejdstiden er gemt. %(follows)s", follows=follows()), "success")
            else:
                flash(_("Arbejdstiden er gemt uden en eneste dag, så ingen kan booke besøg her."), "warning")
            return back(person)
    return page_of(person, queries.consultants(session(), scope()), 422, hours_form=form)


@pages.post("/calendar/profile")
@requires("calendars.manage")
def profile() -> Any:
    form, person = ProfileForm(), consultant_of(request.form.get("consultant"))
    if form.validate():
        try:
            actions.set_profile(
                session(),
                actor(),
                now(),
                person,
                base_name=form.base_name.data or "",
                base_postcode=form.base_postcode.data or "",
                max_visits_a_day=form.max_visits_a_day.data or 0,
            )
            actions.set_bases(session(), actor(), now(), person, form.bases)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Hjemsted og antal besøg er gemt. %(follows)s", follows=follows()), "success")
            return back(person)
    return page_of(person, queries.consultants(session(), scope()), 422, profile_form=form)


@pages.post("/calendar/absences")
@requires("calendars.manage")
def add_absence() -> Any:
    """Booked visits inside it stay; the page says how many, for somebody must move them."""
    form, person = AbsenceForm(), consultant_of(request.form.get("consultant"))
    if form.validate():
        try:
            away = actions.add_absence(session(), actor(), now(), person, *form.span, form.title.data or "")
        except Refusal as refusal:
            form.refused(refusal)
        else:
            inside = sum(
                1 for e in queries.events(session(), person.id, away.starts_at, away.ends_at) if e.status == "CONFIRMED"
            )
            flash(_("Fraværet er gemt; der bookes ikke i det."), "success")
            if inside:
                flash(
                    ngettext(
                        "%(num)s besøg ligger allerede i fraværet. Flyt det.",
                        "%(num)s besøg ligger allerede i fraværet. Flyt dem.",
                        inside,
                    ),
                    "warning",
                )
            return back(person)
    return page_of(person, queries.consultants(session(), scope()), 422, absence_form=form)


@pages.post("/calendar/absences/<int:absence_id>/remove")
@requires("calendars.manage")
def remove_absence(absence_id: int) -> Any:
    absence = queries.absence(session(), scope(), absence_id)
    person = queries.consultant(session(), scope(), absence.consultant_id)
    actions.remove_absence(session(), actor(), now(), absence)
    flash(_("Fraværet er fjernet; tiden kan bookes igen."), "success")
    return back(person)
