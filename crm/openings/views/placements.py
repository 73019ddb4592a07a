"""Placements: the list, one, finishing, extending, taking back."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.openings.actions import placements as actions
from crm.openings.forms.candidates import ExtendForm, FinishForm, day_of, finish_of
from crm.openings.models import Placement
from crm.openings.queries import placements as read
from crm.openings.rules.candidates import PLACEMENT_ENDS
from crm.openings.rules.types import SHORT
from crm.openings.views import history
from crm.openings.views.blueprint import pages
from crm.openings.views.people import on_phone
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

STATES = ("running", "ending", "ended")


@pages.get("/openings/placements")
@requires("openings.candidates")
def placements() -> Any:
    state = request.args.get("state", "running")
    state = state if state in STATES else "running"
    type_ = request.args.get("type") if request.args.get("type") in SHORT else None
    mine = bool(request.args.get("mine"))
    today = danish_date(now())
    wanted = read.filtered(scope(), today, state=state, type=type_, consultant_id=actor().id if mine else None)
    return render_template(
        "openings/placements.html",
        found=read.placements(session(), wanted, request.args.get("page", 1, type=int), ended=state == "ended"),
        counts=read.counts(session(), scope(), today),
        state=state,
        states=dict(zip(STATES, (_("I gang"), _("Slutter snart"), _("Slut")), strict=True)),
        type=type_,
        types={key: _(word) for key, word in SHORT.items()},
        ends={key: _(word) for key, word in PLACEMENT_ENDS.items()},
        mine=mine,
        today=today,
        phone=on_phone(),
    )


@pages.get("/openings/placements/<int:placement_id>")
@requires("openings.candidates")
def placement(placement_id: int) -> Any:
    return _page(read.placement(session(), scope(), placement_id))


@pages.post("/openings/placements/<int:placement_id>/finish")
@requires("openings.candidates")
def placement_finish(placement_id: int) -> Any:
    found = read.placement(session(), scope(), placement_id)
    form = FinishForm()
    form.fit()
    if form.validate():
        try:
            actions.finish(
                session(),
                actor(),
                now(),
                found,
                ended_on=day_of(form.ended_on),
                because=form.because.data,
                permanent=form.became_permanent(),
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Ansættelsen er afsluttet."), "success")
            return _back(found)
    return _page(found, finishing=form), 422


@pages.post("/openings/placements/<int:placement_id>/extend")
@requires("openings.candidates")
def placement_extend(placement_id: int) -> Any:
    found = read.placement(session(), scope(), placement_id)
    form = ExtendForm()
    if form.validate():
        try:
            actions.extend(session(), actor(), now(), found, form.ends_on.data)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Den sidste dag er ændret."), "success")
            return _back(found)
    return _page(found, extending=form), 422


@pages.post("/openings/placements/<int:placement_id>/resume")
@requires("openings.candidates")
def placement_resume(placement_id: int) -> Any:
    found = read.placement(session(), scope(), placement_id)
    actions.resume(session(), actor(), now(), found)
    flash(_("Ansættelsen fortsætter."), "success")
    return _back(found)


@pages.post("/openings/placements/<int:placement_id>/void")
@requires("openings.candidates")
def placement_void(placement_id: int) -> Any:
    found = read.placement(session(), scope(), placement_id)
    actions.void(session(), actor(), now(), found)
    flash(_("Ansættelsen er fjernet og tæller ikke med. Stillingen er ledig igen."), "success")
    return redirect(url_for("openings.show", opening_id=found.opening_id) + "#candidates")


def _back(found: Placement) -> Any:
    return redirect(url_for("openings.placement", placement_id=found.id))


def _page(found: Placement, *, finishing: FinishForm | None = None, extending: ExtendForm | None = None) -> str:
    today = danish_date(now())
    talks: list[dict[str, Any]] = current_app.extensions["crm.placement_talks"](found)
    said = next((talk["permanent"] for talk in talks if talk["permanent"] is not None), None)
    return render_template(
        "openings/placement.html",
        p=found,
        talks=talks,
        who=found.candidacy.candidate.reference,
        type=_(SHORT[found.type]),
        because=_(PLACEMENT_ENDS[found.ended_because]) if found.ended_because in PLACEMENT_ENDS else "",
        finishing=finishing or finish_of(found, today, said),
        extending=extending or ExtendForm(formdata=None, ends_on=found.ends_on),
        today=today,
        phone=on_phone(),
        history=history.of_placement(session(), found),
    )
