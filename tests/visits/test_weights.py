"""The jobcentre's weights: none is the old order, and each pulls the way it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import at, danish
from crm.base.errors import Invalid
from crm.people.models import User
from crm.visits.actions.weights import weigh
from crm.visits.queries import slots
from crm.visits.queries.weights import weights_of
from crm.visits.rules.weights import EVEN, Weights, days_ahead
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.visits import AALBORG, HADSUND, make_scene

MONDAY = date(2026, 11, 30)
SignIn = Callable[[FlaskClient, User], FlaskClient]


@given(st.integers(-20, 90), st.integers(0, 20), st.integers(0, 30), st.integers(0, 240), st.integers(0, 240))
def test_a_score_never_falls_with_more_of_anything(extra: int, visits: int, days: int, fair: int, early: int) -> None:
    weights = Weights(fair, early)
    assert EVEN.score(extra, visits, days) == extra
    score = weights.score(extra, visits, days)
    assert weights.score(extra + 1, visits, days) == score + 1
    assert weights.score(extra, visits + 1, days) == score + fair
    assert weights.score(extra, visits, days + 1) == score + early


def test_only_working_days_are_waited() -> None:
    friday = date(2026, 12, 18)
    ahead = days_ahead(friday, [friday + timedelta(days=n) for n in range(10)])
    assert [ahead[friday + timedelta(days=n)] for n in range(10)] == [0, 0, 0, 1, 2, 3, 3, 3, 3, 3]


def test_fairness_brings_forward_who_has_few_visits_that_week(session: Session) -> None:
    scene = make_scene(session, consultants=2)
    busy, idle = scene.consultants
    for day in (0, 1, 2):
        make_visit(
            session, consultant=busy, starts_at=at(MONDAY + timedelta(days=day), 600), lat=HADSUND[0], lon=HADSUND[1]
        )
    entry, week = scene.entry(at=HADSUND), (at(MONDAY, 0), at(MONDAY + timedelta(days=5), 0))
    assert slots(session, NOW, entry, *week).slots[0].consultant_id == busy.id
    weigh(session, make_user(session, "jobcentre_lead"), NOW, scene.jobcentre, Weights(60, 0))
    offer = slots(session, NOW, entry, *week)
    assert (offer.slots[0].consultant_id, offer.weights) == (idle.id, Weights(60, 0))
    assert [s.score for s in offer.slots] == sorted(s.score for s in offer.slots)
    assert {s.fairness for s in offer.slots if s.consultant_id == busy.id} == {180}


def test_earliness_brings_forward_the_sooner_day(session: Session) -> None:
    scene = make_scene(session)
    make_visit(session, consultant=scene.consultant, starts_at=at(MONDAY, 600), lat=AALBORG[0], lon=AALBORG[1])
    entry, span = scene.entry(at=AALBORG), (NOW, NOW + timedelta(days=10))
    assert danish(slots(session, NOW, entry, *span).slots[0].starts_at).date() == MONDAY
    weigh(session, make_user(session, "jobcentre_lead"), NOW, scene.jobcentre, Weights(0, 60))
    first = slots(session, NOW, entry, *span).slots[0]
    assert danish(first.starts_at).date() == danish(NOW).date() + timedelta(days=1)
    assert first.earliness == 60


def test_weights_are_checked_and_recorded_once(session: Session) -> None:
    scene = make_scene(session)
    lead = make_user(session, "jobcentre_lead", jobcentre=scene.jobcentre)
    weigh(session, lead, NOW, scene.jobcentre, Weights(5, 3))
    weigh(session, lead, NOW, scene.jobcentre, Weights(5, 3))
    assert weights_of(session, scene.jobcentre.id) == Weights(5, 3)
    [fact] = session.scalars(select(Activity).where(Activity.verb == "visits.weigh"))
    assert fact.data["before"] == {"fairness_min": 0, "earliness_min": 0}
    with pytest.raises(Invalid) as refused:
        weigh(session, lead, NOW, scene.jobcentre, Weights(-1, 241))
    assert set(refused.value.errors) == {"fairness_min", "earliness_min"}


def test_the_leads_page_tries_saves_and_refuses(app: Flask, db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    scene = make_scene(db)
    lead = make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre)
    stranger = make_user(db, "jobcentre_lead", jobcentre=make_jobcentre(db, code="851", postcode="9000"))
    db.commit()
    centre = scene.jobcentre.id
    page = f"/jobcentre/{centre}/slots"
    sign_in(client, lead)
    db.rollback()
    assert "Kun kørslen tæller, så tid A står først." in client.get(page).text
    numbers = {"fairness_min": "5", "earliness_min": "0"}
    tried = client.post(page, data={**numbers, "step": "try"}).text
    assert "5 × 6 = 30" in tried
    assert "Tid B står først." in tried, "10 + 30 against 25 + 10"
    assert weights_of(db, centre) == EVEN
    db.rollback()
    assert client.post(page, data={**numbers, "step": "save"}).status_code == 303
    db.expire_all()
    assert weights_of(db, centre) == Weights(5, 0)
    db.rollback()
    wrong = client.post(page, data={"fairness_min": "241", "earliness_min": "", "step": "save"})
    assert wrong.status_code == 422
    assert "Skriv et helt tal fra 0 til 240" in wrong.text
    other = sign_in(app.test_client(), stranger)
    db.rollback()
    assert other.get(page).status_code == 404
