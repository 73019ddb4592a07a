"""Forms of the company's own page about what was agreed, and of the owner's answer to it."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from crm.followups.rules import MAX_PROMISE
from crm.followups.rules.answers import MAX_WORDS
from crm.web.forms import BaseForm


class SeenForm(BaseForm):
    """``seen``: the agreement as it was when the page was shown."""

    seen = HiddenField(validators=[InputRequired(), Length(max=64)])


class CorrectForm(SeenForm):
    words = TextAreaField(_l("Hvad aftalte I?"), [Length(max=MAX_WORDS)])
    due_on = DateField(_l("Hvornår senest?"), [Optional()])
    owed_by = RadioField(_l("Hvem skulle gøre det?"), [InputRequired(_l("Vælg, hvem der skulle gøre det."))])

    def fit(self, us: str, them: str) -> None:
        """The two sides by their names, as the company sees them."""
        self.owed_by.choices = [("jobcentre", us), ("company", them)]


class KeptForm(BaseForm):
    kept = RadioField(_l("Er det sket?"), [InputRequired()], choices=[("yes", _l("Ja")), ("no", _l("Nej"))])
    words = TextAreaField(_l("Hvad mangler?"), [Length(max=MAX_WORDS)])


class AcceptForm(BaseForm):
    promise = TextAreaField(_l("Hvad"), [InputRequired(_l("Skriv, hvad I aftalte")), Length(max=MAX_PROMISE)])
    due_on = DateField(_l("Senest"), [InputRequired(_l("Vælg en dato"))])
    owed_by = RadioField(_l("Hvem"), [InputRequired(_l("Vælg, hvem der skylder"))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owed_by.choices = [("jobcentre", _l("Vi skylder")), ("company", _l("Virksomheden skylder"))]


class DeclineForm(BaseForm):
    words = TextAreaField(_l("Svar til virksomheden"), [Length(max=MAX_WORDS)])
