"""Pure rules of visits: the words, the day and what fits into it, slots, the route of a day."""

from __future__ import annotations

from crm.visits.rules.day import STEP, Day, Stop, Verdict, Wish, bookable, judge
from crm.visits.rules.places import BLUR, blur
from crm.visits.rules.slots import Offer, Slot, alternatives, explanation, refusal_short
from crm.visits.rules.told import Explanation, as_dict
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
    "BLUR",
    "EVENTS",
    "MATERIALS",
    "OCCUPYING_STATES",
    "REFUSED",
    "RESULTS",
    "SCHEMES",
    "STATES",
    "STEP",
    "ContactDetails",
    "Day",
    "Explanation",
    "Offer",
    "Slot",
    "Stop",
    "Verdict",
    "VisitReport",
    "Wish",
    "alternatives",
    "as_dict",
    "blur",
    "bookable",
    "explanation",
    "judge",
    "refusal_short",
]
