"""Pages of visits: times and booking on the call screen, the consultant's day, a visit and its changes, the list."""

from __future__ import annotations

from crm.visits.views import (
    booking,
    change,
    company,
    conflicts,
    late,
    listing,
    proposals,
    reassign,
    spare,
    today,
    weights,
)
from crm.visits.views.blueprint import pages

__all__ = [
    "booking",
    "change",
    "company",
    "conflicts",
    "late",
    "listing",
    "pages",
    "proposals",
    "reassign",
    "spare",
    "today",
    "weights",
]
