"""Campaign, segment, legal basis and letters as forms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from crm.campaigns.rules import EVERY, PARTNER_MONTHS, RETURN_REASONS, Filters, parse_postcodes
from crm.companies.rules import SECTIONS
from crm.web.forms import BaseForm, as_int, choices

MONTHS = (3, 6, 12, 18, 24, 36)


def clock_choices(extra: Iterable[int] = ()) -> list[tuple[str, str]]:
    """Half-hours of the day as ``8.30``, minutes of the day as values; with further minutes that are in use."""
    minutes = sorted({*range(0, 1441, 30), *extra})
    return [(str(minute), f"{minute // 60}.{minute % 60:02d}") for minute in minutes]


class PercentField(IntegerField):
    """A share from 0 to 1 of the record, typed in whole per cent."""

    def process_data(self, value: float | None) -> None:
        self.data = None if value is None else round(value * 100)


class CampaignForm(BaseForm):
    """``joins``: jobcentres that take part; the firm and target of each stand in fields of the table's rows."""

    name = StringField(_l("Navn"), [InputRequired(), Length(max=200)])
    starts_on = DateField(_l("Første dag"), [InputRequired()])
    ends_on = DateField(_l("Sidste dag"), [InputRequired()])
    calls_from = SelectField(_l("Ringetid fra"), coerce=int)
    calls_to = SelectField(_l("Ringetid til"), coerce=int)
    calls_any_day = BooleanField(_l("Ring også lørdag, søndag og helligdage"))
    visit_minutes = IntegerField(_l("Et besøg varer"), [InputRequired(), NumberRange(15, 480)])
    margin_minutes = IntegerField(_l("Luft omkring kørsel"), [InputRequired(), NumberRange(0, 120)])
    max_attempts = IntegerField(_l("Opkald til en virksomhed"), [InputRequired(), NumberRange(1, 50)])
    max_attempts_a_day = IntegerField(_l("På en dag"), [InputRequired(), NumberRange(1, 20)])
    max_number_attempts = IntegerField(_l("Til ét telefonnummer"), [InputRequired(), NumberRange(1, 200)])
    call_backs_each = IntegerField(_l("Genopkald pr. phoner"), [InputRequired(), NumberRange(1, 500)])
    quarantine_months = IntegerField(_l("Fred efter et svar"), [InputRequired(), NumberRange(0, 60)])
    fit_weight = PercentField(_l("Vægt på ledig, kørbar tid"), [InputRequired(), NumberRange(0, 100)])
    letter_days = IntegerField(_l("Ring tidligst"), [InputRequired(), NumberRange(0, 60)])
    horizon_days = IntegerField(_l("Book højst så langt frem"), [InputRequired(), NumberRange(1, 120)])
    notice_hours = IntegerField(_l("Book tidligst om"), [InputRequired(), NumberRange(0, 336)])
    target_visits = IntegerField(_l("Mål for hele kampagnen"), [Optional(), NumberRange(1, 1_000_000)])
    nag_before_days = IntegerField(_l("Før fristen"), [InputRequired(), NumberRange(0, 20)])
    nag_overdue_days = IntegerField(_l("Konsulenten, med kopi til lederen"), [InputRequired(), NumberRange(1, 60)])
    nag_lead_days = IntegerField(_l("Lederen"), [InputRequired(), NumberRange(2, 90)])
    nag_region_days = IntegerField(_l("Regionen, som et tal"), [InputRequired(), NumberRange(3, 120)])
    ending_days = IntegerField(_l("Før en ansættelse slutter"), [InputRequired(), NumberRange(1, 60)])
    ask_company_days = IntegerField(_l("Spørg virksomheden"), [InputRequired(), NumberRange(0, 60)])
    information_text = TextAreaField(_l("Oplysningstekst"), [Length(max=5000)])
    state = SelectField(_l("Tilstand"))
    joins = SelectMultipleField(_l("Jobcentre"), coerce=as_int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = kwargs.get("obj")
        times = clock_choices((held.calls_from, held.calls_to) if held else ())
        self.calls_from.choices, self.calls_to.choices = times[:-1], times[1:]
        self.state.choices = [("open", gettext("Åben")), ("closed", gettext("Lukket"))]

    def settings(self) -> dict[str, Any]:
        """Arguments of create_campaign and update_campaign but the jobcentres."""
        left_out = {"joins", "csrf_token"}
        values = {name: value for name, value in self.data.items() if name not in left_out}
        weight = (self.fit_weight.data or 0) / 100
        return {**values, "information_text": values["information_text"] or "", "fit_weight": weight}


def _postcodes(_form: Any, field: Field) -> None:
    try:
        parse_postcodes(field.data or "")
    except ValueError as exc:
        raise ValidationError(gettext(str(exc)) + ".") from exc


class SegmentForm(BaseForm):
    """A list's name, its conditions and the key of the random order."""

    name = StringField(_l("Listens navn"), [Length(max=200)])
    industries = SelectMultipleField(_l("Brancher"))
    min_employees = IntegerField(_l("Mindst"), [Optional(), NumberRange(0, 1_000_000)])
    max_employees = IntegerField(_l("Højst"), [Optional(), NumberRange(0, 1_000_000)])
    not_contacted_months = SelectField(_l("Sidste kontakt"), coerce=as_int)
    exclude_partners = BooleanField(_l("Kun virksomheder, der ikke er partnere i forvejen"))
    postcodes = StringField(_l("Postnumre"), [Length(max=2000), _postcodes])
    sample = IntegerField(_l("Tilfældigt udsnit på"), [Optional(), NumberRange(1, 1_000_000)])
    seed = IntegerField(_l("Nøgle"), [Optional(), NumberRange(0, 2**31 - 1)])
    segment_name = StringField(_l("Gem vilkårene som"), [Length(max=120)])

    def __init__(self, *args: Any, held: Filters | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = held or Filters()
        months = sorted({*MONTHS, *([held.not_contacted_months] if held.not_contacted_months else [])})
        self.industries.choices = [(key, gettext(section.label)) for key, section in SECTIONS.items()]
        self.not_contacted_months.choices = choices(
            [(n, ngettext("ikke kontaktet i %(num)s md.", "ikke kontaktet i %(num)s mdr.", n)) for n in months],
            empty=gettext("uanset tidligere kontakt"),
        )

    @classmethod
    def of(cls, filters: Filters, **values: Any) -> SegmentForm:
        """Filled with stored conditions."""
        data = {**filters.to_json(), "postcodes": ", ".join(filters.postcodes), **values}
        return cls(formdata=None, held=filters, data=data)

    def filters(self) -> Filters:
        """The typed conditions; what cannot be read is no condition (the field says so when it is validated)."""
        try:
            postcodes = parse_postcodes(self.postcodes.data or "")
        except ValueError:
            postcodes = ()
        known = tuple(key for key in SECTIONS if key in (self.industries.data or ()))
        return Filters(
            industries=() if len(known) == len(SECTIONS) else known,
            min_employees=self.min_employees.data,
            max_employees=self.max_employees.data,
            postcodes=postcodes,
            not_contacted_months=self.not_contacted_months.data,
            exclude_partners=bool(self.exclude_partners.data),
            sample=self.sample.data,
        )


PARTNER_HINT = _l("Partner: en virksomhed med et afholdt besøg inden for %(months)s måneder.", months=PARTNER_MONTHS)


class BasisForm(BaseForm):
    basis = TextAreaField(_l("Hjemmel"), [InputRequired(), Length(max=5000)])


class LetterForm(BaseForm):
    """How a list's letters are dealt over days. Empty numbers: all of them, on one day."""

    name = StringField(_l("Navn"), [InputRequired(), Length(max=110)])
    first_on = DateField(_l("Sendes første gang"), [InputRequired()])
    amount = IntegerField(_l("Kun de første"), [Optional(), NumberRange(1, 1_000_000)])
    per = IntegerField(_l("Højst ad gangen"), [Optional(), NumberRange(1, 1_000_000)])
    every = SelectField(_l("Derefter"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.every.choices = [(key, gettext(label)) for key, label in EVERY.items()]


class MoveLettersForm(BaseForm):
    mailed_on = DateField(_l("Ny dag"), [InputRequired()])


class ReturnedForm(BaseForm):
    """P-numbers typed, pasted or scanned, a file of them, or rows ticked on the page."""

    numbers = TextAreaField(_l("P-numre"), [Length(max=200_000)])
    file = FileField(_l("Returliste"))
    because = SelectField(_l("Årsag"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.because.choices = [(key, gettext(label)) for key, label in RETURN_REASONS.items()]


class ExtractForm(BaseForm):
    batch_id = SelectField(_l("Registerudtræk"), coerce=as_int, validators=[InputRequired()])
