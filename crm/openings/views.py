"""Pages: the list, one opening, an opening told later."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Refusal
from crm.openings import actions, queries
from crm.openings.forms import AddForm, CloseForm, DetailsForm
from crm.openings.models import Opening
from crm.openings.rules import CLOSE_REASONS, SHORT, STATES
from crm.visits import queries as visit_queries
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires, scope, scope_for

pages = Blueprint("openings", __name__)


@pages.get("/openings")
@requires("openings.read")
def index() -> Any:
    type_ = request.args.get("type") if request.args.get("type") in SHORT else None
    state = request.args.get("state", "open")
    state = state if state in STATES else "all"
    found = queries.openings(
        session(),
        scope(),
        type=type_,
        state=None if state == "all" else state,
        page=request.args.get("page", 1, type=int),
    )
    return render_template(
        "openings/index.html",
        found=found,
        type=type_,
        state=state,
        phone=on_phone(),
        types=translated(SHORT),
        states=translated(STATES),
    )


@pages.get("/openings/<int:opening_id>")
@requires("openings.read")
def show(opening_id: int) -> Any:
    return _page(queries.opening(session(), scope(), opening_id))


@pages.post("/openings/<int:opening_id>")
@requires("openings.log")
def details(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    form = DetailsForm()
    if form.validate():
        try:
            actions.set_details(
                session(),
                actor(),
                now(),
                found,
                occupation=form.occupation.data or "",
                wishes=form.wishes.data or "",
                cvs_wanted=form.cvs_wanted.data,
                cvs_by=form.cvs_by.data,
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Åbningen er gemt."), "success")
            return redirect(url_for("openings.show", opening_id=found.id))
    return _page(found, form), 422


@pages.post("/openings/<int:opening_id>/close")
@requires("openings.log")
def close(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    form = CloseForm()
    form.fit()
    if form.validate():
        actions.close(session(), actor(), now(), found, form.reason.data or "")
        flash(_("Åbningen er lukket."), "success")
        return redirect(url_for("openings.show", opening_id=found.id))
    return _page(found, closing=form), 422


@pages.post("/openings/<int:opening_id>/reopen")
@requires("openings.log")
def reopen(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    actions.reopen(session(), actor(), now(), found)
    flash(_("Åbningen er åben igen."), "success")
    return redirect(url_for("openings.show", opening_id=found.id))


@pages.post("/openings/<int:opening_id>/void")
@requires("openings.log")
def void(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    actions.void(session(), actor(), now(), found)
    flash(_("Åbningen er fjernet og tæller ikke med."), "success")
    return redirect(url_for("openings.index"))


@pages.route("/visits/<int:visit_id>/openings", methods=["GET", "POST"])
@requires("openings.log")
def add(visit_id: int) -> Any:
    visit = visit_queries.visit(session(), scope(), visit_id)
    form = AddForm()
    form.fit()
    if request.method == "POST" and form.validate():
        try:
            made = actions.log(session(), actor(), now(), visit, form.told())
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Åbningen er gemt."), "success")
            return redirect(url_for("openings.show", opening_id=made.id))
    page = render_template("openings/add.html", form=form, visit=visit, phone=on_phone())
    return page, 422 if request.method == "POST" else 200


def _page(found: Opening, form: DetailsForm | None = None, closing: CloseForm | None = None) -> str:
    form = form or DetailsForm(formdata=None, obj=found)
    if closing is None:
        closing = CloseForm(formdata=None)
        closing.fit()
    return render_template(
        "openings/show.html",
        o=found,
        form=form,
        closing=closing,
        type=_(SHORT[found.type]),
        phone=on_phone(),
        reason=_(CLOSE_REASONS[found.closed_reason]) if found.closed_reason else "",
        changes=may("openings.log") and in_reach(found),
    )


def in_reach(found: Opening) -> bool:
    """Whether the actor may change it: reading reaches further for some roles."""
    reach = scope_for("openings.log")
    return reach.everything or found.jobcentre_id in reach.jobcentres


def on_phone() -> bool:
    """Consultants without another role work on the telephone's pages."""
    return {held.role for held in actor().roles} == {"consultant"}


def translated(words: dict[str, str]) -> dict[str, str]:
    return {key: _(label) for key, label in words.items()}
