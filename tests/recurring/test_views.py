"""The page of jobs: empty, at work, failing, full; run now, try again; the figures for Prometheus."""

from __future__ import annotations

import html
import re
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

from crm.base.errors import ConfigurationError
from crm.base.settings import Settings
from crm.calendars.models import BusySource
from crm.campaigns.models import CallList, ListEntry
from crm.people.models import UserRole
from crm.recurring.models import JobRun, Leader, SetAside
from crm.scheduler import JOBS, run_job
from tests.conftest import NOW, build_app
from tests.factories import make_user
from tests.factories.candidates import make_placement
from tests.factories.followups import make_follow_up
from tests.factories.integrations import make_message
from tests.factories.openings import make_opening
from tests.factories.recurring import make_aside, make_leader, make_run

TOKEN = "et-langt-tegn-til-tal"


@pytest.fixture
def admin(client: FlaskClient, db: Session, sign_in: Callable) -> FlaskClient:
    user = make_user(db)
    db.commit()
    return sign_in(client, user)


def test_before_the_first_start_the_page_says_so(admin: FlaskClient) -> None:
    page = admin.get("/jobs").text
    assert "Planlæggeren har ikke kørt endnu" in page
    assert "Intet er sat til side" in page
    assert page.count("Ikke kørt endnu") == len(JOBS)
    assert "hverdage kl. 7.30" in page
    assert "30 7 * * mon-fri" in page


def test_all_is_well(admin: FlaskClient, db: Session) -> None:
    make_leader(db, handovers=2)
    for job in JOBS:
        make_run(db, job.key)
    db.commit()
    page = admin.get("/jobs").text
    assert "notice--error" not in page
    assert "maskine:42 leder siden" in page
    assert "Ledelsen er skiftet 2 gange" in page
    assert page.count("3 klaret") == len(JOBS)
    assert "1,5 s" in page
    assert "maskine:42 leder siden" in admin.get("/jobs/live").text


def test_a_silent_leader_a_late_job_and_a_failure_are_told(admin: FlaskClient, db: Session) -> None:
    make_leader(db, beat_at=NOW - timedelta(minutes=5))
    make_run(
        db,
        "nag",
        failures=1,
        failed_in_a_row=1,
        last_error="ValueError: forkert dato\n  crm/followups/x.py:12 nag",
        last_error_at=NOW,
        retry_at=NOW + timedelta(minutes=10),
    )
    make_run(db, "capacity", running_since=NOW, running_by="maskine:42")
    db.commit()
    page = admin.get("/jobs").text
    assert "Planlæggeren giver ikke livstegn" in page
    assert "ValueError: forkert dato" in page
    assert "crm/followups/x.py:12" in page
    assert "i maskine:42 siden kl. 10.00" in page
    assert "Et job fejlede sidst" in page
    late = db.get_one(JobRun, "capacity")
    late.running_since, late.started_at = None, NOW - timedelta(hours=2)
    db.execute(sa.update(Leader).values(beat_at=NOW))
    db.commit()
    page = admin.get("/jobs").text
    assert "Et job er forsinket" in page
    assert "giver ikke livstegn" not in page


def test_run_now_is_asked_of_the_leader_and_on_record(admin: FlaskClient, db: Session, app: Flask) -> None:
    make_leader(db, beat_at=NOW + timedelta(seconds=1))
    db.commit()
    answer = admin.post("/jobs/nag/run", follow_redirects=True)
    assert "kører om et øjeblik" in answer.text
    assert "Bedt om at køre" in admin.get("/jobs/live").text
    run_job(app, "nag")
    assert "Bedt om at køre" not in admin.get("/jobs/live").text
    assert admin.post("/jobs/coffee/run").status_code == 404
    assert db.scalar(sa.text("SELECT count(*) FROM activity WHERE verb = 'recurring.ask'")) == 1


def test_run_now_without_a_leader_says_that_it_waits(admin: FlaskClient) -> None:
    assert "Der er ingen lige nu" in admin.post("/jobs/nag/run", follow_redirects=True).text


