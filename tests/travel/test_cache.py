"""Drives in the database: shared, in transactions of their own, never waited for, forgotten in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread

from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import is_sqlite
from crm.travel.engine import Place
from crm.travel.models import TravelLeg
from crm.travel.places import NO_SAME_DAY
from crm.travel.remote import RemoteEngine
from crm.travel.table import LegTable, forget
from tests.travel.osrm_server import OsrmServer, Ticking, point, town

AARHUS, HERNING, VIBORG, RANDERS = map(town, ("8000", "7400", "8800", "8900"))
TOWNS = [AARHUS, HERNING, VIBORG, RANDERS]

Make = Callable[..., RemoteEngine]
Sessions = sessionmaker[Session]


def rows(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(TravelLeg)) or 0


@contextmanager
def statements(sessions: Sessions) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_a_second_engine_asks_nobody(server: OsrmServer, engine_at: Make, sessions: Sessions) -> None:
    server.walls = {(point(AARHUS), point(VIBORG))}
    first = engine_at(server.url, LegTable(sessions, "osrm:here"))
    first.warm(TOWNS, TOWNS)
    assert (server.hits, rows(sessions)) == (1, 12)
    second = engine_at(server.url, LegTable(sessions, "osrm:here"))
    assert second.matrix(TOWNS, TOWNS) == first.matrix(TOWNS, TOWNS)
    assert second.leg(AARHUS, VIBORG) == NO_SAME_DAY
    assert server.hits == 1


def test_another_engines_drives_are_not_its_own(server: OsrmServer, engine_at: Make, sessions: Sessions) -> None:
    engine_at(server.url, LegTable(sessions, "osrm:here")).leg(AARHUS, HERNING)
    engine_at(server.url, LegTable(sessions, "osrm:there")).leg(AARHUS, HERNING)
    assert (server.hits, rows(sessions)) == (2, 2)


def test_a_matrix_is_one_statement_to_read_and_one_to_write(
    server: OsrmServer, engine_at: Make, sessions: Sessions
) -> None:
    places = [Place(56.0 + i / 100, 9.0) for i in range(70)]
    with statements(sessions) as seen:
        engine_at(server.url, LegTable(sessions, "osrm:here")).matrix(places, places)
    assert sum("FROM" in each and each.startswith("SELECT") for each in seen) == 1
    assert sum(each.startswith("INSERT") for each in seen) == 1
    assert rows(sessions) == 70 * 69
    with statements(sessions) as seen:
        engine_at(server.url, LegTable(sessions, "osrm:here")).matrix(places, places)
    assert len([each for each in seen if "travel_legs" in each]) == 1
    assert server.hits == 1


def test_an_old_answer_is_asked_for_again_and_replaced(
    server: OsrmServer, clock: Ticking, engine_at: Make, sessions: Sessions
) -> None:
    engine_at(server.url, LegTable(sessions, "osrm:here")).leg(AARHUS, HERNING)
    clock.on(days=91)
    engine_at(server.url, LegTable(sessions, "osrm:here")).leg(AARHUS, HERNING)
    engine_at(server.url, LegTable(sessions, "osrm:here")).leg(AARHUS, HERNING)
    assert (server.hits, rows(sessions)) == (2, 1)
    with sessions() as session:
        assert session.scalar(select(TravelLeg.asked_at)) == clock.now()


def test_a_kept_answer_grows_old_in_memory_as_well(
    server: OsrmServer, clock: Ticking, engine_at: Make, sessions: Sessions
) -> None:
    engine_at(server.url, LegTable(sessions, "osrm:here")).leg(AARHUS, HERNING)
    clock.on(days=60)
    second = engine_at(server.url, LegTable(sessions, "osrm:here"))
    second.leg(AARHUS, HERNING)
    clock.on(days=31)
    second.leg(AARHUS, HERNING)
    assert server.hits == 2


def test_estimates_are_never_written_down(server: OsrmServer, engine_at: Make, sessions: Sessions) -> None:
    server.mood = "500"
    engine_at(server.url, LegTable(sessions, "osrm:here")).warm(TOWNS, TOWNS)
    assert rows(sessions) == 0


def test_old_drives_are_forgotten(server: OsrmServer, clock: Ticking, engine_at: Make, sessions: Sessions) -> None:
    engine = engine_at(server.url, LegTable(sessions, "osrm:here"))
    engine.leg(AARHUS, HERNING)
    clock.on(days=10)
    engine.leg(AARHUS, VIBORG)
    with sessions() as session:
        assert forget(session, clock.now() - timedelta(days=5)) == 1
        session.commit()
    assert rows(sessions) == 1


def test_a_drive_asked_under_the_writers_lock_neither_waits_nor_writes_through_it(
    server: OsrmServer, engine_at: Make, sessions: Sessions
) -> None:
    engine = engine_at(server.url, LegTable(sessions, "osrm:here"))
    with sessions() as caller:
        caller.execute(text("DELETE FROM travel_legs WHERE engine = 'nobody'"))  # SQLite: the only writer now
        assert not engine.leg(AARHUS, HERNING).estimate
        caller.rollback()
    waiting = engine.table.waiting if engine.table else None
    with sessions() as session:
        assert waiting == (1 if is_sqlite(session) else 0)
    engine.warm([AARHUS], [HERNING])
    assert engine.table is not None
    assert (engine.table.waiting, rows(sessions)) == (0, 2)
    assert engine_at(server.url, LegTable(sessions, "osrm:here")).leg(AARHUS, HERNING).reachable
    assert server.hits == 2


def test_the_lock_is_waited_for_as_usual_afterwards(server: OsrmServer, engine_at: Make, sessions: Sessions) -> None:
    """The short patience belongs to the drives alone, not to whoever has the connection next."""
    engine_at(server.url, LegTable(sessions, "osrm:here")).leg(AARHUS, HERNING)
    with sessions() as session:
        ask = "PRAGMA busy_timeout" if is_sqlite(session) else "SHOW lock_timeout"
        assert session.execute(text(ask)).scalar() in (60000, "0")


def test_threads_that_answer_the_same_drives_leave_one_row_each(
    server: OsrmServer, engine_at: Make, sessions: Sessions
) -> None:
    places = [Place(56.0 + i / 50, 9.0 + i / 40) for i in range(12)]
    engines = [engine_at(server.url, LegTable(sessions, "osrm:here")) for _ in range(4)]
    start = Barrier(4)

    def work(engine: RemoteEngine) -> None:
        start.wait()
        engine.warm(places, places[::-1])

    threads = [Thread(target=work, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.save()
    assert rows(sessions) == 12 * 11
    asked = server.hits
    fresh = engine_at(server.url, LegTable(sessions, "osrm:here"))
    assert fresh.matrix(places, places) == engines[0].matrix(places, places)
    assert server.hits == asked


def test_without_the_table_drives_are_answered_all_the_same(
    server: OsrmServer, engine_at: Make, sessions: Sessions
) -> None:
    with sessions() as session:
        session.execute(text("ALTER TABLE travel_legs RENAME TO elsewhere"))
        session.commit()
    try:
        assert not engine_at(server.url, LegTable(sessions, "osrm:here")).leg(AARHUS, HERNING).estimate
    finally:
        with sessions() as session:
            session.execute(text("ALTER TABLE elsewhere RENAME TO travel_legs"))
            session.commit()
