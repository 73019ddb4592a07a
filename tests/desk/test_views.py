"""The desk's pages for each role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_participation, make_queue_entry, make_user, make_visit, make_workplace
from tests.factories.calling import make_call
from tests.factories.companies import make_contact
from tests.factories.followups import make_follow_up

SignIn = Callable[[FlaskClient, User], FlaskClient]


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("phoner", "Begynd at ringe"),
        ("jobcentre_lead", "Ingen besøg i dag"),
        ("regional_lead", "Ingen tal endnu"),
        ("campaign_manager", "Ingen åbne kampagner"),
        ("admin", "Udbakke"),
    ],
)
def test_each_role_has_an_overview_even_of_nothing(
    client: FlaskClient, db: Session, sign_in: SignIn, role: str, words: str
) -> None:
    user = make_user(db, role)
    db.commit()
    answer = sign_in(client, user).get("/")
    assert answer.status_code == 200
    assert words in answer.get_data(as_text=True)


def test_a_consultant_goes_to_the_day(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    user = make_user(db, "consultant")
    db.commit()
    assert sign_in(client, user).get("/").headers["Location"] == "/today"


def test_overviews_show_what_there_is(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    visit = make_visit(db, starts_at=NOW + timedelta(hours=1))
    make_follow_up(
        db,
        visit=visit,
        promise="To ansøgere til pladeværkstedet",
        due_on=NOW.date() - timedelta(days=4),
        first_due_on=NOW.date() - timedelta(days=4),
    )
    lead, manager, region = (
        make_user(db, "jobcentre_lead"),
        make_user(db, "campaign_manager"),
        make_user(db, "regional_lead"),
    )
    db.commit()
    text = sign_in(client, lead).get("/").get_data(as_text=True)
    assert "Opfølgning over fristen: 1" in text
    assert visit.workplace.name in text
    text = client.get("/jobcentre").get_data(as_text=True)
    assert visit.consultant.name in text
    assert "To ansøgere til pladeværkstedet" in text
    assert "Jobcentre med fuld kalender" in sign_in(client, manager).get("/").get_data(as_text=True)
    assert client.get(f"/jobcentre?jobcentre={visit.jobcentre_id}").status_code == 200
    assert "1 af 1 kontaktede" in sign_in(client, region).get("/").get_data(as_text=True)


def test_a_lead_cannot_open_another_jobcentre(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    lead, other = make_user(db, "jobcentre_lead"), make_jobcentre(db, code="101")
    db.commit()
    sign_in(client, lead)
    assert client.get(f"/jobcentre?jobcentre={other.id}").status_code == 404
    assert client.get("/jobcentre?jobcentre=x").status_code == 404


def test_the_company_page_tells_the_story(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    visit = make_visit(db, state="held", starts_at=NOW - timedelta(days=1))
    make_contact(db, visit.workplace, "Jens Prøve")
    make_call(db, entry=visit.entry, outcome="declined", reason="no_need", note="Spørg igen i foråret")
    make_follow_up(db, visit=visit, promise="Sender en brochure")
    lead = make_user(db, "jobcentre_lead")
    db.commit()
    sign_in(client, lead)
    text = client.get(f"/companies/{visit.workplace_id}").get_data(as_text=True)
    for words in ("Jens Prøve", "Spørg igen i foråret", "Mangler ingen", "Sender en brochure", "Må ikke ringes op"):
        assert words in text, words
    assert client.get(f"/companies/{visit.workplace_id}?before=2001-01-01T00:00:00%2B00:00").status_code == 200
    assert client.get(f"/companies/{visit.workplace_id}?before=rubbish").status_code == 200


def test_another_jobcentres_notes_are_not_shown(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    visit = make_visit(db)
    make_call(db, entry=visit.entry, note="kun for os")
    other = make_jobcentre(db, code="101")
    make_queue_entry(db, participation=make_participation(db, jobcentre=other), workplace=visit.workplace)
    stranger = make_user(db, "consultant", jobcentre=other)
    db.commit()
    text = sign_in(client, stranger).get(f"/companies/{visit.workplace_id}").get_data(as_text=True)
    assert "noterne er deres egne" in text
    assert "kun for os" not in text


def test_a_company_out_of_reach_is_not_found(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    place = make_workplace(db, municipality_code="101")
    consultant, phoner = make_user(db, "consultant"), make_user(db, "phoner")
    db.commit()
    for user in (consultant, phoner):
        assert sign_in(client, user).get(f"/companies/{place.id}").status_code == 404


@pytest.mark.parametrize("text", ["Rørhuset", "rørhuset", "Mette Rør", "20304050"])
def test_search_finds_by_name_contact_and_number(client: FlaskClient, db: Session, sign_in: SignIn, text: str) -> None:
    place = make_workplace(db, name="Rørhuset ApS", phone="+4520304050")
    make_contact(db, place, "Mette Rør")
    elsewhere = make_workplace(db, name="Rørhuset i København", municipality_code="101", phone="+4520304050")
    consultant = make_user(db, "consultant")
    db.commit()
    sign_in(client, consultant)
    for page in ("/search", "/search/quick"):
        found = client.get(page, query_string={"q": text}).get_data(as_text=True)
        assert f"/companies/{place.id}" in found, page
        assert f"/companies/{elsewhere.id}" not in found, page


def test_search_by_cvr_and_p_number(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    place, manager = make_workplace(db), make_user(db, "campaign_manager")
    db.commit()
    sign_in(client, manager)
    for number in (place.company.cvr_number, place.p_number):
        assert f"/companies/{place.id}" in client.get(f"/search?q={number}").get_data(as_text=True)


def test_search_says_what_to_do_when_nothing_is_found(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    sign_in(client, manager)
    assert "Hvem leder du efter?" in client.get("/search").get_data(as_text=True)
    assert "Skriv mindst to tegn" in client.get("/search?q=x").get_data(as_text=True)
    assert "Ingen virksomheder passer på" in client.get("/search?q=zzzz%25_").get_data(as_text=True)


def test_the_palette_offers_the_pages_of_the_role(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    phoner, manager = make_user(db, "phoner"), make_user(db, "campaign_manager")
    db.commit()
    text = sign_in(client, phoner).get("/search/quick?q=").get_data(as_text=True)
    assert 'role="option"' in text
    assert "/call" in text
    assert "/campaigns" not in text
    assert "Ny kampagne" in sign_in(client, manager).get("/search/quick?q=ny").get_data(as_text=True)


def test_due_follow_ups_stand_in_the_navigation(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    visit = make_visit(db, state="held", starts_at=NOW - timedelta(days=9))
    make_follow_up(db, visit=visit, due_on=NOW.date(), first_due_on=NOW.date())
    db.commit()
    assert 'class="tabbar__count">1' in sign_in(client, visit.consultant).get("/search").get_data(as_text=True)
