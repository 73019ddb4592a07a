"""Work that is done ahead, in transactions of its own: nobody who books or claims waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.campaigns.actions import set_calendars_full
from crm.campaigns.models import Participation
from crm.recurring.actions import Begin, apart, each
from crm.recurring.queries import due_again
from crm.visits.actions.capacity import is_out_of_step, with_queues
from crm.visits.actions.conflicts import check_day, note_check
from crm.visits.actions.fit import note_run, save_fits
from crm.visits.actions.proposals import take_up
from crm.visits.queries.changed import due_checks
from crm.visits.queries.conflicts import examine
from crm.visits.queries.fit import Ranking, Wanted, due_rankings, ranking
from crm.visits.queries.proposals import out_of_step as unlike_calendars

CONFLICTS, MOVED = "conflicts", "caldav_moved"
PORTION = 2000
"""Entries written in one transaction: claims pass over them meanwhile."""


def rank(sessions: sessionmaker[Session], now: datetime, wanted: Iterable[Wanted]) -> Iterator[Ranking]:
    """Rank these jobcentres' companies one after the other."""
    for one in wanted:
        yield rank_one(sessions, now, one)


def rank_one(sessions: sessionmaker[Session], now: datetime, wanted: Wanted) -> Ranking:
    """Worked out without any lock, then written in short transactions."""
    with read_only_session(sessions) as session:
        found = ranking(session, now, wanted)
    for start in range(0, len(found.rows), PORTION):
        with sessions.begin() as session:
            save_fits(session, now, wanted, found.rows[start : start + PORTION])
    with sessions.begin() as session:
        note_run(session, now, found)
    return found


def rank_changed(sessions: sessionmaker[Session], now: datetime) -> int:
    """Rank what has changed since it was ranked; how many companies got another fit."""
    with read_only_session(sessions) as session:
        wanted = {f"{one.campaign_id}/{one.jobcentre_id}": one for one in due_rankings(session, now)}

    def one(key: str) -> int:
        return len(rank_one(sessions, now, wanted[key]).rows)

    return apart(sessions.begin, wanted, one, job="fit", now=now, complete=True)


def refresh_rooms(sessions: sessionmaker[Session], now: datetime) -> int:
    """Close the queues of jobcentres without room and open those with room again; how many. The search, which may call
    a travel engine, holds no lock."""
    with read_only_session(sessions) as session:
        numbers = with_queues(session, now)

    def one(number: int) -> int:
        with read_only_session(sessions) as session:
            participation = session.get_one(Participation, number)
            if not is_out_of_step(session, now, participation):
                return 0
            full = participation.calendars_full_since is None
        with sessions.begin() as session:
            set_calendars_full(session, now, session.get_one(Participation, number), full)
        return 1

    return apart(sessions.begin, numbers, one, job="capacity", now=now, complete=True)


def check_changed(sessions: sessionmaker[Session], now: datetime) -> int:
    """Look for booked visits that what has changed since the last run leaves without time or way; how many conflicts
    were raised.

    The writer's lock is taken only for days that have something to write. How far the log has been read is noted at
    the end: what was cut short is done again, and finds what it has raised already. Of a consultant who was set aside
    all days are looked at.
    """
    with read_only_session(sessions) as session:
        due, again = due_checks(session, now), [int(item) for item in due_again(session, CONFLICTS, now)]
    days = {**(due.days if due else {}), **dict.fromkeys(again)}

    def one(consultant_id: int) -> int:
        with read_only_session(sessions) as session:
            concerned = examine(session, now, consultant_id, days[consultant_id]).days
        raised = 0
        for day in sorted(concerned):
            with sessions.begin() as session:
                raised += check_day(session, now, consultant_id, day)
        return raised

    raised = apart(sessions.begin, sorted(days), one, job=CONFLICTS, now=now)
    if due is not None:
        with sessions.begin() as session:
            note_check(session, now, due)
    return raised


def take_up_moved(sessions: sessionmaker[Session], begin: Begin, now: datetime) -> int:
    """Make proposals of visits that were moved in consultants' own calendars; looks without the writer's lock first."""
    with read_only_session(sessions) as session:
        visits = unlike_calendars(session, now)
    return each(begin, visits, lambda s, number: take_up(s, now, number), job=MOVED, now=now, complete=True)
