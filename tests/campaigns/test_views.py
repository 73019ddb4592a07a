"""Campaign pages: who reaches them, what a wrong form keeps, and a list from segment to approval in the browser's
own requests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.campaigns.models import CallList, Campaign, ListEntry, Participation, SavedSegment
from crm.campaigns.rules import Filters
from tests.conftest import NOW
from tests.factories.campaigns import make_call_list, make_saved_segment
from tests.factories.core import (
    make_campaign,
    make_firm,
    make_jobcentre,
    make_participation,
    make_user,
    make_workplace,
)

BASIS = "Samtykke fra virksomhederne, vurderet af kommunens jurist i uge 46"


@pytest.fixture
def part(db: Session) -> Participation:
    """Jobcenter Mariagerfjord in a campaign; its area holds 12 workplaces, 2 of them protected."""
    made = make_participation(db, campaign=make_campaign(db, name="Luk op 2026"))
    for n in range(12):
        make_workplace(db, advertising_protected=n < 2, employees=n + 1, name=f"Eksempel {n} ApS")
    db.commit()
    return made


@pytest.fixture
def lead(db: Session, client: FlaskClient, sign_in: Callable, part: Participation) -> FlaskClient:
    user = make_user(db, "jobcentre_lead", name="Mette Krog")
    db.commit()
    return sign_in(client, user)


@pytest.fixture
def manager(app: Flask, db: Session, sign_in: Callable, part: Participation) -> FlaskClient:
    user = make_user(db, "campaign_manager")
    db.commit()
    return sign_in(app.test_client(), user)


@pytest.fixture
def queries(app: Flask) -> list[str]:
    """Statements the application's engine ran."""
    seen: list[str] = []

    def note(_c, _cursor, statement, *_rest):
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    sa.event.listen(app.extensions["crm.engine"], "before_cursor_execute", note)
    return seen


def read(db: Session, statement):
    """What the statement finds now, without keeping SQLite's write lock."""
    rows = db.scalars(statement.execution_options(populate_existing=True)).all()
    db.commit()
    return rows


def lists(db: Session):
    return read(db, select(CallList))


def on_list(db: Session):
    return read(db, select(ListEntry).order_by(ListEntry.position))


def new_url(part: Participation) -> str:
    return f"/campaigns/{part.campaign_id}/jobcentres/{part.jobcentre_id}/lists/new"


def campaign_form(db: Session, **changes: str | None) -> dict[str, str]:
    jobcentre = make_jobcentre(db)
    firm = make_firm(db)
    db.commit()
    typed = {
        "name": "Forår 2027",
        "starts_on": "2027-01-04",
        "ends_on": "2027-06-30",
        "calls_from": "480",
        "calls_to": "1020",
        "visit_minutes": "60",
        "margin_minutes": "5",
        "max_attempts": "6",
        "max_attempts_a_day": "2",
        "max_number_attempts": "10",
        "call_backs_each": "30",
        "quarantine_months": "0",
        "fit_weight": "50",
        "letter_days": "4",
        "nag_before_days": "1",
        "nag_overdue_days": "2",
        "nag_lead_days": "5",
        "nag_region_days": "10",
        "ending_days": "10",
        "ask_company_days": "5",
        "horizon_days": "21",
        "notice_hours": "24",
        "state": "open",
        "information_text": "Vi behandler jeres oplysninger.",
        "joins": str(jobcentre.id),
        f"firm-{jobcentre.id}": str(firm.id),
        f"target-{jobcentre.id}": "1.200",
        **changes,
    }
    return {name: value for name, value in typed.items() if value is not None}


def test_a_manager_creates_and_edits_a_campaign(manager, db):
    assert manager.get("/campaigns/new").status_code == 200
    answer = manager.post("/campaigns/new", data=campaign_form(db))
    [made] = read(db, select(Campaign).where(Campaign.name == "Forår 2027"))
    assert answer.location == f"/campaigns/{made.id}"
    [part] = read(db, select(Participation).where(Participation.campaign_id == made.id))
    assert part.target_visits == 1200
    assert "Forår 2027" in manager.get(answer.location).text
    assert 'value="2027-01-04"' in manager.get(f"/campaigns/{made.id}/edit").text
    changed = manager.post(f"/campaigns/{made.id}/edit", data=campaign_form(db, name="Forår", state="closed"))
    assert changed.status_code == 302
    db.expire_all()
    assert (made.name, made.state) == ("Forår", "closed")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "Feltet skal udfyldes."),
        ({"ends_on": "2026-01-01"}, "Slutdatoen ligger før startdatoen"),
        ({"joins": None}, "Vælg mindst ét jobcenter"),
        ({"starts_on": "i morgen"}, "Skriv en dato"),
        ({"visit_minutes": "3"}, "mellem 15 og 480"),
        ({"name": "Luk op 2026"}, "Der findes allerede en kampagne med det navn"),
    ],
)
def test_a_wrong_campaign_says_what_and_keeps_what_was_typed(manager, db, changes, told):
    answer = manager.post("/campaigns/new", data=campaign_form(db, **changes))
    assert answer.status_code == 422
    assert told in answer.text
    assert "Vi behandler jeres oplysninger." in answer.text
    assert db.scalar(select(func.count()).select_from(Campaign)) == 1


