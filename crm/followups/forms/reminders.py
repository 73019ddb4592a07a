"""How a person wants to be reminded."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField

from crm.followups.actions.reminders import CALENDAR
from crm.web.forms import BaseForm


class RemindersForm(BaseForm):
    mail = BooleanField(_l("Mail"))
    sms = BooleanField(_l("SMS"))
    calendar = RadioField(_l("Vis aftalerne i min kalender"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calendar.choices = [(key, gettext(label)) for key, label in CALENDAR.items()]
