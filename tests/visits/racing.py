"""A few who begin at the same moment, over and over, and a look at the rows after each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import delete, update
from sqlalchemy.orm import Session, sessionmaker

from crm.base.activity import Activity
from crm.calendars.models import Absence, BusySource, CalendarEvent
from crm.calling.models import Call, QueueEntry
from crm.integrations.models import OutboxMessage
from crm.visits.models import MoveProposal, SlotHold, Visit, VisitConflict, VisitEvent
from tests.conftest import NOW
from tests.visits import neighbours
from tests.visits.crowd import World, arrange
from tests.visits.operations import Worker, acknowledged

LEFT = (
    VisitConflict, VisitEvent, MoveProposal, SlotHold, BusySource, Absence, CalendarEvent, OutboxMessage, Call, Activity,
    Visit,
)  # fmt: skip
FREE = {"state": "waiting", "final_outcome": None, "claimed_by": None, "claimed_at": None, "claimed_until": None}


def at_once(acts: Iterable[Callable[[], str]]) -> list[str]:
    """What each said. Raises what any of them raises."""
    waiting = list(acts)
    start = Barrier(len(waiting))

    def run(act: Callable[[], str]) -> str:
        start.wait(timeout=60)
        return act()

    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(run, waiting))


class Arena:
    """A jobcentre with two consultants and one day, on which everybody wants something."""

    def __init__(self, app: Flask, workers: int = 4, seed: int = 0) -> None:
        self.sessions: sessionmaker[Session] = app.extensions["crm.sessions"]
        with self.sessions() as db:
            self.world: World = arrange(db, workers=workers)
        self.workers = [Worker(self.sessions, self.world, number, seed) for number in range(workers)]

    def fresh(self, visits: int) -> None:
        """Everything that a race has left is removed; about so many visits are booked."""
        with self.sessions.begin() as db:
            for model in LEFT:
                db.execute(delete(model))
            db.execute(update(QueueEntry).values(FREE))
        for worker in self.workers:
            worker.booked, worker.undone = [], []
        tries = 0
        while len(self.workers[0].booked) < visits and tries < 5 * visits:
            tries += 1
            self.workers[0].act("new")

    def race(self, *paths: str) -> list[str]:
        """One path a worker; they are judged together afterwards."""
        acts = [
            lambda worker=worker, path=path: worker.act(path) for worker, path in zip(self.workers, paths, strict=True)
        ]
        said = at_once(acts)
        assert self.wrong() == [], (paths, said)
        return said

    def wrong(self) -> list[str]:
        with self.sessions() as db:
            return neighbours.wrong(db, NOW, acknowledged(self.workers))


def total(rounds: Iterable[list[str]]) -> Counter[str]:
    return Counter(one for said in rounds for one in said)
