"""Locks between processes that end with the process that holds them: no lease runs out, and no clock is compared.

PostgreSQL: a session advisory lock on a connection of its own, given back when the connection ends. SQLite: a lock on a
file beside the database, given back when the process ends.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

try:
    import fcntl
except ImportError:  # Windows, where the embedded database is for one process anyway
    fcntl = None  # type: ignore[assignment]

LEADER = 7_203_411_902
"""The leader's advisory lock: any number that nothing else in the database uses."""

# A host that vanishes says no goodbye: both ends look whether the other is there, so that its locks come free.
# A sign of life waits neither for the disk nor for a replica that is away: its leader would be taken for frozen.
_SERVER = (
    "-c timezone=utc -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 "
    "-c synchronous_commit=off"
)
_CLIENT = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "options": _SERVER,
}
_engines: dict[str, sa.Engine] = {}
_taken: set[str] = set()
_guard = threading.Lock()


class NoLock(OSError):
    """The folder of locks cannot be used; the text says which, why, and what to do."""

    def __init__(self, folder: Path, reason: OSError) -> None:
        super().__init__(
            f"Låsene i {folder} kan ikke skrives: {reason.strerror or reason}. Giv den bruger, som produktet kører "
            "som, skriveret til mappen."
        )


class Held:
    """A lock that is held. ``connection``: what holds it, in autocommit; None on SQLite."""

    def __init__(self, connection: Connection | None = None) -> None:
        self.connection = connection


@contextmanager
def held(engine: sa.Engine, name: str) -> Iterator[Held | None]:
    """The lock ``name``, without waiting; None while somebody else has it, another thread of this process too.
    Raises NoLock, or what a database that is away raises."""
    if engine.dialect.name == "sqlite":
        with _file(engine, name) as got:
            yield Held() if got else None
        return
    with _own(engine).connect() as connection:
        got = connection.scalar(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": number(name)})
        yield Held(connection) if got else None


def number(name: str) -> int:
    if name == "leader":
        return LEADER
    return int.from_bytes(hashlib.blake2b(f"crm {name}".encode(), digest_size=8).digest(), "big", signed=True)


def _own(engine: sa.Engine) -> sa.Engine:
    """Connections that belong to no pool and end when they are closed."""
    key = engine.url.render_as_string(hide_password=False)
    with _guard:
        if key not in _engines:
            _engines[key] = sa.create_engine(
                engine.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT", connect_args=_CLIENT
            )
        return _engines[key]


@contextmanager
def _file(engine: sa.Engine, name: str) -> Iterator[bool]:
    database = engine.url.database
    if fcntl is None or not database or database == ":memory:":
        with _within(f"{id(engine)} {name}") as got:
            yield got
        return
    path = Path(database).with_suffix(".locks") / name.replace(" ", "-")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as exc:
        raise NoLock(path.parent, exc) from exc
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def _within(name: str) -> Iterator[bool]:
    with _guard:
        got = name not in _taken
        _taken.add(name)
    try:
        yield got
    finally:
        if got:
            with _guard:
                _taken.discard(name)


HOLDER = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND (classid::bigint << 32) + objid::bigint = :key "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def unseat(engine: sa.Engine) -> None:
    """End the connection that holds the leader's lock: its process is frozen, or cut off from us."""
    with _own(engine).connect() as connection:
        connection.execute(HOLDER, {"key": LEADER})
