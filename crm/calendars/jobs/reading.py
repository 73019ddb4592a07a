"""What reading a link and reading over CalDAV have in common: which are due, one reader at a time, and what becomes of
a calendar that breaks us."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.base.errors import N_
from crm.calendars.actions.busy import read_failed
from crm.calendars.models import BusySource
from crm.calendars.queries import due_sources
from crm.recurring.actions import apart
from crm.recurring.queries import due_again

log = logging.getLogger("crm.calendars")

OURS = N_(
    "Kalenderen kunne ikke læses på grund af en fejl hos os. Den tid, vi kender, gælder stadig, og vi prøver igen af "
    "os selv. Driften kan se fejlen."
)


def read_each(
    sessions: sessionmaker[Session],
    kind: str,
    read: Callable[[int], bool],
    now: datetime,
    *,
    job: str,
    claim: timedelta,
    workers: int,
) -> int:
    """Read the calendars of a kind that are due, ``workers`` at a time; how many could be read.

    A server that does not answer is the calendar's own trouble, told on the consultant's page (``read`` is False). What
    nobody thought of is told there too, and the calendar is set aside under ``job``, which then says when it is tried
    again. ``claim``: a reading that has not ended by then has died; another may begin.
    """
    with read_only_session(sessions) as session:
        again = [int(item) for item in due_again(session, job, now)]
        due = dict(due_sources(session, now, kind, again))

    def one(source_id: int) -> int:
        if not _claimed(sessions, now + claim, source_id, due[source_id]):
            return 0
        try:
            return int(read(source_id))
        except OperationalError:
            raise  # the database is away, and no fault of the calendar
        except Exception:
            _tell(sessions, now, source_id)
            raise

    return apart(
        sessions.begin, list(due), one, job=job, now=now, complete=True, workers=min(workers, len(due)), private=True
    )


def _claimed(sessions: sessionmaker[Session], until: datetime, source_id: int, next_at: datetime) -> bool:
    """False when another worker took it since we looked: nobody reads a calendar twice at once."""
    with sessions.begin() as session:
        taken = session.execute(
            update(BusySource).where(BusySource.id == source_id, BusySource.next_at == next_at).values(next_at=until)
        )
        return bool(getattr(taken, "rowcount", 0))


def _tell(sessions: sessionmaker[Session], now: datetime, source_id: int) -> None:
    """What broke the reading may break this as well: the calendar is set aside either way."""
    try:
        failed(sessions, now, source_id, OURS)
    except Exception as exc:
        log.error("calendar %s: its owner could not be told: %s", source_id, type(exc).__name__)


def failed(
    sessions: sessionmaker[Session], now: datetime, source_id: int, sentence: str, retry_after: timedelta | None = None
) -> bool:
    """False, and why, on the consultant's page."""
    with sessions.begin() as session:
        source = session.get(BusySource, source_id)
        if source is not None:
            read_failed(session, now, source, sentence, retry_after=retry_after)
    return False
