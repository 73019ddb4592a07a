"""Each working day in the morning: companies are asked whether what we promised has happened."""

from __future__ import annotations

from datetime import datetime

from crm.base.clock import danish_date, is_working_day
from crm.followups.actions.asking import ask_company
from crm.followups.queries.asking import to_ask
from crm.recurring.actions import Begin, each, reading


def ask_companies(begin: Begin, now: datetime) -> int:
    """How many were asked; each in a transaction of its own. None on days off."""
    today = danish_date(now)
    if not is_working_day(today):
        return 0
    with reading(begin) as session:
        ids = to_ask(session, today)
    return each(begin, ids, lambda session, item: ask_company(session, now, item), job="ask", now=now, complete=True)
