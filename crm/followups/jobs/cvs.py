"""The job that keeps the promises of CVs in step with the openings."""

from __future__ import annotations

from datetime import datetime

from crm.followups.actions.cvs import make_cvs
from crm.followups.queries.cvs import openings_wanting_cvs
from crm.recurring.actions import Begin, each, reading


def cv_deadlines(begin: Begin, now: datetime) -> int:
    """How many follow-ups were made, moved or closed."""
    with reading(begin) as session:
        found = openings_wanting_cvs(session, now)
    return each(begin, found, lambda s, number: make_cvs(s, now, number), job="cvs", now=now, complete=True)