def test_hundreds_set_aside_come_in_pages_and_can_be_tried_again(admin: FlaskClient, db: Session, app: Flask) -> None:
    made = [make_aside(db, f"sag {n}", retry_at=NOW + timedelta(days=1)) for n in range(120)]
    made.append(make_aside(db, "adresse 7", job="places", error="OSError: <b>væk</b>\n  crm/x.py:1 f"))
    db.commit()
    asked: list[str] = []
    sa.event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *told: asked.append(told[2]))
    page = admin.get("/jobs").text
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 12
    assert "OSError: &lt;b&gt;væk&lt;/b&gt;" in page
    assert "sag 119" in page
    assert "sag 70<" not in page
    second = admin.get(f"/jobs?before={made[71].id}").text
    assert "sag 70<" in second
    assert "adresse 7" not in admin.get("/jobs?job=nag").text
    assert admin.get("/jobs?before=99999999999999999999&job=x").status_code == 200
    assert admin.post("/jobs/set-aside/99999/retry").status_code == 404
    answer = admin.post(f"/jobs/set-aside/{made[0].id}/retry", data={"job": "nag"})
    assert answer.status_code == 302
    assert answer.location.endswith("/jobs?job=nag#aside")
    db.expire_all()
    assert db.get_one(SetAside, made[0].id).retry_at < NOW + timedelta(hours=1)
    assert db.get_one(JobRun, "nag").asked_at is not None


def test_a_thing_is_put_away_with_a_reason_and_taken_out_again(admin: FlaskClient, db: Session) -> None:
    made, other = make_aside(db, "kaputt"), make_aside(db, "rask")
    db.commit()
    url = f"/jobs/set-aside/{made.id}/dismiss"
    admin.post(url, data={"reason": " "})
    page = admin.get("/jobs").text
    assert "Den er ikke lagt væk. Skriv hvorfor" in page
    assert f'action="{url}"' in page
    answer = admin.post(url, data={"reason": "Findes <ikke> mere", "job": "nag"})
    assert answer.location.endswith("/jobs?job=nag#aside")
    shown, _, away = admin.get("/jobs").text.partition('class="jobs-away"')
    assert f"/set-aside/{other.id}/dismiss" in shown
    assert f"/set-aside/{made.id}/" not in shown
    assert "1 sat til side" in shown
    assert re.search(r"lagde den væk 24\.11\.2026 kl\. 10\.\d\d: Findes &lt;ikke&gt; mere", away)
    admin.post(f"/jobs/set-aside/{made.id}/retry")
    page = admin.get("/jobs").text
    assert f'action="{url}"' in page
    assert "jobs-away" not in page
    assert admin.get(url).status_code == 405


def test_what_a_part_of_a_job_set_aside_is_tried_again_by_the_job(admin: FlaskClient, db: Session) -> None:
    made = make_aside(db, "12", job="nag_digest", retry_at=NOW + timedelta(days=1))
    db.commit()
    assert "Rykker for aftaler og skriver hver persons mail om morgenen 1</a>" in admin.get("/jobs").text
    admin.post(f"/jobs/set-aside/{made.id}/retry")
    assert db.get_one(JobRun, "nag").asked_at is not None


