"""Nobody waits for a travel engine: it is never called by a request or a job that holds SQLite's only writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.travel.engine import Leg, Place, embedded_engine, use
from crm.travel.quiet import quiet, without_asking
from crm.travel.remote import RemoteEngine
from crm.visits.actions import check_day
from crm.visits.actions.check import others
from crm.visits.jobs import refresh_rooms
from crm.visits.queries import ask_for_visit
from tests.conftest import NOW
from tests.factories import make_user
from tests.factories.calendars import make_absence
from tests.factories.visits import AALBORG, AARS, HADSUND, Scene, make_scene
from tests.travel.conftest import clock as clock
from tests.travel.conftest import engine_at as engine_at
from tests.travel.osrm_server import OsrmServer, town
from tests.visits.driven import TODAY, visit_at

SignIn = Callable[[FlaskClient, Any], FlaskClient]
DAY = TODAY + timedelta(days=2)
TEN = at(DAY, 600)


class Watched:
    """An engine that takes a journey for every drive it has not been asked for, and looks whether the writer is free
    meanwhile."""

    name = "watched"

    def __init__(self, path: str) -> None:
        self.path, self.known = path, set[tuple[Place, Place]]()
        self.journeys, self.locked = 0, 0

    def leg(self, origin: Place, destination: Place) -> Leg:
        self._ask({(origin, destination)})
        return embedded_engine().leg(origin, destination)

    def matrix(self, origins: Sequence[Place], destinations: Sequence[Place]) -> list[list[Leg]]:
        self._ask({(a, b) for a in origins for b in destinations})
        return embedded_engine().matrix(origins, destinations)

    def warm(self, origins: Sequence[Place], destinations: Sequence[Place]) -> None:
        there = {(a, b) for a in origins for b in destinations}
        self._ask(there | {(b, a) for a, b in there})

    def _ask(self, pairs: set[tuple[Place, Place]]) -> None:
        new = {pair for pair in pairs - self.known if pair[0] != pair[1]}
        if quiet() or not new:
            return
        self.known |= new
        self.journeys += 1
        self.locked += not self._free()

    def _free(self) -> bool:
        other = sqlite3.connect(self.path, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
        finally:
            other.close()
        return True


@pytest.fixture
def watched(app: Flask) -> Iterator[Watched]:
    engine = Watched(app.extensions["crm.engine"].url.database)
    use(engine)
    yield engine
    use(None)


@pytest.fixture
def scene(db: Session) -> Scene:
    made = make_scene(db, consultants=2)
    visit_at(made, 720, at_place=AARS, day=2)
    db.commit()
    return made


def booking(scene: Scene, entry: Any, who: int = 0) -> dict[str, Any]:
    slot = f"{scene.consultants[who].id}|{TEN.isoformat()}"
    return {"entry_id": entry.id, "slot": slot, "contact_name": "Mette Prøvesen"}


def test_the_watch_sees_a_writer(watched: Watched, scene: Scene, db: Session) -> None:
    watched.leg(Place(*HADSUND), Place(*AARS))
    assert (watched.journeys, watched.locked) == (1, 0)
    scene.consultant.title = "Konsulent"
    db.flush()
    watched.leg(Place(*AARS), Place(*HADSUND))
    assert (watched.journeys, watched.locked) == (2, 1)


@pytest.mark.parametrize("path", ["/visits/hold", "/visits/book"])
def test_holding_and_booking(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn, watched: Watched, path: str
) -> None:
    entry = scene.entry(at=HADSUND)
    db.commit()
    sign_in(client, scene.phoner)
    assert client.post(path, data=booking(scene, entry)).status_code in (200, 303)
    assert watched.journeys
    assert watched.locked == 0


def test_a_refused_booking_and_its_page(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn, watched: Watched
) -> None:
    visit_at(scene, 600, at_place=AALBORG, day=2)
    entry = scene.entry(at=HADSUND)
    db.commit()
    sign_in(client, scene.phoner)
    assert client.post("/visits/book", data=booking(scene, entry)).status_code == 409
    assert watched.journeys
    assert watched.locked == 0


def test_moving_handing_over_and_reassigning(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn, watched: Watched
) -> None:
    lead = make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre)
    moved, handed, planned = (visit_at(scene, 540, at_place=HADSUND, day=n) for n in (3, 6, 7))
    db.commit()
    sign_in(client, lead)
    slot = f"{scene.consultant.id}|{TEN.isoformat()}"
    late = f"{scene.consultants[1].id}|{at(TODAY + timedelta(days=7), 600).isoformat()}"
    plan = f"/visits/reassign?consultant={scene.consultant.id}&day={TODAY + timedelta(days=7)}"
    for path, data in (
        (f"/visits/{moved.id}/move", {"slot": slot, "reason": "Syg"}),
        (f"/visits/{moved.id}/move", {"slot": f"{scene.consultant.id}|{at(DAY, 720).isoformat()}", "reason": "Syg"}),
        (f"/visits/{handed.id}/hand-over", {"to": str(scene.consultants[1].id), "reason": "Syg"}),
        (plan, {f"choice-{planned.id}": late, "reason": "Syg"}),
    ):
        watched.known.clear()
        before = watched.journeys
        assert client.post(path, data=data).status_code in (303, 409), path
        assert watched.journeys > before, path
        assert watched.locked == 0, path


def test_the_api(
    db: Session, scene: Scene, client: FlaskClient, api: Callable[[Any], dict[str, str]], watched: Watched
) -> None:
    entry = scene.entry(at=HADSUND)
    headers = api(scene.phoner)
    body = {"entry_id": entry.id, "consultant_id": scene.consultant.id, "starts_at": TEN.isoformat()}
    made = client.post("/api/v1/visits", json={**body, "contact": {"name": "Mette"}}, headers=headers)
    assert made.status_code == 201
    number, own = made.get_json()["id"], api(scene.consultant)
    for call, sent in (
        ("move", {"starts_at": at(DAY, 840).isoformat()}),
        ("hand-over", {"consultant_id": scene.consultants[1].id}),
    ):
        watched.known.clear()
        answer = client.post(f"/api/v1/visits/{number}/{call}", json={**sent, "reason": "Syg"}, headers=own)
        assert answer.status_code == 200, answer.get_json()
        assert answer.get_json()["replies"] == []
    assert watched.journeys >= 3
    assert watched.locked == 0


def test_the_job_that_looks_for_room(app: Flask, db: Session, scene: Scene, watched: Watched) -> None:
    assert refresh_rooms(app.extensions["crm.sessions"], NOW) == 0
    assert watched.journeys
    for consultant in scene.consultants:
        make_absence(db, consultant, at(TODAY, 0), hours=24 * 90)
    db.commit()
    assert refresh_rooms(app.extensions["crm.sessions"], NOW) == 1
    assert refresh_rooms(app.extensions["crm.sessions"], NOW) == 0
    db.expire_all()
    assert scene.participation.calendars_full_since is not None
    assert watched.locked == 0


def test_in_a_quiet_stretch_estimates_are_given_and_not_kept(engine_at: Callable[..., RemoteEngine]) -> None:
    with OsrmServer() as server:
        engine = engine_at(server.url)
        aarhus, herning = town("8000"), town("7400")
        with without_asking():
            engine.warm([aarhus], [herning])
            assert engine.leg(aarhus, herning).estimate
        assert server.hits == 0
        assert not engine.leg(aarhus, herning).estimate
        assert server.hits == 1
        with without_asking():
            assert not engine.leg(aarhus, herning).estimate, "what is known is known"


def test_alternatives_under_a_lock_are_found_without_asking(session: Session) -> None:
    scene = make_scene(session)
    visit = visit_at(scene, 600, at_place=HADSUND, day=2)
    check_day(session, NOW, scene.consultant.id, DAY)

    class Silent(Watched):
        def _free(self) -> bool:
            return False

    engine = Silent("")
    use(engine)
    try:
        found = others(session, NOW, ask_for_visit(visit), scene.consultant.id, visit.starts_at)
        assert len(found["alternatives"]) == 3
        assert engine.journeys == 0
        others(session, NOW, ask_for_visit(visit), scene.consultant.id, visit.starts_at, locked=False)
        assert engine.journeys
    finally:
        use(None)
