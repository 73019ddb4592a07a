"""The consultant's day as the page shows it: empty, one visit, eight, unreachable, without a base, with own time."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.calendars.actions import set_bases, set_wishes
from crm.calendars.models import BusySource, BusyTime
from crm.travel import engine as travel
from crm.travel.engine import EmbeddedEngine
from crm.travel.places import Leg, Place
from crm.visits.queries import day_plan
from tests.conftest import NOW
from tests.factories import make_user
from tests.factories.calendars import make_absence
from tests.factories.visits import HADSUND, Scene, make_scene
from tests.visits.driven import MARIAGER, RONNE, TODAY, visit_at

SignIn = Callable[[FlaskClient, Any], FlaskClient]
WISHES: dict[str, Any] = {"lunch_minutes": 30, "lunch_from": 660, "lunch_to": 840, "notice_hours": 0}


@pytest.fixture
def scene(db: Session) -> Scene:
    made = make_scene(db, max_visits=12)
    db.commit()
    return made


def page(answer: Any) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def make_busy(db: Session, consultant: Any, minute: int, until: int, day: int = 0) -> BusyTime:
    when = TODAY + timedelta(days=day)
    source = BusySource(
        consultant_id=consultant.id, kind="ics", name="Outlook", address="x", created_at=NOW, next_at=NOW
    )
    db.add(source)
    db.flush()
    made = BusyTime(
        source_id=source.id, consultant_id=consultant.id, starts_at=at(when, minute), ends_at=at(when, until)
    )
    db.add(made)
    db.flush()
    return made


def stops(text: str) -> list[str]:
    """Each row of the route, without its tags."""
    found = re.findall(r'<li class="route__stop.*?</li>', text, re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in found]


def test_own_time_and_lunch_stand_in_the_route(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    visit_at(scene, 630, at_place=HADSUND)
    visit_at(scene, 900, at_place=MARIAGER, name="Prøvebageriet I/S")
    make_busy(db, scene.consultant, 780, 825)
    set_wishes(db, scene.consultant, NOW, scene.consultant, horizon_days=None, areas=[], **WISHES)
    db.commit()
    rows = stops(page(sign_in(client, scene.consultant).get("/today")))
    kinds = [next(k for k in ("Jobcentret", "Eksempel", "Frokost", "fri", "Optaget", "Prøveb") if k in r) for r in rows]
    assert kinds[:3] == ["Jobcentret", "Eksempel", "Frokost"]
    busy = next(row for row in rows if "Optaget i din kalender" in row)
    assert busy.startswith("13.00")
    assert "til 13.45" in busy
    assert any("Kør 14." in row for row in rows[rows.index(busy) :])
    assert kinds[-2:] == ["Prøveb", "Jobcentret"]


def test_own_time_over_a_visit_is_told_and_not_driven(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    visit_at(scene, 720, at_place=HADSUND)
    make_busy(db, scene.consultant, 750, 840)
    make_absence(db, scene.consultant, at(TODAY, 860), hours=1, title="Tandlæge")
    db.commit()
    text = page(sign_in(client, scene.consultant).get("/today"))
    assert "Optaget i din kalender 12.30–14.00 ligger oven i et besøg" in text
    assert "Tandlæge" in " ".join(stops(text))
    assert "Optaget" not in " ".join(stops(text))


def test_the_weekdays_own_base_is_where_the_day_begins(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    visit_at(scene, 720, at_place=HADSUND)
    visit_at(scene, 720, at_place=HADSUND, day=1)
    before = day_plan(db, scene.consultant, TODAY, NOW).route.driving_min
    set_bases(db, scene.consultant, NOW, scene.consultant, {TODAY.weekday(): ("Hjemme i Hadsund", "9560")})
    db.commit()
    assert day_plan(db, scene.consultant, TODAY, NOW).route.driving_min < before
    sign_in(client, scene.consultant)
    assert "Hjemme i Hadsund" in stops(page(client.get("/today")))[0]
    assert "Jobcentret" in stops(page(client.get("/today?day=2026-11-25")))[0]


def test_a_visit_that_cannot_be_driven_to_says_so(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    visit_at(scene, 720, at_place=RONNE, name="Opdigtet Fisk ApS")
    db.commit()
    text = page(sign_in(client, scene.consultant).get("/today"))
    assert "kan ikke nås samme dag" in text
    assert "Kan ikke nås med bil samme dag." in text
    assert "uden den tur, der ikke kan køres" in text
    assert "route-map__leg is-late" in text


def test_without_a_base_the_visits_are_still_listed(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    bare = make_user(db, "consultant", jobcentre=scene.jobcentre)
    visit_at(scene, 720, consultant=bare, at_place=HADSUND)
    visit_at(scene, 840, consultant=bare, at_place=MARIAGER, name="Prøvebageriet I/S")
    db.commit()
    text = page(sign_in(client, bare).get("/today"))
    assert "Dit hjemsted mangler" in text
    rows = stops(text)
    assert [row[:5] for row in rows if "til 1" in row] == ["12.00", "14.00"]
    assert any("Kør 13." in row for row in rows)
    assert text.count("route-map__stop") == 2
    assert "route-map__base" not in text


def test_eight_visits_are_all_drawn_once(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    for n in range(8):
        visit_at(scene, 600 + 45 * n, minutes=30, at_place=(56.6 + 0.03 * (n % 3), 9.8 + 0.05 * (n % 4)))
    db.commit()
    text = page(sign_in(client, scene.consultant).get("/today"))
    drawn = text[text.index('<svg class="route-map"') : text.index("</svg>", text.index('<svg class="route-map"'))]
    assert drawn.count('class="route-map__stop') == 8
    assert drawn.count('class="route-map__leg') == 9
    assert "<title" in drawn
    assert "<desc" in drawn
    assert drawn.count(" is-next") >= 2
    assert "style=" not in drawn


def test_an_engine_that_had_to_guess_is_marked(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    class Guess(EmbeddedEngine):
        def leg(self, origin: Place, destination: Place) -> Leg:
            return Leg(20.0, 25, "Hals–Egense", True, estimate=True)

    visit_at(scene, 720, at_place=HADSUND)
    db.commit()
    travel.use(Guess())
    try:
        text = page(sign_in(client, scene.consultant).get("/today"))
    finally:
        travel.use(None)
    assert "25 min kørsel med færge: Hals–Egense (skøn)" in text
    assert "40 km (skøn)" in text
    assert "Med færge: Hals–Egense" in text


def test_the_whole_route_is_one_link_for_what_is_left(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    done = visit_at(scene, 480, name="Forbi ApS", state="held", at_place=HADSUND)
    visit_at(scene, 720, at_place=HADSUND)
    visit_at(scene, 840, at_place=MARIAGER)
    db.commit()
    text = page(sign_in(client, scene.consultant).get("/today"))
    link = re.search(r'href="(https://www\.google\.com/maps/dir/[^"]+waypoints[^"]+)"', text)
    assert link
    asked = parse_qs(urlsplit(link[1]).query)
    assert asked["travelmode"] == ["driving"]
    assert len(asked["waypoints"][0].split("|")) == 2, "the visit that is over is left out"
    assert asked["destination"][0].startswith("56.6"), "home"
    assert done.workplace.street not in asked["waypoints"][0] or done.workplace.street
    assert "https://maps.apple.com/?daddr=" in text
    assert re.search(r'href="geo:56\.71460,10\.11680\?q=56\.71460,10\.11680\(Eksempel', text)


def test_a_day_off_with_own_time_shows_it(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    make_busy(db, scene.consultant, 780, 840, day=1)
    db.commit()
    text = page(sign_in(client, scene.consultant).get("/today?day=2026-11-25"))
    assert "Ingen besøg den dag" in text
    assert "Optaget i din kalender 13.00–14.00" in text


def test_a_full_day_with_spare_time_takes_few_queries(
    app: Flask, db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    for n in range(3):
        visit_at(scene, 615 + 130 * n, minutes=30, at_place=HADSUND, booked_by=scene.phoner.id)
    for _ in range(30):
        scene.entry(at=HADSUND, held=False)
    make_busy(db, scene.consultant, 480, 500)
    db.commit()
    sign_in(client, scene.consultant)
    counted: list[str] = []
    sa.event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *a: counted.append(a[2]))
    for url in ("/today", "/today/spare", "/today/late?min=45", "/calendar"):
        counted.clear()
        assert client.get(url).status_code == 200
        assert len([text for text in counted if not text.startswith(("BEGIN", "SAVEPOINT"))]) <= 12, (url, counted)
