from __future__ import annotations

import base64
import io
import re

import pytest
from sqlalchemy import func, select

from crm.companies.models import ImportBatch, Workplace
from tests.factories import make_jobcentre, make_queue_entry, make_user, make_workplace
from tests.factories.companies import csv_extract, register_row


@pytest.fixture
def manager(client, db, sign_in):
    """``client``, signed in as campaign manager."""
    user = make_user(db, "campaign_manager")
    db.commit()
    return sign_in(client, user)


def send(client, source, action="import", filename="udtræk.csv", **fields):
    body = {"file": (io.BytesIO(source.getvalue()), filename), "action": action, "industry_version": "DB25", **fields}
    return client.post("/register", data=body, content_type="multipart/form-data")


def workplaces(db):
    return fresh(db, select(func.count(Workplace.id)))


def fresh(db, query):
    """What the database says now; leaves no transaction open, which would hold off the next request."""
    db.rollback()
    found = db.scalar(query)
    db.rollback()
    return found


def test_an_empty_register_says_what_to_do(manager):
    answer = manager.get("/register")
    assert answer.status_code == 200
    assert "Registeret er tomt" in answer.text
    assert "Hent et eksempel" in answer.text


def test_an_upload_goes_in_and_shows_what_it_did(manager, db):
    answer = send(manager, csv_extract([register_row(1), register_row(2, postcode=""), register_row(3, phone="1")]))
    assert answer.status_code == 303
    page = manager.get(answer.location).text
    assert "Postnummer mangler" in page
    assert "Hent afviste rækker" in page
    assert "Telefonnummeret" in manager.get(answer.location + "?kind=warning").text
    assert workplaces(db) == 2
    assert "udtræk.csv" in manager.get("/register").text


def test_the_rejected_rows_come_as_a_file_that_can_be_loaded_again(manager, db):
    answer = send(manager, csv_extract([register_row(1, postcode="")]))
    file = manager.get(answer.location + "/rejects.csv")
    assert file.headers["Content-Disposition"].startswith("attachment")
    again = io.BytesIO(file.data.replace(b";;Hobro", b";9500;Hobro"))
    assert "Alle rækker er læst ind" in manager.get(send(manager, again).location).text
    assert workplaces(db) == 1


def test_a_trial_writes_nothing_and_brings_its_correction_file(manager, db):
    answer = send(manager, csv_extract([register_row(1), register_row(2, postcode="")]), action="check")
    assert answer.status_code == 200
    assert "Intet er skrevet" in answer.text
    link = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', answer.text)
    assert "Postnummer mangler" in base64.b64decode(link[1]).decode("utf-8-sig")
    assert workplaces(db) == 0
    assert db.scalar(select(func.count(ImportBatch.id))) == 0


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "tom"), (b"navn;by\nA;B\n", "cvr_number"), (b"PK\x03\x04x", "Regnearket")]
)
@pytest.mark.parametrize("action", ["import", "check"])
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(manager, db, content, word, action):
    answer = send(manager, io.BytesIO(content), action=action)
    assert answer.status_code == 422
    assert word in answer.text
    assert workplaces(db) == 0


def test_no_file_is_said_at_the_field(manager):
    answer = manager.post("/register", data={"action": "import"}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Vælg en fil." in answer.text


def test_what_stands_in_a_file_never_becomes_markup(manager):
    answer = send(
        manager, csv_extract([register_row(1, postcode="<script>alert(1)</script>")]), filename="<b>x</b>.csv"
    )
    page = manager.get(answer.location).text
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    assert "&lt;script&gt;" in page


def test_the_example_can_be_loaded(manager, db):
    answer = send(manager, io.BytesIO(manager.get("/register/example.csv").data))
    assert "Alle rækker er læst ind" in manager.get(answer.location).text
    assert workplaces(db) == 2


def test_undo_takes_the_import_back_until_it_is_used(manager, db):
    first = send(manager, csv_extract([register_row(1)])).location
    assert manager.post(first + "/undo").status_code == 303
    assert workplaces(db) == 0
    assert "Indlæsningen er fortrudt" in manager.get(first).text
    second = send(manager, csv_extract([register_row(1)])).location
    make_queue_entry(db, workplace=db.scalars(select(Workplace)).one())
    db.commit()
    page = manager.post(second + "/undo", follow_redirects=True).text
    assert "taget i brug" in page
    assert workplaces(db) == 1


@pytest.mark.parametrize("role", ["consultant", "phoner", "jobcentre_lead", "regional_lead", "admin"])
def test_only_the_campaign_manager_imports(client, db, sign_in, role):
    user = make_user(db, role)
    db.commit()
    sign_in(client, user)
    assert client.get("/register").status_code == 403
    assert send(client, csv_extract([register_row(1)])).status_code == 403
    for path in ("/register/1", "/register/1/rejects.csv", "/register/example.csv"):
        assert client.get(path).status_code == 403
    assert client.post("/register/1/undo").status_code == 403
    assert workplaces(db) == 0


def test_nobody_signed_in_goes_to_sign_in(client):
    assert "/sign-in" in client.get("/register").location


@pytest.mark.parametrize("path", ["/register/999", "/register/999/rejects.csv", "/register/99999999999999999999"])
def test_an_import_that_is_not_there(manager, path):
    assert manager.get(path).status_code == 404


@pytest.mark.parametrize("query", ["page=0", "page=-4", "page=x", "page=99999999999999999999", "kind=x"])
def test_odd_addresses_show_a_page(manager, query):
    location = send(manager, csv_extract([register_row(1, postcode="")])).location
    assert manager.get(f"{location}?{query}").status_code == 200
    assert manager.get(f"/register?{query}").status_code == 200


def test_pages_speak_english(manager):
    location = send(manager, csv_extract([register_row(1, postcode="")])).location
    manager.post("/language", data={"language": "en", "next": "/register"})
    assert "Company register" in manager.get("/register").text
    assert "Rejected rows" in manager.get(location).text


def test_a_lead_sets_and_lifts_do_not_call_for_companies_of_the_jobcentre(client, db, sign_in):
    lead = make_user(db, "jobcentre_lead", jobcentre=make_jobcentre(db))
    mine, other = make_workplace(db), make_workplace(db, municipality_code="101")
    lead_id, mine_id, other_id = lead.id, mine.id, other.id
    db.commit()
    sign_in(client, lead)
    path = f"/companies/{mine_id}/do-not-call"
    assert "Ring ikke igen" in client.get(path).text
    assert client.post(path, data={"wish": "do_not_call", "reason": ""}).status_code == 422
    assert client.post(path, data={"wish": "do_not_call", "reason": "Ønsker det ikke"}).status_code == 303
    assert fresh(db, select(Workplace.do_not_call_by).where(Workplace.id == mine_id)) == lead_id
    assert client.post(path, data={"wish": "call", "reason": "Ringede selv"}).status_code == 303
    assert fresh(db, select(Workplace.do_not_call_at).where(Workplace.id == mine_id)) is None
    assert client.get(f"/companies/{other_id}/do-not-call").status_code == 404


def test_a_consultant_may_not_set_it(client, db, sign_in):
    user, found = make_user(db, "consultant"), make_workplace(db)
    db.commit()
    sign_in(client, user)
    assert client.post(f"/companies/{found.id}/do-not-call", data={"reason": "x"}).status_code == 403