def test_what_is_set_aside_is_named_in_words_and_leads_where_the_reader_may_go(
    client: FlaskClient, db: Session, sign_in: Callable
) -> None:
    """One of each kind; what is gone, or was never anybody's, keeps its number."""
    agreed, person = make_follow_up(db, due_on=NOW.date()), make_user(db, "consultant")
    visit, opening = agreed.visit, make_opening(db)
    placement = make_placement(db, opening)
    listed = db.get_one(CallList, db.get_one(ListEntry, visit.entry.list_entry_id).call_list_id)
    place, campaign = listed.participation, listed.participation.campaign
    link = BusySource(consultant_id=person.id, kind="ics", name="Privat", address="x", created_at=NOW, next_at=NOW)
    db.add(link)
    db.flush()
    company, home = visit.workplace.name, place.jobcentre.name
    expected = {
        ("nag", str(agreed.id)): f"Aftale med {company}, frist 24.11.2026",
        ("cvs", str(opening.id)): f"Åbning hos {opening.visit.workplace.name}: {opening.occupation}",
        ("endings", str(placement.id)): f"Ansættelse hos {opening.visit.workplace.name}, slutter ",
        ("caldav_moved", str(visit.id)): f"Besøg hos {company}, ",
        ("places", str(visit.workplace_id)): f"Virksomheden {company}",
        ("conflicts", str(person.id)): person.name,
        ("links", str(link.id)): f"Kalenderen »Privat«, {person.name}",
        ("letters", str(campaign.id)): f"Kampagnen {campaign.name}",
        ("capacity", str(place.id)): f"{home}, {campaign.name}",
        ("firms", str(listed.id)): f"Listen {listed.name}, {home}",
        ("fit", f"{campaign.id}/{place.jobcentre_id}"): f"{home}, {campaign.name}",
        ("board", f"jobcentre:{place.jobcentre_id}"): f"Tavlens mail til {home}",
        ("replies", "<7@eksempel.invalid>"): "Mailen <7@eksempel.invalid> i postkassen",
        ("phones", "999"): "999",
        ("fit", "noget andet"): "noget andet",
        ("unknown", "17"): "17",
    }
    made = {make_aside(db, item, job=job).id: words for (job, item), words in expected.items()}
    admin = make_user(db)
    both = make_user(db)
    db.add(UserRole(user_id=both.id, role="campaign_manager"))
    db.commit()
    heads = dict.fromkeys(made, "")
    for reader, leading in ((admin, {"/users/"}), (both, {"/users/", "/companies/", "/openings/", "/campaigns/"})):
        page = sign_in(client, reader).get("/jobs").text.partition('id="aside"')[2]
        found = re.findall(r'<th scope="row">(?:<a href="([^"]+)">)?([^<]+)[^\0]*?set-aside/(\d+)/retry', page)
        heads = {int(number): html.unescape(words) for _url, words, number in found}
        for url, _words, _number in found:
            assert not url or client.get(url).status_code == 200, url
        assert leading <= {f"/{url.split('/')[1]}/" for url, *_ in found if url}
    assert heads.keys() == made.keys()
    for number, words in made.items():
        assert heads[number].startswith(words)


def test_what_has_a_state_of_its_own_stands_beside_its_job(admin: FlaskClient, db: Session) -> None:
    for number, (channel, state, attempts) in enumerate(
        [("mail", "failed", 7), ("sms", "failed", 1), ("sms", "unknown", 1), ("calendar", "pending", 2)]
        + [("mail", "pending", 0), ("mail", "sent", 3)]
    ):
        make_message(db, channel=channel, state=state, attempts=attempts, dedupe_key=f"m{number}")
    owner = make_user(db, "consultant")
    fields = {"consultant_id": owner.id, "address": "x", "created_at": NOW, "next_at": NOW}
    db.add(BusySource(kind="caldav", name="Arbejde", failing_since=NOW, **fields))
    db.add(BusySource(kind="ics", name="Privat", **fields))
    make_aside(db, "1")
    make_aside(db, "2", job="nag_digest")
    db.commit()
    rows = {row.partition('"')[0]: row for row in admin.get("/jobs/live").text.split('<tr id="job-')[1:]}
    assert "Kunne ikke sendes: 2" in rows["deliver"]
    assert "/outbox?state=failed" in rows["deliver"]
    assert "Uvist, om de er sendt: 1" in rows["deliver"]
    assert "Prøves igen" not in rows["deliver"]
    assert "Prøves igen efter en fejl: 1" in rows["calendars"]
    assert "Kalendere, der ikke kan læses lige nu: 1" in rows["caldav"]
    assert "Kalendere" not in rows["links"]
    assert "2 sat til side" in rows["nag"], "what its parts set aside with it"
    assert "sat til side" not in rows["board"]


def test_the_page_is_for_administrators(client: FlaskClient, db: Session, sign_in: Callable) -> None:
    lead = make_user(db, "jobcentre_lead")
    db.commit()
    sign_in(client, lead)
    assert client.get("/jobs").status_code == 403
    assert client.post("/jobs/nag/run").status_code == 403


