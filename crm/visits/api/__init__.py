"""Slots and visits as JSON. The report of a visit lives in followups, which needs openings and agreements with it."""

from __future__ import annotations

from crm.visits.api import changes as changes
from crm.visits.api import slots as slots
from crm.visits.api import visits as visits
from crm.visits.api.blueprint import api as api
