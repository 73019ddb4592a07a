"""The calendar page of a consultant, for themselves and for their lead; the feed that calendars subscribe to."""

from __future__ import annotations

from crm.calendars.views import changes, feed, page
from crm.calendars.views.blueprint import pages

__all__ = ["changes", "feed", "page", "pages"]
