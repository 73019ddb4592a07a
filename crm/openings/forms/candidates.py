"""Forms of candidates, of their steps, and of placements."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from crm.base.clock import at, danish
from crm.openings.forms.fields import HoursField
from crm.openings.models import Candidacy, Candidate, Placement
from crm.openings.rules.candidates import (
    CHOSEN_REASONS,
    DEFAULT_REACH,
    END_REASONS,
    MAX_REACH,
    MAX_REFERENCE,
    PLACEMENT_ENDS,
    NewCandidate,
)
from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.types import SHORT
from crm.web.forms import BaseForm, choices


def day_of(field: DateField) -> date:
    """The day of a required field that was found right."""
    if field.data is None:
        raise ValueError(field.name)
    return field.data


class CandidateForm(BaseForm):
    """Five fields for the plain case; how far, languages and types have sensible values without being touched."""

    reference = StringField(_l("Reference"), [InputRequired(), Length(max=MAX_REFERENCE)])
    occupation = StringField(_l("Søger arbejde som"), [InputRequired(), Length(max=200)])
    postcode = StringField(_l("Bor i postnummer"), [InputRequired(), Length(max=4)])
    weekly_hours = HoursField(_l("Timer om ugen"), [Optional(), NumberRange(1, 60)])
    consent_on = DateField(_l("Samtykke givet den"), [Optional()])
    reach_minutes = IntegerField(
        _l("Kan køre højst"), [InputRequired(), NumberRange(1, MAX_REACH)], default=DEFAULT_REACH
    )
    languages = SelectMultipleField(_l("Sprog"))
    types = SelectMultipleField(_l("Typer af job"))

    def fit(self) -> None:
        self.languages.choices = choices((key, _(word)) for key, word in LANGUAGES.items())
        self.types.choices = choices((key, _(word)) for key, word in SHORT.items())

    def told(self) -> NewCandidate:
        return NewCandidate(
            self.reference.data or "",
            self.occupation.data or "",
            self.postcode.data or "",
            self.reach_minutes.data or 0,
            tuple(self.languages.data or ()),
            self.weekly_hours.data,
            tuple(self.types.data or ()),
            self.consent_on.data,
        )


class EditForm(CandidateForm):
    """Consent is given and taken back by steps of its own."""

    consent_on = None  # type: ignore[assignment]

    def told(self) -> NewCandidate:
        return NewCandidate(
            self.reference.data or "",
            self.occupation.data or "",
            self.postcode.data or "",
            self.reach_minutes.data or 0,
            tuple(self.languages.data or ()),
            self.weekly_hours.data,
            tuple(self.types.data or ()),
        )


class ConsentForm(BaseForm):
    consent_on = DateField(_l("Samtykke givet den"), [InputRequired(_l("Vælg en dato"))])


class InterviewForm(BaseForm):
    day = DateField(_l("Dag"), [InputRequired(_l("Vælg en dag"))])
    clock = TimeField(_l("Klokken"), [Optional()])

    def moment(self) -> datetime:
        """UTC; a day without an hour is kept as noon."""
        told = self.clock.data
        return at(day_of(self.day), told.hour * 60 + told.minute if told else 12 * 60)


class HireForm(BaseForm):
    """``type``: what it became, which may be another than the opening's."""

    type = SelectField(_l("Ansat i"))
    starts_on = DateField(_l("Første dag"), [InputRequired(_l("Vælg den første dag"))])
    ends_on = DateField(_l("Sidste dag"), [Optional()])
    beside = BooleanField(_l("Løber samtidig med den anden ansættelse"))
    ends_others = BooleanField(_l("Afslut de andre forløb, kandidaten er undervejs i"))

    def fit(self) -> None:
        self.type.choices = choices((key, _(word)) for key, word in SHORT.items())


class EndForm(BaseForm):
    because = RadioField(_l("Hvorfor?"), [InputRequired(_l("Vælg en grund"))])

    def fit(self) -> None:
        self.because.choices = choices((key, _(END_REASONS[key])) for key in CHOSEN_REASONS)


class FinishForm(BaseForm):
    ended_on = DateField(_l("Sidste dag"), [InputRequired(_l("Vælg den sidste dag"))])
    because = RadioField(_l("Hvorfor sluttede det?"), [InputRequired(_l("Vælg en grund"))], default="as_agreed")
    permanent = RadioField(_l("Blev det et almindeligt job?"), default="")

    def fit(self) -> None:
        self.because.choices = choices((key, _(word)) for key, word in PLACEMENT_ENDS.items())
        self.permanent.choices = [("yes", _("Ja")), ("no", _("Nej")), ("", _("Ved ikke"))]

    def became_permanent(self) -> bool | None:
        return {"yes": True, "no": False}.get(self.permanent.data or "")


class ExtendForm(BaseForm):
    ends_on = DateField(_l("Ny sidste dag"), [Optional()])


def edit_of(candidate: Candidate) -> EditForm:
    """The form filled with what is known."""
    form = EditForm(formdata=None, obj=candidate)
    form.fit()
    return form


def interview_of(candidacy: Candidacy) -> InterviewForm:
    """The form with the time that stands, empty without one; noon is a day without an hour."""
    local = danish(candidacy.interview_at) if candidacy.interview_at else None
    clock = local.time() if local and (local.hour, local.minute) != (12, 0) else None
    return InterviewForm(formdata=None, day=local.date() if local else None, clock=clock)


def finish_of(placement: Placement, today: date, permanent: bool | None = None) -> FinishForm:
    """The last day is proposed: today, or the agreed one where it has passed; and what is known of an ordinary job."""
    last = max(placement.starts_on, min(placement.ends_on or today, today))
    form = FinishForm(formdata=None, ended_on=last, permanent="" if permanent is None else "yes" if permanent else "no")
    form.fit()
    return form
