"""Claim, why-dry and outcome as JSON."""

from __future__ import annotations

from crm.calling.api import claims as claims
from crm.calling.api import outcomes as outcomes
from crm.calling.api.blueprint import api as api
