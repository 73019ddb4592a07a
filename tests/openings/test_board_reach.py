"""Who gets where on the board: each role, each foreign number, after a share or a key has ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.integrations.models import OutboxMessage
from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare
from crm.openings.rules import board_link
from crm.people.models import Jobcentre, Partner, User
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user
from tests.factories.openings import make_opening
from tests.factories.sharing import make_board_candidate, make_offer, make_partner, make_share

Enter = Callable[[FlaskClient, User], FlaskClient]
Api = Callable[[User], dict[str, str]]
DATA: dict[str, Any] = {
    "reference": "A-17", "occupation": "Smed", "postcode": "9500", "consent_on": "2026-11-20", "agreed": "y",
}  # fmt: skip
SECRET = "Kun for dem, der ser den"


@pytest.fixture
def opening(db: Session) -> Opening:
    made = make_opening(db, occupation="Smed", tasks=SECRET, names_company=True)
    assert made.workplace.name
    assert made.consultant.email
    db.commit()
    return made


@pytest.fixture
def odense(db: Session) -> Jobcentre:
    made = make_jobcentre(db, code="461", postcode="5000")
    db.commit()
    return made


@pytest.fixture
def made(db: Session, opening: Opening) -> Candidacy:
    """Proposed by a third jobcentre."""
    offer = make_offer(db, opening, make_board_candidate(db, make_jobcentre(db, code="851"), "X-9"))
    db.commit()
    return offer


@pytest.fixture
def shared(db: Session, opening: Opening, odense: Jobcentre) -> OpeningShare:
    found = make_share(db, opening, odense)
    db.commit()
    return found


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def owners(client: FlaskClient, opening_id: int, candidacy_id: int, share_id: int) -> list[int]:
    """What the pages that only the owner has answer."""
    return [
        client.get(f"/openings/{opening_id}/share").status_code,
        client.post(f"/openings/{opening_id}/share", data={"names_company": "y"}).status_code,
        client.post(f"/openings/{opening_id}/shares/{share_id}/withdraw").status_code,
        client.get(f"/openings/offers/{candidacy_id}").status_code,
        client.post(f"/openings/offers/{candidacy_id}", data={"answer": "yes"}).status_code,
    ]


def receivers(client: FlaskClient, opening_id: int, candidacy_id: int) -> list[int]:
    return [
        client.get(f"/board/{opening_id}").status_code,
        client.post(f"/board/{opening_id}", data={**DATA, "new": "1"}).status_code,
        client.post(f"/board/proposals/{candidacy_id}/withdraw").status_code,
    ]


def over_api(client: FlaskClient, headers: dict[str, str], opening_id: int, candidacy_id: int) -> list[int]:
    body = {"candidate": {name: DATA[name] for name in ("reference", "occupation", "postcode", "consent_on")}}
    body["candidate"]["agreed"] = True
    return [
        client.post(f"/api/v1/openings/{opening_id}/share", headers=headers, json={"names_company": True}).status_code,
        client.post(f"/api/v1/candidacies/{candidacy_id}/answer", headers=headers, json={"accept": True}).status_code,
        client.post(f"/api/v1/board/{opening_id}/offer", headers=headers, json=body).status_code,
    ]


@pytest.mark.parametrize("role", ["phoner", "regional_lead", "campaign_manager", "admin"])
def test_roles_without_candidates_have_no_board(
    client: FlaskClient, db: Session, sign_in: Enter, api: Api, opening: Opening, made: Candidacy, role: str,
    shared: OpeningShare,
) -> None:  # fmt: skip
    user = make_user(db, role)
    db.commit()
    headers = api(user)
    sign_in(client, user)
    ids = (opening.id, made.id)
    assert client.get("/board").status_code == 403
    assert set(owners(client, *ids, shared.id) + receivers(client, *ids) + over_api(client, headers, *ids)) == {403}


@pytest.mark.parametrize("role", ["consultant", "jobcentre_lead"])
def test_a_neighbour_finds_nothing_that_is_not_shared_with_them_and_never_the_owners_pages(
    client: FlaskClient, db: Session, sign_in: Enter, api: Api, opening: Opening, odense: Jobcentre, made: Candidacy,
    role: str,
) -> None:  # fmt: skip
    user = make_user(db, role, jobcentre=odense)
    elsewhere = make_share(db, opening, make_jobcentre(db, code="479"))
    db.commit()
    headers = api(user)
    sign_in(client, user)
    ids = (opening.id, made.id)
    assert set(owners(client, *ids, elsewhere.id) + receivers(client, *ids) + over_api(client, headers, *ids)) == {404}
    own = make_share(db, opening, odense)
    db.commit()
    assert set(owners(client, *ids, own.id)) == {404}
    assert receivers(client, *ids) == [200, 303, 404]
    assert "X-9" not in text(client.get("/board?view=proposals")) + text(client.get(f"/board/{opening.id}"))
    db.expire_all()
    assert db.get_one(Candidacy, made.id).state == "offered"


def test_after_withdrawing_a_neighbour_reads_no_more_of_it(
    client: FlaskClient, db: Session, sign_in: Enter, api: Api, opening: Opening, odense: Jobcentre,
    shared: OpeningShare,
) -> None:  # fmt: skip
    user = make_user(db, "consultant", jobcentre=odense)
    shared.withdrawn_at = NOW
    db.commit()
    headers = api(user)
    sign_in(client, user)
    page = text(client.get(f"/board/{opening.id}"))
    assert "ikke længere på tavlen" in page
    assert (SECRET in page, opening.workplace.name in page) == (False, False)
    assert client.get("/api/v1/board", headers=headers).get_json()["items"] == []
    assert client.post(f"/board/{opening.id}", data={**DATA, "new": "1"}).status_code == 409
    assert over_api(client, headers, opening.id, 1)[2] == 409
    assert db.scalar(select(func.count()).select_from(Candidate)) == 0


@pytest.fixture
def partner(db: Session, opening: Opening) -> Partner:
    found = make_partner(db)
    make_share(db, opening, found)
    db.commit()
    return found


def link_of(partner: Partner, days: int = 0) -> str:
    return board_link.PATH + board_link.token(partner.id, partner.link_key, NOW - timedelta(days=days))


def test_after_withdrawing_a_partner_reads_no_more_of_it(
    client: FlaskClient, db: Session, partner: Partner, opening: Opening
) -> None:
    url = f"{link_of(partner)}/{opening.id}"
    assert SECRET in text(client.get(url))
    db.scalars(select(OpeningShare)).one().withdrawn_at = NOW
    db.commit()
    page = text(client.get(url))
    assert (SECRET in page, opening.workplace.name in page) == (False, False)
    assert client.post(url, data=DATA).status_code == 409


def test_a_renewed_key_closes_every_door_of_the_old_link(
    client: FlaskClient, db: Session, partner: Partner, opening: Opening
) -> None:
    url = link_of(partner)
    made = make_offer(db, opening, make_board_candidate(db, partner))
    partner.link_key = "0" * 32
    db.commit()
    for address in (url, f"{url}/{opening.id}", f"{url}/stillinger?q=sm"):
        assert client.get(address).status_code == 404
    for address in (f"{url}/{opening.id}", f"{url}/forslag/{made.id}/fortryd", f"{url}/mail", f"{url}/nyt-link"):
        answer = client.post(address, data={**DATA, "wanted": "0"})
        assert (answer.status_code, answer.headers["Referrer-Policy"]) == (404, "no-referrer")
    db.expire_all()
    assert (partner.digest, db.get_one(Candidacy, made.id).state) == (True, "offered")
    assert db.scalar(select(func.count()).select_from(OutboxMessage)) == 0


def test_occupations_are_suggested_to_who_holds_a_link(client: FlaskClient, partner: Partner) -> None:
    found = client.get(f"{link_of(partner)}/stillinger?occupation=svejs")
    assert (found.status_code, "Svejser" in text(found)) == (200, True)
    assert "noindex" in found.headers["X-Robots-Tag"]
    assert client.get(f"{link_of(partner, 40)}/stillinger?q=svejs").status_code == 404
    assert client.get(f"{board_link.PATH}{'A' * 60}/stillinger?q=svejs").status_code == 404


def test_a_stranger_does_not_try_links_out(client: FlaskClient) -> None:
    answers = [client.get(f"{board_link.PATH}{number:060d}").status_code for number in range(61)]
    assert answers == [404] * 60 + [429]


def test_every_form_of_a_partner_needs_its_token(
    app: Flask, client: FlaskClient, db: Session, partner: Partner, opening: Opening
) -> None:
    made = make_offer(db, opening, make_board_candidate(db, partner))
    db.commit()
    url, old = link_of(partner), link_of(partner, 40)
    app.config["WTF_CSRF_ENABLED"] = True
    for address in (
        f"{url}/{opening.id}", f"{url}/forslag/{made.id}/fortryd", f"{url}/mail", f"{old}/nyt-link",
    ):  # fmt: skip
        assert client.post(address, data={**DATA, "wanted": "0"}).status_code == 400
    db.expire_all()
    assert (partner.digest, db.get_one(Candidacy, made.id).state) == (True, "offered")
    assert db.scalar(select(func.count()).select_from(OutboxMessage)) == 0


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("reference", "120588-1234"),
        ("reference", "1205881234"),
        ("reference", "Peter Jensen"),
        ("occupation", "Smed 120588-1234"),
        ("occupation", "Smed 20 30 40 50"),
        ("words", "Ring, CPR 120588-1234"),
        ("words", "1205881234"),
    ],
)
def test_a_partner_cannot_send_a_person_s_number_or_name(
    client: FlaskClient, db: Session, partner: Partner, opening: Opening, field: str, said: str
) -> None:
    refused = client.post(f"{link_of(partner)}/{opening.id}", data={**DATA, field: said})
    assert refused.status_code == 422
    assert db.scalar(select(func.count()).select_from(Candidate)) == 0
