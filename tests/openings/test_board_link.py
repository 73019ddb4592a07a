"""A partner's link: what opens the board, what does not, and that a partner sees nothing of others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.integrations.models import OutboxMessage
from crm.openings.models import Candidacy, Opening
from crm.openings.rules import board_link
from crm.people.models import Partner
from tests.conftest import NOW
from tests.factories.openings import make_opening
from tests.factories.sharing import make_board_candidate, make_offer, make_partner, make_share

DATA: dict[str, Any] = {
    "reference": "A-17", "occupation": "Smed", "postcode": "9500", "weekly_hours": "37", "languages": ["da"],
    "consent_on": "2026-11-20", "agreed": "y", "words": "Har selv værktøj",
}  # fmt: skip


@pytest.fixture
def opening(db: Session) -> Opening:
    made = make_opening(db, occupation="Smed", wishes="Skriv til chef@firma.dk", contact_phone="+4598521122")
    assert made.workplace.name
    assert made.consultant.email  # loaded now: a later look would hold SQLite's writer
    db.commit()
    return made


@pytest.fixture
def partner(db: Session, opening: Opening) -> Partner:
    made = make_partner(db)
    make_share(db, opening, made)
    db.commit()
    return made


@pytest.fixture
def url(app: Flask, partner: Partner) -> str:
    return link_of(partner)


def link_of(partner: Partner, days: int = 0) -> str:
    return board_link.PATH + board_link.token(partner.id, partner.link_key, NOW - timedelta(days=days))


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_the_board_tells_of_the_opening_and_nothing_of_the_company(
    client: FlaskClient, url: str, opening: Opening
) -> None:
    for address in (url, f"{url}/{opening.id}"):
        answer = client.get(address)
        html = text(answer)
        assert (answer.status_code, "Smed" in html) == (200, True)
        for secret in (opening.workplace.name, "chef@firma.dk", "98521122", "98 52 11 22"):
            assert secret not in html
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "no-store" in answer.headers["Cache-Control"]


def test_tampered_links_open_nothing(client: FlaskClient, url: str) -> None:
    body = url.removeprefix(board_link.PATH)
    for place in range(0, len(body), 7):
        other = "A" if body[place] != "A" else "Q"  # of the last letter only its upper bits are read
        assert client.get(board_link.PATH + body[:place] + other + body[place + 1 :]).status_code == 404
    assert client.get(board_link.PATH + "kort").status_code == 404
    assert client.get(f"/besoeg/{body}").status_code == 404, "it opens no company's page"


@given(st.text(max_size=220))
def test_no_text_of_anybody_is_a_link(said: str) -> None:
    assert board_link.read(said) is None


def test_a_renewed_key_and_a_partner_let_go_end_every_link(
    client: FlaskClient, db: Session, partner: Partner, url: str
) -> None:
    partner.link_key = "0" * 32
    db.commit()
    assert client.get(url).status_code == 404
    fresh = link_of(partner)
    assert client.get(fresh).status_code == 200
    partner.active = False
    db.commit()
    assert client.get(fresh).status_code == 404


def test_an_old_link_only_asks_for_a_new_one_to_the_partners_own_address(
    client: FlaskClient, db: Session, partner: Partner, opening: Opening
) -> None:
    assert client.get(link_of(partner, 30)).status_code == 200
    old = link_of(partner, 32)
    page = client.get(old)
    assert (page.status_code, "Smed" in text(page)) == (410, False)
    assert client.get(f"{old}/{opening.id}").status_code == 404
    assert client.post(f"{old}/{opening.id}", data=DATA).status_code == 404
    for _again in range(2):
        assert client.post(f"{old}/nyt-link").status_code == 200
    mail = db.scalars(select(OutboxMessage)).one()
    assert mail.recipient == partner.email
    assert link_of(partner) in mail.body_text


def test_a_proposal_is_sent_answered_and_seen(
    client: FlaskClient, db: Session, partner: Partner, url: str, opening: Opening
) -> None:
    page = f"{url}/{opening.id}"
    refused = client.post(page, data={**DATA, "agreed": "", "reference": "120588-1234"})
    assert refused.status_code == 422
    assert "Har selv værktøj" in text(refused)
    assert client.post(page, data=DATA).status_code == 303
    twice = client.post(page, data=DATA)
    assert (twice.status_code, "allerede foreslået" in text(twice)) == (409, True)
    assert "Venter på svar" in text(client.get(url))
    made = db.scalars(select(Candidacy)).one()
    made.state, made.answered_at, made.answered_words = "refused", NOW, "Vi søger en med kran"
    db.commit()
    assert "Vi søger en med kran" in text(client.get(page))


def test_a_proposal_is_taken_back(client: FlaskClient, db: Session, url: str, opening: Opening) -> None:
    client.post(f"{url}/{opening.id}", data=DATA)
    made = db.scalars(select(Candidacy)).one()
    back = f"{url}/forslag/{made.id}/fortryd"
    db.rollback()
    assert client.get(back).status_code == 405
    assert client.post(back).status_code == 303
    db.expire_all()
    assert (made.state, made.ended_because) == ("ended", "offer_withdrawn")


def test_a_person_who_says_no_is_taken_back_after_the_answer_too(
    client: FlaskClient, db: Session, partner: Partner, url: str, opening: Opening
) -> None:
    made = make_offer(
        db, opening, make_board_candidate(db, partner), state="sent", answered_at=NOW, proposed_at=NOW, sent_at=NOW
    )
    theirs = make_offer(db, opening, make_board_candidate(db, make_partner(db, "HK"), "HK-1"))
    mine, not_mine = (f"{url}/forslag/{one.id}/samtykke" for one in (made, theirs))
    db.commit()
    assert "Personen har trukket sit samtykke" in text(client.get(url))
    assert client.get(mine).status_code == 405
    assert client.post(not_mine).status_code == 404
    assert client.post(mine).status_code == 303
    html = text(client.get(url))
    assert "Samtykket er trukket tilbage" in html
    assert "Personen har trukket sit samtykke" not in html
    db.expire_all()
    assert (made.state, made.ended_because, theirs.state) == ("ended", "consent_withdrawn", "offered")
    db.rollback()
    assert client.post(mine).status_code == 303  # told again: nothing more happens


def test_another_partners_openings_and_candidates_are_not_there(
    client: FlaskClient, db: Session, url: str, opening: Opening
) -> None:
    other, theirs = make_partner(db, "HK"), make_opening(db, occupation="Kok")
    make_share(db, theirs, other)
    make_share(db, opening, other)
    made = make_offer(db, opening, make_board_candidate(db, other, "HK-1"))
    db.commit()
    html = text(client.get(url)) + text(client.get(f"{url}/{opening.id}"))
    assert ("Kok" in html, "HK-1" in html) == (False, False)
    assert client.get(f"{url}/{theirs.id}").status_code == 404
    assert client.post(f"{url}/{theirs.id}", data=DATA).status_code == 404
    assert client.post(f"{url}/forslag/{made.id}/fortryd").status_code == 404
    db.expire_all()
    assert db.get_one(Candidacy, made.id).state == "offered"


def test_mails_in_the_morning_are_stopped_and_taken_up_by_the_link(
    client: FlaskClient, db: Session, partner: Partner, url: str
) -> None:
    old = link_of(partner, 60)
    for wanted, after in (("0", False), ("1", True)):
        assert client.get(f"{url}/mail?wanted={wanted}").status_code == 405
        assert client.post(f"{url}/mail", data={"wanted": wanted}).status_code == 303
        db.expire_all()
        assert partner.digest is after
        db.rollback()
    assert client.post(f"{old}/mail", data={"wanted": "1"}).status_code == 404
    assert client.post(f"{old}/mail", data={"wanted": "0"}).status_code == 303


def test_a_shares_end_is_told_and_forms_need_their_token(
    app: Flask, client: FlaskClient, db: Session, url: str, opening: Opening
) -> None:
    opening.state, opening.closed_at = "closed", NOW
    db.commit()
    assert "Ingen åbninger lige nu" in text(client.get(url))
    assert "ikke længere på tavlen" in text(client.get(f"{url}/{opening.id}"))
    late = client.post(f"{url}/{opening.id}", data=DATA)
    assert (late.status_code, "lukket" in text(late)) == (409, True)
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(f"{url}/mail", data={"wanted": "0"}).status_code == 400
