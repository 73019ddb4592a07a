"""The consultant's day, one visit, moving and cancelling it, the list."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.base.clock import at, danish
from crm.people.models import User
from crm.visits.actions import refresh_capacity
from crm.visits.models import Visit
from crm.visits.queries import day_plan
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.calendars import make_absence, make_consultant
from tests.factories.visits import HADSUND, Scene, make_scene

SignIn = Callable[[FlaskClient, Any], FlaskClient]
TODAY = danish(NOW).date()  # Tuesday, 10.00


def visit_at(scene: Scene, minute: int, *, day: int = 0, who: int = 0, **fields: Any) -> Visit:
    entry = scene.entry(held=False, name=fields.pop("name", "Eksempel Blik & Rør ApS"))
    entry.state, entry.final_outcome = "done", "booked"
    return make_visit(
        scene.session,
        entry=entry,
        consultant=scene.consultants[who],
        starts_at=at(TODAY + timedelta(days=day), minute),
        **fields,
    )


@pytest.fixture
def scene(db: Session) -> Scene:
    made = make_scene(db, consultants=2)
    db.commit()
    return made


def page(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def test_today_begins_with_when_to_leave(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    visit_at(
        scene,
        720,
        lat=HADSUND[0],
        lon=HADSUND[1],
        note="Vil høre om løntilskud",
        booked_by=scene.phoner.id,
        contact_phone="+4520123456",
    )
    visit_at(scene, 870, name="Prøvebageriet I/S")
    db.commit()
    text = page(sign_in(client, scene.consultant).get("/today"))
    assert re.search(r"Kør kl\. 11\.\d\d", text)
    assert "om 1 t" in text
    assert "Vil høre om løntilskud" in text
    assert f"af {scene.phoner.name}" in text
    assert 'href="tel:+4520123456"' in text
    assert "https://www.google.com/maps/dir/?api=1&destination=" in text
    assert 'href="geo:56.71460,10.11680' in text
    assert "Prøvebageriet I/S" in text
    assert "Dagen slutter" in text
    assert '<svg class="route-map"' in text


def test_a_late_start_says_so(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    visit_at(scene, 605, lat=HADSUND[0], lon=HADSUND[1])
    db.commit()
    text = page(sign_in(client, scene.consultant).get("/today"))
    assert "leave--late" in text
    assert "min for sent" in text


def test_arrived_then_reported_then_done(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    visit = visit_at(scene, 630)
    db.commit()
    sign_in(client, scene.consultant)
    answer = client.post(f"/visits/{visit.id}/arrive", follow_redirects=True)
    assert "Hos virksomheden" in page(answer)
    db.expire_all()
    assert visit.arrived_at is not None
    assert abs(visit.arrived_at - NOW) < timedelta(minutes=5)
    visit.state = "held"
    db.commit()
    assert "Færdig for i dag" in page(client.get("/today"))


def test_a_visit_that_is_over_is_no_longer_the_next_but_its_report_is_missed(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    over, later = visit_at(scene, 480), visit_at(scene, 780)
    db.commit()
    assert day_plan(db, scene.consultant, TODAY, NOW).next is later
    later.state = "held"
    db.commit()
    text = page(sign_in(client, scene.consultant).get("/today"))
    assert "1 mangler rapport" in text
    assert "Alle dagens besøg er rapporteret" not in text
    over.arrived_at = over.starts_at
    db.commit()
    assert day_plan(db, scene.consultant, TODAY, NOW).next is over


def test_an_empty_day_and_another_day(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    visit_at(scene, 600, day=2)
    db.commit()
    text = page(sign_in(client, scene.consultant).get("/today"))
    assert "Ingen besøg den dag" in text
    assert "Vis torsdag den 26. november" in text
    assert "Eksempel Blik & Rør ApS" in page(client.get("/today?day=2026-11-26"))
    for odd in ("x", "9999-12-31", "0001-01-01", ""):
        assert client.get(f"/today?day={odd}").status_code == 200


def test_a_day_without_home_base_is_told(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    bare = make_user(db, "consultant", jobcentre=scene.jobcentre)
    scene.consultants.append(bare)
    visit_at(scene, 720, who=2)
    db.commit()
    assert "Dit hjemsted mangler" in page(sign_in(client, bare).get("/today"))


def test_spare_time_and_slack_stand_on_the_route(db: Session, scene: Scene) -> None:
    visit_at(scene, 600)
    visit_at(scene, 780)
    plan = day_plan(db, scene.consultant, TODAY, NOW)
    between = plan.route.legs[1]
    assert between.slack_min is not None
    assert between.slack_min == 120 - between.leg.minutes
    assert between.spare_min >= 30
    assert plan.next is not None
    assert plan.next.starts_at == at(TODAY, 600)


def test_the_visit_names_who_answers_for_it_and_its_story(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    visit = visit_at(scene, 720, note="Ring på")
    db.commit()
    text = page(sign_in(client, scene.consultant).get(f"/visits/{visit.id}"))
    for shown in (f"Ansvarlig: {scene.consultant.name}", "Booket", "Ring på", "Flyt", "Aflys", "Ankommet", "Historik"):
        assert shown in text, shown
    colleague = page(sign_in(client, scene.consultants[1]).get(f"/visits/{visit.id}"))
    assert "Aflys" not in colleague, "a colleague reads it, and leaves it alone"
    outsider = make_consultant(db, jobcentre=make_jobcentre(db, code="851", postcode="9000"))
    db.commit()
    sign_in(client, outsider)
    for path in ("", "/move", "/cancel"):
        assert client.get(f"/visits/{visit.id}{path}").status_code == 404
    assert client.get(f"/visits/{2**60}").status_code == 404


def slots_of(text: str) -> list[str]:
    return re.findall(r'name="slot" value="([^"]+)"(?![^>]*disabled)', text)


def test_moving_from_the_page(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    visit = visit_at(scene, 600, day=2)
    db.commit()
    sign_in(client, scene.consultant)
    url = f"/visits/{visit.id}/move"
    text = page(client.get(url))
    assert "Uge 48" in text
    choice = next(v for v in slots_of(text) if v.startswith(f"{scene.consultants[1].id}|"))
    for data in (
        {"slot": choice},
        {"reason": "Syg"},
        {"slot": "x", "reason": "Syg"},
        {"slot": "999999|2026-11-26T10:00:00+00:00", "reason": "Syg"},
    ):
        assert client.post(url, data=data).status_code == 422, data
    night = {"slot": f"{scene.consultant.id}|2026-11-26T20:00:00+00:00", "reason": "Syg"}
    refused = client.post(url, data=night)
    assert refused.status_code == 409
    assert "nærmeste tider" in page(refused)
    done = client.post(url, data={"slot": choice, "reason": "Syg"}, follow_redirects=True)
    assert "er flyttet" in page(done)
    db.expire_all()
    assert (visit.consultant_id, visit.responsible_id) == (scene.consultants[1].id,) * 2


def test_cancelling_from_the_page(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    visit = visit_at(scene, 600, day=2)
    db.commit()
    sign_in(client, scene.consultant)
    url = f"/visits/{visit.id}/cancel"
    assert client.get(url).status_code == 200
    assert client.post(url, data={"by": "company", "cancel_reason": ""}).status_code == 422
    assert client.post(url, data={"by": "x", "cancel_reason": "Syg"}).status_code == 422
    done = page(client.post(url, data={"by": "company", "cancel_reason": "Syg"}, follow_redirects=True))
    assert "Besøget er aflyst" in done
    assert "Aflyst af virksomheden" in done
    again = page(client.post(url, data={"by": "company", "cancel_reason": "Syg"}, follow_redirects=True))
    assert "allerede aflyst" in again


def test_the_list_filters_and_pages(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    for n in range(52):
        visit_at(scene, 600, day=-n - 1, state="held" if n else "cancelled_by_company")
    db.commit()
    sign_in(client, scene.consultant)
    assert page(client.get("/visits")).count('class="row-link"') == 50
    assert page(client.get("/visits?page=2")).count('class="row-link"') == 2
    assert page(client.get("/visits?state=cancelled_by_company")).count('class="row-link"') == 1
    assert page(client.get("/visits?from=2026-11-20&to=2026-11-22")).count('class="row-link"') == 3
    for odd in ("state=x", "from=x", "to=9999-99-99", "page=-1", "page=x", "from=0001-01-01"):
        assert client.get(f"/visits?{odd}").status_code == 200
    assert "Intet besøg svarer" in page(client.get("/visits?from=2030-01-01"))


def test_pages_take_few_queries_whatever_they_show(
    app: Flask, db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    for n in range(4):
        visit = visit_at(scene, 540 + 90 * n, booked_by=scene.phoner.id)
    entry = scene.entry()
    db.commit()
    counted: list[str] = []
    sa.event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *a: counted.append(a[2]))

    def queries(user: User, url: str) -> int:
        sign_in(client, user)
        counted.clear()
        assert client.get(url).status_code == 200
        return len([text for text in counted if not text.startswith(("BEGIN", "SAVEPOINT"))])

    for user, url in (
        (scene.consultant, "/today"),
        (scene.consultant, f"/visits/{visit.id}"),
        (scene.consultant, "/visits"),
        (scene.consultant, f"/visits/{visit.id}/move"),
        (scene.consultant, "/calendar"),
        (scene.phoner, f"/visits/slots?entry_id={entry.id}"),
    ):
        assert queries(user, url) <= 12, (url, counted)


def test_full_calendars_close_the_queue_and_room_opens_it(session: Session) -> None:
    scene = make_scene(session)
    assert refresh_capacity(session, NOW) == 0
    away = make_absence(session, scene.consultant, NOW, hours=24 * 40)
    assert refresh_capacity(session, NOW) == 1
    assert scene.participation.calendars_full_since == NOW
    assert refresh_capacity(session, NOW) == 0
    session.delete(away)
    session.flush()
    assert refresh_capacity(session, NOW + timedelta(hours=1)) == 1
    assert scene.participation.calendars_full_since is None
