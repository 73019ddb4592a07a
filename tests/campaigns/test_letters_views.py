"""Letter pages: who reaches them, a spread from form to batches, files, returned mail, and the campaign's settings."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.campaigns.models import CallList, Campaign, Letter, LetterBatch
from crm.companies.models import Workplace
from tests.factories.core import make_jobcentre, make_participation, make_user, make_workplace
from tests.factories.letters import make_batch, make_mailing_list

COMING = date(2026, 12, 1)


@pytest.fixture
def listed(db: Session) -> CallList:
    """Jobcenter Mariagerfjord's approved list of eight, one of them protected."""
    workplaces = [make_workplace(db, name=f"Eksempel {n} ApS", advertising_protected=n == 7) for n in range(8)]
    made = make_mailing_list(db, workplaces=workplaces, name="Første liste")
    db.commit()
    return made


@pytest.fixture
def lead(db: Session, client: FlaskClient, sign_in: Callable, listed: CallList) -> FlaskClient:
    user = make_user(db, "jobcentre_lead", name="Mette Krog")
    db.commit()
    return sign_in(client, user)


def batches(db: Session) -> list[LetterBatch]:
    found = list(
        db.scalars(select(LetterBatch).order_by(LetterBatch.mailed_on).execution_options(populate_existing=True))
    )
    db.commit()
    return found


def new(listed: CallList, client: FlaskClient, **fields: str):
    values = {"name": "Postkort", "first_on": COMING.isoformat(), "every": "week", **fields}
    return client.post(f"/lists/{listed.id}/letters", data=values)


def committed_batch(db: Session, listed: CallList, **fields) -> LetterBatch:
    made = make_batch(db, listed, **fields)
    db.commit()
    return made


def test_a_spread_from_the_form(db: Session, lead: FlaskClient, listed: CallList) -> None:
    empty = lead.get(f"/campaigns/{listed.participation.campaign_id}/letters").get_data(as_text=True)
    assert "Ingen breve endnu" in empty
    plan = lead.get(
        f"/lists/{listed.id}/letters", query_string={"per": 3, "first_on": "2026-12-01", "every": "week", "amount": ""}
    )
    text = plan.get_data(as_text=True)
    assert "ti. 1. dec." in text
    assert "07.12.2026 kl. 8.00" in text
    assert "Reklamebeskyttet uden hjemmel" in text
    assert batches(db) == []
    answer = new(listed, lead, per="3")
    assert answer.status_code == 303
    assert [batch.mailed_on.day for batch in batches(db)] == [1, 8, 15]
    page = lead.get(answer.location).get_data(as_text=True)
    assert "3 forsendelser er lavet med 7 breve" in page
    assert "Postkort 2" in page


def test_counting_and_wrong_fields_make_nothing_and_keep_what_was_typed(
    db: Session, lead: FlaskClient, listed: CallList
) -> None:
    assert new(listed, lead, do="count", per="2").status_code == 200
    past = new(listed, lead, first_on="2026-11-23", name="Mit brev")
    assert past.status_code == 422
    assert "Dagen er forbi" in past.get_data(as_text=True)
    assert 'value="Mit brev"' in past.get_data(as_text=True)
    assert new(listed, lead, per="mange").status_code == 422
    assert new(listed, lead, first_on="").status_code == 422
    assert lead.get(f"/lists/{listed.id}/letters?per=mange&first_on=9999-12-31&every=x").status_code == 200
    assert batches(db) == []


def test_without_an_information_text_the_page_says_what_to_do(db: Session, lead: FlaskClient, listed: CallList) -> None:
    db.get_one(Campaign, listed.participation.campaign_id).information_text = ""
    db.commit()
    page = lead.get(f"/lists/{listed.id}/letters").get_data(as_text=True)
    assert "bed kampagnelederen" in page
    assert "Lav forsendelser" not in page
    assert new(listed, lead).status_code == 422
    assert "Der kan ikke laves breve endnu" in lead.get(
        f"/campaigns/{listed.participation.campaign_id}/letters"
    ).get_data(as_text=True)
    assert batches(db) == []


