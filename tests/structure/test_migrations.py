"""Migrations run up, down and up again, and their result equals the models, on both databases."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from crm.base import schema
from crm.base.db import Base, make_engine
from tests.conftest import _create_database, _drop_database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'm.sqlite3'}")
        yield engine
        engine.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    name = f"crm_m_{uuid.uuid4().hex[:12]}"
    engine = make_engine(_create_database(server, name))
    yield engine
    engine.dispose()
    _drop_database(server, name)


def objects(engine: sa.Engine) -> set[tuple[str, ...]]:
    """Triggers (SQLite) or table constraints and index definitions (PostgreSQL), which autogenerate does not see."""
    if engine.dialect.name == "sqlite":
        query = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
    else:
        query = (
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace UNION ALL "
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        )
    with engine.connect() as connection:
        return {
            tuple(" ".join(str(part).split()) for part in row)
            for row in connection.exec_driver_sql(query)
            if "alembic_version" not in str(row)
        }


def test_up_down_up_and_equal_to_the_models(empty: sa.Engine) -> None:
    schema.upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    migrated = objects(empty)
    schema.downgrade(empty)
    with empty.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    Base.metadata.create_all(empty)
    assert migrated == objects(empty)
    Base.metadata.drop_all(empty)
    schema.upgrade(empty)
    assert schema.current(empty) == schema.head(empty)
