"""The company's own link to its visit: bound to the contact's address, good until the visit begins. Pure."""

from __future__ import annotations

from datetime import timedelta

from crm.base.errors import N_
from crm.base.signed import Claim as Claim
from crm.base.signed import Links
from crm.base.signed import configure as configure
from crm.base.signed import outside as outside

PATH = "/besoeg/"
OLDEST = timedelta(days=400)
"""No link is older, however far the visit is moved."""
REASONS = {
    "time": N_("Tiden passer os ikke"),
    "absent": N_("Den, I skulle møde, er her ikke den dag"),
    "staff": N_("Vi mangler ikke medarbejdere nu"),
    "wish": N_("Vi ønsker ikke besøget alligevel"),
    "other": N_("Andet"),
}
"""Why a company cancels."""
LINKS = Links("visits.company-link", PATH, OLDEST)
token, url, read = LINKS.token, LINKS.url, LINKS.read
