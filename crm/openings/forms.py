"""Forms of openings."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from crm.openings.rules import CLOSE_REASONS, MAX_CVS, MAX_POSITIONS, MAX_WISHES, SHORT, NewOpening
from crm.web.forms import BaseForm


class DetailsForm(BaseForm):
    occupation = StringField(_l("Stilling"), [Length(max=200)])
    wishes = TextAreaField(_l("Ønsker til personen"), [Length(max=MAX_WISHES)])
    cvs_wanted = IntegerField(_l("Antal CV'er"), [Optional(), NumberRange(1, MAX_CVS)])
    cvs_by = DateField(_l("CV'er senest"), [Optional()])


class AddForm(DetailsForm):
    """A type by chip, how many, urgent or not; the details can come later."""

    type = RadioField(_l("Type"), [InputRequired(_l("Vælg en type"))])
    positions = IntegerField(_l("Antal stillinger"), [InputRequired(), NumberRange(1, MAX_POSITIONS)], default=1)
    akutjob = BooleanField(_l("Akutjob"))

    def fit(self) -> None:
        self.type.choices = [(key, _(label)) for key, label in SHORT.items()]

    def told(self) -> NewOpening:
        """The switch is shown for ordinary openings only and counts there only."""
        return NewOpening(
            self.type.data or "",
            self.positions.data or 0,
            bool(self.akutjob.data) and self.type.data == "ordinary",
            self.occupation.data or "",
            self.wishes.data or "",
            self.cvs_wanted.data,
            self.cvs_by.data,
        )


class CloseForm(BaseForm):
    reason = RadioField(_l("Hvorfor lukkes den?"), [InputRequired(_l("Vælg en grund"))])

    def fit(self) -> None:
        self.reason.choices = [(key, _(label)) for key, label in CLOSE_REASONS.items()]
