"""Sign-in, sign-out, language."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_login import login_user, logout_user

from crm.people.forms import SignInForm
from crm.people.queries import user_by_email
from crm.people.rules import NOBODY, verify_password
from crm.people.views.blueprint import pages
from crm.web.edge import session
from crm.web.i18n import LOCALES
from crm.web.permit import PUBLIC, actor, requires


def local_target(target: str | None) -> str:
    """Where to go after signing in: a path of this site, nothing else (an address of another site goes to /)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or urlsplit(target).netloc:
        return url_for("desk.today")
    return target


@pages.route("/sign-in", methods=["GET", "POST"])
@requires(PUBLIC)
def sign_in() -> Any:
    """The answer to a wrong address and a wrong password is the same, and takes as long."""
    form = SignInForm()
    target = local_target(request.args.get("next"))
    if actor() is not None and request.method == "GET":
        return redirect(target)
    if form.validate_on_submit():
        user = user_by_email(session(), form.email.data or "")
        right = verify_password(user.password_hash if user else NOBODY, form.password.data or "")
        if user and right and user.active:
            cookie.pop("_flashes", None)
            login_user(user)
            return redirect(target)
        form.form_errors.append(_("E-mail eller adgangskode er forkert."))
    return render_template("people/sign_in.html", form=form), 422 if request.method == "POST" else 200


@pages.post("/sign-out")
@requires(PUBLIC)
def sign_out() -> Any:
    logout_user()
    return redirect(url_for("people.sign_in"))


@pages.post("/language")
@requires(PUBLIC)
def language() -> Any:
    chosen = request.form.get("language")
    if chosen in LOCALES:
        cookie["locale"] = chosen
    return redirect(local_target(request.form.get("next")))
