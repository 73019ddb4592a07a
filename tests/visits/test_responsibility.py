"""Who answers for a visit now: from phoner to consultant to substitute; and who may change it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish
from crm.base.errors import Invalid, NotFound, Refusal
from crm.calendars.models import CalendarEvent
from crm.integrations.models import OutboxMessage
from crm.visits.actions import book, hand_over, move
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user
from tests.factories.calendars import make_absence, make_consultant
from tests.factories.visits import AALBORG, METTE, Scene, make_scene
from tests.visits.test_conflicts import visit_at

SignIn = Callable[[FlaskClient, Any], FlaskClient]
DAY = danish(NOW).date() + timedelta(days=2)
TEN = at(DAY, 600)


def booked(session: Session) -> tuple[Scene, Visit]:
    scene = make_scene(session, consultants=3)
    visit = book(session, scene.phoner, NOW, scene.entry(), scene.consultant.id, TEN, METTE)
    return scene, visit


def test_it_passes_from_consultant_to_substitute_and_the_history_says_so(session: Session) -> None:
    scene, visit = booked(session)
    assert visit.responsible_id == scene.consultant.id
    substitute = scene.consultants[1]
    hand_over(session, scene.consultant, NOW, visit, substitute.id, "Syg")
    assert (visit.consultant_id, visit.responsible_id, visit.sequence) == (substitute.id, substitute.id, 1)
    assert visit.starts_at == TEN
    session.expire(visit, ["events"])
    last = visit.events[-1]
    assert (last.kind, last.responsible_id, last.actor_id) == ("hand_over", substitute.id, scene.consultant.id)
    assert (last.data["former_id"], last.data["reason"]) == (scene.consultant.id, "Syg")
    told = set(
        session.scalars(
            select(OutboxMessage.recipient).where(
                OutboxMessage.channel == "mail", OutboxMessage.dedupe_key.like("visit:%:visit_handed_over%")
            )
        )
    )
    assert told == {METTE.email, substitute.email, scene.consultant.email}
    shown = {event.consultant_id: event.status for event in session.scalars(select(CalendarEvent))}
    assert shown == {scene.consultant.id: "CANCELLED", substitute.id: "CONFIRMED"}


def test_it_comes_back(session: Session) -> None:
    scene, visit = booked(session)
    hand_over(session, scene.consultant, NOW, visit, scene.consultants[1].id, "Syg")
    hand_over(session, scene.consultants[1], NOW, visit, scene.consultant.id, "Rask igen")
    shown = {event.consultant_id: event for event in session.scalars(select(CalendarEvent))}
    assert shown[scene.consultant.id].status == "CONFIRMED"
    assert shown[scene.consultants[1].id].status == "CANCELLED"
    assert shown[scene.consultant.id].sequence > shown[scene.consultants[1].id].sequence - 1


def test_moving_to_the_same_time_with_another_is_a_hand_over(session: Session) -> None:
    scene, visit = booked(session)
    move(session, scene.consultant, NOW, visit, TEN, "Syg", scene.consultants[1].id)
    session.expire(visit, ["events"])
    assert [event.kind for event in visit.events] == ["book", "hand_over"]


def test_a_hand_over_is_checked_as_a_booking_is(session: Session) -> None:
    scene, visit = booked(session)
    busy, away = scene.consultants[1], scene.consultants[2]
    visit_at(scene, TEN + timedelta(minutes=65), AALBORG, who=1)
    make_absence(session, away, TEN, hours=1)
    stranger = make_consultant(session, jobcentre=make_jobcentre(session, code="851", postcode="9000"))
    for who, code in ((busy, "travel"), (away, "hours"), (scene.consultant, "same")):
        with pytest.raises(Refusal) as caught:
            hand_over(session, scene.consultant, NOW, visit, who.id, "Syg")
        assert caught.value.code == code
        if code != "same":
            assert len(caught.value.extra["alternatives"]) == 3
    with pytest.raises(NotFound):
        hand_over(session, scene.consultant, NOW, visit, stranger.id, "Syg")
    with pytest.raises(Invalid):
        hand_over(session, scene.consultant, NOW, visit, busy.id, " ")
    assert visit.sequence == 0


# Pages and API


@pytest.fixture
def made(db: Session) -> tuple[Scene, Visit]:
    scene, visit = booked(db)
    db.commit()
    return scene, visit


def test_who_handed_it_over_may_no_longer_change_it(
    db: Session, made: tuple[Scene, Visit], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visit = made
    sign_in(client, scene.consultant)
    page = client.get(f"/visits/{visit.id}/hand-over").get_data(as_text=True)
    assert scene.consultants[1].name in page
    assert scene.consultants[2].name in page
    answer = client.post(f"/visits/{visit.id}/hand-over", data={"to": scene.consultants[1].id, "reason": "Syg"})
    assert answer.status_code == 303
    shown = client.get(f"/visits/{visit.id}").get_data(as_text=True)
    assert f"Ansvarlig: {scene.consultants[1].name}" in shown
    assert "Besøg overdraget" in shown
    assert f"/visits/{visit.id}/move" not in shown
    for path in ("move", "cancel", "hand-over"):
        assert client.get(f"/visits/{visit.id}/{path}").status_code == 404, path
    data = {"slot": f"{scene.consultant.id}|{TEN.isoformat()}", "reason": "x", "by": "company", "cancel_reason": "x"}
    for path in ("move", "cancel"):
        assert client.post(f"/visits/{visit.id}/{path}", data=data).status_code == 404, path
    sign_in(client, scene.consultants[1])
    assert client.get(f"/visits/{visit.id}/move").status_code == 200
    lead = make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre)
    db.commit()
    sign_in(client, lead)
    assert client.get(f"/visits/{visit.id}/move").status_code == 200


def test_the_phoner_who_booked_it_may_not_hand_it_over(
    made: tuple[Scene, Visit], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visit = made
    sign_in(client, scene.phoner)
    assert client.get(f"/visits/{visit.id}/hand-over").status_code == 403
    assert client.get("/visits/conflicts").status_code == 403
    assert client.get("/visits/reassign").status_code == 403


def test_the_page_keeps_what_was_typed_when_refused(
    db: Session, made: tuple[Scene, Visit], client: FlaskClient, sign_in: SignIn
) -> None:
    scene, visit = made
    make_absence(db, scene.consultants[1], TEN, hours=1)
    db.commit()
    sign_in(client, scene.consultant)
    page = client.get(f"/visits/{visit.id}/hand-over").get_data(as_text=True)
    assert "fraværende" in page
    answer = client.post(f"/visits/{visit.id}/hand-over", data={"to": scene.consultants[1].id, "reason": "Syg i dag"})
    assert answer.status_code == 409
    assert "Syg i dag" in answer.get_data(as_text=True)
    for data in ({"to": "x", "reason": "Syg"}, {"to": "", "reason": "Syg"}, {"to": scene.consultants[2].id}):
        assert client.post(f"/visits/{visit.id}/hand-over", data=data).status_code == 422, data
    assert client.post(f"/visits/{visit.id}/hand-over", data={"to": 10**9, "reason": "Syg"}).status_code == 422


def test_the_api_hands_over_and_says_who_answers(
    db: Session, made: tuple[Scene, Visit], client: FlaskClient, api: Callable[[Any], dict[str, str]]
) -> None:
    scene, visit = made
    path, substitute = f"/api/v1/visits/{visit.id}/hand-over", scene.consultants[1]
    headers = api(scene.consultant)
    answer = client.post(path, json={"consultant_id": substitute.id, "reason": "Syg"}, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    body = answer.get_json()
    assert body["responsible"]["id"] == body["consultant_id"] == substitute.id
    assert body["history"][-1]["kind"] == "hand_over"
    assert body["history"][-1]["responsible"] == substitute.name
    again = client.post(path, json={"consultant_id": scene.consultants[2].id, "reason": "Syg"}, headers=headers)
    assert again.status_code == 404
    refused = client.post(path, json={"consultant_id": substitute.id, "reason": "x"}, headers=api(substitute))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "same")
