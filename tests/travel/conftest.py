"""An OSRM server, the engine over it, and databases for the drives it answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import Base, make_engine, session_factory
from crm.travel.asking import Asker
from crm.travel.breaker import Breaker
from crm.travel.engine import embedded_engine
from crm.travel.osrm import Osrm
from crm.travel.remote import RemoteEngine
from crm.travel.table import LegTable
from tests.travel.osrm_server import OsrmServer, Ticking


@pytest.fixture
def server() -> Iterator[OsrmServer]:
    with OsrmServer() as running:
        yield running


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def engine_at(clock: Ticking) -> Callable[..., RemoteEngine]:
    """Makes an engine for an address, by default an OSRM; each one has memory and breaker of its own."""

    def make(url: str, table: LegTable | None = None, wire: Any = None, timeout_ms: int = 5000) -> RemoteEngine:
        asker = Asker(wire or Osrm(), url, timeout_ms)
        return RemoteEngine(
            asker, embedded_engine(), table, days=90, breaker=Breaker(clock=clock.seconds), now=clock.now
        )

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def sessions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    """Sessions that really commit, on a database whose table of drives is empty at the start."""
    if request.param == "sqlite":
        path = tmp_path / "drives.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = make_engine(url)
    table = Base.metadata.tables["travel_legs"]
    yield session_factory(engine)
    with engine.begin() as connection:
        connection.execute(table.delete())
    engine.dispose()
