"""Real processes of the product on one PostgreSQL database, killed with SIGKILL while they work.

Each is started with the product's clock at the same moment of one common day, so that all tell the same time. Only
processes that were started here are ended, each by its own id. Everything waits for what it needs, not for a time.
"""

from __future__ import annotations

import multiprocessing
import random
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crm.base import schema
from crm.recurring.models import Leader
from tests.conftest import NOW
from tests.scheduler import child

PATIENCE = 300.0  # seconds; only a failing test waits so long
PAUSE = 0.05
Act = tuple[Callable[..., Any], tuple[Any, ...]]

_nursery: Any = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload([child.__name__, "pytest"])


def say_ready(engine: sa.Engine) -> None:
    """The schema was made from the models: write down that it is the newest."""
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": schema.head(engine)})


class Crew:
    """``act`` is what one process does: a function of a module, and its arguments. ``killed``: how many were, in the
    end all."""

    def __init__(self, engine: sa.Engine, folder: Path, act: Act, **settings: str) -> None:
        self.engine = engine
        self.log = folder / "processes.log"
        self.act = act
        self.settings = {
            "CRM_DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "CRM_DATA_DIR": str(folder),
            "CRM_SECRET_KEY": "test",
            **settings,
        }
        self.began = datetime.now(UTC)
        self.living: dict[int, BaseProcess] = {}
        self.killed = 0

    def product_now(self) -> datetime:
        return NOW + (datetime.now(UTC) - self.began)

    def start(self, act: Act | None = None) -> int:
        """Its process id."""
        doing, arguments = act or self.act
        settings = {**self.settings, "CRM_CLOCK": self.product_now().isoformat()}
        made = _nursery.Process(target=child.work, args=(doing, arguments, settings, self.log), daemon=True)
        made.start()
        self.living[made.pid] = made
        return int(made.pid)

    def leader(self) -> int | None:
        """The process that leads, when it is one of ours and lives."""
        with self.engine.connect() as connection:
            name = connection.scalar(sa.select(Leader.name))
        pid = int(str(name).rpartition(":")[2].partition("/")[0]) if name else None
        return pid if pid in self.living and self.living[pid].is_alive() else None

    def wait_for_leader(self) -> int:
        self.until(lambda: self.leader() is not None, "nobody leads")
        return self.leader() or self.wait_for_leader()

    def until(self, holds: Callable[[], bool], otherwise: str, load: Callable[[], object] = lambda: None) -> None:
        """Wait until it holds, under ``load`` (called all the while). A process that ends by itself is an error."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            ended = {pid: process.exitcode for pid, process in self.living.items() if not process.is_alive()}
            if ended or time.monotonic() > deadline:
                said = self.log.read_text()[-3000:] if self.log.exists() else ""
                raise AssertionError(f"{otherwise}; ended by themselves: {ended or 'none'}\n{said}")
            load()
            time.sleep(PAUSE)

    def kill(self, pid: int) -> None:
        process = self.living.pop(pid)
        process.kill()
        process.join()
        self.killed += 1

    def handovers(self) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(sa.select(Leader.handovers)) or 0)

    def end(self) -> None:
        """Kill whoever still lives."""
        for pid in list(self.living):
            self.kill(pid)

    def bury(self) -> None:
        """End all, and wait until the database has seen that they are gone: until then their rows stay locked."""
        self.end()
        self.engine.dispose()
        others = sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

        def gone() -> bool:
            with self.engine.connect() as connection:
                return not connection.scalar(others)

        self.until(gone, "the database keeps connections of processes that were killed")


def crm(*arguments: str) -> Act:
    return child.crm_command, arguments


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def kill_leaders(
    crew: Crew, kills: int, load: Callable[[], object], progress: Callable[[], int], longest: float = 1.5, seed: int = 7
) -> None:
    """Kill whoever leads, again and again under ``load``, at a random moment after it has made some ``progress``; each
    time another process is started."""
    chance = random.Random(seed)
    for _ in range(kills):
        crew.wait_for_leader()
        before = progress()
        crew.until(lambda before=before: progress() > before, "the leader does nothing", load)  # type: ignore[misc]
        until = time.monotonic() + chance.uniform(0, longest)
        while time.monotonic() < until:
            load()
        crew.kill(crew.wait_for_leader())
        crew.start()
    crew.wait_for_leader()
