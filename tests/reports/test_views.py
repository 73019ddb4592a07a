"""The report as its readers see it: page, rows, files, API."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.campaigns.models import Campaign
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import (
    make_campaign,
    make_jobcentre,
    make_participation,
    make_queue_entry,
    make_user,
    make_visit,
    make_workplace,
)
from tests.factories.openings import make_opening

SignIn = Callable[[FlaskClient, User], FlaskClient]


@pytest.fixture
def campaign(db: Session) -> Campaign:
    """Two jobcentres in two regions: 3 booked of 5 contacted, one visit held with two openings for 3 positions."""
    made = make_campaign(db, name="Luk op 2026")
    for code, outcomes in (("846", ("booked", "booked", "declined")), ("101", ("booked", "declined"))):
        joined = make_participation(db, campaign=made, jobcentre=make_jobcentre(db, code=code))
        for outcome in outcomes:
            make_queue_entry(
                db,
                participation=joined,
                workplace=make_workplace(db, municipality_code=code),
                state="done",
                final_outcome=outcome,
                final_at=NOW - timedelta(days=2),
            )
    visit = make_visit(
        db,
        entry=make_queue_entry(
            db,
            participation=make_participation(db, campaign=made),
            state="done",
            final_outcome="booked",
            final_at=NOW - timedelta(days=9),
        ),
        state="held",
        starts_at=NOW - timedelta(days=1),
        pressed=False,
    )
    make_opening(db, visit=visit, positions=2, akutjob=False)
    make_opening(db, visit=visit, type="work_placement", positions=1, akutjob=False)
    db.commit()
    return made


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    engine = app.extensions["crm.engine"]
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_the_page_says_the_finding_with_what_it_stands_on(
    client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign
) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    text = sign_in(client, manager).get("/reports").get_data(as_text=True)
    assert "67 af 100 kontaktede virksomheder booker et besøg, og 100 besøg giver 300 åbninger" in text
    assert "4 af 6" in text
    assert "95 % interval" in text
    assert "Opgjort 24.11.2026" in text
    assert text.count('class="figure"') == 2
    assert "Vis som tabel" in text


@pytest.mark.parametrize("by", ["region", "jobcentre", "firm", "phoner", "consultant", "industry", "week"])
def test_every_grouping_shows_within_twelve_queries(
    app: Flask, client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign, by: str
) -> None:
    lead = make_user(db, "regional_lead")
    db.commit()
    sign_in(client, lead)
    with counted(app) as seen:
        answer = client.get(f"/reports?by={by}")
    assert answer.status_code == 200
    assert len(seen) <= (14 if by == "week" else 12), "\n".join(seen)


def test_a_regional_lead_reads_only_the_own_region(
    client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign
) -> None:
    lead = make_user(db, "regional_lead", jobcentre=make_jobcentre(db, code="846"))
    other = make_jobcentre(db, code="101")
    db.commit()
    sign_in(client, lead)
    text = client.get("/reports").get_data(as_text=True)
    assert "3 af 4" in text
    assert other.name not in text
    refused = client.get(f"/reports?jobcentre={other.id}")
    assert refused.status_code == 422
    assert "Jobcentret findes ikke i kampagnen" in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    "bad",
    [
        "from=uge36",
        "by=moon",
        "campaign=999999",
        "campaign=x",
        "region=5000",
        "jobcentre=abc",
        "from=2026-W40&to=2026-W30",
    ],
)
def test_filters_that_cannot_be_used_are_named(
    client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign, bad: str
) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    answer = sign_in(client, manager).get(f"/reports?{bad}")
    assert answer.status_code == 422
    assert "Filtrene kan ikke bruges" in answer.get_data(as_text=True)


def test_weeks_narrow_every_figure(client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    text = sign_in(client, manager).get("/reports?from=2026-W47&to=2026-W47").get_data(as_text=True)
    assert "3 af 5" in text
    assert "Ingen er kontaktet endnu" in client.get("/reports?from=2026-W40&to=2026-W41").get_data(as_text=True)


def test_without_campaign_or_contacts_the_page_says_what_will_come(
    client: FlaskClient, db: Session, sign_in: SignIn
) -> None:
    lead = make_user(db, "jobcentre_lead")
    db.commit()
    assert "Ingen kampagne at opgøre" in sign_in(client, lead).get("/reports").get_data(as_text=True)
    make_participation(db, jobcentre=make_jobcentre(db))
    db.commit()
    assert "Ingen er kontaktet endnu" in client.get("/reports").get_data(as_text=True)


def test_figures_open_their_rows(client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    sign_in(client, manager)
    text = client.get(f"/reports/rows?campaign={campaign.id}&of=openings&type=ordinary").get_data(as_text=True)
    assert "Åbninger: 2" in text
    assert "Virksomheder, der sagde nej tak: 2" in client.get("/reports/rows?of=declined").get_data(as_text=True)
    for bad in (
        "of=nothing",
        "of=booked&by=jobcentre&key=x",
        "of=openings&type=moon",
        "campaign=77",
        "of=booked&by=week&key=1",
        "of=booked&by=phoner&key=99999999999999999999",
    ):
        assert client.get(f"/reports/rows?{bad}").status_code == 404, bad


def test_files_hold_the_same_totals(client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    sign_in(client, manager)
    answer = client.get("/reports/booking.csv?by=region")
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[-1][:4] == ["I alt", "4", "6", "66,67"]
    assert [sum(int(row[n]) for row in rows[1:-1]) for n in (1, 2)] == [4, 6]
    types = list(csv.reader(io.StringIO(client.get("/reports/openings.csv").data.decode("utf-8-sig")), delimiter=";"))
    assert types[1][:4] == ["Ordinære jobordrer, herunder akutjob", "2", "1", "200,0"]
    assert types[-1][:3] == ["I alt", "3", "1"]
    assert client.get("/reports/booking.csv?by=moon").status_code == 404


def test_the_api_answers_as_the_page(
    client: FlaskClient, db: Session, api: Callable[[User], dict[str, str]], campaign: Campaign
) -> None:
    headers = api(make_user(db, "campaign_manager"))
    found = client.get(
        f"/api/v1/reports/booking-rate?campaign_id={campaign.id}&by=jobcentre", headers=headers
    ).get_json()
    assert (found["total"]["numerator"], found["total"]["denominator"]) == (4, 6)
    assert sum(row["denominator"] for row in found["rows"]) == 6
    assert found["total"]["low"] < found["total"]["rate"] < found["total"]["high"]
    assert found["as_of"].startswith("2026-11-24T09:")
    assert found["definition"]
    types = client.get(f"/api/v1/reports/opening-rate?campaign_id={campaign.id}", headers=headers).get_json()
    assert [row["group"] for row in types["rows"]] == [
        "ordinary",
        "upskilling_job",
        "adult_apprentice",
        "job_rotation",
        "wage_subsidy",
        "work_placement",
        "other",
    ]
    assert types["total"]["numerator"] == 3
    by = client.get(f"/api/v1/reports/opening-rate?campaign_id={campaign.id}&by=consultant", headers=headers).get_json()
    assert by["total"]["rate"] == 3.0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("campaign_id=0", 422),
        ("campaign_id=x", 422),
        ("campaign_id=1&by=moon", 422),
        ("campaign_id=9007199254740992", 404),
    ],
)
def test_the_api_names_what_is_wrong(
    client: FlaskClient, db: Session, api: Callable[[User], dict[str, str]], query: str, status: int
) -> None:
    headers = api(make_user(db, "campaign_manager"))
    answer = client.get(f"/api/v1/reports/booking-rate?{query}", headers=headers)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_a_campaign_out_of_reach_is_not_found(
    client: FlaskClient, db: Session, api: Callable[[User], dict[str, str]], campaign: Campaign
) -> None:
    stranger = api(make_user(db, "jobcentre_lead", jobcentre=make_jobcentre(db, code="751")))
    for call in ("booking-rate", "opening-rate"):
        assert client.get(f"/api/v1/reports/{call}?campaign_id={campaign.id}", headers=stranger).status_code == 404
    phoner = api(make_user(db, "phoner"))
    assert client.get(f"/api/v1/reports/booking-rate?campaign_id={campaign.id}", headers=phoner).status_code == 403
