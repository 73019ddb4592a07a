"""Jobcentres and calling firms: list and add."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Refusal
from crm.base.types import parse_phone
from crm.people.actions import add_calling_firm, add_jobcentre
from crm.people.forms import FirmForm, JobcentreForm
from crm.people.queries import calling_firms, jobcentre_rows, municipalities, people_at
from crm.people.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.permit import actor, requires


@pages.route("/jobcentres", methods=["GET", "POST"])
@requires("people.manage")
def jobcentres() -> Any:
    form = JobcentreForm()
    free = [found for found in municipalities(session()) if found.jobcentre_id is None]
    form.municipalities.choices = [(found.code, found.name) for found in free]
    if form.validate_on_submit():
        try:
            made = add_jobcentre(
                session(), actor(), now(), name=form.name.data or "", postcode=form.postcode.data or "",
                municipality_codes=form.municipalities.data or [], street=form.street.data or "",
                city=form.city.data or "", phone=parse_phone(form.phone.data) if form.phone.data else None)  # fmt: skip
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("%(name)s er oprettet.", name=made.name), "success")
            return redirect(url_for("people.jobcentres"))
    page = render_template("people/jobcentres.html", form=form, jobcentres=jobcentre_rows(session()),
                           people=people_at(session())[0], free=len(free))  # fmt: skip
    return page, 422 if request.method == "POST" else 200


@pages.route("/firms", methods=["GET", "POST"])
@requires("people.manage")
def firms() -> Any:
    form = FirmForm()
    if form.validate_on_submit():
        try:
            made = add_calling_firm(session(), actor(), now(), form.name.data or "")
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("%(name)s er oprettet.", name=made.name), "success")
            return redirect(url_for("people.firms"))
    page = render_template(
        "people/firms.html", form=form, firms=calling_firms(session()), people=people_at(session())[1]
    )
    return page, 422 if request.method == "POST" else 200
