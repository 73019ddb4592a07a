"""Jobs of openings: each takes the edge (``begin``) and now; the schedule is in crm.scheduler."""

from __future__ import annotations

from datetime import datetime

from crm.base.clock import danish_date, is_working_day
from crm.openings.actions.digests import write_digests
from crm.openings.queries.digests import receivers_with_news
from crm.recurring.actions import Begin, each


def board_digests(begin: Begin, now: datetime) -> int:
    """The morning's mails of the board, each receiver in a transaction of its own; how many mails. None on days off."""
    if not is_working_day(danish_date(now)):
        return 0
    with begin() as session:
        found = receivers_with_news(session)
    return each(
        begin, found, lambda session, item: write_digests(session, now, item), job="board", now=now, complete=True
    )
