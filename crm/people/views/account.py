"""Own account: password, API tokens, language."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_user

from crm.base.errors import Refusal
from crm.people.actions import change_password, issue_token, revoke_token
from crm.people.forms import ROLE_LABELS, OwnPasswordForm
from crm.people.queries import tokens_of
from crm.people.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.permit import actor, requires


def _page(form: OwnPasswordForm | None = None, token: str = "", status: int = 200) -> Any:
    phone = {held.role for held in actor().roles} == {"consultant"}
    page = render_template(
        "people/account.html", form=form or OwnPasswordForm(formdata=None), token=token, labels=ROLE_LABELS,
        tokens=tokens_of(session(), actor().id),
        layout="layouts/phone.html" if phone else "layouts/desk.html")  # fmt: skip
    return page, status


@pages.get("/account")
@requires("people.self")
def account() -> Any:
    return _page()


@pages.post("/account/password")
@requires("people.self")
def account_password() -> Any:
    """Ends the user's other sign-ins and keeps this one."""
    form = OwnPasswordForm()
    if form.validate_on_submit():
        try:
            change_password(session(), now(), actor(), form.current.data or "", form.password.data or "")
        except Refusal as refusal:
            form.refused(refusal)
        else:
            login_user(actor())
            flash(_("Adgangskoden er ændret. Andre steder, hvor du var logget ind, er du nu logget ud."), "success")
            return redirect(url_for("people.account"))
    return _page(form, status=422)


@pages.post("/account/tokens")
@requires("people.self")
def account_token() -> Any:
    """The token stands on this answer and nowhere else."""
    return _page(token=issue_token(session(), actor(), now(), actor()))


@pages.post("/account/tokens/revoke")
@requires("people.self")
def account_revoke() -> Any:
    token_id = request.form.get("token_id", 0, type=int)
    revoke_token(session(), actor(), now(), actor(), token_id if 0 < token_id < 2**53 else 0)
    flash(_("Nøglen er trukket tilbage og virker ikke mere."), "success")
    return redirect(url_for("people.account"))
