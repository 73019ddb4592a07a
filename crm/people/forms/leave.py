"""The form of a leave."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from crm.people.models import User
from crm.web.forms import BaseForm, as_int, choices


class LeaveForm(BaseForm):
    """``colleagues``: who may stand in."""

    from_on = DateField(_l("Første dag"), [InputRequired(_l("Vælg en dato"))])
    until_on = DateField(_l("Sidste dag"), [InputRequired(_l("Vælg en dato"))])
    substitute_id = SelectField(_l("Vikar"), coerce=as_int)

    def __init__(self, *args: Any, colleagues: Iterable[User] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(one.id, one.name) for one in colleagues]
        self.substitute_id.choices = choices(people, empty=gettext("Ingen: lederen får påmindelserne"))
