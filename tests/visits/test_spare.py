"""Near companies for spare time: who is proposed, who never is, and booking one of them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.base.scope import Scope
from crm.calling.models import Call
from crm.companies.models import Contact
from crm.travel.engine import Place, default_engine
from crm.visits.actions import hold
from crm.visits.models import Visit
from crm.visits.queries import day_plan
from crm.visits.queries.spare import JUDGED, contacts, last_calls, proposals
from crm.visits.rules.holds import LASTS
from crm.visits.rules.spare import Opening, openings
from tests.conftest import NOW
from tests.factories import make_campaign, make_jobcentre, make_participation, make_queue_entry, make_user
from tests.factories.calendars import make_consultant
from tests.factories.visits import HADSUND, Scene, make_scene
from tests.visits.driven import MARIAGER, RONNE, TODAY, visit_at

SignIn = Callable[[FlaskClient, Any], FlaskClient]
NEAR = (56.6600, 9.8500)


def page(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def opening_of(session: Session, scene: Scene) -> Opening:
    plan = day_plan(session, scene.consultant, TODAY, NOW)
    assert plan.place
    return openings(plan.route, plan.place, plan.hours, default_engine(), NOW)[0]


def names(session: Session, scene: Scene, limit: int = 50) -> list[str]:
    reach = Scope(jobcentres=frozenset({scene.jobcentre.id}))
    return [one.waiting.name for one in proposals(session, reach, NOW, opening_of(session, scene), limit)]


def test_only_who_may_be_rung_now_is_proposed(session: Session) -> None:
    scene = make_scene(session)
    scene.entry(at=NEAR, held=False, name="Den rigtige ApS")
    scene.entry(at=NEAR, held=False, name="Beskyttet ApS", advertising_protected=True)
    scene.entry(at=NEAR, held=False, name="Vil ikke ApS", do_not_call_at=NOW)
    scene.entry(at=NEAR, held=False, name="Ukendt sted ApS").workplace.lat = None
    scene.entry(at=NEAR, held=False, name="I dag ApS").last_called_at = NOW - timedelta(hours=1)
    scene.entry(at=NEAR, held=False, name="I går ApS").last_called_at = NOW - timedelta(days=1)
    scene.entry(at=NEAR, held=False, name="Færdig ApS").state = "done"
    lapsed = scene.entry(at=NEAR, held=False, name="Sluppet ApS")
    lapsed.claimed_by, lapsed.claimed_until = scene.phoner.id, NOW - timedelta(minutes=1)
    scene.entry(at=RONNE, held=False, name="Over havet ApS")
    booked = visit_at(scene, 600, day=3, at_place=NEAR, name="Har et besøg ApS")
    booked.entry.state = "waiting"
    twice = scene.entry(held=False, at=NEAR, name="I to kampagner ApS")
    other = make_participation(session, campaign=make_campaign(session), jobcentre=scene.jobcentre)
    make_queue_entry(session, participation=other, workplace=twice.workplace)
    away = make_participation(session, campaign=other.campaign, jobcentre=make_jobcentre(session, code="851"))
    make_queue_entry(session, participation=away, workplace=scene.entry(held=True, at=NEAR, name="Andet ApS").workplace)
    session.flush()
    found = names(session, scene)
    assert set(found) == {"Den rigtige ApS", "I går ApS", "Sluppet ApS", "I to kampagner ApS"}
    assert len(found) == 4, "a company is proposed once"
    scene.participation.campaign.state = other.campaign.state = "closed"
    session.flush()
    assert names(session, scene) == []


def test_the_least_extra_driving_comes_first_and_few_are_judged(session: Session) -> None:
    scene = make_scene(session)
    visit_at(scene, 840, at_place=HADSUND)
    for n in range(JUDGED + 10):
        scene.entry(at=(NEAR[0] + 0.001 * n, NEAR[1]), held=False)
    session.flush()
    reach = Scope(jobcentres=frozenset({scene.jobcentre.id}))
    found = proposals(session, reach, NOW, opening_of(session, scene), 500)
    assert 0 < len(found) <= JUDGED
    extra = [one.fit.extra_min for one in found]
    assert extra == sorted(extra)
    assert len(proposals(session, reach, NOW, opening_of(session, scene), 3)) == 3
    assert proposals(session, Scope(), NOW, opening_of(session, scene), 3) == []


def test_the_last_call_and_whom_to_ask_for(session: Session) -> None:
    scene = make_scene(session)
    entry = scene.entry(at=NEAR, held=False)
    for n, undone in ((3, None), (2, None), (1, NOW)):
        session.add(
            Call(
                entry_id=entry.id,
                user_id=scene.phoner.id,
                started_at=NOW - timedelta(days=n, minutes=2),
                ended_at=NOW - timedelta(days=n),
                outcome="no_answer",
                note=f"opkald {n}",
                undone_at=undone,
            )
        )
    for name, source in (("Fra registret", "register"), ("Talt med først", "call"), ("Talt med sidst", "call")):
        session.add(Contact(workplace_id=entry.workplace_id, name=name, source=source))
    session.flush()
    last = last_calls(session, [entry.id])[entry.id]
    assert (last.note, last.by) == ("opkald 2", scene.phoner.name)
    assert contacts(session, [entry.workplace_id])[entry.workplace_id].name == "Talt med sidst"
    assert last_calls(session, []) == {}


@pytest.fixture
def scene(db: Session) -> Scene:
    made = make_scene(db)
    db.commit()
    return made


def test_the_page_says_why_each_fits(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    visit_at(scene, 780, at_place=HADSUND, name="Næste Stop ApS")
    entry = scene.entry(at=MARIAGER, held=False, name="Nabo ApS", phone="+4520304050", employees=12)
    db.add(Contact(workplace_id=entry.workplace_id, name="Lone Prøvesen", title="Daglig leder", source="call"))
    db.commit()
    sign_in(client, scene.consultant)
    today = page(client.get("/today"))
    assert "Nær ved dig" in today
    assert "Nabo ApS" in today
    text = page(client.get("/today/spare"))
    for shown in ("Nabo ApS", "12 ansatte", "Lone Prøvesen", "for at nå Næste Stop ApS", "ekstra kørsel", "Ring først"):
        assert shown in text, shown
    assert "Ikke ringet op endnu." in text
    assert f'href="/today/spare/{entry.id}"' in text
    assert re.search(r'href="tel:\+45\d+"', text)
    for odd in ("x", "99:99", "07:00", "23:59", "2026-11-24", ""):
        assert client.get(f"/today/spare?from={odd}").status_code == 200, odd
    later = page(client.get("/today/spare?from=15:00"))
    assert "Anden ledig tid i dag" in later


def test_no_spare_time_and_nobody_near(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, scene.consultant)
    assert "Ingen virksomhed passer ind" in page(client.get("/today/spare"))
    assert "ligger nær nok" in page(client.get("/today"))
    visit_at(scene, 600, minutes=360)
    db.commit()
    assert "Ingen ledig tid i dag" in page(client.get("/today/spare"))
    assert "Nær ved dig" not in page(client.get("/today"))


def test_a_yes_is_booked_as_any_other(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    entry = scene.entry(at=NEAR, held=False, name="Nabo ApS")
    db.commit()
    sign_in(client, scene.consultant)
    text = page(client.get(f"/today/spare/{entry.id}"))
    slot = re.search(r'name="slot" value="([^"]+)"(?![^>]*disabled)', text)
    assert slot
    data = {"entry_id": entry.id, "slot": slot[1], "contact_name": "Lone Prøvesen"}
    assert client.post("/visits/book", data=data).status_code == 303
    visit = db.scalars(select(Visit).where(Visit.queue_entry_id == entry.id)).one()
    assert visit.booked_by == scene.consultant.id
    assert client.get(f"/today/spare/{entry.id}").status_code == 404, "booked already"


def test_a_foreign_company_is_not_found(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    entry = scene.entry(at=NEAR, held=False)
    outsider = make_consultant(db, jobcentre=make_jobcentre(db, code="851", postcode="9000"))
    phoner = make_user(db, "phoner")
    db.commit()
    sign_in(client, outsider)
    for number in (entry.id, 0, 2**60, 99999):
        assert client.get(f"/today/spare/{number}").status_code == 404
    assert entry.workplace.name not in page(client.get("/today/spare"))
    sign_in(client, phoner)
    assert client.get("/today/spare").status_code == 403
    assert client.get("/today/late").status_code == 403


def test_a_place_of_a_postcode_only_is_marked(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    entry = scene.entry(at=NEAR, held=False, name="Cirka ApS")
    entry.workplace.geo_source = "postcode"
    db.commit()
    assert "(skøn)" in page(sign_in(client, scene.consultant).get("/today/spare"))
    assert Place(*NEAR) == Place(entry.workplace.lat or 0, entry.workplace.lon or 0)


def test_a_time_that_a_phoner_holds_is_not_spare(session: Session) -> None:
    """What is proposed must not run into a visit that may be booked at any moment."""
    scene = make_scene(session, notice_hours=0)
    entry = scene.entry(at=HADSUND)
    before = spare_of(session, scene)
    hold(session, scene.phoner, NOW, entry, scene.consultant.id, at(TODAY, 750))
    held = (at(TODAY, 750), at(TODAY, 810))
    after = spare_of(session, scene)
    assert any(one.starts_at < held[1] and held[0] < one.ends_at for one in before)
    assert not any(one.starts_at < held[1] and held[0] < one.ends_at for one in after)
    (first,) = [one for one in after if one.ends_at == held[0]]
    assert first.goal == Place(*HADSUND), "and it is reached in time"
    assert spare_of(session, scene, NOW + LASTS) != after, "once it has lapsed the time is spare again"
    plan = day_plan(session, scene.consultant, TODAY, NOW)
    assert all(halt.kind != "hold" for halt in plan.route.halts), "it is no stop of the day yet"


def spare_of(session: Session, scene: Scene, now: datetime = NOW) -> list[Opening]:
    plan = day_plan(session, scene.consultant, TODAY, now)
    assert plan.place
    return openings(plan.kept, plan.place, plan.hours, default_engine(), now)


def test_the_page_of_a_day_with_a_held_time_opens(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    scene = make_scene(db, notice_hours=0)
    visit_at(scene, 600, at_place=HADSUND)
    visit_at(scene, 900, at_place=HADSUND)
    hold(db, scene.phoner, NOW, scene.entry(at=MARIAGER), scene.consultant.id, at(TODAY, 780))
    db.commit()
    sign_in(client, scene.consultant)
    for path in ("/today", "/today/spare"):
        assert client.get(path).status_code == 200