def test_a_batch_is_moved_and_cancelled(db: Session, lead: FlaskClient, listed: CallList) -> None:
    batch = committed_batch(db, listed, mailed_on=COMING)
    url = f"/letters/{batch.id}"
    assert lead.post(f"{url}/move", data={"mailed_on": "2026-12-03"}).status_code == 303
    assert batches(db)[0].mailed_on == date(2026, 12, 3)
    refused = lead.post(f"{url}/move", data={"mailed_on": "2020-01-01"})
    assert refused.status_code == 422
    assert "Dagen er forbi" in refused.get_data(as_text=True)
    assert lead.post(f"{url}/cancel").status_code == 303
    assert batches(db) == []


def test_on_its_day_a_batch_stays(db: Session, lead: FlaskClient, listed: CallList) -> None:
    batch = committed_batch(db, listed)
    page = lead.get(f"/letters/{batch.id}").get_data(as_text=True)
    assert "Aflys forsendelsen" not in page
    answer = lead.post(f"/letters/{batch.id}/cancel", follow_redirects=True)
    assert "kan ikke ændres" in answer.get_data(as_text=True)
    assert len(batches(db)) == 1


def test_addresses_as_csv_and_excel_are_logged_with_who(db: Session, lead: FlaskClient, listed: CallList) -> None:
    batch = committed_batch(db, listed, mailed_on=COMING)
    answer = lead.post(f"/letters/{batch.id}/addresses", data={"kind": "csv"})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="breve-2026-12-01-{batch.id}.csv"'
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[0][:7] == ["Navn", "Att.", "Adresse", "Postnr.", "By", "CVR-nr.", "P-nr."]
    assert [row[0] for row in rows[1:]] == [f"Eksempel {n} ApS" for n in range(7)]
    excel = lead.post(f"/letters/{batch.id}/addresses", data={"kind": "xlsx"})
    sheet = load_workbook(io.BytesIO(excel.data)).active
    assert sheet is not None
    assert sheet.max_row == 8
    facts = db.scalars(select(Activity).where(Activity.verb == "campaigns.export_letters").order_by(Activity.id)).all()
    assert [(fact.actor_name, fact.data["kind"], fact.data["rows"]) for fact in facts] == [
        ("Mette Krog", "csv", 7),
        ("Mette Krog", "xlsx", 7),
    ]
    db.commit()
    page = lead.get(f"/letters/{batch.id}").get_data(as_text=True)
    assert "Mette Krog" in page
    assert "7 adresser, XLSX" in page
    assert lead.get(f"/letters/{batch.id}/addresses").status_code == 405


@pytest.mark.parametrize("role", ["phoner", "consultant", "regional_lead"])
def test_nobody_else_gets_addresses(app: Flask, db: Session, sign_in: Callable, listed: CallList, role: str) -> None:
    batch = committed_batch(db, listed)
    user = make_user(db, role)
    db.commit()
    other = sign_in(app.test_client(), user)
    for url in (f"/campaigns/{listed.participation.campaign_id}/letters", f"/letters/{batch.id}"):
        assert other.get(url).status_code == 403
    assert other.post(f"/letters/{batch.id}/addresses").status_code == 403
    assert db.scalar(select(func.count()).where(Activity.verb == "campaigns.export_letters")) == 0


def test_a_lead_sees_the_own_jobcentre_alone(app: Flask, db: Session, sign_in: Callable, listed: CallList) -> None:
    batch = committed_batch(db, listed)
    far = make_jobcentre(db, code="840")
    campaign = db.get_one(Campaign, listed.participation.campaign_id)
    make_participation(db, campaign=campaign, jobcentre=far)
    user = make_user(db, "jobcentre_lead", jobcentre=far)
    db.commit()
    other = sign_in(app.test_client(), user)
    page = other.get(f"/campaigns/{campaign.id}/letters")
    assert page.status_code == 200
    assert "Første liste" not in page.get_data(as_text=True)
    for method, url in (
        ("get", f"/letters/{batch.id}"),
        ("get", f"/lists/{listed.id}/letters"),
        ("post", f"/lists/{listed.id}/letters"),
        ("post", f"/letters/{batch.id}/addresses"),
        ("post", f"/letters/{batch.id}/returned"),
        ("post", f"/letters/{batch.id}/move"),
        ("post", f"/letters/{batch.id}/cancel"),
        ("post", f"/letters/{batch.id}/returned/1/undo"),
    ):
        assert getattr(other, method)(url).status_code == 404, url


