"""What the phoner's screen sends: the outcome with its details, notes, the choice of queue."""

from __future__ import annotations

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from crm.web.forms import BaseForm


class OutcomeForm(BaseForm):
    """The details of an outcome are checked by calling.rules, so that page and API refuse alike."""

    key = HiddenField(validators=[Length(max=100)])
    outcome = StringField(validators=[Length(max=20)])
    reason = StringField(validators=[Length(max=40)])
    call_back_at = StringField(validators=[Length(max=60)])
    mine = StringField(default="1", validators=[Length(max=1)])
    note = TextAreaField(validators=[Length(max=4000)])
    contact_name = StringField(validators=[Length(max=200)])
    contact_title = StringField(validators=[Length(max=120)])
    contact_phone = StringField(validators=[Length(max=40)])
    contact_email = StringField(validators=[Length(max=254)])
