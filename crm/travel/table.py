"""Drives kept in the database (`TravelLeg`), shared by every process and every start.

Reading and writing have connections and transactions of their own, never the caller's. A caller may hold SQLite's
only writer lock while it asks: so writing never waits for that lock. What could not be written stays here and goes
along with the next.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from sqlalchemy import Connection, and_, delete, literal, select, text, true
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import CrmSession, insert_for, is_sqlite, read_only_session, unpacked
from crm.travel.models import TravelLeg
from crm.travel.places import Leg
from crm.travel.wire import Pair

log = logging.getLogger("crm.travel")

T = TravelLeg.__table__.c
ENDS = (T.from_lat, T.from_lon, T.to_lat, T.to_lon)
KEPT = (*ENDS, T.km, T.minutes, T.ferry, T.reachable)
WAITING = 50_000
"""Answers that wait to be written at most; more are simply asked for again one day."""


class LegTable:
    """The drives of one engine; ``engine`` names it with its address, at most 40 characters. Safe among threads."""

    def __init__(self, sessions: sessionmaker[Session], engine: str) -> None:
        self._sessions, self._engine = sessions, engine
        self._waiting: dict[Pair, tuple[Leg, datetime]] = {}
        self._lock = Lock()

    def find(self, pairs: Collection[Pair], since: datetime) -> dict[Pair, tuple[Leg, datetime]]:
        """What was answered after ``since`` (aware), with its moment, in one statement; nothing without a database."""
        if not pairs:
            return {}
        try:
            with read_only_session(self._sessions) as session:
                return self._read(session, pairs, since)
        except SQLAlchemyError as exc:
            log.warning("kept drives cannot be read: %s", type(exc).__name__)
            return {}

    def _read(self, session: Session, pairs: Collection[Pair], since: datetime) -> dict[Pair, tuple[Leg, datetime]]:
        """An outer join, so that SQLite begins with the wanted ones and looks each up by its key."""
        wanted = select(*unpacked(session, ENDS, [(*a, *b) for a, b in pairs])).subquery()
        same = (column == wanted.c[column.name] for column in ENDS)
        valid = and_(T.engine == self._engine, *same, T.asked_at > since)
        rows = session.execute(select(*KEPT, T.asked_at).select_from(wanted).outerjoin(TravelLeg, valid))
        return {((a, b), (c, d)): (Leg(*values), at) for a, b, c, d, *values, at in rows if at is not None}

    def keep(self, legs: Mapping[Pair, Leg], now: datetime) -> None:
        """Write the drives, answered at ``now`` (aware); later when the database is busy."""
        with self._lock:
            self._waiting.update({pair: (leg, now) for pair, leg in legs.items()})
            batch, self._waiting = self._waiting, {}
        if not batch:
            return
        try:
            with _at_once(self._sessions) as session:
                self._write(session, batch)
                session.commit()
        except SQLAlchemyError as exc:
            log.info("drives are written later: %s", type(exc).__name__)
            with self._lock:
                self._waiting = dict([*(batch | self._waiting).items()][-WAITING:])

    @property
    def waiting(self) -> int:
        """How many answers are still to be written."""
        return len(self._waiting)

    def _write(self, session: Session, batch: Mapping[Pair, tuple[Leg, datetime]]) -> None:
        """In the keys' order, so that two writers of the same drives never wait for each other."""
        rows = [(*a, *b, leg.km, leg.minutes, leg.ferry, leg.reachable) for (a, b), (leg, _) in sorted(batch.items())]
        oldest = min(asked_at for _, asked_at in batch.values())
        source = select(
            literal(self._engine, T.engine.type),
            *unpacked(session, KEPT, rows),
            literal(oldest, T.asked_at.type),
        ).where(true())
        names = ["engine", *(column.name for column in KEPT), "asked_at"]
        insert = insert_for(session, TravelLeg).from_select(names, source)
        session.execute(
            insert.on_conflict_do_update(
                index_elements=["engine", *(column.name for column in ENDS)],
                set_={name: insert.excluded[name] for name in ("km", "minutes", "ferry", "reachable", "asked_at")},
                where=T.asked_at < insert.excluded.asked_at,
            )
        )


def forget(session: Session, before: datetime) -> int:
    """Delete the drives of every engine that were asked for before ``before`` (aware); how many."""
    gone = session.execute(delete(TravelLeg).where(T.asked_at < before), execution_options={"preserve_rowcount": True})
    return int(getattr(gone, "rowcount", 0))


@contextmanager
def _at_once(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session that fails instead of waiting for somebody else's lock."""
    with sessions() as known:
        engine = known.get_bind().engine
    with engine.connect() as connection, _hurried(connection), CrmSession(connection) as session:
        if not is_sqlite(session):
            session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        yield session


@contextmanager
def _hurried(connection: Connection) -> Iterator[None]:
    if not is_sqlite(connection):
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    (usual,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute("PRAGMA busy_timeout = 20")
    try:
        yield
    finally:
        connection.rollback()
        driver.execute(f"PRAGMA busy_timeout = {usual}")
