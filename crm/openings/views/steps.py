"""One candidate on one opening: where it stands, and every step from here."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.openings.actions import candidacies as actions
from crm.openings.actions.candidates import withdraw_consent
from crm.openings.forms.candidates import EndForm, HireForm, InterviewForm, day_of, interview_of
from crm.openings.models import Candidacy
from crm.openings.queries import candidates as read
from crm.openings.queries import matching
from crm.openings.queries.employments import employments, other_ways, period
from crm.openings.rules.candidates import RUNNING
from crm.openings.views import history
from crm.openings.views.blueprint import pages
from crm.openings.views.candidacies import row_of, to_opening
from crm.openings.views.people import near_day, on_phone, reasons
from crm.openings.views.shared import or_back, type_name
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope


@pages.get("/candidacies/<int:candidacy_id>")
@requires("openings.candidates")
def candidacy(candidacy_id: int) -> Any:
    return _page(read.candidacy(session(), scope(), candidacy_id))


@pages.post("/candidacies/<int:candidacy_id>/unpresent")
@requires("openings.candidates")
@or_back
def unpresent(candidacy_id: int) -> Any:
    found = read.candidacy(session(), scope(), candidacy_id)
    actions.unpresent(session(), actor(), now(), found)
    flash(_("Præsentationen er fjernet og tæller ikke med."), "success")
    return redirect(url_for("openings.candidacy", candidacy_id=found.id))


@pages.post("/candidacies/<int:candidacy_id>/interview")
@requires("openings.candidates")
@or_back
def interview(candidacy_id: int) -> Any:
    found = read.candidacy(session(), scope(), candidacy_id)
    form, status = InterviewForm(), 422
    if form.validate():
        try:
            actions.interview(session(), actor(), now(), found, form.moment())
        except Refusal as refusal:
            _elsewhere(refusal)
            form.refused(refusal)
            status = refusal.status
        else:
            who, day = found.candidate.reference, near_day(form.day.data)
            flash(_("Samtalen %(day)s med %(who)s er gemt.", who=who, day=day), "success")
            return to_opening(found.opening_id)
    return _page(found, interviewing=form), status


@pages.post("/candidacies/<int:candidacy_id>/hire")
@requires("openings.candidates")
@or_back
def hire(candidacy_id: int) -> Any:
    found = read.candidacy(session(), scope(), candidacy_id)
    form, status = HireForm(), 422
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
                beside=bool(form.beside.data),
                ends_others=bool(form.ends_others.data),
            )
        except Refusal as refusal:
            _elsewhere(refusal)
            form.refused(refusal)
            status = refusal.status
        else:
            flash(_("Tillykke! %(who)s er ansat.", who=found.candidate.reference), "success")
            return to_opening(found.opening_id)
    return _page(found, hiring=form), status


@pages.post("/candidacies/<int:candidacy_id>/consent-withdrawn")
@requires("openings.candidates")
@or_back
def candidacy_consent_withdrawn(candidacy_id: int) -> Any:
    """The person has told us: whoever's candidate it is, nothing more is sent of them, from here or elsewhere."""
    found = read.candidacy(session(), scope(), candidacy_id)
    ended = withdraw_consent(session(), actor(), now(), found.candidate)
    flash(_("Samtykket er trukket tilbage. %(count)s forløb er afsluttet.", count=ended), "success")
    return redirect(url_for("openings.candidacy", candidacy_id=found.id))


@pages.post("/candidacies/<int:candidacy_id>/end")
@requires("openings.candidates")
@or_back
def end(candidacy_id: int) -> Any:
    found = read.candidacy(session(), scope(), candidacy_id)
    form = EndForm()
    form.fit()
    if form.validate():
        try:
            actions.end(session(), actor(), now(), found, form.because.data)
        except Refusal as refusal:
            _elsewhere(refusal)
            form.refused(refusal)
        else:
            flash(_("%(who)s er afsluttet på åbningen.", who=found.candidate.reference), "success")
            return to_opening(found.opening_id)
    return _page(found, ending=form), 422


def _elsewhere(refusal: Refusal) -> None:
    """Raises it where the candidacy's page shows no form any more to say it in."""
    if refusal.code in ("over", "closed", "offered"):
        raise refusal


def _page(
    found: Candidacy,
    *,
    interviewing: InterviewForm | None = None,
    hiring: HireForm | None = None,
    ending: EndForm | None = None,
) -> str:
    opening = found.opening
    placement = read.placement_of(session(), found.id)
    there = employments(session(), [found.candidate_id], danish_date(now())).get(found.candidate_id, [])
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
        type=type_name(opening),
        reasons=reasons(matching.fit_of(found.candidate, opening)) if found.candidate.erased_at is None else [],
        placement=placement,
        running=found.state in RUNNING and found.state != "offered" and opening.state == "open",
        in_work=[{"p": one, "when": period(one)} for one in there if one.candidacy_id != found.id],
        others=len(other_ways(session(), found)) if found.state in RUNNING else 0,
        reach=scope(),
        interviewing=interviewing or interview_of(found),
        hiring=hiring,
        ending=ending,
        phone=on_phone(),
        history=history.of_candidacy(session(), found, placement),
    )
