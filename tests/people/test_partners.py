"""Partners: who sees which, who may change which, and what ends their links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import Invalid
from crm.people.actions.partners import (
    PartnerDetails,
    add_partner,
    renew_link,
    set_digest,
    set_partner_active,
    update_partner,
)  # fmt: skip
from crm.people.models import Jobcentre, Partner, User
from crm.people.queries.partners import partners_for
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user
from tests.factories.sharing import make_partner

Enter = Callable[[FlaskClient, User], FlaskClient]
DETAILS = PartnerDetails("3F Odense", "unemployment_fund", "Job@3F.dk", "Lis", "20 12 34 56")


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_a_partner_is_added_and_changed(session: Session) -> None:
    made = add_partner(session, None, NOW, DETAILS)
    assert (made.email, made.phone, made.digest, made.active) == ("job@3f.dk", "+4520123456", True, True)
    key = made.link_key
    update_partner(session, None, NOW, made, replace(DETAILS, contact_name="Bo"))
    assert (made.contact_name, made.link_key) == ("Bo", key)
    update_partner(session, None, NOW, made, replace(DETAILS, email="ny@3f.dk"))
    assert made.link_key != key, "links that went to the old address end"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "hk fyn"}, "name"),
        ({"kind": "bank"}, "kind"),
        ({"email": "ikke en mail"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"jobcentre_id": 1, "region_id": 1}, "reach"),
        ({"region_id": 999}, "reach"),
    ],
)
def test_what_is_wrong_is_named(session: Session, wrong: dict[str, Any], field: str) -> None:
    make_partner(session, "HK Fyn")
    with pytest.raises(Invalid) as refused:
        add_partner(session, None, NOW, replace(DETAILS, **wrong))
    assert list(refused.value.errors) == [field]


def test_letting_go_taking_up_and_renewing_each_end_the_links(session: Session) -> None:
    made = make_partner(session)
    keys = [made.link_key]
    set_partner_active(session, None, NOW, made, False)
    keys.append(made.link_key)
    set_partner_active(session, None, NOW, made, True)
    keys.append(made.link_key)
    renew_link(session, None, NOW, made)
    assert len({*keys, made.link_key}) == 4
    assert set_digest(session, None, NOW, made, False) is True
    assert set_digest(session, None, NOW, made, False) is False


def test_a_jobcentre_works_with_its_own_its_regions_and_the_countrys(session: Session) -> None:
    home, neighbour, far = (make_jobcentre(session, code=code) for code in ("846", "851", "461"))
    assert home.region_id == neighbour.region_id != far.region_id
    for name, place in (
        ("Hjemme", {"jobcentre_id": home.id}),
        ("Nabo", {"jobcentre_id": neighbour.id}),
        ("Region", {"region_id": home.region_id}),
        ("Fyn", {"region_id": far.region_id}),
        ("Land", {}),
        ("Nedlagt", {"active": False}),
    ):
        make_partner(session, name, **place)
    assert [one.name for one in partners_for(session, home.id)] == ["Hjemme", "Region", "Land"]


@pytest.fixture
def home(db: Session) -> Jobcentre:
    made = make_jobcentre(db)
    db.commit()
    return made


@pytest.fixture
def four(db: Session, home: Jobcentre) -> dict[str, Partner]:
    far = make_jobcentre(db, code="461")
    made = {
        "own": make_partner(db, "Eget netværk", jobcentre_id=home.id),
        "region": make_partner(db, "Regionens fond", region_id=home.region_id),
        "country": make_partner(db, "Landets fond"),
        "foreign": make_partner(db, "Fynsk netværk", jobcentre_id=far.id),
    }
    db.commit()
    return made


@pytest.mark.parametrize(
    ("role", "seen", "changed"),
    [
        ("jobcentre_lead", {"own", "region", "country"}, {"own"}),
        ("regional_lead", {"own", "region", "country"}, {"region"}),
        ("campaign_manager", {"own", "region", "country", "foreign"}, {"own", "region", "country", "foreign"}),
    ],
)
def test_reach_and_change_by_role(
    client: FlaskClient,
    db: Session,
    sign_in: Enter,
    home: Jobcentre,
    four: dict[str, Partner],
    role: str,
    seen: set[str],
    changed: set[str],
) -> None:
    user = make_user(db, role, jobcentre=home)
    db.commit()
    sign_in(client, user)
    page = text(client.get("/partners"))
    for key, one in four.items():
        assert (one.name in page) == (key in seen)
        assert client.get(f"/partners/{one.id}").status_code == (200 if key in seen else 404)
        expected = 302 if key in changed else 403 if key in seen else 404
        assert client.post(f"/partners/{one.id}/link").status_code == expected
        assert client.post(f"/partners/{one.id}/active", data={"active": "0"}).status_code == expected
    db.expire_all()
    assert {key for key, one in four.items() if not one.active} == changed


def test_a_lead_adds_for_their_own_jobcentre_alone(
    client: FlaskClient, db: Session, sign_in: Enter, home: Jobcentre
) -> None:
    lead = make_user(db, "jobcentre_lead", jobcentre=home)
    db.commit()
    sign_in(client, lead)
    assert "Ingen partnere endnu" in text(client.get("/partners"))
    data = {"name": "Netværk", "kind": "network", "email": "a@b.dk", "reach": f"j{home.id}", "digest": "y"}
    assert client.post("/partners/new", data={**data, "reach": "all"}).status_code == 422
    assert client.post("/partners/new", data={**data, "reach": f"r{home.region_id}"}).status_code == 422
    wrong = client.post("/partners/new", data={**data, "email": "nej"})
    assert (wrong.status_code, "Netværk" in text(wrong)) == (422, True)
    assert client.post("/partners/new", data=data).status_code == 302
    made = db.scalars(select(Partner)).one()
    db.commit()
    assert (made.jobcentre_id, made.region_id, made.digest) == (home.id, None, True)
    assert client.post(f"/partners/{made.id}", data={**data, "name": "Nyt navn", "digest": ""}).status_code == 302
    db.expire_all()
    assert (made.name, made.digest) == ("Nyt navn", False)
