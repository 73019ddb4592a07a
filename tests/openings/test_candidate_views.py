"""Pages of candidates: the list, a new one, consent, what an opening's page and its steps do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.integrations.models import OutboxMessage
from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user
from tests.factories.candidates import make_candidacy, make_candidate, make_placement
from tests.factories.openings import make_opening
from tests.factories.sharing import make_board_candidate, make_partner

Enter = Callable[[FlaskClient, User], FlaskClient]
NEW = {"reference": "K-500", "occupation": "Kok", "postcode": "9500", "reach_minutes": "45"}


@pytest.fixture
def opening(db: Session) -> Opening:
    made = make_opening(db, occupation="Kok", occupation_code="5120", contact_email="chef@b.invalid", positions=2)
    db.commit()
    return made


@pytest.fixture
def page(client: FlaskClient, sign_in: Enter, db: Session, opening: Opening) -> FlaskClient:
    consultant = opening.consultant
    db.commit()  # a session that has read holds SQLite's only writer
    return sign_in(client, consultant)


@pytest.fixture
def desk(app: Flask, sign_in: Enter, db: Session, opening: Opening) -> FlaskClient:
    lead = make_user(db, "jobcentre_lead", jobcentre=make_jobcentre(db))
    db.commit()
    return sign_in(app.test_client(), lead)


def add(db: Session, opening: Opening, **fields: Any) -> Candidate:
    made = make_candidate(db, jobcentre_id=opening.jobcentre_id, **fields)
    db.commit()
    return made


def only(db: Session, model: Any) -> Any:
    """The one row of a table as it stands now; lets go of SQLite's only writer afterwards."""
    found = db.scalars(select(model).execution_options(populate_existing=True)).one()
    db.commit()
    return found


def html(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.get_data(as_text=True)


def test_the_list_filters(page: FlaskClient, desk: FlaskClient, db: Session, opening: Opening) -> None:
    add(db, opening, reference="AA-1", owner_id=opening.consultant_id)
    add(db, opening, reference="BB-2", occupation="Tømrer", consent_on=None)
    shown = add(db, opening, reference="CC-3", postcode="9000")
    make_candidacy(db, opening, shown, state="presented")
    add(db, opening, reference="DD-4", active=False)
    make_candidate(db, reference="EE-5", jobcentre=make_jobcentre(db, code="101", postcode="1550"))
    db.commit()

    def seen(query: str) -> str:
        text = html(page, f"/openings/candidates{query}")
        return "".join(name[0] for name in ("AA-1", "BB-2", "CC-3", "DD-4", "EE-5") if name in text)

    assert seen("") == "ABC"
    assert seen("?show=mine") == "A"
    assert seen("?show=no_consent") == "B"
    assert seen("?show=not_shown") == "AB"
    assert seen("?show=retired") == "D"
    assert seen("?occupation=51") == "AC"
    assert seen("?occupation=tømrer") == "B"
    assert seen("?q=cc") == "C"
    assert seen("?q=9000") == "C"
    assert seen(f"?show=gold&page={10**30}") == "ABC"
    assert "AA-1" in html(desk, "/openings/candidates")


def test_an_empty_list_says_what_to_do(page: FlaskClient) -> None:
    assert "Skriv den første ind" in html(page, "/openings/candidates")
    assert "Vælg et andet udsnit" in html(page, "/openings/candidates?q=x")


def test_pages_ask_the_database_few_questions_whatever_the_rows(
    page: FlaskClient, app: Flask, db: Session, opening: Opening
) -> None:
    for number in range(55):
        who = make_candidate(db, jobcentre_id=opening.jobcentre_id, postcode=f"{9000 + number * 10}")
        if number % 2:
            make_candidacy(db, opening, who, state="presented")
    mine = db.scalars(select(Candidacy)).first()
    assert mine is not None
    for _ in range(15):
        make_candidacy(db, make_opening(db, visit=opening.visit, occupation="Kok"), mine.candidate)
    for _ in range(10):
        make_opening(db, visit=opening.visit, occupation="Kok")
    db.commit()
    seen: list[str] = []
    event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *args: seen.append(args[2]))
    for url in (
        "/openings/candidates",
        f"/openings/candidates/{mine.candidate_id}",
        f"/openings/{opening.id}/proposals",
        f"/openings/{opening.id}/send",
        f"/candidacies/{mine.id}",
        "/openings/placements",
    ):
        seen.clear()
        html(page, url)
        assert len(seen) <= 12, (url, len(seen))


