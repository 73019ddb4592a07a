"""Never two phoners the same entry: real concurrency on both databases, beside a control that does fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calling.actions import claim
from crm.calling.models import Call, QueueEntry
from crm.people.models import User
from tests.calling.hammer import Take, take, take_sabotaged, work
from tests.conftest import NOW
from tests.factories import make_participation, make_queue_entry
from tests.factories.calling import make_phoner

ENTRIES = 120
ROOT = Path(__file__).resolve().parents[2]


def arrange(session: Session, phoners: int) -> tuple[int, list[int]]:
    """(campaign, phoners) with a queue of ENTRIES."""
    participation = make_participation(session)
    for number in range(ENTRIES):
        make_queue_entry(session, participation=participation, rank=number % 3)
    people = [make_phoner(session, participation).id for _ in range(phoners)]
    session.commit()
    return participation.campaign_id, people


def duplicates(takings: Iterable[list[int]]) -> int:
    taken = [number for taking in takings for number in taking]
    return len(taken) - len(set(taken))


def in_threads(app: Flask, how: Take) -> list[list[int]]:
    """8 threads with sessions of their own, started together."""
    sessions = app.extensions["crm.sessions"]
    with sessions() as session:
        campaign_id, people = arrange(session, 8)
    gate = Barrier(len(people))

    def run(user_id: int) -> list[int]:
        gate.wait()
        return work(sessions, campaign_id, user_id, how)

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(run, people))


@pytest.mark.postgres
def test_eight_threads_on_postgresql_share_no_entry(pg_app: Flask) -> None:
    takings = in_threads(pg_app, take)
    assert duplicates(takings) == 0
    assert sum(map(len, takings)) == ENTRIES
    with pg_app.extensions["crm.sessions"]() as session:
        assert len(session.scalars(select(Call.id)).all()) == ENTRIES


@pytest.mark.postgres
def test_the_sabotaged_control_is_caught_on_postgresql(pg_app: Flask) -> None:
    assert duplicates(in_threads(pg_app, take_sabotaged)) > 0


def in_processes(app: Flask, *more: str) -> list[list[int]]:
    """4 processes on one SQLite file, started together."""
    with app.extensions["crm.sessions"]() as session:
        campaign_id, people = arrange(session, 4)
    url = str(app.extensions["crm.engine"].url)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.calling.hammer", url, str(campaign_id), str(person), *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for person in people
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120)[0] for process in running]
    assert all(process.returncode == 0 for process in running)
    return [[int(number) for number in output.split()] for output in outputs]


def test_four_processes_on_sqlite_share_no_entry(app: Flask) -> None:
    takings = in_processes(app)
    assert duplicates(takings) == 0
    assert sum(map(len, takings)) == ENTRIES


def test_the_sabotaged_control_is_caught_on_sqlite(app: Flask) -> None:
    assert duplicates(in_processes(app, "sabotaged")) > 0


@pytest.mark.postgres
def test_a_double_click_claims_one_entry(pg_app: Flask) -> None:
    sessions = pg_app.extensions["crm.sessions"]
    with sessions() as session:
        campaign_id, (me,) = arrange(session, 1)
    gate = Barrier(6)

    def click(_n: int) -> int:
        gate.wait()
        with sessions.begin() as session:
            entry = claim(session, session.get_one(User, me), NOW, campaign_id)
            assert entry is not None
            return entry.id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(click, range(6)))) == 1
    with sessions() as session:
        held = session.scalars(select(QueueEntry.id).where(QueueEntry.claimed_by == me)).all()
        assert len(held) == 1