def test_it_is_there_in_english(admin: FlaskClient) -> None:
    with admin.session_transaction() as cookie:
        cookie["locale"] = "en"
    page = admin.get("/jobs").text
    assert "weekdays at 7.30" in page
    assert "Reminds of agreements" in page


@pytest.fixture
def counted(app: Flask, tmp_path: Path) -> Flask:
    return build_app(app.extensions["crm.settings"].database_url, tmp_path, metrics_token=TOKEN)


def scrape(app: Flask) -> dict[tuple[str, ...], float]:
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, *(f"{key}={value}" for key, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_figures_come_from_the_database_and_requests_from_the_process(counted: Flask, db: Session) -> None:
    make_leader(db, beat_at=NOW - timedelta(seconds=20), handovers=3)
    make_run(db, failures=1)
    make_aside(db)
    make_message(db, not_before=NOW - timedelta(minutes=2))
    make_message(db, channel="sms", state="unknown")
    make_follow_up(db, due_on=NOW.date() - timedelta(days=1))
    db.commit()
    counted.test_client().get("/sign-in")
    counted.test_client().get("/findes/ikke")
    found = scrape(counted)
    assert found["crm_job_runs_total", "job=nag"] == 1
    assert found["crm_job_failures_total", "job=nag"] == 1
    assert found["crm_job_duration_seconds_total", "job=nag"] == 1.5
    assert found["crm_job_last_success_timestamp_seconds", "job=nag"] == NOW.timestamp()
    assert found["crm_job_set_aside_items", "job=nag"] == 1
    assert 20 <= found[("crm_leader_beat_age_seconds",)] < 80
    assert found[("crm_leader_last_beat_timestamp_seconds",)] == NOW.timestamp() - 20
    assert found[("crm_leader_handovers_total",)] == 3
    assert found["crm_outbox_messages", "channel=mail", "state=pending"] == 1
    assert found["crm_outbox_messages", "channel=sms", "state=unknown"] == 1
    assert 120 <= found["crm_outbox_oldest_due_seconds", "channel=mail"] < 180
    assert (found[("crm_follow_ups_open",)], found[("crm_follow_ups_overdue",)]) == (1, 1)
    assert found["crm_http_requests_total", "endpoint=people.sign_in", "status=2xx"] == 1
    assert found["crm_http_requests_total", "endpoint=unknown", "status=4xx"] == 1
    assert found["crm_http_request_duration_seconds_count", "endpoint=people.sign_in"] == 1


def test_nags_are_counted_by_step(counted: Flask, db: Session) -> None:
    make_follow_up(db, due_on=NOW.date())
    db.commit()
    run_job(counted, "nag")
    found = scrape(counted)
    assert found["crm_nags_written_total", "step=due"] == 1
    assert found["crm_job_items_total", "job=nag"] == 1


def test_a_scrape_costs_few_queries_and_names_nobody(counted: Flask, db: Session) -> None:
    for number in range(20):
        make_follow_up(db, promise=f"Ringe til Mette {number}")
        make_message(db, recipient=f"mette{number}@eksempel.invalid")
        make_aside(db, f"mette{number}")
    db.commit()
    asked: list[str] = []
    sa.event.listen(counted.extensions["crm.engine"], "before_cursor_execute", lambda *told: asked.append(told[2]))
    answer = counted.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 12
    assert "mette" not in answer.text.lower()
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert all(name.startswith("crm_") for name in names)


def test_a_scrape_while_the_database_is_away_says_so(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://nobody@127.0.0.1:{closed.getsockname()[1]}/none?connect_timeout=5"
        away = build_app(url, tmp_path, metrics_token=TOKEN)
        answer = away.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.mimetype) == (503, "text/plain")


def test_metrics_need_the_token(counted: Flask, client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404, "no token is set: nothing is there"
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    stranger = counted.test_client()
    for header in ("", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer æøå"):
        assert stranger.get("/metrics", headers={"Authorization": header}).status_code == 401, header


def test_a_short_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CRM_METRICS_TOKEN"):
        Settings.from_environment({"CRM_DATA_DIR": str(tmp_path), "CRM_METRICS_TOKEN": "kort"})
