"""Being late: who is affected, what they are told, and that nothing is moved or told twice."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import at
from crm.integrations.models import OutboxMessage
from crm.visits.actions import late_message, tell_late
from crm.visits.models import VisitEvent
from tests.conftest import NOW
from tests.factories.visits import AARS, HADSUND, Scene, make_scene
from tests.visits.driven import TODAY, visit_at

SignIn = Callable[[FlaskClient, Any], FlaskClient]


def page(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def sent(session: Session) -> list[OutboxMessage]:
    wanted = select(OutboxMessage).where(OutboxMessage.dedupe_key.like("visit:%:late:%")).order_by(OutboxMessage.id)
    return list(session.scalars(wanted))


def recipients(session: Session) -> list[str]:
    """Read in a transaction of its own, so that the pages may write."""
    session.rollback()
    found = [message.recipient for message in sent(session)]
    session.rollback()
    return found


def test_word_is_sent_once_for_a_time_and_again_for_another(session: Session) -> None:
    scene = make_scene(session)
    visit = visit_at(scene, 720, contact_phone="+4520123456", contact_email="mette@eksempel.invalid")
    expected = at(TODAY, 735)
    assert tell_late(session, scene.consultant, NOW, [(visit, expected)]) == ([visit], [])
    assert tell_late(session, scene.consultant, NOW, [(visit, expected)]) == ([], [visit])
    assert tell_late(session, scene.consultant, NOW, [(visit, at(TODAY, 765))]) == ([visit], [])
    first, second = sent(session)
    assert (first.channel, first.recipient) == ("sms", "+4520123456")
    assert "kl. 12.00" in first.body_text
    assert "ca. kl. 12.15" in first.body_text
    assert scene.consultant.name in first.body_text
    assert "12.45" in second.body_text
    late = select(VisitEvent).where(VisitEvent.visit_id == visit.id, VisitEvent.kind == "late")
    kept = session.scalars(late.order_by(VisitEvent.id)).all()
    assert [event.data["expected_at"] for event in kept] == [expected.isoformat(), at(TODAY, 765).isoformat()]
    assert session.scalars(select(Activity).where(Activity.verb == "visits.late")).all()
    assert (visit.starts_at, visit.sequence) == (at(TODAY, 720), 0), "the time is not moved"


def test_mail_where_there_is_no_mobile_number_and_nothing_where_there_is_neither(session: Session) -> None:
    scene = make_scene(session)
    mail = visit_at(scene, 720, contact_phone="+4598123456", contact_email="mette@eksempel.invalid")
    silent = visit_at(scene, 840)
    silent.workplace.phone = silent.workplace.email = mail.workplace.phone = None
    gone = visit_at(scene, 930, contact_phone="+4520123456", state="cancelled_by_company")
    when = [(one, one.starts_at + timedelta(minutes=30)) for one in (mail, silent, gone)]
    assert tell_late(session, scene.consultant, NOW, when) == ([mail], [silent, gone])
    (letter,) = sent(session)
    assert (letter.channel, letter.recipient) == ("mail", "mette@eksempel.invalid")
    assert "forsinket" in letter.subject
    assert "12.30" in letter.subject
    assert late_message(session, silent, NOW)["channel"] is None


@pytest.fixture
def scene(db: Session) -> Scene:
    made = make_scene(db)
    db.commit()
    return made


def test_one_tap_shows_who_is_affected_and_sends_to_those_ticked(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    first = visit_at(scene, 660, at_place=HADSUND, name="Den første ApS", contact_phone="+4520111111")
    second = visit_at(scene, 760, at_place=AARS, name="Den anden ApS", contact_phone="+4520222222")
    third = visit_at(scene, 930, at_place=AARS, minutes=30, name="Den tredje ApS", contact_phone="+4520333333")
    ids = first.id, third.id
    db.commit()
    sign_in(client, scene.consultant)
    assert 'href="/today/late"' in page(client.get("/today"))
    text = page(client.get("/today/late?min=30"))
    affected, _, kept = text.partition("Nås til tiden")
    assert "Den første ApS" in affected
    assert "Den anden ApS" in affected
    assert "Den tredje ApS" in kept
    assert "ca. kl. 11.30" in affected
    assert "+45" not in affected.split("Send sms til")[1][:12], "numbers are read in groups"
    assert recipients(db) == [], "looking sends nothing"
    answer = client.post("/today/late", data={"min": "30", "visit": [ids[0]]}, follow_redirects=True)
    assert "1 besked er sendt" in page(answer)
    assert recipients(db) == ["+4520111111"]
    again = client.post("/today/late", data={"min": "30", "visit": [ids[0]]}, follow_redirects=True)
    assert "i forvejen" in page(again)
    assert "Forsinkelse meldt" in page(client.get(f"/visits/{ids[0]}"))
    nobody = client.post("/today/late", data={"min": "30"}, follow_redirects=True)
    assert "Ingen er valgt" in page(nobody)
    client.post("/today/late", data={"min": "30", "visit": [ids[1]]})
    assert len(recipients(db)) == 1, "who is reached in time gets no word"
    assert second.starts_at == at(TODAY, 760)


def test_a_visit_that_is_not_on_the_day_is_not_found(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    visit_at(scene, 660, at_place=HADSUND)
    tomorrow = visit_at(scene, 660, at_place=HADSUND, day=1, contact_phone="+4520123456")
    foreign = visit_at(scene, 660, consultant=make_scene(db).consultant, contact_phone="+4520123456")
    db.commit()
    numbers = tomorrow.id, foreign.id, 99999
    sign_in(client, scene.consultant)
    db.rollback()
    for number in numbers:
        assert client.post("/today/late", data={"min": "15", "visit": [number]}).status_code == 404
    assert sent(db) == []


def test_arrived_already_the_rest_of_the_day_is_late(
    db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    visit_at(scene, 570, at_place=HADSUND, name="Her er jeg ApS", arrived_at=NOW - timedelta(minutes=25))
    visit_at(scene, 680, at_place=AARS, name="Den næste ApS")
    db.commit()
    text = page(sign_in(client, scene.consultant).get("/today/late?min=45"))
    assert "Du kører 45 min senere fra Her er jeg ApS" in text
    assert "Den næste ApS" in text
    assert "late-" in text


def test_nothing_left_and_odd_choices(db: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, scene.consultant)
    assert "Ingen besøg venter" in page(client.get("/today/late"))
    visit_at(scene, 601, at_place=HADSUND)
    db.commit()
    for odd in ("", "0", "x", "99999999", "-15", "²"):
        assert client.get(f"/today/late?min={odd}").status_code == 200, odd
    assert 'aria-current="true">45 min' in page(client.get("/today/late")), "as late as the clock says"
