"""Jobs of openings: each takes the edge (``begin``) and now; the schedule is in crm.scheduler."""

from __future__ import annotations

from datetime import datetime

from crm.base.clock import may_tell
from crm.openings.actions.digests import write_partner_digest
from crm.openings.queries.digests import partners_with_news
from crm.recurring.actions import Begin, each, reading


def partner_digests(begin: Begin, now: datetime) -> int:
    """The morning's mails to partners, each in a transaction of its own; how many. None on days off, and none later
    than a morning is caught up with: then the next one has them.

    What users are told of the board stands in their own morning's mail (crm.followups.jobs.nagging).
    """
    if not may_tell(now):
        return 0
    with reading(begin) as session:
        found = partners_with_news(session)
    return each(
        begin, found, lambda session, who: write_partner_digest(session, now, who), job="board", now=now, complete=True
    )
