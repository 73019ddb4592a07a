"""The form of a partner. Where it works is one choice: ``j12`` a jobcentre, ``r3`` a region, ``all`` the country."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, RadioField, SelectField, StringField, TelField
from wtforms.validators import InputRequired, Length

from crm.base.types import parse_phone
from crm.people.actions.partners import PartnerDetails
from crm.people.models import Partner
from crm.people.rules import PARTNER_KINDS
from crm.web.forms import BaseForm, parsed

EVERYWHERE = "all"


class PartnerForm(BaseForm):
    name = StringField(_l("Navn"), [InputRequired(), Length(max=120)])
    kind = RadioField(_l("Hvad er det?"), [InputRequired(_l("Vælg, hvad det er for en organisation"))])
    reach = SelectField(
        _l("Arbejder sammen med"), [InputRequired(_l("Vælg et jobcenter, en region eller hele landet"))]
    )
    contact_name = StringField(_l("Kontaktperson"), [Length(max=120)])
    email = EmailField(_l("E-mail"), [InputRequired(), Length(max=254)])
    phone = TelField(_l("Telefon"), [Length(max=30), parsed(parse_phone)])
    digest = BooleanField(_l("Send en mail om morgenen, når der er nye åbninger"))

    def fit(self, reaches: Sequence[tuple[str, str]]) -> None:
        self.kind.choices = [(key, _(label)) for key, label in PARTNER_KINDS.items()]
        self.reach.choices = list(reaches)

    def show(self, partner: Partner) -> None:
        self.reach.data = reach_of(partner)

    def details(self) -> PartnerDetails:
        reach = self.reach.data or ""
        number = int(reach[1:]) if reach[1:].isdigit() else None
        return PartnerDetails(
            self.name.data or "",
            self.kind.data or "",
            self.email.data or "",
            self.contact_name.data or "",
            self.phone.data or None,
            number if reach.startswith("j") else None,
            number if reach.startswith("r") else None,
            bool(self.digest.data),
        )


def reach_of(partner: Partner) -> str:
    """The choice that says where a partner works."""
    if partner.jobcentre_id:
        return f"j{partner.jobcentre_id}"
    return f"r{partner.region_id}" if partner.region_id else EVERYWHERE
