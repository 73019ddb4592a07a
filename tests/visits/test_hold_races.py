"""Holds, bookings and moves at once, on both databases: one time is one phoner's; and a control that goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.base.errors import Refusal
from crm.calling.models import QueueEntry
from crm.people.models import User
from crm.visits.actions import book, hold, prolong
from crm.visits.actions.check import drivable
from crm.visits.models import SlotHold, Visit
from crm.visits.queries import ask_for_entry
from crm.visits.rules.holds import LASTS
from tests.conftest import NOW
from tests.factories.calling import make_phoner
from tests.factories.visits import METTE, make_scene
from tests.visits import neighbours
from tests.visits.checker import clashes

TEN = at(date(2026, 11, 26), 600)
WORKERS, ROUNDS = 6, 4
OVER = NOW + LASTS + timedelta(seconds=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def racing(request: pytest.FixtureRequest) -> Flask:
    made: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "pg_app")
    return made


def arrange(app: Flask) -> tuple[int, list[int], list[int]]:
    """A consultant; phoners, each with a company in hand."""
    with app.extensions["crm.sessions"]() as db:
        scene = make_scene(db, max_visits=8)
        phoners = [make_phoner(db, scene.participation) for _ in range(WORKERS)]
        entries = [scene.entry(held=False) for _ in range(WORKERS)]
        for phoner, entry in zip(phoners, entries, strict=True):
            entry.claimed_by, entry.claimed_at, entry.claimed_until = phoner.id, NOW, NOW + timedelta(hours=1)
        db.commit()
        return scene.consultant.id, [p.id for p in phoners], [e.id for e in entries]


def race(app: Flask, act: Callable[[Session, int], str]) -> Counter[str]:
    """Everybody begins at the same moment."""
    sessions, start = app.extensions["crm.sessions"], Barrier(WORKERS)

    def work(worker: int) -> str:
        start.wait(timeout=30)
        with sessions() as db:
            try:
                said = act(db, worker)
                db.commit()
            except Refusal as refusal:
                db.rollback()
                return refusal.code
        return said

    with ThreadPoolExecutor(WORKERS) as pool:
        return Counter(pool.map(work, range(WORKERS)))


@contextmanager
def checked(app: Flask) -> Iterator[Session]:
    with app.extensions["crm.sessions"]() as db:
        assert neighbours.wrong(db, NOW) == []
        yield db


def test_one_time_is_held_by_one_of_many(racing: Flask) -> None:
    consultant, phoners, entries = arrange(racing)
    for number in range(ROUNDS):
        start = TEN + timedelta(minutes=15 * number)

        def act(db: Session, worker: int, start: object = start) -> str:
            hold(db, db.get_one(User, phoners[worker]), NOW, db.get_one(QueueEntry, entries[worker]), consultant, start)  # type: ignore[arg-type]
            return "held"

        told = race(racing, act)
        assert told["held"] >= 1, "whoever holds a time near by may move there"
        assert told["held"] + told["overlap"] + told["travel"] == WORKERS
        with checked(racing) as db:
            assert db.scalar(select(func.count()).select_from(SlotHold)) == 1


def test_half_hold_and_half_book_over_each_other(racing: Flask) -> None:
    consultant, phoners, entries = arrange(racing)

    def act(db: Session, worker: int) -> str:
        actor, entry = db.get_one(User, phoners[worker]), db.get_one(QueueEntry, entries[worker])
        start = TEN + timedelta(minutes=30 * (worker % 3))
        if worker % 2:
            hold(db, actor, NOW, entry, consultant, start)
            return "held"
        book(db, actor, NOW, entry, consultant, start, METTE)
        return "booked"

    told = race(racing, act)
    assert told["held"] + told["booked"] >= 1
    with checked(racing) as db:
        held = db.scalar(select(func.count()).select_from(SlotHold))
        assert (held, db.scalar(select(func.count()).select_from(Visit))) == (told["held"], told["booked"])


def test_a_lapsed_hold_is_confirmed_prolonged_or_lost_but_never_shared(racing: Flask) -> None:
    consultant, phoners, entries = arrange(racing)
    with racing.extensions["crm.sessions"]() as db:
        hold(db, db.get_one(User, phoners[0]), NOW, db.get_one(QueueEntry, entries[0]), consultant, TEN)
        db.commit()

    def act(db: Session, worker: int) -> str:
        actor, entry = db.get_one(User, phoners[worker]), db.get_one(QueueEntry, entries[worker])
        if worker == 0:
            prolong(db, actor, OVER, entry)
            return "prolonged"
        if worker % 2:
            hold(db, actor, OVER, entry, consultant, TEN)
            return "held"
        book(db, actor, OVER, entry, consultant, TEN, METTE)
        return "booked"

    told = race(racing, act)
    assert told["prolonged"] + told["held"] + told["booked"] == 1, told
    with racing.extensions["crm.sessions"]() as db:
        assert clashes(db, OVER) == []


def test_a_live_hold_is_confirmed_whatever_the_others_try(racing: Flask) -> None:
    consultant, phoners, entries = arrange(racing)
    with racing.extensions["crm.sessions"]() as db:
        hold(db, db.get_one(User, phoners[0]), NOW, db.get_one(QueueEntry, entries[0]), consultant, TEN)
        db.commit()

    def act(db: Session, worker: int) -> str:
        actor, entry = db.get_one(User, phoners[worker]), db.get_one(QueueEntry, entries[worker])
        book(db, actor, NOW, entry, consultant, TEN, METTE)
        return f"booked by {worker}"

    told = race(racing, act)
    assert told == {"booked by 0": 1, "overlap": WORKERS - 1}


@pytest.mark.postgres
def test_control_without_the_lock_the_checker_finds_two_holds(pg_app: Flask) -> None:
    """Two look before either has written: without the lock on the day both would hold the time."""
    consultant, phoners, entries = arrange(pg_app)
    sessions = pg_app.extensions["crm.sessions"]
    with sessions() as one, sessions() as other:
        made = []
        for db, worker in ((one, 0), (other, 1)):
            ask = ask_for_entry(db.get_one(QueueEntry, entries[worker]))
            slot = drivable(db, NOW, ask, consultant, TEN)
            made.append((db, worker, slot))
        for db, worker, slot in made:
            db.add(
                SlotHold(
                    entry_id=entries[worker],
                    user_id=phoners[worker],
                    consultant_id=consultant,
                    starts_at=slot.starts_at,
                    ends_at=slot.ends_at,
                    lat=56.6,
                    lon=9.8,
                    held_at=NOW,
                    until=NOW + LASTS,
                )
            )
            db.commit()
    with sessions() as db:
        [line] = clashes(db, NOW)
        assert "held twice" in line
