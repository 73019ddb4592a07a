"""Pages of this room: the report, agreements, openings' life, the rows behind a figure, files."""

from __future__ import annotations

from crm.reports.views import files, followups, openings, quality, rows, show
from crm.reports.views.bar import pages

__all__ = ["files", "followups", "openings", "pages", "quality", "rows", "show"]
