"""Work that is done ahead, in transactions of its own: nobody who books or claims waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.campaigns.actions import set_calendars_full
from crm.campaigns.models import Participation
from crm.visits.actions.capacity import out_of_step
from crm.visits.actions.conflicts import check_day, note_check
from crm.visits.actions.fit import note_run, save_fits
from crm.visits.queries.changed import due_checks
from crm.visits.queries.conflicts import examine
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


def refresh_rooms(sessions: sessionmaker[Session], now: datetime) -> int:
    """Close the queues of jobcentres without room and open those with room again; how many. The search, which may call
    a travel engine, holds no lock."""
    with read_only_session(sessions) as session:
        changed = [(one.id, full) for one, full in out_of_step(session, now)]
    if changed:
        with sessions.begin() as session:
            for number, full in changed:
                set_calendars_full(session, now, session.get_one(Participation, number), full)
    return len(changed)


def check_changed(sessions: sessionmaker[Session], now: datetime) -> int:
    """Look for booked visits that what has changed since the last run leaves without time or way; how many conflicts
    were raised.

    The writer's lock is taken only for days that have something to write. How far the log has been read is noted at
    the end: what was cut short is done again, and finds what it has raised already.
    """
    with read_only_session(sessions) as session:
        due = due_checks(session, now)
    if due is None:
        return 0
    raised = 0
    for consultant_id, days in sorted(due.days.items()):
        with read_only_session(sessions) as session:
            concerned = examine(session, now, consultant_id, days).days
        for day in sorted(concerned):
            with sessions.begin() as session:
                raised += check_day(session, now, consultant_id, day)
    with sessions.begin() as session:
        note_check(session, now, due)
    return raised
