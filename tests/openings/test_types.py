"""The administrators' own types: they map to a reporting type, and rates never change by them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import Invalid
from crm.openings.actions import add_type, change_type, correct, log, set_details
from crm.openings.models import Opening, OwnType
from crm.openings.queries import own_types, type_rows
from crm.openings.rules import Details, NewOpening
from crm.people.models import User
from tests.factories import make_user, make_visit
from tests.factories.openings import make_opening, make_own_type

Enter = Callable[[FlaskClient, User], FlaskClient]
Headers = Callable[[User], dict[str, str]]


def test_a_type_is_added_once_whatever_the_case(session: Session, now: datetime) -> None:
    made = add_type(session, None, now, "  Flex   job ", "other")
    assert (made.name, made.reports_as, made.active) == ("Flex job", "other", True)
    for name in ("FLEX JOB", "Løntilskud", "", "x" * 61):
        with pytest.raises(Invalid) as refused:
            add_type(session, None, now, name, "other")
        assert list(refused.value.errors) == ["name"]
    with pytest.raises(Invalid) as refused:
        add_type(session, None, now, "Fritidsjob", "gold")
    assert list(refused.value.errors) == ["reports_as"]


def test_what_it_counts_as_is_fixed_once_it_is_used(session: Session, now: datetime) -> None:
    own = make_own_type(session, "Fritidsjob", "other")
    change_type(session, None, now, own, name="Fritidsjob", reports_as="ordinary", active=True)
    visit = make_visit(session, state="held", starts_at=now)
    log(session, None, now, visit, NewOpening("ordinary", 2, own_type_id=own.id))
    with pytest.raises(Invalid) as refused:
        change_type(session, None, now, own, name="Fritidsjob", reports_as="other", active=True)
    assert list(refused.value.errors) == ["reports_as"]
    change_type(session, None, now, own, name="Ungdomsjob", reports_as="ordinary", active=False)
    assert own_types(session) == []
    [row] = type_rows(session)
    assert (row.own.name, row.openings, row.positions, row.used) == ("Ungdomsjob", 1, 2, True)


def test_an_opening_taken_back_still_fixes_it_but_counts_nowhere(session: Session, now: datetime) -> None:
    own = make_own_type(session, "Trainee", "ordinary")
    make_opening(session, own_type_id=own.id, positions=3, voided_at=now)
    [row] = type_rows(session)
    assert (row.openings, row.positions, row.used) == (0, 0, True)


def test_an_opening_takes_only_a_type_in_use_that_counts_as_its_own(session: Session, now: datetime) -> None:
    visit = make_visit(session, state="held", starts_at=now)
    own = make_own_type(session, "Trainee", "ordinary")
    gone = make_own_type(session, "Gammel", "ordinary", active=False)
    for told in (
        NewOpening("other", own_type_id=own.id),
        NewOpening("ordinary", own_type_id=gone.id),
        NewOpening("ordinary", own_type_id=987654),
    ):
        with pytest.raises(Invalid) as refused:
            log(session, None, now, visit, told)
        assert list(refused.value.errors) == ["own_type_id"]
    made = log(session, None, now, visit, NewOpening("ordinary", akutjob=True, own_type_id=own.id))
    assert (made.type, made.own_type_id, made.akutjob) == ("ordinary", own.id, True)
    correct(session, None, now, made, NewOpening("other", 2))
    assert (made.type, made.own_type_id, made.positions, made.akutjob) == ("other", None, 2, False)


def test_details_may_keep_a_type_that_went_out_of_use(session: Session, now: datetime) -> None:
    gone = make_own_type(session, "Gammel", "ordinary", active=False)
    opening = make_opening(session, own_type_id=gone.id)
    set_details(session, None, now, opening, Details(occupation="Smed", own_type_id=gone.id))
    assert opening.own_type_id == gone.id


@pytest.fixture
def admin(client: FlaskClient, sign_in: Enter, db: Session) -> FlaskClient:
    user = make_user(db, "admin")
    db.commit()
    return sign_in(client, user)


def test_the_page_adds_renames_and_puts_out_of_use(admin: FlaskClient, db: Session) -> None:
    assert "Ingen egne typer endnu" in admin.get("/openings/types").get_data(as_text=True)
    refused = admin.post("/openings/types", data={"name": "Løntilskud", "reports_as": "other"})
    assert refused.status_code == 422
    assert "Den type findes i forvejen" in refused.get_data(as_text=True)
    assert admin.post("/openings/types", data={"name": "", "reports_as": ""}).status_code == 422
    assert admin.post("/openings/types", data={"name": "Fleksjob", "reports_as": "other"}).status_code == 302
    made = db.scalars(select(OwnType)).one()
    db.commit()
    page = admin.get("/openings/types").get_data(as_text=True)
    assert "Fleksjob" in page
    answer = admin.post(f"/openings/types/{made.id}", data={"name": "Fleks", "reports_as": "work_placement"})
    assert answer.status_code == 302
    db.refresh(made)
    assert (made.name, made.reports_as, made.active) == ("Fleks", "work_placement", False)
    db.commit()
    assert admin.get("/openings/types/99999").status_code == 404


def test_a_used_type_offers_no_other_meaning(admin: FlaskClient, db: Session) -> None:
    own = make_own_type(db, "Trainee", "ordinary")
    make_opening(db, own_type_id=own.id)
    db.commit()
    page = admin.get(f"/openings/types/{own.id}").get_data(as_text=True)
    assert "ligger fast" in page
    assert page.count("<option") == 1
    data = {"name": "Talent", "reports_as": "other", "active": "y"}
    assert admin.post(f"/openings/types/{own.id}", data=data).status_code == 302
    db.refresh(own)
    assert (own.name, own.reports_as) == ("Talent", "ordinary")


def test_only_administrators_open_it(client: FlaskClient, sign_in: Enter, db: Session) -> None:
    consultant = make_visit(db).consultant
    db.commit()
    sign_in(client, consultant)
    assert client.get("/openings/types").status_code == 403


def test_own_types_are_chips_beside_the_others_and_shown(
    client: FlaskClient, sign_in: Enter, api: Headers, db: Session, now: datetime
) -> None:
    visit = make_visit(db, state="held", starts_at=now)
    own = make_own_type(db, "Traineeplads", "ordinary")
    make_own_type(db, "Udgået", "ordinary", active=False)
    db.commit()
    sign_in(client, visit.consultant)
    page = client.get(f"/visits/{visit.id}/openings").get_data(as_text=True)
    assert "Traineeplads" in page
    assert "Udgået" not in page
    data = {"type": f"own:{own.id}", "positions": "2", "akutjob": "y"}
    assert client.post(f"/visits/{visit.id}/openings", data=data).status_code == 302
    made = db.scalars(select(Opening)).one()
    assert (made.type, made.own_type_id, made.positions, made.akutjob) == ("ordinary", own.id, 2, True)
    db.commit()
    assert "Traineeplads" in client.get("/openings").get_data(as_text=True)
    assert "tæller som ordinært job" in client.get(f"/openings/{made.id}").get_data(as_text=True)
    assert "Traineeplads" in client.get(f"/openings?type=own:{own.id}").get_data(as_text=True)
    headers = api(visit.consultant)
    listed = client.get(f"/api/v1/openings?own_type_id={own.id}", headers=headers).get_json()["items"]
    assert [item["own_type_id"] for item in listed] == [own.id]
    kinds = client.get("/api/v1/opening-types", headers=headers).get_json()["items"]
    assert {(kind["name"], kind["active"]) for kind in kinds} == {("Traineeplads", True), ("Udgået", False)}
