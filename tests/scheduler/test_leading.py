"""Several schedulers on one PostgreSQL database: one leads, another takes over, each thing is done once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from crm.base.clock import at
from crm.followups.actions import nag
from crm.followups.models import Nag
from crm.integrations.models import OutboxMessage
from crm.scheduler import LEADER, Scheduler, held, start
from tests.conftest import build_app
from tests.scheduler.test_clock import WAIT, count, owing

HOLDERS = sa.text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND (classid::bigint << 32) + objid::bigint = :key "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def pair(pg_app: Flask, tmp_path: Path) -> Iterator[tuple[Scheduler, Scheduler]]:
    """Two processes' schedulers on one PostgreSQL database; the first one leads."""
    other = build_app(pg_app.extensions["crm.settings"].database_url, tmp_path)
    owing(pg_app, 20)
    first = start(pg_app, retry_seconds=0.1)
    assert first.leads.wait(WAIT)
    second = start(other, retry_seconds=0.1)
    yield first, second
    for running in (first, second):
        running.stop()
    other.extensions["crm.engine"].dispose()


@pytest.mark.postgres
def test_on_postgresql_one_leads_and_hands_over(pg_app: Flask, pair: tuple[Scheduler, Scheduler]) -> None:
    first, second = pair
    assert not second.leads.wait(0.5)
    first.stop()
    assert second.leads.wait(WAIT)
    second.stop()
    assert count(pg_app, Nag) == 20
    assert count(pg_app, OutboxMessage) == 1, "one digest a person"


@pytest.mark.postgres
def test_a_leader_whose_connection_dies_steps_down(pg_app: Flask, pair: tuple[Scheduler, Scheduler]) -> None:
    first, second = pair
    with pg_app.extensions["crm.engine"].connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        [leader] = db.scalars(HOLDERS, {"key": LEADER}).all()
        assert db.scalar(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": leader})
        settled = 0  # for a moment both lead: the old one learns of its loss when it next asks
        for _ in range(int(WAIT / 0.05)):
            held_by = db.scalars(HOLDERS, {"key": LEADER}).all()
            one = first.leads.is_set() != second.leads.is_set()
            settled = settled + 1 if one and len(held_by) == 1 and held_by != [leader] else 0
            if settled >= 10 and count(pg_app, Nag) == 20:
                break
            threading.Event().wait(0.05)
    assert settled >= 10
    assert count(pg_app, Nag) == 20


@pytest.mark.postgres
def test_two_runs_at_once_write_each_nag_and_mail_once(pg_app: Flask) -> None:
    owing(pg_app, 60)
    moment = at(date(2026, 11, 26), 450)
    together = threading.Barrier(4)
    written: list[int] = []

    def run() -> None:
        with pg_app.extensions["crm.sessions"]() as db:
            together.wait()
            written.append(nag(db, moment))
            db.commit()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(written) == 60
    assert count(pg_app, Nag) == 60
    assert count(pg_app, OutboxMessage) == 1, "one digest a person"


@pytest.mark.postgres
def test_a_frozen_leader_is_unseated_and_a_living_one_is_not(pg_app: Flask, pair: tuple[Scheduler, Scheduler]) -> None:
    """One that holds the lock and gives no sign of life, beside one that does."""
    first, second = pair
    watching = start(pg_app, retry_seconds=0.1, silent=timedelta(seconds=8))
    try:
        assert not watching.leads.wait(10)
        assert first.leads.is_set()
        for running in (first, second):
            running.stop()
        assert watching.leads.wait(WAIT)
    finally:
        watching.stop()
    with held(pg_app.extensions["crm.engine"], "leader") as lock:
        assert lock is not None
        after = start(pg_app, retry_seconds=0.1, silent=timedelta(seconds=1))
        try:
            assert after.leads.wait(WAIT)
        finally:
            after.stop()
        with pytest.raises(sa.exc.OperationalError):
            lock.connection.execute(sa.text("SELECT 1"))
