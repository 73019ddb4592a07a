"""Sign-in, users with their roles, places, own account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    EmailField,
    Field,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length

from crm.base.errors import N_
from crm.base.types import parse_phone, parse_postcode
from crm.people.actions import Grant
from crm.people.models import ROLES, User
from crm.web.forms import BaseForm, as_int, choices, parsed

ROLE_LABELS = {
    "phoner": N_("Phoner"),
    "consultant": N_("Konsulent"),
    "jobcentre_lead": N_("Jobcenterleder"),
    "regional_lead": N_("Regionsleder"),
    "campaign_manager": N_("Kampagneleder"),
    "admin": N_("Administrator"),
}
# role -> the field of RolesForm that says where, and the column of the grant
SCOPE_FIELDS = {
    "phoner": ("phoner_firm", "calling_firm_id"),
    "consultant": ("consultant_jobcentre", "jobcentre_id"),
    "jobcentre_lead": ("lead_jobcentres", "jobcentre_id"),
    "regional_lead": ("lead_regions", "region_id"),
}


class SignInForm(BaseForm):
    email = EmailField(_l("E-mail"), [InputRequired(), Length(max=254)], render_kw={"autocomplete": "username"})
    password = PasswordField(
        _l("Adgangskode"), [InputRequired(), Length(max=200)], render_kw={"autocomplete": "current-password"}
    )


class RolesForm(BaseForm):
    """Roles with where each of them holds. A lead may have several jobcentres or regions, the others have one."""

    roles = SelectMultipleField(_l("Roller"))
    phoner_firm = SelectField(_l("Phonerfirma"), coerce=as_int)
    consultant_jobcentre = SelectField(_l("Konsulentens jobcenter"), coerce=as_int)
    lead_jobcentres = SelectMultipleField(_l("Lederens jobcentre"), coerce=as_int)
    lead_regions = SelectMultipleField(_l("Regioner"), coerce=as_int)

    def offer(self, jobcentres: Iterable[Any], firms: Iterable[Any], regions: Iterable[Any]) -> None:
        """Fill the choices."""
        places = [(row.id, row.name) for row in jobcentres]
        self.roles.choices = [(role, gettext(ROLE_LABELS[role])) for role in ROLES]
        self.phoner_firm.choices = choices([(row.id, row.name) for row in firms], empty=gettext("Vælg firma"))
        self.consultant_jobcentre.choices = choices(places, empty=gettext("Vælg jobcenter"))
        self.lead_jobcentres.choices = choices(places)
        self.lead_regions.choices = choices([(row.id, row.name) for row in regions])

    def show(self, user: User) -> None:
        """The roles the user holds."""
        self.roles.data = list(dict.fromkeys(held.role for held in user.roles))
        for role, (name, column) in SCOPE_FIELDS.items():
            held_ids = [getattr(held, column) for held in user.roles if held.role == role]
            self[name].data = held_ids if isinstance(self[name], SelectMultipleField) else next(iter(held_ids), None)

    def grants(self) -> list[Grant]:
        made: list[Grant] = []
        for role in self.roles.data or []:
            name, column = SCOPE_FIELDS.get(role, ("", ""))
            places = self._places(name) if name else [None]
            made.extend(Grant(role, **({column: place} if name else {})) for place in places)
        return made

    def _places(self, name: str) -> list[int]:
        data = self[name].data
        return [place for place in (data if isinstance(data, list) else [data]) if place]

    def validate(self, extra_validators: Any = None) -> bool:
        """Each ticked role says where it holds."""
        right = bool(super().validate(extra_validators))
        if not self.roles.data:
            self.roles.errors = [*self.roles.errors, gettext("Vælg mindst én rolle")]
            right = False
        for role, (name, _column) in SCOPE_FIELDS.items():
            if role in (self.roles.data or []) and not self._places(name):
                self[name].errors = [*self[name].errors, gettext("Rollen kræver, at dette felt er valgt")]
                right = False
        return right


class DetailsForm(BaseForm):
    email = EmailField(_l("E-mail"), [InputRequired(), Length(max=254)])
    name = StringField(_l("Navn"), [InputRequired(), Length(max=120)])
    title = StringField(_l("Stilling"), [Length(max=80)])
    phone = TelField(_l("Telefon"), [Length(max=30), parsed(parse_phone)])


class NewUserForm(DetailsForm, RolesForm):
    password = PasswordField(
        _l("Adgangskode"), [InputRequired(), Length(max=200)], render_kw={"autocomplete": "new-password"}
    )


class PasswordForm(BaseForm):
    password = PasswordField(
        _l("Ny adgangskode"), [InputRequired(), Length(max=200)], render_kw={"autocomplete": "new-password"}
    )


class OwnPasswordForm(PasswordForm):
    current = PasswordField(
        _l("Nuværende adgangskode"),
        [InputRequired(), Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )


class JobcentreForm(BaseForm):
    name = StringField(_l("Navn"), [InputRequired(), Length(max=120)])
    municipalities = SelectMultipleField(_l("Kommuner"))
    street = StringField(_l("Adresse"), [Length(max=200)])
    postcode = StringField(_l("Postnummer"), [InputRequired(), Length(max=10), parsed(parse_postcode)])
    city = StringField(_l("By"), [Length(max=100)])
    phone = TelField(_l("Telefon"), [Length(max=30), parsed(parse_phone)])

    def validate_municipalities(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(gettext("Vælg mindst én kommune"))


class FirmForm(BaseForm):
    name = StringField(_l("Navn"), [InputRequired(), Length(max=120)])
