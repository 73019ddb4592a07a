"""What a phoner and a program are told of a time: why it stands where it does, or why it cannot be had."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.base.clock import at, danish
from crm.calendars.models import CalendarWishes
from crm.people.models import User
from crm.visits.models import SlotWeights
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.visits import HADSUND, Scene, make_scene

SignIn = Callable[[FlaskClient, User], FlaskClient]
Headers = Callable[[User], dict[str, str]]
THURSDAY = danish(NOW).date() + timedelta(days=2)


def arrange(db: Session) -> tuple[Scene, int]:
    """Two consultants: one wishes for lunch and has a visit in Hadsund, the other takes no visits in 9500."""
    scene = make_scene(db, consultants=2)
    first, second = scene.consultants
    db.add(CalendarWishes(consultant_id=first.id, lunch_minutes=45, lunch_from=690, lunch_to=780))
    db.add(CalendarWishes(consultant_id=second.id, areas=[["9000", "9499"]]))
    db.add(SlotWeights(jobcentre_id=scene.jobcentre.id, fairness_min=5, earliness_min=2))
    make_visit(db, consultant=first, starts_at=at(THURSDAY, 840), lat=HADSUND[0], lon=HADSUND[1])
    return scene, scene.entry(at=HADSUND).id


def test_the_panel_explains_offered_and_refused_times(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    scene, entry = arrange(db)
    second = scene.consultants[1].name
    db.commit()
    sign_in(client, scene.phoner)
    db.rollback()
    page = client.get(f"/visits/slots?entry_id={entry}&all=1").text
    assert "Hvorfor denne tid?" in page
    assert "Fra hjemstedet i Hobro: " in page
    assert "Jobcentrets vægte: " in page
    assert "bedst efter jobcentrets vægte" in page
    assert "frokost: 45 min fri mellem 11.30 og 13.00" in page
    assert f"Tager ikke besøg i 9500: {second}" in page


def test_the_api_gives_the_whole_explanation(db: Session, client: FlaskClient, api: Headers) -> None:
    scene, entry = arrange(db)
    db.commit()
    headers = api(scene.phoner)
    db.rollback()
    found = client.get("/api/v1/slots", query_string={"entry_id": entry, "refused": 1}, headers=headers).get_json()
    assert found["weights"] == {"fairness_min": 5, "earliness_min": 2}
    on_day = (slot["explanation"] for slot in found["slots"] if slot["explanation"]["after"]["kind"] == "visit")
    told = next(on_day)
    assert told["after"]["at"] == at(THURSDAY, 840).isoformat()
    assert told["before"]["min"] > 20
    assert told["before"] | {"min": 0} == {
        "kind": "base",
        "town": "Hobro",
        "at": at(THURSDAY, 480).isoformat(),
        "min": 0,
        "estimate": False,
        "ferry": None,
    }
    score = told["score"]
    assert score["total"] == score["driving"] + score["fairness"] + score["earliness"]
    assert (score["fairness"], score["earliness"], told["refused"]) == (5, 4, None)
    why = {slot["reason"]: slot["explanation"]["refused"] for slot in found["refused"]}
    assert (why["lunch"]["lunch_min"], why["lunch"]["code"]) == (45, "hours")
    assert (why["area"]["postcode"], why["area"]["areas"]) == ("9500", "9000–9499")
    assert why["overlap"]["areas"] is None