def test_a_new_candidate_in_five_fields(page: FlaskClient, db: Session) -> None:
    assert "Ny kandidat" in html(page, "/openings/candidates/new")
    answer = page.post("/openings/candidates/new", data={**NEW, "weekly_hours": "32,5", "consent_on": "2026-11-20"})
    assert answer.status_code == 302
    made = only(db, Candidate)
    assert (made.reference, made.occupation_code, made.weekly_hours, made.consent_on) == (
        "K-500",
        "5120",
        32.5,
        date(2026, 11, 20),
    )
    text = html(page, f"/openings/candidates/{made.id}")
    assert "Samtykke givet" in text
    assert "32,5 om ugen" in text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("reference", "010190-1234", "CPR-nummer"),
        ("reference", "Anna Jensen", "ligner et navn"),
        ("reference", "22 33 44 55", "telefonnummer"),
        ("postcode", "0001", "dansk postnummer"),
        ("consent_on", "2027-01-01", "ikke ligge efter i dag"),
        ("weekly_hours", "mange", "Timer om ugen"),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(
    page: FlaskClient, db: Session, field: str, value: str, says: str
) -> None:
    answer = page.post("/openings/candidates/new", data={**NEW, "occupation": "Glaspuster", field: value})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in text
    assert "Glaspuster" in text  # what was typed is kept
    assert db.scalars(select(Candidate)).all() == []


def test_a_new_candidate_from_an_opening_is_proposed_at_once(page: FlaskClient, db: Session, opening: Opening) -> None:
    assert page.post(f"/openings/candidates/new?opening={opening.id}", data=NEW).status_code == 302
    row = only(db, Candidacy)
    assert (row.opening_id, row.candidate.reference, row.state) == (opening.id, "K-500", "proposed")
    again = page.post(f"/openings/candidates/new?opening={opening.id}", data=NEW)
    assert again.status_code == 422
    assert "bruges allerede" in again.get_data(as_text=True)


def test_details_are_changed_and_consent_goes_with_the_reference(
    page: FlaskClient, db: Session, opening: Opening
) -> None:
    who = add(db, opening, languages=["da", "pl"])
    assert "checked" in html(page, f"/openings/candidates/{who.id}/edit")
    url = f"/openings/candidates/{who.id}/edit"
    was, changed = who.reference, {**NEW, "languages": ["da", "en"], "types": ["wage_subsidy"]}
    db.rollback()
    kept = page.post(url, data={**changed, "reference": was})
    assert kept.status_code == 302
    assert only(db, Candidate).consent_on == date(2026, 11, 1)
    assert page.post(url, data={**changed, "reach_minutes": "500"}).status_code == 422
    assert page.post(url, data=changed).status_code == 302
    db.refresh(who)
    assert (who.languages, who.types, who.consent_on) == (["da", "en"], ["wage_subsidy"], None)
    text = html(page, f"/openings/candidates/{who.id}")
    assert "Referencen er en anden, så samtykket gælder ikke mere" in text
    assert f"Reference: {was} → K-500" in text
    assert "Samtykke: 01.11.2026 → –" in text


def test_consent_is_given_and_taken_back_with_its_dates(page: FlaskClient, db: Session, opening: Opening) -> None:
    who = add(db, opening, consent_on=None)
    make_candidacy(db, opening, who)
    db.commit()
    url = f"/openings/candidates/{who.id}"
    assert "før personen har sagt ja" in html(page, url)
    assert page.post(f"{url}/consent", data={"consent_on": "2027-01-01"}).status_code == 422
    assert page.post(f"{url}/consent", data={"consent_on": "2026-11-23"}).status_code == 302
    assert "Givet 23.11.2026" in html(page, url)
    assert page.post(f"{url}/withdraw").status_code == 302
    assert "Trukket tilbage 24.11.2026" in html(page, url)
    assert only(db, Candidacy).ended_because == "consent_withdrawn"
    assert page.post(f"{url}/withdraw").status_code == 409


