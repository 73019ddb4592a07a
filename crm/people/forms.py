"""Sign-in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from crm.web.forms import BaseForm


class SignInForm(BaseForm):
    email = EmailField(_l("E-mail"), [InputRequired(), Length(max=254)], render_kw={"autocomplete": "username"})
    password = PasswordField(_l("Adgangskode"), [InputRequired(), Length(max=200)],
                             render_kw={"autocomplete": "current-password"})
