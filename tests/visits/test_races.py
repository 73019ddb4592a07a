"""The six ways to a booking, each beside itself and each other, on both databases: no overlap, nobody left with a drive
that cannot be made, no visit lost or written over, calendars that agree; and controls that the looking finds it.

Nothing but a refusal may come out: neither a deadlock nor a constraint's error. ``CRM_RACES`` sets how often each path
is raced (a night's run: ``CRM_RACES=1000 scripts/test tests/visits/test_races.py``).
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.base.errors import Refusal
from crm.calling.models import QueueEntry
from crm.people.models import User
from crm.visits.actions.book import _new_visit
from crm.visits.actions.change import relocate
from crm.visits.actions.check import drivable
from crm.visits.models import Visit
from crm.visits.queries import ask_for_entry
from tests.conftest import NOW
from tests.factories.visits import AALBORG, AARS, METTE
from tests.visits.checker import wrong_pairs
from tests.visits.crowd import THURSDAY
from tests.visits.operations import SIX
from tests.visits.racing import Arena, at_once, total

RACES = int(os.environ.get("CRM_RACES", "6"))


@pytest.fixture(params=["sqlite", "postgresql"])
def racing(request: pytest.FixtureRequest) -> Flask:
    made: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "pg_app")
    return made


@pytest.mark.parametrize("path", SIX)
def test_each_path_beside_each(racing: Flask, path: str) -> None:
    arena, said = Arena(racing, seed=SIX.index(path)), []
    for number in range(RACES):
        arena.fresh(visits=(2, 1, 4)[number % 3])
        other = SIX[number % len(SIX)]
        said.append(arena.race(path, other, path, other))
    assert len(SIX) > RACES or total(said)["done"] >= RACES, "most of them come to something"


def test_one_time_goes_to_one_of_many(racing: Flask) -> None:
    arena = Arena(racing, workers=6)
    consultant, start = arena.world.consultants[0], at(THURSDAY, 600)

    def book_it(number: int) -> str:
        worker = arena.workers[number]
        try:
            return str(worker.book(worker.lead, arena.world.entries[0 if number < 3 else number], consultant, start))
        except Refusal as refusal:
            return refusal.code

    said = Counter(at_once([lambda number=number: book_it(number) for number in range(6)]))
    assert said["True"] == 1
    assert said["True"] + said["overlap"] + said["stale"] == 6, "the one time, and the one company"
    assert arena.wrong() == []


def scene_of(arena: Arena, db: Session, minute: int, entry: int) -> Visit:
    """A visit as it would be booked, looked at but not written."""
    company, actor = db.get_one(QueueEntry, entry), db.get_one(User, arena.world.leads[0])
    ask = ask_for_entry(company)
    slot = drivable(db, NOW, ask, arena.world.consultants[0], at(THURSDAY, minute))
    return _new_visit(company, actor, NOW, slot, ask, METTE, "")


@pytest.mark.postgres
def test_control_without_the_lock_two_neighbours_that_cannot_be_driven_are_found(pg_app: Flask) -> None:
    """Two look before either has written, as check-then-insert does: the database refuses overlap alone."""
    arena = Arena(pg_app)
    with arena.sessions.begin() as db:
        for number, place in enumerate((AALBORG, AARS)):
            company = db.get_one(QueueEntry, arena.world.entries[number]).workplace
            company.lat, company.lon = place
    with arena.sessions() as one, arena.sessions() as other:
        made = [(one, scene_of(arena, one, 600, arena.world.entries[0]))]
        made.append((other, scene_of(arena, other, 660, arena.world.entries[1])))
        for db, visit in made:
            db.add(visit)
            db.commit()
    with arena.sessions() as db:
        assert any(line.startswith("travel:") for line in wrong_pairs(db))
    assert {line.partition(":")[0] for line in arena.wrong()} >= {"drive", "calendar", "unknown"}


@pytest.mark.postgres
def test_control_a_move_that_does_not_look_again_is_found(pg_app: Flask) -> None:
    """Both have read the visit where it was; the second writes over what the first has done."""
    arena = Arena(pg_app)
    arena.fresh(visits=1)
    [number] = arena.workers[0].booked
    with arena.sessions() as one, arena.sessions() as other:
        visits = [(db, db.get_one(Visit, number)) for db in (one, other)]
        who = visits[0][1].consultant_id
        _ = [visit.entry.campaign for _, visit in visits]
        for (db, visit), minute in zip(visits, (600, 780), strict=True):
            relocate(db, db.get_one(User, arena.world.leads[0]), NOW, visit, who, at(THURSDAY, minute), "Byttet")
            db.commit()
    assert any(line.startswith("history:") for line in arena.wrong())


def test_control_a_visit_that_is_gone_is_missed(racing: Flask) -> None:
    arena = Arena(racing)
    arena.workers[0].booked.append(4711)
    assert arena.wrong() == ["lost: visit 4711"]
