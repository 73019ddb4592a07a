"""Jobs that make, move and close follow-ups; each item in a transaction of its own."""

from __future__ import annotations

from datetime import datetime

from crm.base.clock import danish_date
from crm.followups.actions.making import follow, make_ending, make_missing
from crm.followups.queries.making import ending_placements, left_behind, told_openings
from crm.recurring.actions import Begin, each, reading


def placement_endings(begin: Begin, now: datetime) -> int:
    """Follow-ups for placements near their end; how many were made, moved or closed."""
    with reading(begin) as session:
        found = ending_placements(session, danish_date(now))
    return each(begin, found, lambda s, number: make_ending(s, now, number), job="endings", now=now, complete=True)


def missing_details(begin: Begin, now: datetime) -> int:
    """Follow-ups for openings whose details lack; how many were made or closed."""
    with reading(begin) as session:
        found = told_openings(session, now)
    return each(begin, found, lambda s, number: make_missing(s, now, number), job="details", now=now, complete=True)


def follow_visits(begin: Begin, now: datetime) -> int:
    """Agreements of visits that have passed to another consultant go with them; how many."""
    with reading(begin) as session:
        found = left_behind(session)
    return each(begin, found, lambda s, number: follow(s, now, number), job="with_visit", now=now, complete=True)