def returned(db: Session) -> int:
    found = db.scalar(select(func.count()).select_from(Letter).where(Letter.returned_at.is_not(None))) or 0
    db.commit()
    return found


def test_returned_mail_typed_ticked_and_loaded(db: Session, lead: FlaskClient, listed: CallList) -> None:
    batch = committed_batch(db, listed)
    numbers = list(db.scalars(select(Workplace.p_number).order_by(Workplace.id)))
    third = db.scalars(select(Letter.list_entry_id).order_by(Letter.list_entry_id)).all()[2]
    db.commit()
    url = f"/letters/{batch.id}/returned"
    wrong = lead.post(url, data={"numbers": f"{numbers[0]}\n1999999999 abc", "because": "moved"})
    assert wrong.status_code == 422
    assert "Fik ikke brev i forsendelsen: abc, 1999999999" in wrong.get_data(as_text=True)
    assert numbers[0] in wrong.get_data(as_text=True)  # what was typed is kept
    assert lead.post(url, data={"numbers": "abc", "because": "moved"}).status_code == 422
    assert lead.post(url, data={"numbers": "", "because": "moved"}).status_code == 422
    assert lead.post(url, data={"numbers": numbers[0], "because": "lost"}).status_code == 422
    assert returned(db) == 0
    file = f"Navn;P-nr.;Årsag\r\nEksempel;{numbers[1]};Ophørt\r\n".encode("cp1252")
    answer = lead.post(
        url,
        data={"numbers": numbers[0], "entry": str(third), "because": "moved", "file": (io.BytesIO(file), "retur.csv")},
    )
    assert answer.status_code == 303
    assert returned(db) == 3
    page = lead.get(answer.location).get_data(as_text=True)
    assert "3 breve er markeret" in page
    assert page.count(">Flyttet, <time") == 2
    assert ">Ophørt, <time" in page
    assert lead.post(f"{url}/{third}/undo").status_code == 303
    assert returned(db) == 2
    excel = lead.post(url, data={"because": "moved", "file": (io.BytesIO(b"PK\x03\x04x"), "retur.xlsx")})
    assert excel.status_code == 422
    assert "gem den som CSV" in excel.get_data(as_text=True)


def test_search_and_views_of_a_batch(db: Session, lead: FlaskClient, listed: CallList) -> None:
    batch = committed_batch(db, listed)
    number = db.scalar(select(Workplace.p_number).where(Workplace.name == "Eksempel 3 ApS"))
    db.commit()
    for query, hits in (
        ({"q": "sempel 3"}, 1),
        ({"q": number}, 1),
        ({"q": "%"}, 0),
        ({"view": "left_out"}, 1),
        ({"page": 2}, 0),
    ):
        text = lead.get(f"/letters/{batch.id}", query_string=query).get_data(as_text=True)
        assert text.count('<th scope="row"') == hits, query
    assert "Ingen fundet" in lead.get(f"/letters/{batch.id}?q=zzz").get_data(as_text=True)
    assert "Intet er kommet retur" in lead.get(f"/letters/{batch.id}?view=returned").get_data(as_text=True)


def test_pages_ask_no_more_for_more_rows(app: Flask, db: Session, lead: FlaskClient, listed: CallList) -> None:
    first = committed_batch(db, listed)
    seen: list[str] = []

    def note(_c, _cursor, statement, *_rest):
        seen.append(statement)

    urls = (
        f"/letters/{first.id}",
        f"/campaigns/{listed.participation.campaign_id}/letters",
        f"/lists/{listed.id}/letters",
    )
    asked = []
    sa.event.listen(app.extensions["crm.engine"], "before_cursor_execute", note)
    for _round in range(2):
        counts = []
        for url in urls:
            seen.clear()
            assert lead.get(url).status_code == 200
            counts.append(len(seen))
        asked.append(counts)
        for _n in range(4):
            more = make_mailing_list(db, 12, participation=listed.participation)
            make_batch(db, more, per=4, mailed_on=COMING + timedelta(days=3))
        db.commit()
    assert asked[0] == asked[1]
