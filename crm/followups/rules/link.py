"""The company's own link to what was agreed: bound to an agreement and to the address it was sent to. Pure."""

from __future__ import annotations

from datetime import timedelta

from crm.base.signed import Links

PATH = "/aftale/"
OLDEST = timedelta(days=1200)
"""An agreement may lie three years ahead; no link is older than that, and a season more."""
LINKS = Links("followups.company-link", PATH, OLDEST)
token, url, read = LINKS.token, LINKS.url, LINKS.read
