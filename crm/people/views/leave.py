"""Leave: one's own, and for a lead the team's; who stands in for whom."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import NotFound, Refusal
from crm.people.actions.leave import add_leave, change_leave, end_leave
from crm.people.forms.leave import LeaveForm
from crm.people.models import Leave, User
from crm.people.queries import leave as queries
from crm.people.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.filters import dk_day
from crm.web.permit import actor, requires, scope


@pages.get("/leave")
@requires("people.leave")
def leave() -> Any:
    """Who is away now and later, and a form for one's own leave or (lead) that of the chosen person."""
    person = _person(request.args.get("person", type=int))
    return _page(person, _form(person, formdata=None))


@pages.post("/leave")
@requires("people.leave")
def leave_add() -> Any:
    person = _person(request.form.get("person", type=int))
    form = _form(person)
    if form.validate():
        try:
            made = add_leave(session(), actor(), now(), person, **_values(form))
        except Refusal as refusal:
            form.refused(refusal)
        else:
            _said(made, _("Fraværet er gemt."))
            return redirect(url_for("people.leave"), 303)
    return _page(person, form), 422


@pages.route("/leave/<int:leave_id>", methods=["GET", "POST"])
@requires("people.leave")
def leave_edit(leave_id: int) -> Any:
    found = queries.leave(session(), scope(), leave_id)
    person = session().get_one(User, found.user_id)
    form = _form(person, obj=found)
    if request.method == "POST" and form.validate():
        try:
            change_leave(session(), actor(), now(), found, **_values(form))
        except Refusal as refusal:
            form.refused(refusal)
        else:
            _said(found, _("Fraværet er ændret."))
            return redirect(url_for("people.leave"), 303)
    page = render_template(
        "people/leave_edit.html", form=form, leave=found, person=person, layout=_layout(), today=danish_date(now())
    )
    return page, 422 if request.method == "POST" else 200


@pages.post("/leave/<int:leave_id>/end")
@requires("people.leave")
def leave_end(leave_id: int) -> Any:
    found = queries.leave(session(), scope(), leave_id)
    begun = found.from_on < danish_date(now())
    end_leave(session(), actor(), now(), found)
    flash(_("Fraværet slutter nu: velkommen tilbage.") if begun else _("Fraværet er fjernet."), "success")
    return redirect(url_for("people.leave"), 303)


def _person(number: int | None) -> User:
    """The person asked for, oneself otherwise. Raises NotFound out of reach."""
    found = queries.people_in_reach(session(), scope())
    wanted = actor().id if number is None else number
    person = next((one for one in found if one.id == wanted), None)
    if person is None and number is None and found:
        return found[0]
    if person is None:
        raise NotFound
    return person


def _form(person: User, **given: Any) -> LeaveForm:
    return LeaveForm(colleagues=queries.colleagues(session(), person), **given)


def _values(form: LeaveForm) -> dict[str, Any]:
    return {name: form[name].data for name in ("from_on", "until_on", "substitute_id")}


def _said(made: Leave, words: str) -> None:
    """Also when the substitute is away on some of the days: then somebody else must be asked."""
    flash(words, "success")
    if made.substitute_id is None:
        return
    other = queries.overlapping(session(), made.substitute_id, made.from_on, made.until_on)
    if other is not None:
        days = {"first": dk_day(other.from_on), "last": dk_day(other.until_on)}
        flash(_("Bemærk: vikaren er selv væk %(first)s–%(last)s. De dage går påmindelserne videre.", **days), "warning")


def _layout() -> str:
    phone = {held.role for held in actor().roles} == {"consultant"}
    return "layouts/phone.html" if phone else "layouts/desk.html"


def _page(person: User, form: LeaveForm) -> str:
    today = danish_date(now())
    return render_template(
        "people/leave.html",
        form=form,
        person=person,
        people=queries.people_in_reach(session(), scope()),
        leaves=queries.leaves(session(), scope(), today),
        standing_in=queries.standing_in(session(), actor().id, today),
        today=today,
        layout=_layout(),
    )
