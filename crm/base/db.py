"""Database: declarative base, UTC time type, engine set-up, and every difference between SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    any_,
    cast,
    create_engine,
    event,
    extract,
    func,
    literal,
    literal_column,
    null,
    select,
    text,
)
from sqlalchemy import column as named
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import JSON, TypeDecorator

from crm.base.errors import ConfigurationError

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Id = BigInteger().with_variant(Integer(), "sqlite")
Json = JSON().with_variant(postgresql.JSONB(), "postgresql")


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as UTC. Naive values raise: they are the hour-off bug before it happens."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime given to UTCDateTime; pass an aware one")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=CONVENTION)
    type_annotation_map = {  # noqa: RUF012
        int: Id,
        str: String(),
        datetime: UTCDateTime(),
        dict[str, Any]: Json,
        list[Any]: Json,
        list[str]: Json,
    }


def is_sqlite(bind: Session | Connection) -> bool:
    connection = bind.get_bind() if isinstance(bind, Session) else bind
    return connection.dialect.name == "sqlite"


def make_engine(url: str) -> Engine:
    """SQLite: WAL, foreign keys, and BEGIN IMMEDIATE for every transaction that may write (plain BEGIN gives
    "database is locked" in bulk); PostgreSQL: UTC sessions and a pool for threads. Errors of either tell no parameters:
    those are people's data, and errors end in logs."""
    parsed = _known(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        legacy = getattr(sqlite3, "LEGACY_TRANSACTION_CONTROL", None)
        extra = {"autocommit": legacy} if legacy is not None else {}
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 60, **extra})
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    options = "-c timezone=utc -c idle_in_transaction_session_timeout=60000"
    pool: dict[str, Any] = {"pool_size": 10, "max_overflow": 20, "pool_pre_ping": True}
    return create_engine(url, hide_parameters=True, connect_args={"options": options}, **pool)


