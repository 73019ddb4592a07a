"""Pages of this room: the overview, the jobcentre, a company, search."""

from __future__ import annotations

from crm.desk.views import company, jobcentre, owed, search, today
from crm.desk.views.base import pages

__all__ = ["company", "jobcentre", "owed", "pages", "search", "today"]
