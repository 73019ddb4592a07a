"""Forms of the board: to whom an opening is shared, a candidate that is offered, the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from crm.base.types import parse_postcode
from crm.openings.forms.fields import HoursField
from crm.openings.rules.board import MAX_WORDS
from crm.openings.rules.candidates import MAX_REFERENCE, NewCandidate
from crm.openings.rules.languages import LANGUAGES
from crm.web.forms import BaseForm, as_int, parsed


class ShareForm(BaseForm):
    """Receivers are ticked; what is no choice is refused by the field."""

    jobcentres = SelectMultipleField(_l("Jobcentre i nærheden"), coerce=as_int)
    partners = SelectMultipleField(_l("Partnere"), coerce=as_int)
    names_company = BooleanField(_l("Vis virksomhedens navn"))


class AnswerForm(BaseForm):
    words = TextAreaField(_l("Jeres ord til den, der foreslog"), [Length(max=MAX_WORDS)])


class NewOfferForm(BaseForm):
    """The least that tells whether somebody fits; the reference is the proposer's own."""

    reference = StringField(_l("Sagsnummer eller initialer"), [InputRequired(), Length(max=MAX_REFERENCE)])
    occupation = StringField(_l("Kan arbejde som"), [InputRequired(), Length(max=200)])
    postcode = StringField(_l("Bor i postnummer"), [InputRequired(), Length(max=10), parsed(parse_postcode)])
    weekly_hours = HoursField(_l("Timer om ugen"), [Optional(), NumberRange(1, 60)])
    languages = SelectMultipleField(_l("Sprog"))
    consent_on = DateField(_l("Hvornår sagde personen ja?"), [InputRequired()])
    agreed = BooleanField(_l("Personen har sagt ja til, at vi fortæller jobcentret og virksomheden om sig"))
    words = TextAreaField(_l("Hvorfor passer personen?"), [Length(max=MAX_WORDS)])

    def fit(self) -> None:
        self.languages.choices = [(key, _(word)) for key, word in LANGUAGES.items()]

    def told(self) -> NewCandidate:
        return NewCandidate(
            self.reference.data or "",
            self.occupation.data or "",
            self.postcode.data or "",
            languages=tuple(self.languages.data or ()),
            weekly_hours=self.weekly_hours.data,
            consent_on=self.consent_on.data,
        )


class OwnOfferForm(BaseForm):
    """One of the jobcentre's own candidates."""

    candidate_id = SelectField(_l("Kandidat"), [InputRequired(_l("Vælg en kandidat"))], coerce=as_int)
    own_words = TextAreaField(_l("Hvorfor passer personen?"), [Length(max=MAX_WORDS)])

    def fit(self, rows: Sequence[tuple[int, str]]) -> None:
        chosen: list[tuple[Any, str]] = [("", _("Vælg en kandidat")), *((number, label) for number, label in rows)]
        self.candidate_id.choices = chosen
