"""JSON resources of the room."""

from __future__ import annotations

from crm.followups.api import answers, followups, work
from crm.followups.api.blueprint import api

__all__ = ["answers", "api", "followups", "work"]