def test_a_wrong_target_is_told_at_the_table(manager, db):
    form = campaign_form(db)
    target = next(name for name in form if name.startswith("target-"))
    answer = manager.post("/campaigns/new", data={**form, target: "mange"})
    assert answer.status_code == 422
    assert "Et mål for besøg er et tal" in answer.text
    assert 'value="mange"' in answer.text


def test_the_segment_counts_while_it_is_typed(lead, part):
    page = lead.get(new_url(part), query_string={"min_employees": "5", "sample": "3", "name": "Uge 48"})
    assert page.status_code == 200
    assert "12 tilbage af 12" in page.text
    assert "mindst 5 ansatte" in page.text
    assert "8 tilbage" in page.text
    assert "3 trækkes" in page.text
    assert lead.get(new_url(part), query_string={"min_employees": "mange", "postcodes": "abc"}).status_code == 200


def test_a_list_from_segment_to_review(lead, part, db):
    answer = lead.post(new_url(part), data={"name": "Uge 48", "sample": "6", "seed": "4711"})
    made = lists(db)[0]
    assert answer.location == f"/lists/{made.id}"
    page = lead.get(answer.location).text
    assert "Uge 48" in page
    assert "kan gentages med nøgle 4711" in page
    assert "2 reklamebeskyttede er udeladt af udtrækket" in page
    entries = on_list(db)
    assert len(entries) == 6
    one = lead.post(f"/lists/{made.id}/entries?only={entries[0].id}",
                    data={"entry": [entry.id for entry in entries], f"reason-{entries[0].id}": "visit"})  # fmt: skip
    assert one.status_code == 303
    assert [entry.struck_reason for entry in on_list(db)] == ["visit", None, None, None, None, None]
    assert "Har besøg i forvejen" in lead.get(f"/lists/{made.id}?view=struck").text
    lead.post(f"/lists/{made.id}/entries", data={"entry": [entry.id for entry in entries],
                                                 "on": [entry.id for entry in entries[:5]]})  # fmt: skip
    assert [entry.struck_reason for entry in on_list(db)] == [None] * 5 + ["other"]


def test_a_basis_draws_again_with_the_protected(lead, part, db):
    lead.post(new_url(part), data={"name": "Uge 48", "seed": "4711"})
    made = lists(db)[0]
    assert "Eksempel 0 ApS" in lead.get(f"/lists/{made.id}?view=basis").text
    short = lead.post(f"/lists/{made.id}/basis", data={"basis": "for kort"})
    assert short.status_code == 422
    assert "Skriv mindst 20 tegn" in short.text
    assert "for kort" in short.text
    assert lead.post(f"/lists/{made.id}/basis", data={"basis": BASIS}).status_code == 302
    assert len(on_list(db)) == 12
    page = lead.get(f"/lists/{made.id}").text
    assert BASIS in page
    assert "Mette Krog" in page


def test_conditions_are_changed_saved_and_used_again(lead, part, db):
    lead.post(new_url(part), data={"name": "Alle", "seed": "1"})
    made = lists(db)[0]
    url = f"/lists/{made.id}/segment"
    assert 'value="Alle"' in lead.get(url).text
    assert lead.post(url, data={"name": "Store", "min_employees": "10", "seed": "1"}).location == f"/lists/{made.id}"
    [made] = lists(db)
    assert (made.name, Filters.from_json(made.filters).min_employees) == ("Store", 10)
    wrong = lead.post(url, data={"name": "", "min_employees": "10", "max_employees": "5", "seed": "1"})
    assert wrong.status_code == 422
    assert "lavere end det mindste" in wrong.text
    lead.post(new_url(part), data={"do": "save", "segment_name": "Håndværkere", "industries": ["F"], "name": "x"})
    [kept] = read(db, select(SavedSegment))
    assert Filters.from_json(kept.filters).industries == ("F",)
    assert "Håndværkere" in lead.get(f"/campaigns/{part.campaign_id}/jobcentres/{part.jobcentre_id}").text
    assert lead.post(new_url(part), data={"do": "count", "name": "x"}).status_code == 200
    assert len(lists(db)) == 1


