"""What the phoner's screen sends: the outcome with its details, notes, the choice of queue."""

from __future__ import annotations

from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from crm.calling.rules import BY_PHONE, DECLINE_REASONS
from crm.web.forms import BaseForm


class OutcomeForm(BaseForm):
    """The details of an outcome are checked by calling.rules, so that page and API refuse alike."""

    key = HiddenField(validators=[Length(max=100)])
    outcome = RadioField(choices=[(key, key) for key in ("booked", *BY_PHONE)], validators=[Optional()])
    reason = RadioField(choices=[(key, key) for key in DECLINE_REASONS], validators=[Optional()])
    call_back_at = StringField(validators=[Length(max=60)])
    mine = RadioField(choices=[("1", "1"), ("0", "0")], default="1", validators=[Optional()])
    note = TextAreaField(validators=[Length(max=4000)])
    contact_name = StringField(validators=[Length(max=200)])
    contact_title = StringField(validators=[Length(max=120)])
    contact_phone = StringField(validators=[Length(max=40)])
    contact_email = StringField(validators=[Length(max=254)])
