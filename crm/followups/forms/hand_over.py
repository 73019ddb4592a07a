"""Forms of handing agreements over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Length, Optional
from wtforms.widgets import HiddenInput

from crm.base.errors import Refusal
from crm.followups.queries.hand_over import Owner, Which
from crm.followups.rules import KINDS, MAX_REASON
from crm.people.models import User
from crm.web.forms import BaseForm, as_int


class HandOverForm(BaseForm):
    """To one colleague."""

    to = SelectField(_l("Til hvem?"), coerce=as_int, validate_choice=False)
    reason = StringField(_l("Hvorfor?"), [Length(max=MAX_REASON)])

    def fit(self, people: Sequence[User], mine: int) -> None:
        self.to.choices = [("", _("Vælg en kollega")), *((user.id, user.name) for user in people if user.id != mine)]

    def to_id(self) -> int:
        """0, which nobody has, where nobody was chosen."""
        return self.to.data or 0


class ManyForm(BaseForm):
    """Somebody's agreements to one or more colleagues. Read from the address, so that the preview can be shown and
    shared; sent the same way."""

    from_id = SelectField(_l("Fra hvem?"), coerce=as_int, validate_choice=False)
    to = SelectMultipleField(_l("Til hvem?"), coerce=as_int, validate_choice=False)
    kind = SelectField(_l("Hvilke?"), validate_choice=False)
    until_on = DateField(_l("Kun med frist til og med"), [Optional()])
    openings = BooleanField(_l("Også åbne åbninger"))
    reason = StringField(_l("Hvorfor?"), [Length(max=MAX_REASON)])
    count = IntegerField(widget=HiddenInput(), validators=[Optional()])

    def fit(self, people: Sequence[Owner], colleagues: Mapping[int, Sequence[User]]) -> None:
        """colleagues: jobcentre id -> those who may get them."""
        self.from_id.choices = [
            ("", _("Vælg")),
            *(
                (person.id, f"{person.name} ({person.count})" + ("" if person.active else f" · {_('ikke aktiv')}"))
                for person in people
            ),
        ]
        users = {user.id: user for group in colleagues.values() for user in group}
        here = sorted(users.values(), key=lambda user: user.name)
        self.to.choices = [(user.id, user.name) for user in here if user.id != self.from_id.data]
        self.kind.choices = [("", _("Alle slags")), *((key, _(word)) for key, word in KINDS.items())]

    def which(self) -> Which:
        until: date | None = self.until_on.data
        return Which(self.kind.data if self.kind.data in KINDS else None, until)

    def to_ids(self) -> list[int]:
        return [number for number in self.to.data or () if number]

    def refused(self, refusal: Refusal) -> None:
        super().refused(refusal)
        for name in refusal.errors:
            if name in self:
                self[name].errors = [text if text.endswith(".") else f"{text}." for text in self[name].errors]
