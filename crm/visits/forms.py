"""Forms of visits: booking from the call screen, moving, cancelling."""

from __future__ import annotations

from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, IntegerField, RadioField, StringField, TelField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from crm.base.types import parse_email, parse_phone
from crm.visits.rules import ContactDetails
from crm.visits.rules.weights import Weights
from crm.web.forms import BaseForm, parsed

LARGEST_ID = 2**53


def parse_slot(value: str | None) -> tuple[int, datetime] | None:
    """``"<consultant_id>|<ISO>"`` as the radio buttons carry it; None when it is not that."""
    number, _, moment = (value or "").partition("|")
    try:
        starts_at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    if not (number.isascii() and number.isdigit() and len(number) < 16) or starts_at.tzinfo is None:
        return None
    return (int(number), starts_at.astimezone(UTC)) if 2000 <= starts_at.year <= 2100 else None


class SlotForm(BaseForm):
    """A form with a radio button for each time."""

    slot = StringField(_l("Tid"), [InputRequired(_l("Vælg en tid i listen.")), Length(max=80)])

    def validate_slot(self, field: StringField) -> None:
        if parse_slot(field.data) is None:
            raise ValidationError(_l("Vælg en tid i listen."))

    @property
    def wanted(self) -> tuple[int, datetime]:
        """Consultant and start; ask after validation only."""
        found = parse_slot(self.slot.data)
        if found is None:
            raise ValueError("validate first")
        return found


class BookForm(SlotForm):
    entry_id = IntegerField(_l("Virksomhed"), [InputRequired(), NumberRange(1, LARGEST_ID)])
    contact_name = StringField(
        _l("Kontakt"), [InputRequired(_l("Skriv, hvem konsulenten skal møde.")), Length(max=200)]
    )
    contact_title = StringField(_l("Titel"), [Length(max=120)])
    contact_phone = TelField(_l("Telefon"), [Length(max=40), parsed(parse_phone)])
    contact_email = EmailField(_l("E-mail"), [Length(max=254), parsed(parse_email)])
    note = TextAreaField(_l("Noter til konsulenten"), [Length(max=4000)])
    key = StringField(validators=[Length(max=100)])

    @property
    def contact(self) -> ContactDetails:
        return ContactDetails(
            self.contact_name.data or "",
            self.contact_title.data or "",
            self.contact_phone.data or None,
            self.contact_email.data or None,
        )


class MoveForm(SlotForm):
    reason = StringField(
        _l("Grund"), [InputRequired(_l("Skriv en grund; begge parter får den at vide.")), Length(max=300)]
    )


class CancelForm(BaseForm):
    by = RadioField(
        _l("Hvem aflyser?"),
        default="company",
        choices=[("company", _l("Virksomheden")), ("jobcentre", _l("Jobcentret"))],
    )
    cancel_reason = StringField(
        _l("Grund"), [InputRequired(_l("Skriv en grund; begge parter får den at vide.")), Length(max=300)]
    )


class HandOverForm(BaseForm):
    """Who comes instead, and why."""

    to = StringField(_l("Hvem kommer i stedet?"), [Length(max=20)])
    reason = StringField(
        _l("Grund"), [InputRequired(_l("Skriv en grund; begge parter får den at vide.")), Length(max=300)]
    )

    def validate_to(self, field: StringField) -> None:
        text = field.data or ""
        if not (text.isascii() and text.isdigit() and 0 < int(text) <= LARGEST_ID):
            raise ValidationError(_l("Vælg, hvem der kommer i stedet."))


class AcceptForm(BaseForm):
    """Why a visit will do all the same."""

    because = StringField(
        _l("Hvorfor går det?"), [InputRequired(_l("Skriv, hvorfor det går alligevel.")), Length(max=300)]
    )


class ReassignForm(BaseForm):
    """One drop-down for each visit (``choice-<visit>``, read by the view), and why."""

    reason = StringField(
        _l("Grund"), [InputRequired(_l("Skriv en grund; begge parter får den at vide.")), Length(max=300)]
    )
    absence = BooleanField(_l("Registrér også fraværet"))


MINUTES = _l("Skriv et helt tal fra 0 til 240")


class WeightsForm(BaseForm):
    """Minutes of driving that one visit more that week, and one working day later, are worth."""

    fairness_min = IntegerField(
        _l("Fordeling mellem konsulenter"),
        [InputRequired(MINUTES), NumberRange(0, 240, MINUTES)],
    )
    earliness_min = IntegerField(
        _l("Ventetid"),
        [InputRequired(MINUTES), NumberRange(0, 240, MINUTES)],
    )

    @property
    def weights(self) -> Weights:
        return Weights(self.fairness_min.data or 0, self.earliness_min.data or 0)
