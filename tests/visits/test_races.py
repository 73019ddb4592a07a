"""Many at once on PostgreSQL: no overlap, nobody left with a drive that cannot be made; and a checker that can fail."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.base.errors import Refusal
from crm.calling.models import QueueEntry
from crm.people.models import User
from crm.visits.actions import book, cancel, move
from crm.visits.actions.book import _new_visit
from crm.visits.actions.check import drivable
from crm.visits.models import Visit
from crm.visits.queries import ask_for_entry
from tests.conftest import NOW
from tests.factories import make_user
from tests.factories.visits import AALBORG, AARS, HADSUND, METTE, make_scene
from tests.visits.checker import wrong_pairs

pytestmark = pytest.mark.postgres
THURSDAY = date(2026, 11, 26)
PLACES = ((56.6433, 9.7902), HADSUND, AARS, AALBORG)
WORKERS, EACH = 6, 12


def arrange(app: Flask) -> tuple[list[int], list[int], list[list[int]]]:
    """Consultants, leads (who book without a claim) and each lead's entries."""
    with app.extensions["crm.sessions"]() as db:
        scene = make_scene(db, consultants=2, max_visits=8)
        leads = [make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre).id for _ in range(WORKERS)]
        entries = [[scene.entry(at=PLACES[n % 4], held=False).id for n in range(EACH)] for _ in range(WORKERS)]
        db.commit()
        return [c.id for c in scene.consultants], leads, entries


def test_racing_bookings_moves_and_cancellations(pg_app: Flask) -> None:
    consultants, leads, entries = arrange(pg_app)
    sessions = pg_app.extensions["crm.sessions"]

    def work(worker: int) -> Counter[str]:
        chance, outcomes = random.Random(worker), Counter[str]()
        for entry_id in entries[worker]:
            with sessions() as db:
                try:
                    outcomes[one(db, chance, leads[worker], entry_id)] += 1
                    db.commit()
                except Refusal as refusal:
                    db.rollback()
                    outcomes[refusal.code] += 1
        return outcomes

    def one(db: Session, chance: random.Random, actor_id: int, entry_id: int) -> str:
        actor = db.get_one(User, actor_id)
        start = at(THURSDAY + timedelta(days=chance.choice((0, 4))), chance.randrange(16, 30) * 30)
        booked = db.scalars(select(Visit.id).where(Visit.state == "booked")).all()
        if booked and chance.random() < 0.4:
            visit = db.get_one(Visit, chance.choice(booked))
            if chance.random() < 0.3:
                cancel(db, actor, NOW, visit, "company", "Syg")
                return "cancelled"
            move(db, actor, NOW, visit, start, "Byttet", chance.choice(consultants))
            return "moved"
        book(db, actor, NOW, db.get_one(QueueEntry, entry_id), chance.choice(consultants), start, METTE)
        return "booked"

    with ThreadPoolExecutor(WORKERS) as pool:
        total = sum(pool.map(work, range(WORKERS)), Counter[str]())
    assert sum(total.values()) == WORKERS * EACH
    assert total["booked"] >= 5
    assert total["overlap"] + total["travel"] >= 5, total
    with sessions() as db:
        assert wrong_pairs(db) == []
        assert db.scalar(select(func.count()).select_from(Visit)) == total["booked"], "no visit was lost"


def test_one_time_goes_to_one_of_many(pg_app: Flask) -> None:
    consultants, leads, entries = arrange(pg_app)
    sessions = pg_app.extensions["crm.sessions"]

    def work(worker: int) -> str:
        with sessions() as db:
            try:
                book(
                    db,
                    db.get_one(User, leads[worker]),
                    NOW,
                    db.get_one(QueueEntry, entries[worker][0]),
                    consultants[0],
                    at(THURSDAY, 600),
                    METTE,
                )
                db.commit()
            except Refusal as refusal:
                return refusal.code
        return "booked"

    with ThreadPoolExecutor(WORKERS) as pool:
        assert Counter(pool.map(work, range(WORKERS))) == {"booked": 1, "overlap": WORKERS - 1}


def test_control_without_the_lock_the_checker_finds_what_went_wrong(pg_app: Flask) -> None:
    """Two look before either has written, as check-then-insert does: the database refuses overlap alone."""
    consultants, leads, entries = arrange(pg_app)
    sessions = pg_app.extensions["crm.sessions"]
    with sessions() as one, sessions() as other:
        made = []
        for db, entry_id, minute in ((one, entries[0][0], 600), (other, entries[0][3], 660)):
            entry, actor = db.get_one(QueueEntry, entry_id), db.get_one(User, leads[0])
            ask = ask_for_entry(entry)
            slot = drivable(db, NOW, ask, consultants[0], at(THURSDAY, minute))
            made.append((db, _new_visit(entry, actor, NOW, slot, ask, METTE, "")))
        for db, visit in made:
            db.add(visit)
            db.commit()
    with sessions() as db:
        [line] = wrong_pairs(db)
        assert line.startswith("travel:")
