"""Users: find, add, change, give roles, disable, set a password."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Refusal
from crm.people.actions import add_user, set_active, set_password, set_roles, update_user
from crm.people.forms import ROLE_LABELS, SCOPE_FIELDS, DetailsForm, NewUserForm, PasswordForm, RolesForm
from crm.people.models import ROLES, User
from crm.people.queries import calling_firms, jobcentres, regions, users_page
from crm.people.queries import user as load
from crm.people.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.permit import actor, requires

SIZE = 50
STATES = {"active": True, "disabled": False}


@pages.get("/users")
@requires("people.manage")
def users() -> Any:
    text = request.args.get("q", "")[:100].strip()
    role = request.args.get("role", "")
    role = role if role in ROLES else ""
    state = request.args.get("state", "")
    number = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    rows, total = users_page(session(), text=text, role=role, active=STATES.get(state), page=number, size=SIZE)
    return render_template(
        "people/users.html", users=rows, total=total, page=number, first=(number - 1) * SIZE + 1, q=text, role=role,
        state=state if state in STATES else "", labels=ROLE_LABELS, places=_places())  # fmt: skip


def _places() -> dict[str, dict[int, str]]:
    """Names of what roles hold for."""
    return {
        "jobcentre": {row.id: row.name for row in jobcentres(session())},
        "firm": {row.id: row.name for row in calling_firms(session())},
        "region": {row.id: row.name for row in regions(session())},
    }


def _offer(form: RolesForm) -> RolesForm:
    form.offer(jobcentres(session()), calling_firms(session()), regions(session()))
    return form


@pages.route("/users/new", methods=["GET", "POST"])
@requires("people.manage")
def users_new() -> Any:
    form = NewUserForm()
    _offer(form)
    if form.validate_on_submit():
        try:
            made = add_user(
                session(), actor(), now(), email=form.email.data or "", name=form.name.data or "",
                password=form.password.data or "", grants=form.grants(), title=form.title.data or "",
                phone=form.phone.data or None)  # fmt: skip
        except Refusal as refusal:
            form.refused(refusal)
        else:
            flash(_("%(name)s er oprettet og kan logge ind.", name=made.name), "success")
            return redirect(url_for("people.users_edit", user_id=made.id))
    status = 422 if request.method == "POST" else 200
    return render_template("people/user_new.html", form=form, scope_fields=SCOPE_FIELDS), status


@pages.route("/users/<int:user_id>", methods=["GET", "POST"])
@requires("people.manage")
def users_edit(user_id: int) -> Any:
    """The user's page; a POST changes name and contact details."""
    found = load(session(), user_id)
    form = DetailsForm(obj=found)
    if form.validate_on_submit():
        try:
            update_user(session(), actor(), now(), found, email=form.email.data or "", name=form.name.data or "",
                        title=form.title.data or "", phone=form.phone.data or None)  # fmt: skip
        except Refusal as refusal:
            form.refused(refusal)
        else:
            return _done(found, _("Oplysningerne er gemt."))
    return _page(found, details=form)


@pages.post("/users/<int:user_id>/roles")
@requires("people.manage")
def users_roles(user_id: int) -> Any:
    found = load(session(), user_id)
    form = _offer(RolesForm())
    if form.validate_on_submit():
        try:
            set_roles(session(), actor(), now(), found, form.grants())
        except Refusal as refusal:
            form.refused(refusal)
        else:
            return _done(found, _("Rollerne er gemt. %(name)s skal logge ind igen.", name=found.name))
    return _page(found, roles=form)


@pages.post("/users/<int:user_id>/password")
@requires("people.manage")
def users_password(user_id: int) -> Any:
    found = load(session(), user_id)
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            set_password(session(), actor(), now(), found, form.password.data or "")
        except Refusal as refusal:
            form.refused(refusal)
        else:
            return _done(found, _("Adgangskoden er ændret. Giv den videre på en sikker måde."))
    return _page(found, password=form)


@pages.post("/users/<int:user_id>/active")
@requires("people.manage")
def users_active(user_id: int) -> Any:
    """``active=1`` enables, anything else disables."""
    found = load(session(), user_id)
    active = request.form.get("active") == "1"
    set_active(session(), actor(), now(), found, active)
    if active:
        return _done(found, _("%(name)s kan logge ind igen.", name=found.name))
    return _done(
        found, _("%(name)s er spærret og logget ud overalt. Nøgler til API'et virker ikke mere.", name=found.name)
    )


def _done(found: User, text: str) -> Any:
    flash(text, "success")
    return redirect(url_for("people.users_edit", user_id=found.id))


def _page(found: User, *, details: DetailsForm | None = None, roles: RolesForm | None = None,
          password: PasswordForm | None = None) -> Any:  # fmt: skip
    """The user's page with three forms, of which one may be the submitted one."""
    if roles is None:
        roles = _offer(RolesForm(formdata=None))
        roles.show(found)
    page = render_template(
        "people/user.html", user=found, details=details or DetailsForm(formdata=None, obj=found), roles=roles,
        password=password or PasswordForm(formdata=None), scope_fields=SCOPE_FIELDS, labels=ROLE_LABELS)  # fmt: skip
    return page, 422 if request.method == "POST" else 200
