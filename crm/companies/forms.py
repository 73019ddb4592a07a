"""Upload of a register extract; a company's wish not to be called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length

from crm.web.forms import BaseForm


class UploadForm(BaseForm):
    file = FileField(_l("Registerudtræk"), [FileRequired(_l("Vælg en fil."))])
    industry_version = RadioField(
        _l("Branchekoder"),
        default="DB25",
        choices=[("DB25", _l("DB25 (fra 2025)")), ("DB07", _l("DB07 (ældre udtræk)"))],
    )


class UndoForm(BaseForm):
    """Only the token: undoing takes one button."""


class DoNotCallForm(BaseForm):
    reason = StringField(_l("Grund"), [InputRequired(), Length(max=500)])
