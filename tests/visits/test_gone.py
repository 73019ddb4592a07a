"""A consultant who is disabled or leaves, and a campaign whose margin changes: booked visits do not stay behind
unseen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.campaigns.actions.campaigns import Join, update_campaign
from crm.campaigns.models import Participation
from crm.integrations.models import OutboxMessage
from crm.people.actions import Grant, set_active, set_roles
from crm.people.models import User
from crm.visits.actions import check_day, hand_over
from crm.visits.jobs import check_changed
from crm.visits.models import Visit, VisitConflict
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user
from tests.factories.visits import AARS, HADSUND, Scene, make_scene
from tests.visits.driven import TODAY, visit_at

DAY = TODAY + timedelta(days=2)


def found(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(
        select(VisitConflict.visit_id, VisitConflict.reason).where(VisitConflict.settled_at.is_(None))
    )
    return [(number, reason) for number, reason in rows.all()]


def disable(db: Session, scene: Scene) -> None:
    set_active(db, None, NOW, db.get_one(User, scene.consultant.id), False)


def move_away(db: Session, scene: Scene) -> None:
    set_roles(
        db,
        None,
        NOW,
        db.get_one(User, scene.consultant.id),
        [Grant("consultant", jobcentre_id=make_jobcentre(db, code="851").id)],
    )


def other_work(db: Session, scene: Scene) -> None:
    set_roles(
        db, None, NOW, db.get_one(User, scene.consultant.id), [Grant("jobcentre_lead", jobcentre_id=scene.jobcentre.id)]
    )


@pytest.mark.parametrize("change", [disable, move_away, other_work])
def test_whoever_is_gone_leaves_a_conflict_that_reaches_the_lead(app: Flask, change: Any) -> None:
    sessions = app.extensions["crm.sessions"]
    with sessions() as db:
        scene = make_scene(db, consultants=2)
        lead = make_user(db, "jobcentre_lead", jobcentre=scene.jobcentre)
        visit = visit_at(scene, 660, at_place=HADSUND, day=2)
        visit_at(scene, 660, at_place=HADSUND, day=2, consultant=scene.consultants[1])
        over = visit_at(scene, 480, at_place=HADSUND)
        db.commit()
    assert check_changed(sessions, NOW) == 0
    with sessions() as db:
        change(db, scene)
        db.commit()
    assert check_changed(sessions, NOW) == 1
    assert check_changed(sessions, NOW + timedelta(minutes=1)) == 0
    with sessions() as db:
        assert found(db) == [(visit.id, "gone")]
        told = db.scalars(select(OutboxMessage.recipient).where(OutboxMessage.dedupe_key.like("conflict:%"))).all()
        assert lead.email in told
        assert (scene.consultant.email in told) == (change is not disable), "who is disabled is told nothing"
        assert db.get_one(Visit, over.id).state == "booked"
        set_active(db, None, NOW, db.get_one(User, scene.consultant.id), True)
        set_roles(
            db, None, NOW, db.get_one(User, scene.consultant.id), [Grant("consultant", jobcentre_id=scene.jobcentre.id)]
        )
        db.commit()
    assert check_changed(sessions, NOW + timedelta(minutes=2)) == 0
    with sessions() as db:
        assert found(db) == [], "back again, the visits fit again"


def test_a_visit_of_somebody_gone_can_be_handed_over(session: Session) -> None:
    scene = make_scene(session, consultants=2)
    lead = make_user(session, "jobcentre_lead", jobcentre=scene.jobcentre)
    visit = visit_at(scene, 660, at_place=HADSUND, day=2)
    disable(session, scene)
    assert check_day(session, NOW, scene.consultant.id, DAY) == 1
    hand_over(session, lead, NOW, visit, scene.consultants[1].id, "Konsulenten er stoppet")
    assert found(session) == []
    assert visit.responsible_id == scene.consultants[1].id


def test_a_wider_margin_of_the_campaign_is_looked_at(app: Flask) -> None:
    sessions = app.extensions["crm.sessions"]
    with sessions() as db:
        scene = make_scene(db, margin_minutes=5)
        visit_at(scene, 600, at_place=HADSUND, day=2)
        later = visit_at(scene, 720, at_place=AARS, day=2)
        db.commit()
    assert check_changed(sessions, NOW) == 0
    with sessions() as db:
        taken = db.get_one(Participation, scene.participation.id)
        one, joins = taken.campaign, [Join(taken.jobcentre_id, taken.calling_firm_id)]
        same = {"name": one.name, "starts_on": one.starts_on, "ends_on": one.ends_on, "joins": joins}
        update_campaign(db, None, NOW, one, **same, margin_minutes=30)
        db.commit()
    assert check_changed(sessions, NOW) >= 1
    with sessions() as db:
        assert (later.id, "travel_before") in found(db)
