"""Pages of campaigns: set up, segment, review, letters, script."""

from __future__ import annotations

from crm.campaigns.views import campaigns, letters, lists, mailing, review, script
from crm.campaigns.views.blueprint import pages

__all__ = ["campaigns", "letters", "lists", "mailing", "pages", "review", "script"]
