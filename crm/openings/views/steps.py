"""One candidate on one opening: where it stands, and every step from here."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.openings.actions import candidacies as actions
from crm.openings.forms.candidates import EndForm, HireForm, InterviewForm, day_of, interview_of
from crm.openings.models import Candidacy
from crm.openings.queries import candidates as read
from crm.openings.queries import matching
from crm.openings.rules.candidates import RUNNING
from crm.openings.rules.types import SHORT
from crm.openings.views import history
from crm.openings.views.blueprint import pages
from crm.openings.views.candidacies import row_of, to_opening
from crm.openings.views.people import on_phone, reasons
from crm.web.edge import now, session
from crm.web.filters import dk_day
from crm.web.permit import actor, requires, scope


@pages.get("/candidacies/<int:candidacy_id>")
@requires("openings.candidates")
def candidacy(candidacy_id: int) -> Any:
    return _page(read.candidacy(session(), scope(), candidacy_id))


@pages.post("/candidacies/<int:candidacy_id>/unpresent")
@requires("openings.candidates")
def unpresent(candidacy_id: int) -> Any:
    found = read.candidacy(session(), scope(), candidacy_id)
    actions.unpresent(session(), actor(), now(), found)
    flash(_("Præsentationen er fjernet og tæller ikke med."), "success")
    return redirect(url_for("openings.candidacy", candidacy_id=found.id))


@pages.post("/candidacies/<int:candidacy_id>/interview")
@requires("openings.candidates")
def interview(candidacy_id: int) -> Any:
    found = read.candidacy(session(), scope(), candidacy_id)
    form = InterviewForm()
    if form.validate():
        try:
            actions.interview(session(), actor(), now(), found, form.moment())
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(
                _("%(who)s skal til samtale %(day)s.", who=found.candidate.reference, day=dk_day(form.day.data)),
                "success",
            )
            return to_opening(found.opening_id)
    return _page(found, interviewing=form), 422


@pages.post("/candidacies/<int:candidacy_id>/hire")
@requires("openings.candidates")
def hire(candidacy_id: int) -> Any:
    found = read.candidacy(session(), scope(), candidacy_id)
    form = HireForm()
    form.fit()
    if form.validate():
        try:
            actions.hire(
                session(),
                actor(),
                now(),
                found,
                type=form.type.data,
                starts_on=day_of(form.starts_on),
                ends_on=form.ends_on.data,
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Tillykke! %(who)s er ansat.", who=found.candidate.reference), "success")
            return to_opening(found.opening_id)
    return _page(found, hiring=form), 422


@pages.post("/candidacies/<int:candidacy_id>/end")
@requires("openings.candidates")
def end(candidacy_id: int) -> Any:
    found = read.candidacy(session(), scope(), candidacy_id)
    form = EndForm()
    form.fit()
    if form.validate():
        try:
            actions.end(session(), actor(), now(), found, form.because.data)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("%(who)s er afsluttet på åbningen.", who=found.candidate.reference), "success")
            return to_opening(found.opening_id)
    return _page(found, ending=form), 422


def _page(
    found: Candidacy,
    *,
    interviewing: InterviewForm | None = None,
    hiring: HireForm | None = None,
    ending: EndForm | None = None,
) -> str:
    opening = found.opening
    placement = read.placement_of(session(), found.id)
    if hiring is None:
        hiring = HireForm(formdata=None, type=opening.type, starts_on=opening.starts_on or danish_date(now()))
        hiring.fit()
    if ending is None:
        ending = EndForm(formdata=None)
        ending.fit()
    return render_template(
        "openings/candidacy.html",
        row=row_of(found),
        c=found,
        o=opening,
        type=_(SHORT[opening.type]),
        reasons=reasons(matching.fit_of(found.candidate, opening)) if found.candidate.erased_at is None else [],
        placement=placement,
        running=found.state in RUNNING and found.state != "offered" and opening.state == "open",
        interviewing=interviewing or interview_of(found),
        hiring=hiring,
        ending=ending,
        phone=on_phone(),
        history=history.of_candidacy(session(), found, placement),
    )
