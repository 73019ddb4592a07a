"""Never two phoners the same entry: real concurrency on both databases, beside a control that does fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crm.calling.actions import claim, reserve
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import LEASE
from crm.people.models import User
from tests.calling.hammer import Take, take, take_sabotaged, work
from tests.conftest import NOW
from tests.factories import make_campaign, make_participation, make_queue_entry
from tests.factories.calling import make_phoner

ENTRIES = 160
ROOT = Path(__file__).resolve().parents[2]


def arrange(session: Session, phoners: int) -> tuple[int, list[int]]:
    """(campaign, phoners) with a queue of ENTRIES, every other one asleep though it is due."""
    participation = make_participation(session)
    for number in range(ENTRIES):
        make_queue_entry(session, participation=participation, rank=number % 3, awake=number % 2 == 0)
    people = [make_phoner(session, participation).id for _ in range(phoners)]
    session.commit()
    return participation.campaign_id, people


def duplicates(takings: Iterable[list[int]]) -> int:
    taken = [number for taking in takings for number in taking]
    return len(taken) - len(set(taken))


def in_threads(app: Flask, how: Take, clients: int) -> list[list[int]]:
    """Threads with sessions of their own, started together."""
    sessions = app.extensions["crm.sessions"]
    with sessions() as session:
        campaign_id, people = arrange(session, clients)
    gate = Barrier(len(people))

    def run(user_id: int) -> list[int]:
        gate.wait()
        return work(sessions, campaign_id, user_id, how)

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(run, people))


@pytest.mark.postgres
def test_32_clients_on_postgresql_share_no_entry(pg_app: Flask) -> None:
    takings = in_threads(pg_app, take, 32)
    assert duplicates(takings) == 0
    assert sum(map(len, takings)) == ENTRIES, "none is left, asleep or awake"
    with pg_app.extensions["crm.sessions"]() as session:
        assert len(session.scalars(select(Call.id)).all()) == ENTRIES


@pytest.mark.postgres
def test_the_sabotaged_control_is_caught_on_postgresql(pg_app: Flask) -> None:
    assert duplicates(in_threads(pg_app, take_sabotaged, 8)) > 0


def in_processes(app: Flask, clients: int, *more: str) -> list[list[int]]:
    """Processes on one SQLite file, started together."""
    with app.extensions["crm.sessions"]() as session:
        campaign_id, people = arrange(session, clients)
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


def test_eight_processes_on_sqlite_share_no_entry(app: Flask) -> None:
    takings = in_processes(app, 8)
    assert duplicates(takings) == 0
    assert sum(map(len, takings)) == ENTRIES


def test_the_sabotaged_control_is_caught_on_sqlite(app: Flask) -> None:
    assert duplicates(in_processes(app, 4, "sabotaged")) > 0


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


@pytest.mark.postgres
def test_clicks_that_fetch_and_prefetch_at_once_hold_two_at_most(pg_app: Flask) -> None:
    sessions = pg_app.extensions["crm.sessions"]
    with sessions() as session:
        campaign_id, (me,) = arrange(session, 1)
    gate = Barrier(8)

    def click(number: int) -> int:
        gate.wait()
        with sessions.begin() as session:
            entry = (claim, reserve)[number % 2](session, session.get_one(User, me), NOW, campaign_id)
            assert entry is not None
            return entry.id

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(click, range(8)))
    with sessions() as session:
        held = session.scalars(select(QueueEntry.id).where(QueueEntry.claimed_by == me)).all()
    assert len(held) <= 2
    assert len(set(answers[::2])) <= 2, "one, or the one that was reserved first and then promoted"


@pytest.mark.postgres
def test_leases_that_lapse_come_back_to_one_phoner_each(pg_app: Flask) -> None:
    sessions = pg_app.extensions["crm.sessions"]
    with sessions() as session:
        campaign_id, people = arrange(session, 16)
        session.execute(update(QueueEntry).values(state="done").where(QueueEntry.id % 20 > 0))
        session.commit()
    gone, there = people[:8], people[8:]

    def fetch(user_id: int, late: timedelta) -> int | None:
        with sessions.begin() as session:
            entry = claim(session, session.get_one(User, user_id), NOW + late, campaign_id)
            return entry.id if entry else None

    lost = [fetch(user_id, timedelta()) for user_id in gone]
    assert None not in lost
    assert [fetch(user_id, LEASE - timedelta(seconds=1)) for user_id in there] == [None] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda user_id: fetch(user_id, LEASE), there))
    assert sorted(filter(None, found)) == sorted(filter(None, lost))


@pytest.fixture
def twins(pg_app: Flask) -> tuple[list[int], list[int]]:
    """(campaigns, phoners): two campaigns of one firm with the same 40 numbers."""
    with pg_app.extensions["crm.sessions"]() as session:
        first = make_participation(session)
        second = make_participation(
            session, campaign=make_campaign(session), jobcentre=first.jobcentre, firm=first.calling_firm
        )
        for number in range(40):
            for part in (first, second):
                make_queue_entry(session, participation=part, phone=f"+45700000{number:02d}", shared_phone=True)
        people = [make_phoner(session, first).id for _ in range(8)]
        session.commit()
        return [first.campaign_id, second.campaign_id], people


def numbers_called_twice(session: Session) -> int:
    calls = select(QueueEntry.phone).join(Call, Call.entry_id == QueueEntry.id).group_by(QueueEntry.phone)
    return len(session.scalars(calls.having(func.count() > 1)).all())


@pytest.mark.postgres
def test_a_number_on_two_entries_is_called_once_a_day_however_many_call(
    pg_app: Flask, twins: tuple[list[int], list[int]]
) -> None:
    sessions = pg_app.extensions["crm.sessions"]
    campaigns, people = twins
    gate = Barrier(len(people))

    def run(user_id: int) -> int:
        gate.wait()
        return sum(len(work(sessions, campaign_id, user_id, take)) for campaign_id in campaigns[:: 1 - user_id % 2 * 2])

    with ThreadPoolExecutor(len(people)) as pool:
        total = sum(pool.map(run, people))
    with sessions() as session:
        assert numbers_called_twice(session) == 0
        assert 0 < total <= 40


def claimed_in_the_same_instant(app: Flask, twins: tuple[list[int], list[int]]) -> list[str | None]:
    """Numbers given to two phoners whose transactions are open at once."""
    campaigns, people = twins
    with app.extensions["crm.sessions"]() as one, app.extensions["crm.sessions"]() as two:
        first = claim(one, one.get_one(User, people[0]), NOW, campaigns[0])
        second = claim(two, two.get_one(User, people[1]), NOW, campaigns[1])
        assert first is not None
        assert second is not None
        numbers = [first.phone, second.phone]
        one.commit()
        two.commit()
    return numbers


@pytest.mark.postgres
def test_two_claims_in_the_same_instant_get_different_numbers(
    pg_app: Flask, twins: tuple[list[int], list[int]]
) -> None:
    numbers = claimed_in_the_same_instant(pg_app, twins)
    assert len(set(numbers)) == 2


@pytest.mark.postgres
def test_without_the_numbers_lock_they_get_the_same_one(
    pg_app: Flask, twins: tuple[list[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the statement alone cannot see what another transaction is just taking."""
    monkeypatch.setattr("crm.calling.actions.take._alone", lambda *_args: True)
    assert len(set(claimed_in_the_same_instant(pg_app, twins))) == 1
