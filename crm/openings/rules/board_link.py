"""A partner's own link to the board: bound to the partner's key, good for a month. Pure."""

from __future__ import annotations

from datetime import timedelta

from crm.base.signed import Links

PATH = "/tavle/"
GOOD_FOR = timedelta(days=30)
"""Each digest brings a fresh one, so that a link that lies about does not open the board for ever."""
LINKS = Links("openings.board-link", PATH, GOOD_FOR + timedelta(days=1))  # a link knows its day alone
token, url, read = LINKS.token, LINKS.url, LINKS.read
