"""Forms of the company's own page."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from crm.visits.forms import SlotForm
from crm.visits.rules.link import REASONS
from crm.web.forms import BaseForm
from crm.web.i18n import say


class CompanyMoveForm(SlotForm):
    """``sequence``: the visit as it was when the page was shown."""

    sequence = IntegerField(validators=[InputRequired(), NumberRange(0, 2**31 - 1)])
    message = TextAreaField(_l("Besked til konsulenten"), [Length(max=200)])


class CompanyCancelForm(BaseForm):
    sequence = IntegerField(validators=[InputRequired(), NumberRange(0, 2**31 - 1)])
    reason = RadioField(_l("Hvorfor aflyser I?"), [InputRequired(_l("Vælg en grund."))], choices=list(REASONS.items()))
    said = StringField(_l("Uddyb"), [Length(max=200)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [(key, say(text)) for key, text in REASONS.items()]

    def validate_said(self, field: StringField) -> None:
        if self.reason.data == "other" and not field.data:
            raise ValidationError(_l("Skriv, hvorfor besøget aflyses."))
