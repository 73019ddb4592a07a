"""init-db, doctor, backup, restore: what they prove, keep and refuse."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from crm.base import schema
from crm.cli.doctor import doctor
from crm.cli.ops import backup, init_db, restore
from crm.people.models import Municipality, Region
from tests.conftest import build_app


@pytest.fixture
def fresh(tmp_path: Path) -> Flask:
    """An application on a database that does not exist yet."""
    return build_app(f"sqlite:///{tmp_path / 'new.sqlite3'}", tmp_path)


def run(app: Flask, command: object, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(command, list(arguments))  # type: ignore[arg-type]


def test_init_db_makes_the_schema_once_and_the_municipalities(fresh: Flask) -> None:
    assert "98 nye kommuner" in run(fresh, init_db).output
    assert run(fresh, init_db).output.strip() == "Databasen er klar."
    with fresh.extensions["crm.sessions"]() as db:
        assert len(db.scalars(select(Municipality.code)).all()) == 98


@pytest.mark.parametrize("kind", ["app", "pg_app"])
def test_doctor_proves_the_database_and_leaves_nothing_behind(kind: str, request: pytest.FixtureRequest) -> None:
    app: Flask = request.getfixturevalue(kind)
    with app.extensions["crm.engine"].begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        head = schema.head(app.extensions["crm.engine"])
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})
    answer = run(app, doctor)
    assert "afviser to besøg oven i hinanden" in answer.output
    assert "FEJL  overlap" not in answer.output
    with app.extensions["crm.sessions"]() as db:
        assert db.scalar(select(Region.id).where(Region.key == "doctor")) is None


def test_doctor_fails_when_the_database_lets_visits_overlap(fresh: Flask) -> None:
    run(fresh, init_db)
    with fresh.extensions["crm.engine"].begin() as connection:
        connection.execute(text("DROP TRIGGER visit_overlap_insert"))
    answer = run(fresh, doctor)
    assert answer.exit_code == 1
    assert "FEJL  overlap" in answer.output


def test_what_was_backed_up_comes_back(fresh: Flask, tmp_path: Path) -> None:
    run(fresh, init_db)
    copy = tmp_path / "copy.sqlite3"
    assert run(fresh, backup, str(copy)).exit_code == 0
    with fresh.extensions["crm.sessions"].begin() as db:
        db.add(Region(key="later", name="Later"))
    refused = run(fresh, restore, str(copy))
    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    assert run(fresh, restore, str(copy), "--replace").exit_code == 0
    with fresh.extensions["crm.sessions"]() as db:
        keys = set(db.scalars(select(Region.key)))
    assert "later" not in keys
    assert len(keys) == 5


def test_a_backup_never_overwrites(fresh: Flask, tmp_path: Path) -> None:
    run(fresh, init_db)
    (tmp_path / "taken").write_text("mine")
    assert run(fresh, backup, str(tmp_path / "taken")).exit_code == 1
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_file_that_is_no_backup_leaves_the_database_alone(fresh: Flask, tmp_path: Path) -> None:
    run(fresh, init_db)
    (tmp_path / "junk").write_bytes(b"not a database" * 100)
    refused = run(fresh, restore, str(tmp_path / "junk"), "--replace")
    assert refused.exit_code == 1
    assert "ikke rørt" in refused.output
    with fresh.extensions["crm.sessions"]() as db:
        assert len(db.scalars(select(Region.key)).all()) == 5


def test_nothing_is_backed_up_from_an_empty_database_or_into_no_folder(fresh: Flask, tmp_path: Path) -> None:
    empty = run(fresh, backup, str(tmp_path / "b"))
    assert (empty.exit_code, (tmp_path / "b").exists()) == (1, False)
    run(fresh, init_db)
    nowhere = run(fresh, backup, str(tmp_path / "none" / "b"))
    assert (nowhere.exit_code, nowhere.output.count("\n")) == (1, 1)


def test_a_database_of_something_else_is_no_backup(fresh: Flask, tmp_path: Path) -> None:
    run(fresh, init_db)
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE notes (text)")
    answer = run(fresh, restore, str(tmp_path / "other"), "--replace")
    assert (answer.exit_code, "ikke rørt" in answer.output) == (1, True)
    with fresh.extensions["crm.sessions"]() as db:
        assert len(db.scalars(select(Municipality.code)).all()) == 98


@pytest.mark.parametrize(
    "setting",
    [
        {"CRM_DATABASE_URL": "nonsense"},
        {"CRM_DATABASE_URL": "mysql://user:secret@host/name"},
        {"CRM_DATABASE_URL": "postgresql://postgres@127.0.0.1:1/none"},
        {"CRM_DATA_DIR": "/proc/none"},
        {"CRM_PORT": "abc"},
    ],
)
def test_a_wrong_setting_ends_with_one_line(setting: dict[str, str], tmp_path: Path) -> None:
    environment = {**os.environ, "CRM_DATA_DIR": str(tmp_path), **setting}
    command = [sys.executable, "-m", "crm", "users", "list"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert "secret" not in done.stderr
