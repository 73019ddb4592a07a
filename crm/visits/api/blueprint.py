"""The room's JSON resources."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from crm.visits.rules.moments import day_or_moment, this_century
from crm.web.api import api_blueprint

api = api_blueprint("visits", "Visits")
LARGEST = 2**53

Moment = Annotated[AwareDatetime, AfterValidator(this_century)]
QueryMoment = Annotated[AwareDatetime, BeforeValidator(day_or_moment), AfterValidator(this_century)]
