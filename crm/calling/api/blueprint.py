"""The room's JSON resources."""

from __future__ import annotations

from crm.web.api import api_blueprint

api = api_blueprint("calling", "Calling")
LARGEST = 2**53
