"""Pages: openings, candidates, the board of shared ones."""

from __future__ import annotations

from crm.openings.views import (
    board,
    candidacies,
    candidates,
    details,
    erasing,
    life,
    openings,
    partner,
    placements,
    sending,
    sharing,
    steps,
    tabs,
    types,
    visits,
)
from crm.openings.views.blueprint import pages

__all__ = [
    "board",
    "candidacies",
    "candidates",
    "details",
    "erasing",
    "life",
    "openings",
    "pages",
    "partner",
    "placements",
    "sending",
    "sharing",
    "steps",
    "tabs",
    "types",
    "visits",
]
