"""JSON resources of the room."""

from __future__ import annotations

from crm.openings.api import board, candidacies, candidates, openings
from crm.openings.api.blueprint import api

__all__ = ["api", "board", "candidacies", "candidates", "openings"]