def test_a_draft_can_be_dropped_and_a_frozen_list_cannot(lead, part, db):
    draft = make_call_list(db, participation=part, workplaces=[])
    frozen = make_call_list(db, participation=part, state="approved", approved_at=NOW)
    db.commit()
    assert lead.post(f"/lists/{draft.id}/delete").status_code == 302
    assert lead.get(f"/lists/{draft.id}").status_code == 404
    for path in ("delete", "basis", "segment", "entries"):
        answer = lead.post(f"/lists/{frozen.id}/{path}", data={"name": "x", "basis": BASIS, "seed": "1", "entry": "1"})
        assert answer.status_code in (404, 409)
    page = lead.get(f"/lists/{frozen.id}").text
    assert "Godkendt og låst" in page
    assert "Ny liste med samme vilkår" in page
    assert "Slet kladden" not in page


def test_a_foreign_jobcentre_does_not_exist(app, db, sign_in, part):
    draft = make_call_list(db, participation=part)
    stranger = make_user(db, "jobcentre_lead", jobcentre=make_jobcentre(db, code="851", postcode="9000"))
    db.commit()
    client = sign_in(app.test_client(), stranger)
    for path in (f"/campaigns/{part.campaign_id}", f"/lists/{draft.id}", f"/lists/{draft.id}/segment", new_url(part),
                 f"/lists/{draft.id}/basis", f"/campaigns/{part.campaign_id}/jobcentres/{part.jobcentre_id}"):  # fmt: skip
        assert client.get(path).status_code == 404, path
    for path in ("entries", "delete", "basis"):
        assert client.post(f"/lists/{draft.id}/{path}", data={"basis": BASIS}).status_code == 404
    assert "Luk op 2026" not in client.get("/campaigns").text


def test_a_consultant_reads_lists_but_cannot_change_them(app, db, sign_in, part):
    draft = make_call_list(db, participation=part)
    consultant = make_user(db, "consultant")
    db.commit()
    client = sign_in(app.test_client(), consultant)
    page = client.get(f"/lists/{draft.id}")
    assert page.status_code == 200
    assert "Godkend og frys" not in page.text
    assert client.post(f"/lists/{draft.id}/delete").status_code == 403
    assert client.get(f"/campaigns/{part.campaign_id}/script").status_code == 403


@pytest.mark.parametrize("many", [3, 60])
def test_pages_ask_the_same_number_of_queries_however_long(app, db, sign_in, part, queries, many):
    draft = make_call_list(db, participation=part, workplaces=[make_workplace(db) for _ in range(many)])
    make_saved_segment(db, part)
    for code in ("101", "147", "851", "461")[:many]:
        make_participation(db, campaign=part.campaign, jobcentre=make_jobcentre(db, code=code))
    user = make_user(db, "campaign_manager")
    db.commit()
    client = sign_in(app.test_client(), user)
    for path in ("/campaigns", f"/campaigns/{part.campaign_id}", f"/campaigns/{part.campaign_id}/edit",
                 f"/campaigns/{part.campaign_id}/jobcentres/{part.jobcentre_id}", f"/lists/{draft.id}", new_url(part),
                 f"/lists/{draft.id}?view=basis"):  # fmt: skip
        queries.clear()
        assert client.get(path).status_code == 200
        assert len(queries) <= 12, (path, len(queries))


def test_empty_states_say_what_to_do(app, db, sign_in):
    client = sign_in(app.test_client(), make_user(db, "campaign_manager"))
    db.commit()
    assert "Ingen kampagner endnu" in client.get("/campaigns").text
    part = make_participation(db)
    empty = make_call_list(db, participation=part, workplaces=[])
    db.commit()
    assert "Listen er tom" in client.get(f"/lists/{empty.id}").text
    assert "Ingen er streget ud" in client.get(f"/lists/{empty.id}?view=struck").text


def test_the_pages_speak_english_too(lead, part):
    lead.post("/language", data={"language": "en"})
    assert "Companies in" in lead.get(new_url(part)).text
