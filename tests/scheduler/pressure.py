"""Load through the API on real web processes, with a ledger of what was acknowledged: books, reports, fulfils."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
from flask import Flask
from sqlalchemy import select

from crm.followups.models import FollowUp
from crm.openings.models import Opening
from crm.people.actions import issue_token
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories.core import make_user, make_visit
from tests.factories.visits import make_scene

REPORT = {
    "result": "held",
    "pressed": False,
    "openings": [{"type": "ordinary", "positions": 1}],
    "follow_up": {"kind": "we_owe", "owed_by": "jobcentre", "due_on": "2026-12-01", "promise": "Sende CV'er"},
}


@dataclass
class Ledger:
    """What was answered with success: visits booked, visits reported, agreements fulfilled; and other answers."""

    booked: list[int] = field(default_factory=list)
    reported: list[int] = field(default_factory=list)
    fulfilled: list[int] = field(default_factory=list)
    other: Counter[str] = field(default_factory=Counter)

    def acknowledged(self) -> int:
        return len(self.booked) + len(self.reported) + len(self.fulfilled)


class Pressure:
    """``size`` visits to report, and as many companies to book; ``threads`` callers that ask again when nobody
    answers, as people do."""

    def __init__(self, app: Flask, ports: list[int], size: int = 400, threads: int = 4) -> None:
        self.ports, self.ledger, self.stop = ports, Ledger(), threading.Event()
        self.guard = threading.Lock()
        with app.extensions["crm.sessions"].begin() as db:
            scene = make_scene(db, consultants=6)
            self.phoner = issue_token(db, None, NOW, scene.phoner)
            self.entries = iter([scene.entry().id for _ in range(size // 4)])
            owner = make_user(db, "consultant", jobcentre=scene.jobcentre)
            self.consultant = issue_token(db, None, NOW, owner)
            starts = (NOW - timedelta(days=60) + timedelta(hours=2 * n) for n in count())
            visits = [
                make_visit(
                    db,
                    entry=scene.entry(),
                    consultant=owner,
                    starts_at=next(starts),
                    contact_email="mette@eksempel.invalid",
                )
                for _ in range(size)
            ]
            self.visits = iter([visit.id for visit in visits])
        self.callers = [threading.Thread(target=self._call, args=(n,), daemon=True) for n in range(threads)]

    def start(self) -> None:
        for caller in self.callers:
            caller.start()

    def goes_on(self) -> bool:
        """Whether there is still something to do."""
        return any(caller.is_alive() for caller in self.callers)

    def end(self) -> Ledger:
        self.stop.set()
        for caller in self.callers:
            caller.join()
        return self.ledger

    def _next(self, what: Any) -> int | None:
        with self.guard:
            return next(what, None)

    def _call(self, number: int) -> None:
        with httpx.Client(timeout=60) as client:
            for turn in count(number):
                if self.stop.is_set():
                    return
                if turn % 4 == 0 and (entry := self._next(self.entries)) is not None:
                    self._book(client, entry)
                elif (visit := self._next(self.visits)) is not None:
                    self._report(client, visit)
                else:
                    return

    def _ask(self, client: httpx.Client, method: str, path: str, token: str, body: Any = None) -> httpx.Response | None:
        """The answer, asked for until there is one; None when the time is over."""
        for turn in count():
            if self.stop.is_set():
                return None
            port = self.ports[turn % len(self.ports)]
            try:
                return client.request(
                    method, f"http://127.0.0.1:{port}{path}", json=body, headers={"Authorization": f"Bearer {token}"}
                )
            except httpx.HTTPError:
                self.stop.wait(0.1)
        return None

    def _report(self, client: httpx.Client, visit: int) -> None:
        answer = self._ask(client, "POST", f"/api/v1/visits/{visit}/report", self.consultant, REPORT)
        if answer is None or answer.status_code != 200:
            self._note(answer)
            return
        with self.guard:
            self.ledger.reported.append(visit)
        [agreed] = answer.json()["follow_ups"]
        done = self._ask(client, "POST", f"/api/v1/followups/{agreed['id']}/fulfil", self.consultant)
        if done is None or done.status_code != 200:
            self._note(done)
            return
        with self.guard:
            self.ledger.fulfilled.append(agreed["id"])

    def _book(self, client: httpx.Client, entry: int) -> None:
        """A time that another caller takes meanwhile is refused: then the next one."""
        found = self._ask(client, "GET", f"/api/v1/slots?entry_id={entry}", self.phoner)
        if found is None or found.status_code != 200:
            self._note(found)
            return
        slots = found.json()["slots"]
        for slot in random.Random(entry).sample(slots, min(3, len(slots))):
            body = {"entry_id": entry, "consultant_id": slot["consultant_id"], "starts_at": slot["starts_at"]}
            contact = {"name": "Mette Prøvesen", "email": "mette@eksempel.invalid"}
            made = self._ask(client, "POST", "/api/v1/visits", self.phoner, {**body, "contact": contact})
            if made is not None and made.status_code == 201:
                with self.guard:
                    self.ledger.booked.append(made.json()["id"])
                return
            self._note(made)

    def _note(self, answer: httpx.Response | None) -> None:
        told = "no answer" if answer is None else f"{answer.status_code} {answer.request.url.path.rpartition('/')[2]}"
        with self.guard:
            self.ledger.other[told] += 1


def lost(app: Flask, ledger: Ledger) -> list[str]:
    """What was acknowledged and is not in the database, and what stands there twice."""
    with app.extensions["crm.sessions"]() as db:
        visits = {visit.id: visit for visit in db.scalars(select(Visit))}
        agreements = {one.id: one for one in db.scalars(select(FollowUp))}
        openings = Counter(db.scalars(select(Opening.visit_id).where(Opening.voided_at.is_(None))))
    # those of the reports; the jobs make others meanwhile, which ask for the openings' details
    told = [one for one in agreements.values() if one.from_report and one.voided_at is None]
    of_visit = Counter(one.visit_id for one in told)
    wrong = [f"booked {n}" for n in ledger.booked if n not in visits]
    wrong += [f"reported {n}" for n in ledger.reported if visits[n].state != "held"]
    wrong += [f"agreement of {n}" for n in ledger.reported if of_visit[n] != 1]
    wrong += [f"opening of {n}" for n in ledger.reported if openings[n] != 1]
    wrong += [f"fulfilled {n}" for n in ledger.fulfilled if agreements[n].state != "done"]
    return wrong
