"""Forms of openings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from crm.base.errors import Refusal
from crm.openings.forms.fields import HoursField
from crm.openings.models import Opening, OwnType
from crm.openings.rules import CLOSE_REASONS, LANGUAGES, MAX_CVS, MAX_POSITIONS, MAX_WISHES, SHORT, TYPES, NewOpening
from crm.openings.rules.details import MAX_HOURS, MAX_TASKS, Details, merged
from crm.openings.rules.types import MAX_NAME, OWN, own_choices, type_key
from crm.visits.rules import SCHEMES
from crm.web.forms import BaseForm, as_int, choices
from crm.web.i18n import say


class DetailsForm(BaseForm):
    """What is known of an opening; every field can stay empty until it is."""

    occupation = StringField(_l("Stilling"), [Length(max=200)])
    own_type_id = SelectField(_l("Finere type"), [Optional()], coerce=as_int)
    tasks = TextAreaField(_l("Opgaver"), [Length(max=MAX_TASKS)])
    weekly_hours = HoursField(
        _l("Timer om ugen"), [Optional(), NumberRange(0.5, MAX_HOURS, _l("Skriv timer fra 0,5 til 60"))]
    )
    hours_note = StringField(_l("Om timerne"), [Length(max=120)])
    starts_on = DateField(_l("Første dag"), [Optional()])
    starts_note = StringField(_l("Om starten"), [Length(max=60)])
    languages = SelectMultipleField(_l("Sprog, der er brug for"))
    wishes = TextAreaField(_l("Ønsker til personen"), [Length(max=MAX_WISHES)])
    cvs_wanted = IntegerField(_l("Antal CV'er"), [Optional(), NumberRange(0, MAX_CVS)])
    cvs_by = DateField(_l("CV'er senest"), [Optional()])
    scheme = SelectField(_l("Ordning"), [Optional()], coerce=lambda raw: raw or None)
    contact_name = StringField(_l("Kontakt"), [Length(max=200)])
    contact_title = StringField(_l("Kontaktens stilling"), [Length(max=120)])
    contact_phone = StringField(_l("Kontaktens telefon"), [Length(max=40)])
    contact_email = StringField(_l("Kontaktens e-mail"), [Length(max=254)])

    def offer(self, own: Iterable[OwnType] = ()) -> None:
        """Fill in the choices that depend on language; ``own``: finer types that fit."""
        self.languages.choices = choices((key, _(word)) for key, word in LANGUAGES.items())
        self.scheme.choices = choices(((key, _(word)) for key, word in SCHEMES.items()), empty=_("Ikke valgt"))
        self.own_type_id.choices = choices(((one.id, one.name) for one in own), empty=_("Ingen"))

    def details(self) -> Details:
        return Details(
            occupation=self.occupation.data or "",
            own_type_id=self.own_type_id.data,
            tasks=self.tasks.data or "",
            weekly_hours=self.weekly_hours.data,
            hours_note=self.hours_note.data or "",
            starts_on=self.starts_on.data,
            starts_note=self.starts_note.data or "",
            languages=tuple(self.languages.data or ()),
            wishes=self.wishes.data or "",
            cvs_wanted=self.cvs_wanted.data,
            cvs_by=self.cvs_by.data,
            scheme=self.scheme.data,
            contact_name=self.contact_name.data or "",
            contact_title=self.contact_title.data or "",
            contact_phone=self.contact_phone.data or None,
            contact_email=self.contact_email.data or None,
        )


class ChangeForm(DetailsForm):
    """``seen``: the details as they were when the page was shown, so that nothing else is written over."""

    seen = HiddenField()

    def saw(self) -> Details | None:
        return Details.read(self.seen.data or "")

    def clashed(self, current: Details, theirs: Mapping[str, str]) -> None:
        """Keep what was typed where it was changed, take over what others wrote elsewhere, and show both where they
        meet. ``theirs``: field -> words."""
        seen, told, now = self.saw() or current, self.details(), current.values()
        kept, _clash = merged(seen, told, current)
        for name, value in kept.values().items():
            if value == now[name]:
                self[name].data, self[name].raw_data = value, None
        for name, words in theirs.items():
            self[name].errors = [_("Imens er der skrevet: %(theirs)s", theirs=words or "–")]
        self.seen.data = current.written()


class TypeForm(BaseForm):
    """A type by chip, how many, urgent or not. The administrators' own types stand among the others."""

    type = RadioField(_l("Type"), [InputRequired(_l("Vælg en type"))])
    positions = IntegerField(_l("Antal stillinger"), [InputRequired(), NumberRange(1, MAX_POSITIONS)], default=1)
    akutjob = BooleanField(_l("Akutjob"))

    def fit(self, own: Sequence[OwnType] = ()) -> None:
        self.reports_as = {f"{OWN}{one.id}": one.reports_as for one in own}
        self.type.choices = [
            *((key, _(label), {"data-counts-as": key}) for key, label in SHORT.items()),
            *own_choices(own),
        ]

    def refused(self, refusal: Refusal) -> None:
        """What is wrong with an own type is shown at the chips."""
        errors = {"type" if name == "own_type_id" else name: text for name, text in refusal.errors.items()}
        super().refused(Refusal(refusal.code, refusal.message, errors=errors, **refusal.fields))

    def told(self, details: Details | None = None) -> NewOpening:
        """The switch is shown for ordinary openings only and counts there only."""
        chosen = self.type.data or ""
        reporting = self.reports_as.get(chosen, chosen)
        details = details or Details()
        return NewOpening(
            reporting,
            self.positions.data or 0,
            bool(self.akutjob.data) and reporting == "ordinary",
            details.occupation,
            details.wishes,
            details.cvs_wanted,
            details.cvs_by,
            int(chosen.removeprefix(OWN)) if chosen in self.reports_as else None,
        )


