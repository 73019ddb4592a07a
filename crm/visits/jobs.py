"""Work that is done ahead, in transactions of its own: nobody who books or claims waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.visits.actions.fit import note_run, save_fits
from crm.visits.queries.fit import Ranking, Wanted, due_rankings, ranking

PORTION = 2000
"""Entries written in one transaction: claims pass over them meanwhile."""


def rank(sessions: sessionmaker[Session], now: datetime, wanted: Iterable[Wanted]) -> Iterator[Ranking]:
    """Rank these jobcentres' companies one after the other: worked out without any lock, then written in short
    transactions."""
    for one in wanted:
        with read_only_session(sessions) as session:
            found = ranking(session, now, one)
        for start in range(0, len(found.rows), PORTION):
            with sessions.begin() as session:
                save_fits(session, now, one, found.rows[start : start + PORTION])
        with sessions.begin() as session:
            note_run(session, now, found)
        yield found


def rank_changed(sessions: sessionmaker[Session], now: datetime) -> int:
    """Rank what has changed since it was ranked; how many companies got another fit."""
    with read_only_session(sessions) as session:
        wanted = due_rankings(session, now)
    return sum(len(found.rows) for found in rank(sessions, now, wanted))
