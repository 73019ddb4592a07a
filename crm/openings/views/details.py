"""Pages that fill in an opening: its details, a relaxed wish, another consultant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import NotFound, Refusal
from crm.openings import actions, queries
from crm.openings.forms.openings import ChangeForm, HandForm, RelaxForm
from crm.openings.models import Opening
from crm.openings.rules.details import Details
from crm.openings.views.blueprint import pages
from crm.openings.views.openings import opening_page
from crm.openings.views.shared import in_words, lacking, on_phone, type_name
from crm.people.queries import consultants_of
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope


@pages.route("/openings/<int:opening_id>/details", methods=["GET", "POST"])
@pages.post("/openings/<int:opening_id>")
@requires("openings.log")
def details(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    relaxed = bool(queries.relaxations(session(), found.id))
    form, status = _form(found), 422 if request.method == "POST" else 200
    if request.method == "POST" and form.validate():
        seen, told = form.saw(), form.details()
        if relaxed and "wishes" not in request.form:
            told = replace(told, wishes=(seen or found).wishes)
        try:
            actions.set_details(session(), actor(), now(), found, told, seen=seen)
        except Refusal as refusal:
            status = _refused(form, found, refusal)
        else:
            flash(_("Åbningen er gemt."), "success")
            return redirect(url_for("openings.show", opening_id=found.id))
    page = render_template(
        "openings/details.html",
        o=found,
        form=form,
        type=type_name(found),
        lacking=lacking(found),
        relaxed=relaxed and not form.wishes.errors,
        phone=on_phone(),
    )
    return page, status


def _form(found: Opening) -> ChangeForm:
    form = ChangeForm(obj=found, data={"seen": Details.of(found).written()})
    own = queries.own_types(session(), active=None)
    form.offer(one for one in own if one.reports_as == found.type and (one.active or one.id == found.own_type_id))
    return form


def _refused(form: ChangeForm, found: Opening, refusal: Refusal) -> int:
    if refusal.code != "conflict":
        form.refused(refusal)
        return 422
    current = Details.of(found)
    theirs = {name: in_words(name, value) for name, value in refusal.extra["theirs"].items()}
    form.clashed(current, theirs)
    form.form_errors.append(say(refusal.message, refusal.fields))
    return 409


@pages.post("/openings/<int:opening_id>/relax")
@requires("openings.log")
def relax(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    form = RelaxForm()
    if form.validate():
        try:
            actions.relax(
                session(),
                actor(),
                now(),
                found,
                wishes=form.wishes.data or "",
                agreed_with=form.agreed_with.data or "",
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("Lempelsen er skrevet."), "success")
            return redirect(url_for("openings.show", opening_id=found.id) + "#wishes")
    return opening_page(found, relaxing=form), 422


@pages.post("/openings/<int:opening_id>/relaxations/<int:relaxation_id>/undo")
@requires("openings.log")
def unrelax(opening_id: int, relaxation_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    try:
        actions.unrelax(session(), actor(), now(), found, relaxation_id)
    except (Refusal, NotFound) as refusal:
        session().rollback()
        text = say(refusal.message, refusal.fields) if isinstance(refusal, Refusal) else _("Den er allerede fortrudt.")
        flash(text, "warning")
    else:
        flash(_("Lempelsen er fortrudt. Ønskerne er, som de var før den."), "success")
    return redirect(url_for("openings.show", opening_id=opening_id) + "#wishes")


@pages.route("/openings/<int:opening_id>/consultant", methods=["GET", "POST"])
@requires("openings.log")
def hand_to(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    form = HandForm(data={"consultant_id": found.consultant_id})
    form.fit(consultants_of(session(), [found.jobcentre_id]))
    if request.method == "POST" and form.validate():
        try:
            actions.hand_to(session(), actor(), now(), found, form.consultant_id.data)
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("%(name)s er nu ansvarlig.", name=found.consultant.name), "success")
            return redirect(url_for("openings.show", opening_id=found.id))
    page = render_template(
        "openings/consultant.html",
        form=form,
        what=f"{found.workplace.name} · {found.occupation or type_name(found)}",
        hint=_("Kun åbningen skifter. Besøget og aftalerne bliver, hvor de er."),
        back=url_for("openings.show", opening_id=found.id),
        back_to=_("Åbningen"),
        phone=on_phone(),
    )
    return page, 422 if request.method == "POST" else 200
