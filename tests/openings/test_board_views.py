"""The owner's pages and the board."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.openings.models import Candidacy, Opening, OpeningShare
from crm.people.models import Jobcentre, User
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit, make_workplace
from tests.factories.openings import make_opening
from tests.factories.sharing import make_board_candidate, make_offer, make_partner, make_share
from tests.openings.board import odense as odense
from tests.openings.board import opening as opening

Enter = Callable[[FlaskClient, User], FlaskClient]


@pytest.fixture
def owner(client: FlaskClient, sign_in: Enter, db: Session, opening: Opening) -> FlaskClient:
    user = opening.consultant
    db.rollback()  # let go of SQLite's writer
    return sign_in(client, user)


@pytest.fixture
def colleague(db: Session, odense: Jobcentre) -> User:
    made = make_user(db, "consultant", jobcentre=odense)
    db.commit()
    return made


@pytest.fixture
def elsewhere(client: FlaskClient, sign_in: Enter, colleague: User) -> FlaskClient:
    return sign_in(client, colleague)


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def queries(app: Flask, act: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    event.listen(app.extensions["crm.engine"], "before_cursor_execute", note)
    act()
    event.remove(app.extensions["crm.engine"], "before_cursor_execute", note)
    return len(seen)


def test_neighbours_come_nearest_first_and_the_preview_hides_the_company(
    owner: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    make_jobcentre(db, code="851", postcode="9000")
    partner = make_partner(db)
    db.commit()
    html = text(owner.get(f"/openings/{opening.id}/share"))
    assert html.index("Jobcenter Aalborg") < html.index("Jobcenter Odense")
    assert partner.name in html
    preview = html[html.index('id="preview"') :]
    assert opening.workplace.name not in preview
    assert "98 52 11 22" not in preview
    named = text(owner.post(f"/openings/{opening.id}/share", data={"preview": "1", "names_company": "y"}))
    assert opening.workplace.name in named[named.index('id="preview"') :]
    db.expire_all()
    assert db.get_one(Opening, opening.id).names_company is False


def test_sharing_and_taking_back_from_the_openings_page(
    owner: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    url = f"/openings/{opening.id}"
    assert owner.post(f"{url}/share", data={}).status_code == 422
    assert owner.post(f"{url}/share", data={"jobcentres": "999999"}).status_code == 422
    sent = owner.post(f"{url}/share", data={"jobcentres": str(odense.id), "names_company": "y"})
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{url}#sharing")
    shared = db.scalars(select(OpeningShare)).one()
    db.commit()
    assert odense.name in text(owner.get(url))
    assert owner.post(f"{url}/shares/{shared.id + 1}/withdraw").status_code == 404
    assert owner.post(f"{url}/shares/{shared.id}/withdraw").status_code == 303
    assert "Ingen andre ser åbningen endnu" in text(owner.get(url))


def test_a_proposal_waits_on_the_openings_page_and_is_answered(
    owner: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    who = make_board_candidate(db, odense, "K-99")
    made = make_offer(db, opening, who, offered_words="Har svejsecertifikat")
    db.commit()
    for here in (f"/openings/{opening.id}", "/openings", "/followups"):  # on every page, at once
        assert re.search(r'tabbar__count">1<', text(owner.get(here))), here
    assert "Tavle (1)" in text(owner.get("/openings"))
    html = text(owner.get(f"/openings/{opening.id}"))
    assert "1 forslag venter på jeres svar" in html
    assert "K-99" in html
    page, name = f"/openings/offers/{made.id}", opening.consultant.name
    db.rollback()
    assert "Har svejsecertifikat" in text(owner.get(page))
    silent = owner.post(page, data={"answer": "no", "words": ""})
    assert silent.status_code == 422
    assert "Skriv et par ord" in text(silent)
    assert owner.post(page, data={"answer": "yes", "words": "Tak"}).status_code == 303
    db.expire_all()
    assert db.get_one(Candidacy, made.id).state == "proposed"
    db.rollback()
    again = owner.post(page, data={"answer": "no", "words": "Nej"})
    assert again.status_code == 409
    assert f"{name} har allerede sagt ja" in text(again)


def test_others_openings_and_their_proposals_are_not_found(
    elsewhere: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    made = make_offer(db, opening, make_board_candidate(db, make_jobcentre(db, code="851")))
    db.commit()
    for url in (f"/openings/{opening.id}/share", f"/openings/offers/{made.id}", f"/board/{opening.id}"):
        assert elsewhere.get(url).status_code == 404
    assert elsewhere.post(f"/board/proposals/{made.id}/withdraw").status_code == 404


def test_the_board_shows_who_fits_and_narrows(
    elsewhere: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    assert "Ingen deler åbninger med jer lige nu" in text(elsewhere.get("/board"))
    near = make_workplace(
        db, name="Fynsk Stål", postcode="5200", municipality_code="461", city="Odense V", lat=None, lon=None
    )
    close = make_opening(
        db, visit=make_visit(db, workplace=near, state="held", starts_at=NOW), occupation="Kok", type="other"
    )
    for one in (opening, close):
        make_share(db, one, odense)
    make_board_candidate(db, odense, "F-1", postcode="9500")
    make_board_candidate(db, odense, "F-2", postcode="9500", consent_on=None)
    db.commit()
    html = text(elsewhere.get("/board"))
    assert "Kan passe" in html
    assert [ref in html for ref in ("F-1", "F-2", opening.workplace.name)] == [True, False, False]
    assert re.findall(r"Smed|Kok", text(elsewhere.get("/board?type=other"))) == ["Kok"] * html.count("Kok")
    assert "Smed" not in text(elsewhere.get("/board?minutes=45"))
    found = text(elsewhere.get("/board?occupation=smede"))
    assert (f"/board/{opening.id}" in found, f"/board/{close.id}" in found) == (True, False)
    assert "Ingen åbninger passer" in text(elsewhere.get("/board?occupation=astronaut"))
    assert elsewhere.get(f"/board?type=x&minutes=7&page={10**30}&view=no").status_code == 200


def test_a_candidate_of_ours_is_proposed_and_what_became_of_it_is_told(
    elsewhere: FlaskClient, db: Session, opening: Opening, odense: Jobcentre, colleague: User
) -> None:
    make_share(db, opening, odense)
    who = make_board_candidate(db, odense, "F-1")
    foreign = make_board_candidate(db, make_jobcentre(db, code="851"), "X-1")
    db.commit()
    url = f"/board/{opening.id}"
    html = text(elsewhere.get(url))
    assert [secret in html for secret in (opening.workplace.name, "98 52 11 22")] == [False, False]
    assert elsewhere.post(url, data={"own": "1", "candidate_id": str(foreign.id)}).status_code == 422
    assert elsewhere.post(url, data={"own": "1", "candidate_id": str(who.id), "own_words": "God"}).status_code == 303
    twice = elsewhere.post(url, data={"own": "1", "candidate_id": str(who.id)})
    assert (twice.status_code, "allerede foreslået" in text(twice)) == (409, True)
    assert "Venter på svar" in text(elsewhere.get("/board?view=proposals"))
    made = db.scalars(select(Candidacy)).one()
    assert made.offered_by == colleague.id
    made.state, made.answered_at, made.answered_words = "refused", NOW, "Desværre besat"
    db.commit()
    assert "Desværre besat" in text(elsewhere.get("/board?view=proposals"))
    assert elsewhere.post(f"/board/proposals/{made.id}/withdraw", follow_redirects=True).status_code == 200
    db.expire_all()
    assert db.get_one(Candidacy, made.id).state == "refused"


def test_a_new_candidate_is_proposed_and_a_wrong_one_keeps_what_was_typed(
    elsewhere: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    shared = make_share(db, opening, odense)
    address = opening.consultant.email
    db.commit()
    url = f"/board/{opening.id}"
    data = {"new": "1", "reference": "N-7", "occupation": "Smed", "postcode": "5000", "weekly_hours": "32,5",
            "languages": ["da"], "consent_on": "2026-11-20", "words": "Stærk kandidat"}  # fmt: skip
    refused = elsewhere.post(url, data=data)
    assert refused.status_code == 422
    assert "Stærk kandidat" in text(refused)
    assert elsewhere.post(url, data={**data, "agreed": "y"}).status_code == 303
    made = db.scalars(select(Candidacy)).one()
    assert (made.candidate.weekly_hours, made.candidate.jobcentre_id) == (32.5, odense.id)
    shared.withdrawn_at = NOW
    db.commit()
    late = elsewhere.post(url, data={**data, "reference": "N-8", "agreed": "y"})
    assert late.status_code == 409
    assert address in text(late)


def test_the_boards_pages_take_few_queries(
    app: Flask, elsewhere: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    for number in range(30):
        visit = make_visit(db, state="held", starts_at=NOW + timedelta(hours=2 * number), reported_at=NOW)
        one = make_opening(db, visit=visit, occupation="Smed")
        make_share(db, one, odense)
        make_offer(db, one, make_board_candidate(db, odense, f"P-{number}"))
        make_board_candidate(db, odense, f"Q-{number}")
    db.commit()
    for url in ("/board", "/board?view=proposals", "/board?view=own", f"/board/{one.id}"):
        assert queries(app, lambda url=url: elsewhere.get(url)) <= 12, url  # type: ignore[misc]
    assert "Side 1 af 2" in text(elsewhere.get("/board"))


def test_own_shared_openings_stand_with_what_waits(
    owner: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    assert "I deler ingen åbninger nu" in text(owner.get("/board?view=own"))
    make_share(db, opening, odense)
    make_offer(db, opening, make_board_candidate(db, odense))
    db.commit()
    html = text(owner.get("/board?view=own"))
    assert "1 forslag venter" in html
    assert "1 forslag venter på jeres svar" in text(owner.get("/board"))


def test_own_shared_openings_come_in_pages_and_many_cost_no_more_questions(
    app: Flask, client: FlaskClient, sign_in: Enter, colleague: User, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    make_share(db, opening, odense)
    make_offer(db, opening, make_board_candidate(db, odense))
    make_board_candidate(db, odense, "Q-0")
    owner = opening.consultant
    db.commit()

    def taken() -> dict[str, int]:
        found = {}
        for who, urls in ((owner, ("/board", "/board?view=own", "/openings")), (colleague, ("/board",))):
            sign_in(client, who)
            found |= {f"{who.id} {url}": queries(app, lambda url=url: client.get(url)) for url in urls}  # type: ignore[misc]
        return found

    few = taken()
    for number in range(60):
        make_share(db, make_opening(db, visit=opening.visit, occupation=f"Smed {number}"), odense)
        make_board_candidate(db, odense, f"R-{number}")
    db.commit()
    assert taken() == few
    assert max(few.values()) <= 12
    sign_in(client, owner)
    first, second = text(client.get("/board?view=own")), text(client.get("/board?view=own&page=2"))
    assert "Viser 1–50 af 61" in first
    assert "Viser 51–61 af 61" in second
    assert "1 forslag venter" in first, "the one with a proposal is the oldest, and comes first"
    assert "1 forslag venter" in text(client.get("/board"))


def test_the_api_shares_offers_and_answers(
    client: FlaskClient, api: Callable[[User], dict[str, str]], db: Session, opening: Opening, odense: Jobcentre,
    colleague: User,
) -> None:  # fmt: skip
    ours, theirs = api(opening.consultant), api(colleague)
    shared = client.post(f"/api/v1/openings/{opening.id}/share", headers=ours, json={"jobcentre_ids": [odense.id]})
    assert (shared.status_code, shared.get_json()["new"]) == (200, 1)
    assert client.post(f"/api/v1/openings/{opening.id}/share", headers=ours, json={}).status_code == 422
    item = client.get("/api/v1/board", headers=theirs).get_json()["items"][0]
    assert (item["opening_id"], item["company"], item["town"]) == (opening.id, None, "Hobro")
    body = {"candidate": {"reference": "N-7", "occupation": "Smed", "postcode": "5000", "consent_on": "2026-11-20",
                          "agreed": True}}  # fmt: skip
    url = f"/api/v1/board/{opening.id}/offer"
    made = client.post(url, headers=theirs, json=body)
    assert (made.status_code, made.get_json()["state"]) == (201, "offered")
    assert client.post(url, headers=theirs, json={}).status_code == 422
    assert client.post(url, headers=theirs, json={"candidate_id": 2**40}).status_code == 404
    answer = f"/api/v1/candidacies/{made.get_json()['id']}/answer"
    assert client.post(answer, headers=theirs, json={"accept": True}).status_code == 404
    silent = client.post(answer, headers=ours, json={"accept": False})
    assert (silent.status_code, silent.get_json()["errors"][0]["field"]) == (422, "words")
    assert client.post(answer, headers=ours, json={"accept": True}).get_json()["state"] == "proposed"
    assert client.post(answer, headers=ours, json={"accept": True}).get_json()["code"] == "answered"


def test_sharing_what_is_shared_already_says_that_nothing_changed(
    owner: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    make_share(db, opening, odense)
    db.commit()
    url, data = f"/openings/{opening.id}", {"jobcentres": str(odense.id)}
    assert owner.post(f"{url}/share", data=data).status_code == 303
    assert "De valgte har den allerede. Intet er ændret." in text(owner.get(url))
    assert owner.post(f"{url}/share", data={**data, "names_company": "y"}).status_code == 303
    assert "Det, modtagerne ser, er ændret." in text(owner.get(url))


def test_the_preview_asks_about_what_looks_like_a_name(owner: FlaskClient, db: Session, opening: Opening) -> None:
    opening.wishes = "Spørg efter Ulf Kristensen i porten. Kørekort B."
    db.commit()
    shown = text(owner.get(f"/openings/{opening.id}/share"))
    assert "»Ulf Kristensen« står i teksten" in shown
    opening.wishes = "Kørekort B og truckcertifikat."
    db.commit()
    assert "Er det navne?" not in text(owner.get(f"/openings/{opening.id}/share"))


def test_those_whose_day_has_passed_stand_last_on_the_board(
    elsewhere: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    opening.cvs_by = NOW.date() - timedelta(days=1)
    older = make_opening(db, visit=opening.visit, occupation="Kok", cvs_by=NOW.date())
    make_share(db, opening, odense, shared_at=NOW)
    make_share(db, older, odense, shared_at=NOW - timedelta(days=3))
    db.commit()
    shown = text(elsewhere.get("/board"))
    assert shown.index(">Kok<") < shown.index(">Smed<")
    assert shown.count("Fristen er overskredet") == 1


def test_the_board_tells_the_jobcentres_proposals_from_ones_own(
    owner: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    other = make_opening(db, visit=opening.visit)
    other.consultant = make_user(db, "consultant")
    for number, one in enumerate((opening, other)):
        make_share(db, one, odense)
        make_offer(db, one, make_board_candidate(db, odense, f"A-{number}"))
    db.commit()
    shown = text(owner.get("/board"))
    assert "2 forslag venter på jeres svar" in shown
    assert "1 af dem på dit" in shown
    assert "Vores delte åbninger (" not in shown


def test_who_cannot_reach_the_work_is_not_said_to_fit(
    elsewhere: FlaskClient, db: Session, opening: Opening, odense: Jobcentre
) -> None:
    make_share(db, opening, odense)
    make_board_candidate(db, odense, "NEJ-1", reach_minutes=5)
    make_board_candidate(db, odense, "JA-1", postcode="9500")
    db.commit()
    shown = text(elsewhere.get("/board"))
    fits = shown[shown.index("Kan passe:") :]
    assert "JA-1" in fits
    assert "NEJ-1" not in fits[: fits.index("</p>")]
