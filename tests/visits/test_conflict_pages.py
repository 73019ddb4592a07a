"""Pages of conflicts and of reassigning: whose they are, what they show, what a refusal keeps."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.calendars.actions import add_absence
from crm.calendars.models import Absence
from crm.people.models import User
from crm.visits.actions import check_day
from crm.visits.models import Visit, VisitConflict
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.visits import Scene
from tests.visits.checker import wrong_pairs
from tests.visits.counting import counting
from tests.visits.test_conflicts import DAY
from tests.visits.test_reassign import sick_day

SignIn = Callable[[FlaskClient, Any], FlaskClient]
MOST = 12


@pytest.fixture
def made(db: Session) -> tuple[Scene, list[Visit], User]:
    """A sick consultant with three visits that day, two colleagues, and their lead."""
    scene, visits = sick_day(db)
    lead = make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre)
    add_absence(db, lead, NOW, scene.consultant, at(DAY, 0), at(DAY + timedelta(days=1), 0), "Syg")
    check_day(db, NOW, scene.consultant.id, DAY)
    db.commit()
    return scene, visits, lead


def shown(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return html.unescape(answer.get_data(as_text=True))


def test_the_list_shows_each_with_three_ways_out(
    made: tuple[Scene, list[Visit], User], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visits, lead = made
    for user in (scene.consultant, lead):
        sign_in(client, user)
        page = shown(client, "/visits/conflicts")
        assert page.count("Konsulenten er fraværende på det tidspunkt.") == 3
        for visit in visits:
            assert f'id="visit-{visit.id}"' in page
            assert f"/visits/{visit.id}/move" in page
            assert f"/visits/{visit.id}/hand-over" in page
    assert f"Ansvarlig: {scene.consultant.name}" in page
    sign_in(client, scene.consultants[1])
    assert "Alle besøg passer" in shown(client, "/visits/conflicts")


def test_other_pages_lead_there(made: tuple[Scene, list[Visit], User], client: FlaskClient, sign_in: SignIn) -> None:
    scene, visits, lead = made
    sign_in(client, scene.consultant)
    today = shown(client, "/today")
    assert "3 besøg passer ikke længere" in today
    assert f"/visits/conflicts#visit-{visits[0].id}" in today
    one = shown(client, f"/visits/{visits[0].id}")
    assert "1 besøg passer ikke længere" in one
    assert f"consultant={scene.consultant.id}&day={DAY.isoformat()}" in one
    assert f"/visits/reassign?consultant={scene.consultant.id}&day={DAY.isoformat()}" in shown(client, "/calendar")
    sign_in(client, lead)
    for path in ("/jobcentre", "/"):
        page = shown(client, path)
        assert "3 besøg passer ikke længere i dagen" in page, path
        assert "/visits/conflicts" in page
    sign_in(client, scene.consultants[1])
    assert "passer ikke længere" not in shown(client, "/today")
    assert "passer ikke længere" not in shown(client, f"/visits/{visits[0].id}"), "not theirs to settle"


def test_moving_offers_three_times_at_once(
    made: tuple[Scene, list[Visit], User], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visits, _lead = made
    sign_in(client, scene.consultant)
    page = shown(client, f"/visits/{visits[0].id}/move")
    assert "Tre nærmeste tider" in page


def test_accepting_needs_a_reason_and_reach(
    db: Session, made: tuple[Scene, list[Visit], User], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visits, _lead = made
    number = db.scalars(select(VisitConflict.id).where(VisitConflict.visit_id == visits[0].id)).one()
    db.commit()
    path = f"/visits/conflicts/{number}/accept"
    sign_in(client, scene.consultants[1])
    assert client.post(path, data={"because": "Nej"}).status_code == 404
    sign_in(client, make_stranger(db))
    assert client.post(path, data={"because": "Nej"}).status_code == 404
    sign_in(client, scene.consultant)
    answer = client.post(path, data={"because": ""})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)
    assert client.post(path, data={"because": "Jeg tager den hjemmefra"}).status_code == 303
    page = shown(client, "/visits/conflicts")
    assert "står ved magt" in page
    assert f'id="visit-{visits[0].id}"' not in page
    assert "Jeg tager den hjemmefra" in shown(client, f"/visits/{visits[0].id}")
    client.post(path, data={"because": "Igen"})
    assert "allerede løst" in shown(client, "/visits/conflicts")


def make_stranger(db: Session) -> User:
    lead = make_user(db, "jobcentre_lead", jobcentre=make_jobcentre(db, code="851", postcode="9000"))
    db.commit()
    return lead


def chosen(page: str) -> dict[str, str]:
    """Each drop-down and what is selected in it."""
    return {
        name: re.findall(r'<option value="([^"]*)" selected', body)[0]
        for name, body in re.findall(r'<select[^>]*name="(choice-\d+)"[^>]*>(.*?)</select>', page, re.S)
    }


def url_of(scene: Scene) -> str:
    return f"/visits/reassign?consultant={scene.consultant.id}&day={DAY.isoformat()}"


def test_the_lead_carries_out_the_plan(
    db: Session, made: tuple[Scene, list[Visit], User], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visits, lead = made
    sign_in(client, lead)
    page = shown(client, url_of(scene))
    picked = chosen(page)
    assert sorted(picked) == sorted(f"choice-{visit.id}" for visit in visits)
    assert page.count("Samme tid: ") >= 3
    assert "min derhen" in page
    assert "Registrér også fraværet" not in page, "it is recorded already"
    answer = client.post(url_of(scene), data={**picked, "reason": "Syg"})
    assert answer.status_code == 303
    page = shown(client, answer.headers["Location"])
    assert "3 besøg er ændret" in page
    assert "har ingen mailadresse" in page
    assert "Ingen besøg at omfordele" in page
    db.expire_all()
    assert all(visit.consultant_id != scene.consultant.id for visit in visits)
    assert wrong_pairs(db) == []
    assert set(db.scalars(select(VisitConflict.settled_how))) == {"changed"}


def test_a_refusal_keeps_what_was_picked_and_names_the_visit(
    db: Session, made: tuple[Scene, list[Visit], User], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visits, lead = made
    sign_in(client, lead)
    picked = chosen(shown(client, url_of(scene)))
    picked[f"choice-{visits[0].id}"] = "cancel"
    last = f"choice-{visits[2].id}"
    taker = db.get_one(User, int(picked[last].split("|")[0]))
    make_visit(db, consultant=taker, starts_at=visits[2].starts_at)
    db.commit()
    answer = client.post(url_of(scene), data={**picked, "reason": "Syg i dag"})
    page = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "Intet er ændret" in page
    assert f"Besøget hos {visits[2].workplace.name}" in page
    assert "Syg i dag" in page
    again = chosen(page)
    assert again[f"choice-{visits[0].id}"] == "cancel"
    assert again[last] != picked[last], "a fresh proposal for the one that was refused"
    db.expire_all()
    assert {visit.state for visit in visits} == {"booked"}


def test_absence_is_recorded_when_asked(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    scene, visits = sick_day(db)
    db.commit()
    sign_in(client, scene.consultant)
    page = shown(client, f"/visits/reassign?day={DAY.isoformat()}")
    assert "Registrér også fraværet" in page
    data = {**chosen(page), "reason": "Syg", "absence": "y"}
    assert client.post(f"/visits/reassign?day={DAY.isoformat()}", data=data).status_code == 303
    away = db.scalars(select(Absence)).one()
    assert (away.starts_at, away.ends_at) == (at(DAY, 0), at(DAY + timedelta(days=1), 0))


def test_odd_addresses_and_foreign_people(
    db: Session, made: tuple[Scene, list[Visit], User], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visits, lead = made
    other = scene.consultants[1]
    sign_in(client, other)
    assert client.get(url_of(scene)).status_code == 404
    assert client.post(url_of(scene), data={f"choice-{visits[0].id}": "cancel", "reason": "x"}).status_code == 404
    stale = client.post("/visits/reassign", data={f"choice-{visits[0].id}": "cancel", "reason": "x"})
    assert stale.status_code == 409, "another's visit among one's own"
    sign_in(client, make_stranger(db))
    assert client.get(url_of(scene)).status_code == 404
    sign_in(client, lead)
    for query in ("consultant=x", f"consultant={2**70}", "consultant=-1", "consultant=0", ""):
        assert client.get(f"/visits/reassign?{query}").status_code == 404, query
    for query in ("day=x", "day=1999-01-01", "day=9999-12-31", "to=2099-01-01", "day=2026-12-01&to=2026-11-01"):
        answer = client.get(f"/visits/reassign?consultant={scene.consultant.id}&{query}")
        assert answer.status_code == 200, query
    empty = {f"choice-{visits[0].id}": "nonsense", "reason": "x"}
    assert client.post(url_of(scene), data=empty).status_code == 422
    assert client.post(url_of(scene), data={f"choice-{visits[0].id}": "cancel"}).status_code == 422
    db.expire_all()
    assert {visit.state for visit in visits} == {"booked"}


def test_pages_read_a_bounded_number_of_times(
    app: Flask, made: tuple[Scene, list[Visit], User], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visits, lead = made
    for user in (scene.consultant, lead):
        sign_in(client, user)
        for path in ("/visits/conflicts", url_of(scene), f"/visits/{visits[0].id}/hand-over"):
            with counting(app) as asked:
                shown(client, path)
            reads = [line for line in asked if line.lstrip().upper().startswith("SELECT")]
            assert len(reads) <= MOST, (path, len(reads), [line[:90] for line in reads])


def test_three_times_stand_at_each_conflict_and_one_of_them_moves_the_visit(
    app: Flask, db: Session, made: tuple[Scene, list[Visit], User], client: FlaskClient, sign_in: SignIn
) -> None:
    _scene, visits, lead = made
    sign_in(client, lead)
    numbers = dict(db.execute(select(VisitConflict.visit_id, VisitConflict.id)).all())
    db.commit()
    page = shown(client, "/visits/conflicts")
    for number in numbers.values():
        assert f'hx-get="/visits/conflicts/{number}/times"' in page
    with counting(app) as asked:
        ways = shown(client, f"/visits/conflicts/{numbers[visits[0].id]}/times")
    assert len(asked) <= MOST + 2, "with BEGIN and the end"
    slots = re.findall(r'name="slot" value="([^"]+)"', ways)
    assert len(slots) == 3
    assert f'action="/visits/{visits[0].id}/move"' in ways
    answer = client.post(f"/visits/{visits[0].id}/move", data={"slot": slots[0], "reason": "Konsulenten er syg"})
    assert answer.status_code == 303
    assert f'id="visit-{visits[0].id}"' not in shown(client, "/visits/conflicts")
    db.expire_all()
    assert visits[0].starts_at.isoformat() == slots[0].partition("|")[2]
    sign_in(client, make_stranger(db))
    shown(client, f"/visits/conflicts/{numbers[visits[1].id]}/times", 404)


def test_the_list_costs_the_same_however_many_conflicts(
    app: Flask, db: Session, made: tuple[Scene, list[Visit], User], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visits, lead = made
    sign_in(client, lead)
    with counting(app) as few:
        shown(client, "/visits/conflicts")
    for number in range(8):
        day = DAY + timedelta(days=7 * (number + 1))
        entry = scene.entry(held=False)
        make_visit(db, entry=entry, consultant=scene.consultant, starts_at=at(day, 600))
        add_absence(db, lead, NOW, scene.consultant, at(day, 0), at(day + timedelta(days=1), 0), "Kursus")
        assert check_day(db, NOW, scene.consultant.id, day) == 1
    db.commit()
    with counting(app) as many:
        assert shown(client, "/visits/conflicts").count('hx-get="/visits/conflicts/') == len(visits) + 8
    assert len(many) == len(few)