def test_retired_back_and_erased(page: FlaskClient, db: Session, opening: Opening) -> None:
    who = add(db, opening, reference="QQ-9")
    url = f"/openings/candidates/{who.id}"
    assert page.post(f"{url}/retire").status_code == 302
    assert "taget ud" in html(page, url)
    assert page.post(f"{url}/activate").status_code == 302
    assert page.post(f"{url}/erase").status_code == 302
    assert page.get(url).status_code == 404
    assert "QQ-9" not in html(page, "/openings/candidates?show=retired")


def test_the_best_are_proposed_with_reasons(page: FlaskClient, db: Session, opening: Opening) -> None:
    opening.languages, opening.workplace.postcode = ["da", "en"], "9500"
    add(db, opening, reference="NEAR-1", languages=["da", "en"])
    add(db, opening, reference="FAR-2", postcode="2100", languages=["da"])
    add(db, opening, reference="WOOD-3", occupation="Tømrer", occupation_code="7115")
    text = html(page, f"/openings/{opening.id}/proposals")
    assert text.index("NEAR-1") < text.index("FAR-2")
    assert "WOOD-3" not in text
    assert "samme fag" in text
    assert "mangler engelsk" in text
    assert "2 af 3 ledige kandidater passer" in text
    assert "WOOD-3" in html(page, f"/openings/{opening.id}/proposals?q=wood")
    brief = page.get(f"/openings/{opening.id}/proposals", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in brief
    assert "NEAR-1" in brief


def test_the_way_from_proposal_to_placement_in_the_pages(page: FlaskClient, db: Session, opening: Opening) -> None:
    who = add(db, opening, reference="ZZ-1")
    assert page.post(f"/openings/{opening.id}/candidacies", data={"candidate_id": who.id}).status_code == 302
    twice = page.post(f"/openings/{opening.id}/candidacies", data={"candidate_id": who.id})
    assert (twice.status_code, twice.location) == (303, f"/openings/{opening.id}")
    assert "er allerede på denne åbning" in html(page, twice.location)
    row = only(db, Candidacy)
    url = f"/candidacies/{row.id}"
    assert page.post(f"{url}/present").status_code == 302
    preview = html(page, f"/openings/{opening.id}/send?candidacy={row.id}")
    assert "ZZ-1: Kok" in preview
    assert "chef@b.invalid" in preview
    assert page.post(f"/openings/{opening.id}/send", data={"candidacy": [row.id]}).status_code == 302
    assert only(db, OutboxMessage).recipient == "chef@b.invalid"
    undone = page.post(f"{url}/undo")
    assert (undone.status_code, undone.location, only(db, Candidacy).state) == (303, url, "sent")
    assert "kan ikke trækkes tilbage" in html(page, url)
    assert page.post(f"{url}/interview", data={"day": ""}).status_code == 422
    assert page.post(f"{url}/interview", data={"day": "2026-11-30", "clock": "09:30"}).status_code == 302
    assert page.post(f"{url}/hire", data={"type": "wage_subsidy", "starts_on": "2026-12-01"}).status_code == 422
    hired = {"type": "wage_subsidy", "starts_on": "2026-12-01", "ends_on": "2027-02-26"}
    assert page.post(f"{url}/hire", data=hired).status_code == 302
    db.expire_all()
    assert (row.state, opening.stage) == ("hired", "part")
    text = html(page, url)
    assert "Se ansættelsen fra 01.12.2026" in text
    assert "Præsenteret for jobbet" in text


def test_a_candidate_without_consent_cannot_be_sent_and_the_page_leads_on(
    page: FlaskClient, db: Session, opening: Opening
) -> None:
    row = make_candidacy(db, opening, add(db, opening, reference="NO-1", consent_on=None))
    db.commit()
    text = html(page, f"/openings/{opening.id}/send")
    assert f"/openings/candidates/{row.candidate_id}#consent" in text
    refused = page.post(f"/openings/{opening.id}/send", data={"candidacy": [row.id]})
    assert (refused.status_code, refused.location) == (303, f"/openings/{opening.id}/send")
    shown = html(page, refused.location)
    assert "Der mangler samtykke fra NO-1" in shown
    assert f"/openings/candidates/{row.candidate_id}#consent" in shown
    assert "Skriv samtykket" in html(page, f"/candidacies/{row.id}")


def test_without_consent_the_page_offers_neither_interview_nor_hire(
    page: FlaskClient, db: Session, opening: Opening
) -> None:
    row = make_candidacy(db, opening, add(db, opening, consent_on=date(2001, 1, 1)))
    db.commit()
    url = f"/candidacies/{row.id}"
    text = html(page, url)
    assert "Samtykke over et år gammelt" in text
    assert ("Gem samtalen" in text, "Gem ansættelsen" in text) == (False, False)
    interview = page.post(f"{url}/interview", data={"day": "2026-11-30"})
    hire = page.post(f"{url}/hire", data={"type": "ordinary", "starts_on": "2026-12-01"})
    assert (interview.status_code, hire.status_code) == (409, 409)
    assert only(db, Candidacy).state == "proposed"
    candidate = html(page, f"/openings/candidates/{row.candidate_id}")
    assert "Givet 01.01.2001, over et år siden" in candidate
    assert "Gem samtykke" in candidate
    assert "over et år gammelt" in html(page, "/openings/candidates?show=no_consent")


def test_a_partners_candidates_consent_is_taken_back_on_the_openings_side(
    page: FlaskClient, db: Session, opening: Opening
) -> None:
    partner = make_partner(db)
    row = make_candidacy(db, opening, make_board_candidate(db, partner), state="sent", offered_at=NOW)
    db.commit()
    assert page.get(f"/openings/candidates/{row.candidate_id}").status_code == 404
    url = f"/candidacies/{row.id}"
    assert "Personen har trukket sit samtykke" in html(page, url)
    assert page.post(f"{url}/consent-withdrawn").status_code == 302
    assert only(db, Candidacy).ended_because == "consent_withdrawn"
    assert "Personen har trukket sit samtykke" not in html(page, url)
    assert page.post(f"{url}/consent-withdrawn").location == url
    assert "intet samtykke at trække tilbage" in html(page, url)


def test_a_day_of_another_year_is_said_with_its_year(page: FlaskClient, db: Session, opening: Opening) -> None:
    row = make_candidacy(db, opening)
    db.commit()
    url = f"/candidacies/{row.id}"
    far = page.post(f"{url}/interview", data={"day": "2020-01-01"})
    assert (far.status_code, "fra en måned tilbage" in far.get_data(as_text=True)) == (422, True)
    assert page.post(f"{url}/interview", data={"day": "2027-01-04"}).status_code == 302
    text = html(page, f"/openings/{opening.id}")
    assert f"Samtalen 04.01.2027 med {row.candidate.reference} er gemt." in text
    db.rollback()
    assert page.post(f"{url}/hire", data={"type": "ordinary", "starts_on": "2050-01-01"}).status_code == 422


def test_who_is_in_work_stands_last_and_is_hired_again_only_knowingly(
    page: FlaskClient, db: Session, opening: Opening
) -> None:
    busy, free = add(db, opening, reference="BUSY-1"), add(db, opening, reference="FREE-2", postcode="9000")
    other = make_opening(db, visit=opening.visit, occupation="Kok", occupation_code="5120")
    placed = make_placement(db, other, make_candidacy(db, other, busy, state="hired"))
    waiting = make_candidacy(db, make_opening(db, visit=opening.visit), busy)
    db.commit()
    text = html(page, f"/openings/{opening.id}/proposals")
    assert "1 af 1 ledige kandidater passer" in text
    assert "1 er i ansættelse og står sidst" in text
    assert "i ansættelse 01.12.2026–26.02.2027" in text
    assert text.index(free.reference) < text.index("BUSY-1")
    assert f"/openings/placements/{placed.id}" in html(page, f"/openings/candidates/{busy.id}")
    assert "i ansættelse" in html(page, "/openings/candidates?q=BUSY")
    row = make_candidacy(db, opening, busy)
    db.commit()
    url = f"/candidacies/{row.id}"
    assert "Løber samtidig" in html(page, url)
    data = {"type": "ordinary", "starts_on": "2026-12-07"}
    refused = page.post(f"{url}/hire", data=data)
    assert (refused.status_code, "er allerede i ansættelse" in refused.get_data(as_text=True)) == (409, True)
    assert page.post(f"{url}/hire", data={**data, "beside": "y", "ends_others": "y"}).status_code == 302
    db.refresh(waiting)
    assert (waiting.state, waiting.ended_because) == ("ended", "hired_elsewhere")


def test_somebody_free_when_the_job_begins_is_no_last_choice(page: FlaskClient, db: Session, opening: Opening) -> None:
    opening.starts_on = date(2027, 3, 1)
    other = make_opening(db, visit=opening.visit)
    make_placement(db, other, make_candidacy(db, other, add(db, opening, reference="SOON-1"), state="hired"))
    over = make_opening(db, visit=opening.visit)
    done = make_candidacy(db, over, add(db, opening, reference="OVER-2"), state="hired")
    make_placement(db, over, done, type="ordinary", ends_on=None, state="ended", ended_on=date(2026, 12, 1))
    db.commit()
    text = html(page, f"/openings/{opening.id}/proposals")
    assert "2 af 2 ledige kandidater passer" in text
    assert "står sidst" not in text


def test_who_has_seen_the_job_is_said_when_they_are_sent(page: FlaskClient, db: Session, opening: Opening) -> None:
    seen, unseen = make_candidacy(db, opening), make_candidacy(db, opening)
    db.commit()
    url = f"/openings/{opening.id}/send"
    assert f"{unseen.candidate.reference} har set jobbet" in html(page, url)
    db.rollback()
    data = {"candidacy": [seen.id, unseen.id], "shown": [seen.id], "how": "other"}
    assert page.post(url, data=data).status_code == 302
    db.expire_all()
    assert (bool(seen.presented_at), bool(unseen.presented_at)) == (True, False)
    assert "1 præsenteret for jobbet" in html(page, f"/openings/{opening.id}")


def test_told_by_telephone_is_noted_without_a_mail(page: FlaskClient, db: Session, opening: Opening) -> None:
    row = make_candidacy(db, opening)
    db.commit()
    data = {"candidacy": [row.id], "how": "other"}
    assert page.post(f"/openings/{opening.id}/send", data=data).status_code == 302
    assert only(db, Candidacy).sent_at is not None
    assert db.scalars(select(OutboxMessage)).all() == []
    db.commit()
    assert page.post(f"/candidacies/{row.id}/undo").status_code == 302


def test_it_comes_to_nothing_for_a_reason(page: FlaskClient, db: Session, opening: Opening) -> None:
    row = make_candidacy(db, opening, state="presented")
    db.commit()
    url = f"/candidacies/{row.id}"
    assert page.post(f"{url}/end", data={}).status_code == 422
    assert page.post(f"{url}/end", data={"because": "company_declined"}).status_code == 302
    assert "Virksomheden sagde nej" in html(page, url)
    assert page.post(f"{url}/unpresent").status_code == 302
    assert page.post(f"{url}/undo").status_code == 302
    db.refresh(row)
    assert (row.state, row.presented_at) == ("proposed", None)


def test_the_openings_page_shows_candidates_to_consultants_and_numbers_to_the_region(
    page: FlaskClient, app: Flask, sign_in: Enter, db: Session, opening: Opening
) -> None:
    make_candidacy(db, opening, add(db, opening, reference="VIS-1"), state="presented")
    region = make_user(db, "regional_lead", jobcentre=make_jobcentre(db))
    db.commit()
    own = html(page, f"/openings/{opening.id}")
    assert "VIS-1" in own
    assert "1 præsenteret for jobbet" in own
    other = html(sign_in(app.test_client(), region), f"/openings/{opening.id}")
    assert "VIS-1" not in other
    assert "1 præsenteret for jobbet" in other


def test_a_colleague_is_made_responsible_on_the_page(page: FlaskClient, db: Session, opening: Opening) -> None:
    who = add(db, opening)
    colleague = make_user(db, "consultant", jobcentre=make_jobcentre(db))
    db.commit()
    url = f"/openings/candidates/{who.id}/owner"
    assert f'href="{url}"' in html(page, f"/openings/candidates/{who.id}")
    assert colleague.name in html(page, url)
    assert page.post(url, data={"consultant_id": "987654"}).status_code == 422
    assert only(db, Candidate).owner_id is None
    assert page.post(url, data={"consultant_id": str(colleague.id)}).status_code == 302
    assert only(db, Candidate).owner_id == colleague.id
    assert "Ny ansvarlig konsulent" in html(page, f"/openings/candidates/{who.id}")


def test_another_jobcentres_people_are_not_found(app: Flask, sign_in: Enter, db: Session, opening: Opening) -> None:
    who = add(db, opening)
    row = make_candidacy(db, opening, who)
    stranger = make_user(db, "consultant", jobcentre=make_jobcentre(db, code="101", postcode="1550"))
    db.commit()
    client = sign_in(app.test_client(), stranger)
    pages = ("", "/owner", "/edit")
    for url in (
        *(f"/openings/candidates/{who.id}{end}" for end in pages),
        f"/candidacies/{row.id}",
        f"/openings/{opening.id}/send",
    ):
        assert client.get(url).status_code == 404
    for url in (
        f"/openings/candidates/{who.id}/erase",
        f"/openings/candidates/{who.id}/owner",
        f"/candidacies/{row.id}/present",
    ):
        assert client.post(url).status_code == 404
    assert db.scalars(select(Placement)).all() == []


def test_without_an_occupation_nobody_is_said_to_fit(page: FlaskClient, db: Session, opening: Opening) -> None:
    opening.occupation, opening.occupation_code = "", None
    who = add(db, opening, reference="ZZ-9")
    db.commit()
    url = f"/openings/{opening.id}/proposals"
    for shown in (html(page, url), page.get(url, headers={"HX-Request": "true"}).get_data(as_text=True)):
        assert "Skriv stillingen, så foreslår vi" in shown
        assert who.reference not in shown
        assert f"/openings/{opening.id}/details" in shown
    assert "ZZ-9" in html(page, f"{url}?q=ZZ-9")


def test_hours_are_asked_for_with_a_comma(page: FlaskClient, db: Session, opening: Opening) -> None:
    answer = page.post(f"/openings/{opening.id}/details", data={"weekly_hours": "90"})
    assert (answer.status_code, "Skriv timer fra 0,5 til 60" in answer.get_data(as_text=True)) == (422, True)


def test_steps_on_a_closed_opening_lead_back_with_the_reason(page: FlaskClient, db: Session, opening: Opening) -> None:
    row = make_candidacy(db, opening, add(db, opening), state="sent")
    opening.state, opening.closed_reason, opening.closed_at = "closed", "withdrawn", NOW
    db.commit()
    url = f"/candidacies/{row.id}"
    for step, data in (
        ("present", {}),
        ("interview", {"day": "2026-11-30"}),
        ("hire", {"type": "ordinary", "starts_on": "2026-12-01"}),
        ("undo", {}),
    ):
        answer = page.post(f"{url}/{step}", data=data)
        assert (answer.status_code, answer.location) == (303, url), step
        assert "Åbningen er lukket. Åbn den igen" in html(page, url)
    assert (only(db, Candidacy).state, only(db, Candidacy).interview_at is not None) == ("sent", False)
