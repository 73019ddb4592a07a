"""The small demo, filled once for all tests that look at it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.db import read_only_session
from crm.cli.demo import demo
from tests.conftest import build_app


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def filled(folder: Path) -> Iterator[Flask]:
    """An application on a database that did not exist before `crm demo`."""
    made = build_app(f"sqlite:///{folder / 'crm.sqlite3'}", folder)
    yield made
    made.extensions["crm.engine"].dispose()


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(demo, arguments)


@pytest.fixture(scope="session")
def answer(filled: Flask) -> dict[str, Any]:
    done = run(filled, "--format", "json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)  # alone on stdout
    return found


@pytest.fixture
def db(filled: Flask, answer: dict[str, Any]) -> Iterator[Session]:
    with read_only_session(filled.extensions["crm.sessions"]) as made:
        yield made


def count(db: Session, model: Any, *where: Any) -> int:
    return db.scalar(select(func.count()).select_from(model).where(*where)) or 0
