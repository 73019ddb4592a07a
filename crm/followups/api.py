"""JSON resources of this room."""

from __future__ import annotations

from crm.web.api import api_blueprint

api = api_blueprint("followups", "Followups")