class AddForm(TypeForm, DetailsForm):
    """Four taps for the plain case; the details can come later. ``key``: made with the page, so that it saves once."""

    another = BooleanField(_l("Ja, det er en åbning til"))
    key = HiddenField(validators=[Length(max=100)], default=lambda: uuid4().hex)

    def all(self) -> tuple[NewOpening, Details]:
        details = self.details()
        told = self.told(details)
        return told, replace(details, own_type_id=told.own_type_id)

    def once(self) -> dict[str, Any]:
        return {"another": bool(self.another.data), "idempotency_key": self.key.data or None}

    def ask_again(self, refusal: Refusal) -> None:
        """``refused``; what was saved from the page already stands, and the next saving is another one."""
        if refusal.code == "alike":
            self.another.data, self.another.errors = False, [say(refusal.message, refusal.fields)]
            return
        if refusal.code in ("idempotency_key", "stale"):
            self.key.data = uuid4().hex
        if refusal.code == "idempotency_key":
            said = _("Du har allerede gemt %(opening)s fra denne side. Gem igen, hvis det er en åbning til.")
            self.form_errors.append(said % {"opening": refusal.fields["opening"]})
            return
        self.refused(refusal)

    def fit(self, own: Sequence[OwnType] = ()) -> None:
        super().fit(own)
        self.offer()


class CloseForm(BaseForm):
    reason = RadioField(_l("Hvorfor lukkes den?"), [InputRequired(_l("Vælg en grund"))])

    def fit(self, hired: int) -> None:
        """Without anybody hired it is not filled by us."""
        self.reason.choices = [
            (key, _(label)) for key, label in CLOSE_REASONS.items() if hired or key != "filled_by_us"
        ]


class RelaxForm(BaseForm):
    wishes = TextAreaField(_l("Det ønskes nu"), [Length(max=MAX_WISHES)])
    agreed_with = StringField(
        _l("Hvem hos virksomheden sagde ja"),
        [InputRequired(_l("Skriv, hvem hos virksomheden der sagde ja")), Length(max=200)],
    )


class HandForm(BaseForm):
    consultant_id = SelectField(_l("Ansvarlig konsulent"), coerce=as_int)

    def fit(self, people: Iterable[Any]) -> None:
        self.consultant_id.choices = choices((one.id, one.name) for one in people)


class OwnTypeForm(BaseForm):
    """``fit`` fixes what it counts as where an opening has it already."""

    name = StringField(_l("Navn"), [InputRequired(), Length(max=MAX_NAME)])
    reports_as = SelectField(_l("Tæller i rapporter som"), validate_choice=False)
    active = BooleanField(_l("Kan vælges til nye åbninger"), default=True)

    def fit(self, own: OwnType | None = None, used: bool = False) -> None:
        self.reports_as.choices = choices(((key, _(label)) for key, label in TYPES.items()), empty=_("Vælg"))
        if own is not None and used:
            self.reports_as.choices = [(own.reports_as, _(TYPES[own.reports_as]))]
            self.reports_as.data = own.reports_as


def typed(found: Opening) -> dict[str, Any]:
    """A TypeForm's content for correcting."""
    return {"type": type_key(found), "positions": found.positions, "akutjob": found.akutjob}
