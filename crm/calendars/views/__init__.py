"""The calendar page of a consultant, for themselves and for their lead; the feed that calendars subscribe to."""

from __future__ import annotations

from crm.calendars.views import caldav, changes, feed, page, sources, wishes
from crm.calendars.views.blueprint import pages

__all__ = ["caldav", "changes", "feed", "page", "pages", "sources", "wishes"]
