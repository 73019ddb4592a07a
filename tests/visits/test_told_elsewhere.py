"""Whatever happens to a visit is told in Danish words on the phoner's panel and on the company's page."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.activity import Activity
from crm.calling.queries.screen import TOLD
from crm.calling.views.around import _fact
from crm.visits.actions import hand_over, tell_late
from crm.visits.models import VisitEvent
from crm.visits.rules.words import EVENTS
from tests.conftest import NOW
from tests.factories import make_user
from tests.factories.visits import HADSUND, make_scene
from tests.visits.driven import visit_at

SignIn = Callable[[FlaskClient, Any], FlaskClient]


@pytest.mark.parametrize("verb", TOLD)
def test_every_fact_that_the_phoner_is_told_has_words(app: Flask, verb: str) -> None:
    row = Activity(at=NOW, verb=verb, data={}, actor_name="")
    with app.test_request_context("/"):
        told = _fact(row)
    assert verb.startswith("visits.") == told["title"].startswith(("Besøg", "Forsinkelse", "Svar"))
    assert told["who"] == ("virksomheden" if verb.startswith("visits.") else "")


def test_every_event_has_words_on_the_companys_page(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    scene = make_scene(db, consultants=2)
    lead = make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre)
    visit = visit_at(scene, 780, at_place=HADSUND)
    hand_over(db, lead, NOW, visit, scene.consultants[1].id, "Ferie")
    tell_late(db, scene.consultants[1], NOW, [(visit, visit.starts_at + timedelta(minutes=20))])
    data = {"party": "company", "email": "mette@eksempel.invalid", "partstat": "DECLINED", "former": False}
    for kind in sorted({*EVENTS, "something_new"} - {"hand_over", "late"}):
        db.add(VisitEvent(visit_id=visit.id, at=NOW, kind=kind, responsible_id=visit.responsible_id, data=data))
    for verb, reason in (("campaigns.strike", "partner"), ("campaigns.restore", ""), ("integrations.retry", "")):
        activity.record(db, lead, NOW, verb, visit, workplace_id=visit.workplace_id, reason=reason)
    db.commit()
    sign_in(client, lead)
    page = html.unescape(client.get(f"/companies/{visit.workplace_id}").get_data(as_text=True))
    for words in (*EVENTS.values(), "Besøg ændret", "Svar på invitationen: nej", "ventet kl. 13.20", "Ferie"):
        assert words in page
    for words in ("Strøget på ringelisten", "Sat på ringelisten igen", "Besked sendt igen", "virksomheden"):
        assert words in page
    for raw in ("hand_over", "something_new", "campaigns.", "integrations.", "DECLINED"):
        assert raw not in page


def test_the_visits_own_page_says_to_whom_it_was_handed(db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    scene = make_scene(db, consultants=2)
    lead = make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre)
    visit = visit_at(scene, 780, at_place=HADSUND)
    hand_over(db, lead, NOW, visit, scene.consultants[1].id, "Ferie")
    tell_late(db, scene.consultants[1], NOW, [(visit, visit.starts_at + timedelta(minutes=20))])
    db.commit()
    sign_in(client, lead)
    page = html.unescape(client.get(f"/visits/{visit.id}").get_data(as_text=True))
    assert f"nu hos {scene.consultants[1].name}" in page
    assert "ventet kl. 13.20" in page
