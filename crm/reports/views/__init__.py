"""Pages of this room: the report, the rows behind a figure, files."""

from __future__ import annotations

from crm.reports.views import files, quality, rows, show
from crm.reports.views.bar import pages

__all__ = ["files", "pages", "quality", "rows", "show"]
