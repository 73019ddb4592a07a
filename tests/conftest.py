"""Fixtures: a rolled-back session on both databases, an application on a fresh SQLite file, signed-in clients.

``session`` runs each test on SQLite and on PostgreSQL inside a transaction that is rolled back (savepoints inside).
``app`` is the whole product on its own SQLite file with regions and municipalities loaded. ``pg_app`` the same on a
PostgreSQL database of its own, for tests with several connections.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy.orm import Session

from crm.app import create_app
from crm.base.db import Base, CrmSession, make_engine
from crm.base.models import load_all
from crm.base.settings import Settings
from crm.people.actions import issue_token, load_reference
from crm.people.models import User

load_all()
# a busy machine is no fault: timings belong in scripts/bench; all else stays as the environment has it
settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # Tuesday 24 November 2026, 10.00 in Denmark
POSTGRES = os.environ.get("CRM_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
PASSWORD = "demo-adgang-2026"


@pytest.fixture
def now() -> datetime:
    return NOW


def _postgres_works() -> str | None:
    """None when a server answers, else why not."""
    try:
        with sa.create_engine(POSTGRES).connect():
            return None
    except sa.exc.OperationalError as exc:
        return str(exc).splitlines()[0]


@pytest.fixture(scope="session")
def postgres_server() -> str:
    why = _postgres_works()
    if why and "postgres" in os.environ.get("CRM_TEST_REQUIRE", ""):
        pytest.fail(f"CRM_TEST_REQUIRE asks for PostgreSQL: {why}")
    if why:
        pytest.skip(f"NO POSTGRESQL, tests on it do not run: {why}")
    return POSTGRES


def _fill(engine: sa.Engine) -> None:
    Base.metadata.create_all(engine)
    with CrmSession(engine) as session:
        load_reference(session)
        session.commit()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with schema and reference data, to be copied."""
    path = tmp_path_factory.mktemp("template") / "crm.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    _fill(engine)
    engine.dispose()  # closing the last connection writes the WAL back into the file
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """Name of a PostgreSQL database with schema and reference data, to be used as CREATE DATABASE's template."""
    name = f"crm_t_{uuid.uuid4().hex[:12]}"
    url = _create_database(postgres_server, name)
    engine = make_engine(url)
    _fill(engine)
    engine.dispose()
    yield name
    _drop_database(postgres_server, name)


def _create_database(server: str, name: str, template: str = "template0") -> str:
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    admin.dispose()
    return str(sa.make_url(server).set(database=name).render_as_string(hide_password=False))


def _drop_database(server: str, name: str) -> None:
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """One PostgreSQL database for this test process's rolled-back sessions."""
    name = f"crm_s_{uuid.uuid4().hex[:12]}"
    yield _create_database(postgres_server, name, postgres_template)
    _drop_database(postgres_server, name)


@pytest.fixture(scope="session")
def sqlite_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("session") / "crm.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


_ENGINES: dict[str, sa.Engine] = {}


@pytest.fixture(params=["sqlite", "postgresql"])
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session whose commits are savepoints; everything is rolled back after the test."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    engine = _ENGINES.setdefault(url, make_engine(url))
    with engine.connect() as connection:
        outer = connection.begin()
        with CrmSession(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as db:
            yield db
        outer.rollback()


def build_app(url: str, data_dir: Path, **settings: Any) -> Flask:
    values = {
        "database_url": url,
        "data_dir": data_dir,
        "secret_key": "test",
        "clock": NOW.isoformat(),
        "sign_in_limit": "1000 per minute",
        **settings,
    }
    app = create_app(Settings(**values))
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    path = tmp_path / "crm.sqlite3"
    shutil.copy(sqlite_template, path)
    made = build_app(f"sqlite:///{path}", tmp_path)
    yield made
    made.extensions["crm.engine"].dispose()


@pytest.fixture
def pg_app(postgres_server: str, postgres_template: str, tmp_path: Path) -> Iterator[Flask]:
    name = f"crm_a_{uuid.uuid4().hex[:12]}"
    made = build_app(_create_database(postgres_server, name, postgres_template), tmp_path)
    yield made
    made.extensions["crm.engine"].dispose()
    _drop_database(postgres_server, name)


@pytest.fixture
def db(app: Flask) -> Iterator[Session]:
    """A session on ``app``'s database for arranging and checking; commit it yourself."""
    with app.extensions["crm.sessions"]() as made:
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in() -> Callable[[FlaskClient, User], FlaskClient]:
    """Sign ``user`` in by session cookie (the form has tests of its own)."""

    def enter(client: FlaskClient, user: User) -> FlaskClient:
        with client.session_transaction() as cookie:
            cookie["_user_id"] = user.get_id()
            cookie["_fresh"] = True
        return client

    return enter


@pytest.fixture
def api(db: Session) -> Callable[[User], dict[str, str]]:
    """Headers with a fresh bearer token for ``user``; commits ``db``."""

    def headers(user: User) -> dict[str, str]:
        token = issue_token(db, None, NOW, user)
        db.commit()
        return {"Authorization": f"Bearer {token}"}

    return headers
