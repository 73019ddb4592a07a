"""The room's part of the API; each file of this folder adds its calls."""

from __future__ import annotations

from crm.web.api import api_blueprint

api = api_blueprint("followups", "Follow-ups")
