"""Reads of visits: slots, visits, the consultant's day."""

from __future__ import annotations

from crm.visits.queries.slots import Ask, ask_for_entry, place_of, search, slots

__all__ = ["Ask", "ask_for_entry", "place_of", "search", "slots"]
