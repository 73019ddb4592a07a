"""Pages of campaigns: set up, segment, review, script."""

from __future__ import annotations

from crm.campaigns.views import campaigns, lists, review, script
from crm.campaigns.views.blueprint import pages

__all__ = ["campaigns", "lists", "pages", "review", "script"]
