"""Forms of a follow-up: done, put off."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from crm.base.errors import Refusal
from crm.followups.forms.agreement import AgreementForm
from crm.followups.models import FollowUp
from crm.followups.rules import FITTING, MAX_REASON, OUTCOMES, FollowUpDecision, NoFollowUp, kind_of
from crm.web.forms import BaseForm
from crm.web.i18n import say

# where the rules name another field than the page has
FIELDS = {"then.promise": "promise", "then.due_on": "due", "no_next_because": "because"}


class FulfilForm(AgreementForm):
    """Done: what came of it, and when the next contact is. The fields of the next contact are an agreement's; that it
    is ours, and of which kind, follows from the one before."""

    owed_by = None  # type: ignore[assignment]
    kind = None  # type: ignore[assignment]
    outcome_key = RadioField(_l("Hvad kom der ud af det?"), validate_choice=False)
    outcome = TextAreaField(_l("Med dine ord"), [Length(max=2000)])
    then = RadioField(_l("Næste kontakt"), validate_choice=False)
    because = StringField(_l("Hvorfor ingen?"), [Length(max=MAX_REASON)])
    promise = TextAreaField(_l("Hvad skal I tale om?"))

    last = False

    def fit(self, found: FollowUp, today: date, *, last: bool = False) -> None:
        """The outcomes that fit the kind, the usual one chosen; the quick dates of the next contact. ``last``: nothing
        else is agreed with the company, so that "not now" is said by a person and not by the page."""
        self.last = last and found.state == "open" and found.kind not in ("data_missing", "care")
        self.outcome_key.choices = [(key, _(OUTCOMES[key])) for key in FITTING[found.kind]]
        self.outcome_key.data = self.outcome_key.data or FITTING[found.kind][0]
        self.then.choices = [("date", _("Aftal en dato")), ("none", _("Ingen, fordi …"))]
        if found.kind != "care":
            self.then.choices.append(("skip", _("Ikke nu")))
            self.then.data = self.then.data or (None if self.last else "skip")
        elif self.promise.data is None:
            self.promise.data = found.promise
        self.fit_dates(today)

    def validate_then(self, field: RadioField) -> None:
        if self.last and not field.data:
            raise ValidationError(_("Vælg, om der skal være en næste kontakt."))

    def next_contact(self, found: FollowUp, today: date) -> FollowUpDecision | NoFollowUp | None:
        if self.then.data == "none":
            return NoFollowUp(self.because.data or "")
        if self.then.data != "date":
            return None
        due_on = self.due_on()
        kind = "care" if found.kind == "care" else kind_of("jobcentre", openings=False, due_on=due_on, visit_day=today)
        if self.outcome_key.data == "later" and kind == "we_owe":
            kind = "future_need"
        return FollowUpDecision("jobcentre", due_on, self.promise.data or "", kind)

    def refused(self, refusal: Refusal) -> None:
        for name, message in refusal.errors.items():
            self.show(FIELDS.get(name, name), message, refusal)
        if not refusal.errors:
            self.form_errors.append(say(refusal.message, refusal.fields))


class SnoozeForm(BaseForm):
    due_on = DateField(_l("Ny dato"), [InputRequired(_l("Vælg en dato"))])
    reason = StringField(_l("Grund"), [InputRequired(_l("Skriv, hvorfor den udskydes")), Length(max=MAX_REASON)])
