"""The fields of an agreement: who owes what by when; the report has them, and so has one added later."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, TextAreaField
from wtforms.validators import Optional

from crm.base.errors import Refusal
from crm.base.words import LONG_MONTHS, MONTHS
from crm.followups.rules import KINDS, FollowUpDecision, kind_of, quick_dates
from crm.web.filters import dk_day
from crm.web.forms import BaseForm
from crm.web.i18n import say

OWN = "own"
OUR_KINDS = [(key, _l(KINDS[key])) for key in ("we_owe", "future_need", "care")]
# where the rules name another field than the pages have
FIELDS = {
    "follow_up": "owed_by",
    "follow_up.owed_by": "owed_by",
    "follow_up.kind": "kind",
    "follow_up.promise": "promise",
    "follow_up.due_on": "due",
}


class AgreementForm(BaseForm):
    """One agreement, added after the report. Values are checked by the action, so that every error shows at once."""

    owed_by = RadioField(
        _l("Hvem"), validate_choice=False, choices=[("jobcentre", _l("Vi")), ("company", _l("Virksomheden"))]
    )
    kind = RadioField(_l("Hvad slags aftale?"), validate_choice=False, choices=OUR_KINDS)
    promise = TextAreaField(_l("Hvad"))
    due = RadioField(_l("Hvornår"), validate_choice=False)
    own_date = DateField(_l("Anden dato"), [Optional()])

    def fit_dates(self, today: date) -> None:
        """Fill in the quick dates; an unlisted date is shown as the other date."""
        quick = quick_choices(today)
        self.due.choices = [*quick, (OWN, _("Anden dato"))]
        chosen = as_date(self.due.data)
        if chosen and chosen.isoformat() not in dict(quick):
            self.due.data, self.own_date.data = OWN, chosen

    def due_on(self) -> date | None:
        return self.own_date.data if self.due.data == OWN else as_date(self.due.data)

    def chosen_kind(self) -> str | None:
        """What was chosen of our own promises; None where the rest is to decide."""
        return self.kind.data or None if self.owed_by.data == "jobcentre" else None

    def agreement(self, visit_day: date) -> FollowUpDecision:
        side, due_on = self.owed_by.data or "", self.due_on()
        kind = self.chosen_kind() or kind_of(side, openings=False, due_on=due_on, visit_day=visit_day)
        return FollowUpDecision(side, due_on, self.promise.data or "", kind)

    def refused(self, refusal: Refusal) -> None:
        """Show the action's errors on the page's own fields."""
        for name, message in refusal.errors.items():
            self.show(FIELDS.get(name, name), message, refusal)
        if not refusal.errors:
            self.form_errors.append(say(refusal.message, refusal.fields))

    def show(self, field: str, message: str, refusal: Refusal) -> None:
        """One error on one field, above the form where the page has no such field."""
        if field == "due" and self.due.data == OWN:
            field = "own_date"
        text = say(message, refusal.fields)
        if field in self:
            self[field].errors = [*self[field].errors, text if text.endswith(".") else f"{text}."]
        else:
            self.form_errors.append(text)


def as_date(raw: Any) -> date | None:
    """An ISO date, None for anything else."""
    try:
        return date.fromisoformat(raw) if isinstance(raw, str) and len(raw) == 10 else None
    except ValueError:
        return None


def quick_choices(today: date) -> list[tuple[str, str]]:
    return [
        (
            day.isoformat(),
            {"fortnight": _("om 2 uger"), "march": f"{day.day}. {_(LONG_MONTHS[day.month - 1])}"}.get(key)
            or dk_day(day),
        )
        for key, day in quick_dates(today)
    ]


def quick_details(today: date) -> dict[str, str]:
    """The date behind words: ``3. dec.`` beside "om 2 uger", the year of a 1 March that is far off."""
    return {
        day.isoformat(): f"{day.day}. {_(MONTHS[day.month - 1])}" if key == "fortnight" else str(day.year)
        for key, day in quick_dates(today)
        if key == "fortnight" or (key == "march" and (day - today).days > 180)
    }
