"""Figures of agreements as their readers see them: page, rows, file, API, command."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.campaigns.models import Campaign
from crm.cli.rates import rates
from crm.people.models import User
from crm.reports.rules import PROMISE_GROUPS, sample_margin
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_participation, make_queue_entry, make_user, make_visit
from tests.factories.core import make_campaign
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening
from tests.reports.test_views import counted

SignIn = Callable[[FlaskClient, User], FlaskClient]
TODAY = danish_date(NOW)
DAY = timedelta(days=1)


@pytest.fixture
def campaign(db: Session) -> Campaign:
    """Two jobcentres. Ours: 2 on time, 1 late, 1 not done, 1 ahead; theirs: 1 of 2 on time. Of 3 asked, 2 answered:
    one says that it happened, where we have written both as done."""
    made = make_campaign(db, name="Luk op 2026")
    for number, code in enumerate(("846", "101")):
        joined = make_participation(db, campaign=made, jobcentre=make_jobcentre(db, code=code))
        entry = make_queue_entry(db, participation=joined, state="done", final_outcome="booked", final_at=NOW - 9 * DAY)
        visit = make_visit(db, entry=entry, state="held", starts_at=NOW - 8 * DAY - timedelta(hours=number))
        first = TODAY - 4 * DAY
        done = {"state": "done", "visit": visit, "due_on": first, "asked_at": NOW}
        if number == 0:
            make_follow_up(db, **done, done_at=NOW - 5 * DAY, company_kept=True)
            make_follow_up(db, **done, done_at=NOW - 4 * DAY, company_kept=False)
            make_follow_up(db, **{**done, "asked_at": None}, done_at=NOW - DAY)
            make_follow_up(db, visit=visit, due_on=first, owed_by="company", state="done", done_at=NOW - 6 * DAY)
        else:
            make_follow_up(db, visit=visit, due_on=first, asked_at=NOW)
            make_follow_up(db, visit=visit, due_on=TODAY + 7 * DAY)
            make_follow_up(db, visit=visit, due_on=first, owed_by="company")
            make_follow_up(db, visit=visit, due_on=first, kind="data_missing", promise="Oplysninger mangler")
    db.commit()
    return made


def test_the_page_says_both_sides_and_what_companies_say(
    client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign
) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    text = sign_in(client, manager).get("/reports/followups").get_data(as_text=True)
    assert "Virksomhederne siger, at 1 af 2 aftaler skete; vi siger 2 af de samme" in text
    assert "2 af 4" in text, "ours, and not the task that the system made"
    assert "1 af 2" in text
    assert "Om de samme 2 aftaler: vi siger 100 %, virksomhederne siger 50 %" in text
    margin = f"{(sample_margin(2, 3) or 0) * 100:.2f}".replace(".", ",")
    assert f"2 af 3 spurgte virksomheder har svaret. Stikprøvens usikkerhed er højst ± {margin} point." in text
    assert "58 % af virksomhederne" in text
    assert "Evaluering af kampagnen, 2013, afsnit 4.4" in text
    assert "(v4)" in text, "the definition with its version"
    assert "Opgjort 24.11.2026" in text
    other = client.get("/reports/followups?side=tasks").get_data(as_text=True)
    assert "Egne opgaver, pr. jobcenter" in other


@pytest.mark.parametrize("by", [*PROMISE_GROUPS])
def test_every_grouping_shows_within_twelve_queries(
    app: Flask, client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign, by: str
) -> None:
    lead = make_user(db, "regional_lead")
    db.commit()
    sign_in(client, lead)
    with counted(app) as seen:
        answer = client.get(f"/reports/followups?by={by}&campaign=all")
    assert answer.status_code == 200
    assert len(seen) <= 12, "\n".join(seen)


def test_every_number_opens_its_rows(client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    sign_in(client, manager)
    for of, side, figure in (
        ("due", "jobcentre", 4),
        ("on_time", "jobcentre", 2),
        ("late", "jobcentre", 1),
        ("never", "jobcentre", 1),
        ("ahead", "jobcentre", 1),
        ("due", "company", 2),
        ("all", "tasks", 1),
        ("asked", "", 3),
        ("says_kept", "", 1),
    ):
        wanted = f"/reports/followups/rows?of={of}" + (f"&side={side}" if side else "")
        page = client.get(wanted).get_data(as_text=True)
        assert f": {figure}</h1>" in page, (of, side)
        assert page.count('<th scope="row">') == figure
    for bad in ("of=nothing", "of=due&by=jobcentre&key=x", "of=due&by=week&key=1", "campaign=77"):
        assert client.get(f"/reports/followups/rows?{bad}").status_code == 404, bad


@pytest.mark.parametrize("bad", ["by=moon", "campaign=999999", "from=uge36", "jobcentre=abc"])
def test_filters_that_cannot_be_used_are_named(
    client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign, bad: str
) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    answer = sign_in(client, manager).get(f"/reports/followups?{bad}")
    assert answer.status_code == 422
    assert "Filtrene kan ikke bruges" in answer.get_data(as_text=True)
    assert client.get(f"/reports/followups.csv?{bad}").status_code == 404


def test_a_lead_counts_the_own_jobcentre_alone_and_phoners_nothing(
    client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign
) -> None:
    lead, phoner = make_user(db, "jobcentre_lead", jobcentre=make_jobcentre(db, code="846")), make_user(db, "phoner")
    db.commit()
    assert "2 af 3" in sign_in(client, lead).get("/reports/followups?campaign=all").get_data(as_text=True)
    assert ": 3</h1>" in client.get("/reports/followups/rows?of=due&side=jobcentre").get_data(as_text=True)
    assert sign_in(client, phoner).get("/reports/followups").status_code == 403


def test_file_api_and_command_hold_the_same_totals(
    app: Flask,
    client: FlaskClient,
    db: Session,
    sign_in: SignIn,
    api: Callable[[User], dict[str, str]],
    campaign: Campaign,
) -> None:
    manager = make_user(db, "campaign_manager")
    db.commit()
    headers = api(manager)
    sign_in(client, manager)
    body = client.get("/reports/followups.csv?by=consultant").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body), delimiter=";"))
    ours = [row for row in rows if row["Hvem skylder"] == "Vi skylder"]
    assert [ours[-1][name] for name in ("Konsulent", "Frist nået", "Til tiden", "For sent", "Ikke gjort")] == [
        "I alt",
        "4",
        "2",
        "1",
        "1",
    ]
    assert sum(int(row["Frist nået"]) for row in ours[:-1]) == 4
    found = client.get(f"/api/v1/reports/follow-ups?campaign_id={campaign.id}&by=kind", headers=headers).get_json()
    totals = {one["side"]: one for one in found["totals"]}
    assert (totals["jobcentre"]["on_time"], totals["jobcentre"]["due"], totals["jobcentre"]["rate"]) == (2, 4, 0.5)
    assert (totals["company"]["on_time"], totals["company"]["due"], totals["tasks"]["never"]) == (1, 2, 1)
    assert (found["definition_version"], totals["jobcentre"]["median_days_late"]) == (4, 3.0)
    assert client.get("/api/v1/reports/follow-ups?campaign_id=77", headers=headers).status_code == 404
    assert client.get("/api/v1/reports/follow-ups?by=moon", headers=headers).status_code == 422
    said = app.test_cli_runner().invoke(rates, ["followups", f"--campaign={campaign.id}", "--by=jobcentre"]).stdout
    assert "We owe" in said
    assert "50.0 % (2 / 4)" in said
    plain = app.test_cli_runner().invoke(rates, ["followups", f"--campaign={campaign.id}", "--format=json"]).stdout
    assert {one["side"]: one["due"] for one in json.loads(plain)["totals"]} == {
        "jobcentre": 4,
        "company": 2,
        "tasks": 1,
    }


def test_without_agreements_the_page_says_what_will_come(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    lead = make_user(db, "jobcentre_lead")
    db.commit()
    assert "Ingen kampagne at opgøre" in sign_in(client, lead).get("/reports/followups").get_data(as_text=True)
    make_participation(db, jobcentre=make_jobcentre(db))
    db.commit()
    assert "Ingen aftaler at opgøre endnu" in client.get("/reports/followups").get_data(as_text=True)
    assert client.get("/reports/followups.csv").status_code == 200


@pytest.mark.parametrize("role", ["regional_lead", "jobcentre_lead"])
@pytest.mark.parametrize("page", ["followups", "openings"])
def test_leads_read_nothing_from_beyond_their_own_area(
    client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign, role: str, page: str
) -> None:
    """The other jobcentre lies in another region; a campaign of its alone is as one that does not exist."""
    own, other = make_jobcentre(db, code="846"), make_jobcentre(db, code="101")
    apart = make_campaign(db, name="Kun for de andre")
    joined = make_participation(db, campaign=apart, jobcentre=other)
    entry = make_queue_entry(db, participation=joined, state="done", final_outcome="booked", final_at=NOW - 9 * DAY)
    make_follow_up(db, visit=make_visit(db, entry=entry, state="held", starts_at=NOW - 8 * DAY), due_on=TODAY)
    for visit in db.query(Visit).filter_by(state="held").all():
        make_opening(db, visit=visit)
    lead = make_user(db, role, jobcentre=own)
    db.commit()
    sign_in(client, lead)
    for wanted in ("", "?campaign=all", f"?campaign={campaign.id}"):
        text = client.get(f"/reports/{page}{wanted}").get_data(as_text=True)
        assert other.name not in text, wanted
        assert "Kun for de andre" not in text, wanted
    every, of = f"/reports/{page}/rows?campaign=all", "due" if page == "followups" else "told"
    assert f": {4 if page == 'followups' else 1}</h1>" in client.get(f"{every}&of={of}").get_data(as_text=True)
    file = "followups" if page == "followups" else "openings-life"
    assert other.name not in client.get(f"/reports/{file}.csv?campaign=all&by=jobcentre").data.decode("utf-8-sig")
    for foreign in (f"campaign={apart.id}", f"jobcentre={other.id}"):
        assert client.get(f"/reports/{page}?{foreign}").status_code == 422, foreign
        assert client.get(f"/reports/{page}/rows?of={of}&{foreign}").status_code == 404, foreign
        assert client.get(f"/reports/{file}.csv?{foreign}").status_code == 404, foreign
    assert client.get(f"{every}&of={of}&by=jobcentre&key={other.id}").get_data(as_text=True).count('scope="row"') == 0


def test_the_file_opens_rightly_in_a_danish_spreadsheet(
    client: FlaskClient, db: Session, sign_in: SignIn, campaign: Campaign
) -> None:
    manager = make_user(db, "campaign_manager")
    campaign.name = "=HYPERLINK(0)"
    db.commit()
    body = sign_in(client, manager).get("/reports/followups.csv?by=campaign").data
    assert body.startswith("\N{ZERO WIDTH NO-BREAK SPACE}".encode())
    lines = body.decode("utf-8-sig").split("\r\n")
    assert lines[1].split(";")[0] == "'=HYPERLINK(0)", "a formula is text"
    assert "50,0" in lines[1].split(";"), "a decimal comma"
    assert all(line.count(";") == lines[0].count(";") for line in lines[:-1])