def _known(url: str) -> URL:
    """Raises ConfigurationError for an address that leads to neither SQLite nor PostgreSQL; never shows a password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigurationError(
            "CRM_DATABASE_URL leads to no SQLite or PostgreSQL database; write it as "
            "postgresql://user:password@host:5432/name, or unset it for SQLite."
        )
    return parsed


def _sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "busy_timeout=60000",
        "synchronous=FULL",
        "cache_size=-32000",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("crm_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


class CrmSession(Session):
    """A session that knows whether it may write. ``info['read_only']`` sessions raise on flush."""


def session_factory(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, class_=CrmSession, expire_on_commit=False, autoflush=True)


def read_only_session(factory: sessionmaker[Session]) -> Session:
    """A session for reading pages: on SQLite it takes no write lock; a flush in it is a programming error."""
    session = factory()
    session.info["read_only"] = True
    session.connection(execution_options={"crm_read_only": True})
    return session


@contextmanager
def only_reads(session: Session) -> Iterator[Session]:
    """Inside the block the session writes nothing (a flush raises). One that has asked nothing yet takes no write lock
    on SQLite until its transaction ends; in a savepoint the transaction around it keeps what it holds."""
    before = session.info.get("read_only", False)
    session.info["read_only"] = True
    if not session.in_nested_transaction():
        session.connection(execution_options={"crm_read_only": True})
    try:
        yield session
    finally:
        session.info["read_only"] = before


@event.listens_for(CrmSession, "before_flush")
def _refuse_writes(session: Session, _context: object, _instances: object) -> None:
    if session.info.get("read_only") and (session.new or session.dirty or session.deleted):
        raise RuntimeError("a read-only request tried to write; writes belong in POST, PUT, PATCH or DELETE")


def insert_for(session: Session, table: Any) -> Any:
    """A dialect insert, for ``on_conflict_do_nothing`` / ``on_conflict_do_update`` on both engines."""
    return sqlite.insert(table) if is_sqlite(session) else postgresql.insert(table)


def insert_new(session: Session, model: Any, rows: Sequence[dict[str, Any]], keys: Iterable[str]) -> int:
    """Insert the rows whose unique ``keys`` are not there yet; how many went in."""
    if not rows:
        return 0
    statement = insert_for(session, model).on_conflict_do_nothing(index_elements=list(keys))
    result = session.execute(statement.values(list(rows)), execution_options={"preserve_rowcount": True})
    return int(result.rowcount) if isinstance(result, CursorResult) else 0


def lock_day(session: Session, person_id: int, day: date) -> None:
    """Hold every other writer off this person's day until the transaction ends.

    SQLite's BEGIN IMMEDIATE already holds off all writers; PostgreSQL takes an advisory transaction lock.
    """
    if not is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:p, :d)"), {"p": person_id, "d": day.toordinal()})


def for_update_skip_locked(session: Session, statement: Any) -> Any:
    """Row locks that pass over what others hold; on SQLite the single writer makes them needless."""
    return statement if is_sqlite(session) else statement.with_for_update(skip_locked=True)


def is_overlap_error(error: BaseException) -> bool:
    """True when the database itself refused two visits on top of each other (exclusion constraint or trigger)."""
    origin = getattr(error, "orig", None)
    return getattr(origin, "sqlstate", None) == "23P01" or "visit_overlap" in str(origin)


def lock_person(session: Session, person_id: int) -> None:
    """Let one transaction of this person at a time claim or finish; held until it ends (SQLite: see lock_day)."""
    if not is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:p, 0)"), {"p": person_id})


def hold_person(session: Session, person_id: int) -> list[Any]:
    """``lock_person`` as a column to select, so that it costs no round trip; nothing on SQLite."""
    return [] if is_sqlite(session) else [func.pg_advisory_xact_lock(cast(person_id, Integer), cast(0, Integer))]


def lock_name(session: Session, name: str) -> None:
    """Let one transaction at a time do what ``name`` says; held until it ends (SQLite: see lock_day)."""
    if not is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(name)})


def try_lock_name(session: Session, name: str) -> bool:
    """``lock_name`` without waiting; False when another transaction has it. Who never waits is never in a deadlock."""
    return is_sqlite(session) or bool(
        session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _lock_key(name)})
    )


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def seconds_between(session: Session, earlier: Any, later: Any) -> Any:
    """Seconds from one stored moment to another, as an expression."""
    if is_sqlite(session):
        return (func.julianday(later) - func.julianday(earlier)) * 86400
    return extract("epoch", later) - extract("epoch", earlier)


def seen_before(session: Session, value: Any) -> Any:
    """A scalar subquery for RETURNING, as the statement found it; NULL on SQLite, which tells what it left, and where
    nothing can have changed since the transaction began."""
    return null() if is_sqlite(session) else value


def bare(column: Any) -> Any:
    """A boolean column as it stands in a partial index's condition; SQLite takes ``awake = 1`` for something else."""
    return literal_column(f"{column.expression.table.name}.{column.key}", Integer)


def whole(session: Session, value: Any) -> Any:
    """A number that is not negative, rounded to a whole one, halves up."""
    return cast(value + 0.5, Integer) if is_sqlite(session) else cast(func.floor(value + 0.5), Integer)


def one_of(session: Session, column: Any, choice: Any) -> Any:
    """``column IN (choice)`` for a SELECT that does not depend on the row: run once, never turned into a join."""
    return column.in_(choice) if is_sqlite(session) else column == any_(func.array(choice.scalar_subquery()))


def unpacked(session: Session, columns: Sequence[Any], rows: Sequence[Sequence[Any]]) -> list[Any]:
    """``rows`` as columns to select from, for bulk writes: one JSON parameter however many rows there are, so that
    neither SQLAlchemy nor the driver handles each value. Values are JSON (str, int, float, bool, None)."""
    if is_sqlite(session):
        value = func.json_each(json.dumps(rows)).table_valued("value").c.value
        return [func.json_extract(value, f"$[{place}]").label(each.name) for place, each in enumerate(columns)]
    payload = literal(list(rows), postgresql.JSONB)
    element = func.jsonb_array_elements(payload).table_valued(named("value", postgresql.JSONB)).c.value
    return [element[place].astext.cast(each.type).label(each.name) for place, each in enumerate(columns)]


def among(session: Session, column: Any, values: Iterable[Any]) -> Any:
    """``column IN values``, sent as one parameter however many there are."""
    wanted = list(values)
    if is_sqlite(session):
        return column.in_(select(func.json_each(json.dumps(wanted)).table_valued("value").c.value))
    return column == any_(literal(wanted, postgresql.ARRAY(column.type)))
