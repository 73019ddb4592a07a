"""JSON resources of the room."""

from __future__ import annotations

from crm.openings.api import board, candidacies, candidates, corrections, handing, openings, types
from crm.openings.api.blueprint import api

__all__ = ["api", "board", "candidacies", "candidates", "corrections", "handing", "openings", "types"]
