"""Pure rules of visits: the words, the day and what fits into it, slots, the route of a day."""

from __future__ import annotations

from crm.visits.rules.day import POSTCODE_MARGIN, STEP, Day, Stop, Verdict, Wish, bookable, judge
from crm.visits.rules.slots import Offer, Slot, alternatives, as_dict, explanation, refusal_short
from crm.visits.rules.words import (
    EVENTS,
    MATERIALS,
    OCCUPYING_STATES,
    REFUSED,
    RESULTS,
    SCHEMES,
    STATES,
    ContactDetails,
    VisitReport,
)

__all__ = [
    "EVENTS",
    "MATERIALS",
    "OCCUPYING_STATES",
    "POSTCODE_MARGIN",
    "REFUSED",
    "RESULTS",
    "SCHEMES",
    "STATES",
    "STEP",
    "ContactDetails",
    "Day",
    "Offer",
    "Slot",
    "Stop",
    "Verdict",
    "VisitReport",
    "Wish",
    "alternatives",
    "as_dict",
    "bookable",
    "explanation",
    "judge",
    "refusal_short",
]
