"""Whose visits may be changed: somebody else's are not there, and who only reads changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calendars.actions import add_absence
from crm.visits.actions import check_day
from crm.visits.models import VisitConflict
from tests.conftest import NOW
from tests.factories import make_firm, make_jobcentre, make_user
from tests.factories.calendars import make_consultant
from tests.factories.visits import HADSUND, make_scene
from tests.visits.driven import TODAY, visit_at

SignIn = Callable[[FlaskClient, Any], FlaskClient]
DAY = TODAY + timedelta(days=2)
HIDDEN = (403, 404)


@pytest.mark.parametrize("who", ["firm", "phoner", "colleague", "elsewhere", "lead_elsewhere", "region", "manager"])
def test_who_may_not_change_a_visit(db: Session, client: FlaskClient, sign_in: SignIn, who: str) -> None:
    scene = make_scene(db, consultants=2)
    visit = visit_at(scene, 600, at_place=HADSUND, day=2)
    visit.booked_by, visit.booked_firm_id = scene.phoner.id, scene.phoner.calling_firm_id
    entry = scene.entry(held=False)
    other = make_jobcentre(db, code="851", postcode="9000")
    users: dict[str, Callable[[], Any]] = {
        "firm": lambda: make_user(db, "phoner", firm=make_firm(db)),
        "phoner": lambda: scene.phoner,
        "colleague": lambda: scene.consultants[1],
        "elsewhere": lambda: make_consultant(db, jobcentre=other),
        "lead_elsewhere": lambda: make_user(db, "jobcentre_lead", jobcentre=other),
        "region": lambda: make_user(db, "regional_lead", region_id=scene.jobcentre.region_id),
        "manager": lambda: make_user(db, "campaign_manager"),
    }
    user = users[who]()
    add_absence(db, None, NOW, scene.consultant, visit.starts_at, visit.ends_at, "Syg")
    assert check_day(db, NOW, scene.consultant.id, DAY) == 1
    number = db.scalars(select(VisitConflict.id)).one()
    before = (visit.starts_at, visit.consultant_id, visit.state, visit.sequence)
    db.commit()
    sign_in(client, user)
    slot = f"{scene.consultants[1].id}|{visit.starts_at.isoformat()}"
    reassign = f"/visits/reassign?consultant={scene.consultant.id}&day={DAY}"
    for path, data in (
        (f"/visits/{visit.id}/move", {"slot": slot, "reason": "x"}),
        (f"/visits/{visit.id}/hand-over", {"to": str(scene.consultants[1].id), "reason": "x"}),
        (f"/visits/{visit.id}/cancel", {"by": "company", "cancel_reason": "x"}),
        (f"/visits/conflicts/{number}/accept", {"because": "x"}),
        (reassign, {f"choice-{visit.id}": "cancel", "reason": "x"}),
    ):
        assert client.post(path, data=data).status_code in HIDDEN, path
    for path in (f"/visits/conflicts/{number}/times", f"/visits/{visit.id}/move", f"/visits/{visit.id}/hand-over"):
        assert client.get(path).status_code in HIDDEN, path
    if who != "colleague":
        assert client.get(f"/today/spare/{entry.id}").status_code in (*HIDDEN, 200 if who == "phoner" else 404)
    page = client.get("/visits/conflicts")
    assert page.status_code == 403 or visit.workplace.name not in page.get_data(as_text=True)
    db.expire_all()
    assert (visit.starts_at, visit.consultant_id, visit.state, visit.sequence) == before
    assert db.get_one(VisitConflict, number).settled_at is None


@pytest.mark.parametrize("role", ["regional_lead", "campaign_manager", "phoner"])
def test_the_weights_are_the_leads(db: Session, client: FlaskClient, sign_in: SignIn, role: str) -> None:
    scene = make_scene(db)
    user = scene.phoner if role == "phoner" else make_user(db, role)
    db.commit()
    sign_in(client, user)
    path = f"/jobcentre/{scene.jobcentre.id}/slots"
    assert client.get(path).status_code == 403
    assert client.post(path, data={"fairness_min": "5", "earliness_min": "5"}).status_code == 403
