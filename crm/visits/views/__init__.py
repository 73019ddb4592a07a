"""Pages of visits: times and booking on the call screen, the consultant's day, a visit and its changes, the list."""

from __future__ import annotations

from crm.visits.views import booking, change, listing, today
from crm.visits.views.blueprint import pages

__all__ = ["booking", "change", "listing", "pages", "today"]
