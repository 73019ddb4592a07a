"""Many rows at once: ids that follow, statistics, and patience. All of it PostgreSQL's; nothing on SQLite."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from crm.base.db import is_sqlite


def continue_ids(session: Session, tables: Iterable[Table]) -> None:
    """After rows with ids of their own: let the next id follow the largest (SQLite does so by itself)."""
    if not is_sqlite(session):
        for table in tables:
            session.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
                    f"coalesce((SELECT max(id) FROM {table.name}), 0) + 1, false)"
                )
            )


def refresh_statistics(session: Session, tables: Iterable[Any]) -> None:
    """After many new rows: let PostgreSQL's planner know of them now, not when autovacuum comes by. Until then a claim
    or a history may be planned as if the tables were empty. Nothing on SQLite."""
    if not is_sqlite(session):
        session.execute(text("ANALYZE " + ", ".join(table.__tablename__ for table in tables)))


def bear_silence(session: Session) -> None:
    """Let this transaction stand idle while Python works something long out: PostgreSQL ends others after a minute
    (``make_engine``). Nothing on SQLite."""
    if not is_sqlite(session):
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
