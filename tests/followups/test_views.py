"""The report page, the work list, one follow-up: what people see, and that errors change nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from crm.followups.models import FollowUp
from crm.integrations.models import OutboxMessage
from crm.openings.models import Opening
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_queue_entry, make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.openings import make_opening

Enter = Callable[[FlaskClient, User], FlaskClient]
WHOLE = {
    "result": "held",
    "pressed": "no",
    "types": ["ordinary", "wage_subsidy"],
    "positions_ordinary": "1",
    "akutjob": "y",
    "positions_wage_subsidy": "2",
    "schemes": ["wage_subsidy"],
    "materials": ["folder"],
    "note": "God snak",
    "owed_by": "jobcentre",
    "promise": "To kandidater",
    "due": "2026-12-08",
}


@pytest.fixture
def visit(db: Session) -> Visit:
    made = make_visit(db, starts_at=NOW - timedelta(hours=1), contact_email="mette@eksempel.invalid")
    db.commit()
    return made


@pytest.fixture
def page(client: FlaskClient, sign_in: Enter, visit: Visit) -> FlaskClient:
    return sign_in(client, visit.consultant)


def counts(db: Session) -> tuple[int, ...]:
    db.expire_all()
    return tuple(
        db.scalar(select(func.count()).select_from(model)) or 0 for model in (Opening, FollowUp, OutboxMessage)
    )


def reread(db: Session, row: Any) -> None:
    """See what the request wrote, and hold no lock afterwards."""
    db.refresh(row)
    db.commit()


def without(*names: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**WHOLE, **changes}.items() if name not in names}


def test_the_report_page_offers_results_openings_and_quick_dates(page: FlaskClient, visit: Visit) -> None:
    html = page.get(f"/visits/{visit.id}/report").get_data(as_text=True)
    for text in (
        "Holdt",
        "Aflyst af virksomheden",
        "Aflyst af os",
        "Ingen hjemme",
        "Ordinært job",
        "Akutjob",
        "Hvem skylder hvad hvornår?",
        "fr. 4. dec.",
        "om 2 uger",
        "8. dec.",
        "1. marts",
        "Anden dato",
    ):
        assert text in html
    assert 'value="2026-12-08"' in html
    assert "checked" not in html


def test_a_whole_report_is_saved_and_the_consultant_goes_on(page: FlaskClient, db: Session, visit: Visit) -> None:
    answer = page.post(f"/visits/{visit.id}/report", data=WHOLE)
    assert (answer.status_code, answer.location) == (302, "/today")
    assert counts(db) == (2, 1, 1)
    db.refresh(visit)
    assert (visit.state, visit.pressed, visit.schemes, visit.materials) == ("held", False, ["wage_subsidy"], ["folder"])
    assert {o.type: (o.positions, o.akutjob) for o in db.scalars(select(Opening))} == {
        "ordinary": (1, True),
        "wage_subsidy": (2, False),
    }
    agreed = db.scalars(select(FollowUp)).one()
    assert (agreed.due_on, agreed.promise, agreed.kind) == (date(2026, 12, 8), "To kandidater", "we_owe")


def test_a_missing_date_is_one_error_and_everything_typed_stays(page: FlaskClient, db: Session, visit: Visit) -> None:
    answer = page.post(f"/visits/{visit.id}/report", data=without("due"))
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Der er 1 fejl at rette" in html
    assert "Luk besøg og send aftalen" in html
    assert "rapporteret" not in html
    assert html.count("Vælg en dato, før du lukker besøget.") == 2  # in the summary and at the field
    for kept in (
        "God snak",
        "To kandidater",
        'name="types" value="ordinary" checked',
        'value="held" checked',
        'value="folder" checked',
        'value="2" min="1"',
    ):
        assert kept in html
    assert counts(db) == (0, 0, 0)
    db.refresh(visit)
    assert (visit.state, visit.reported_at) == ("booked", None)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (without("owed_by", "promise", "due"), "Skriv, hvad I aftalte, eller hvorfor der ingen opfølgning er."),
        (without("pressed"), "presset"),
        (without("result", "types"), "Vælg, hvordan besøget gik"),
        (without("promise"), "Skriv, hvad I aftalte."),
        (without(positions_ordinary="0"), "Skriv et antal fra 1 til 999."),
        (without(positions_ordinary="mange"), "Skriv et helt tal."),
        (without(result="nobody_there"), "Kun et holdt besøg kan give åbninger."),
        (without(due="own", own_date="2026-12-24"), "Den næste er 28.12.2026."),
        (without(due="2026-11-01"), "Datoen ligger før besøget."),
        (without(due="own"), "Vælg en dato, før du lukker besøget."),
        (without(due="2026-99-99"), "Vælg en dato, før du lukker besøget."),
        (without(owed_by="none"), "Skriv, hvorfor der ingen opfølgning er."),
        (without(owed_by="somebody"), "Vælg, hvem der skylder."),
        (without(types=["gold"]), "Vælg en af typerne."),
        (without(schemes=["gold"]), "Vælg ordninger fra listen"),
        ({}, "fejl at rette"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(
    page: FlaskClient, db: Session, visit: Visit, data: dict[str, Any], text: str
) -> None:
    answer = page.post(f"/visits/{visit.id}/report", data=data)
    assert answer.status_code == 422
    assert text in answer.get_data(as_text=True)
    assert counts(db) == (0, 0, 0)


def test_no_opening_today_but_perhaps_in_march(page: FlaskClient, db: Session, visit: Visit) -> None:
    page.post(f"/visits/{visit.id}/report", data=without("types", due="2027-03-01"))
    agreed = db.scalars(select(FollowUp)).one()
    assert (agreed.kind, agreed.due_on) == ("future_need", date(2027, 3, 1))


def test_correcting_starts_from_what_was_reported_and_counts_once(page: FlaskClient, db: Session, visit: Visit) -> None:
    page.post(f"/visits/{visit.id}/report", data=WHOLE)
    html = page.get(f"/visits/{visit.id}/report").get_data(as_text=True)
    assert "Ret rapporten" in html
    for kept in ('value="2026-12-08" checked', 'value="held" checked', "To kandidater", "God snak"):
        assert kept in html
    gone = {"gone": "y", "gone_ids": ",".join(map(str, db.scalars(select(Opening.id))))}
    db.commit()
    page.post(f"/visits/{visit.id}/report", data=without("types", owed_by="none", because="De lukker", **gone))
    db.expire_all()
    assert db.scalars(select(Opening).where(Opening.voided_at.is_(None))).all() == []
    assert db.scalars(select(FollowUp).where(FollowUp.voided_at.is_(None))).all() == []
    assert db.get_one(Visit, visit.id).no_follow_up_because == "De lukker"


def test_two_openings_of_one_type_survive_a_correction_of_something_else(
    page: FlaskClient, db: Session, visit: Visit
) -> None:
    """Told over the API, each with its occupation; the page shows them as one line."""
    page.post(f"/visits/{visit.id}/report", data=without("types"))
    for occupation, akutjob in (("Smed", True), ("Kok", False)):
        make_opening(db, visit=visit, occupation=occupation, akutjob=akutjob)
    db.commit()
    page.post(f"/visits/{visit.id}/report", data=without(types=["ordinary"], positions_ordinary="2", note="Rettet"))
    db.expire_all()
    left = db.scalars(select(Opening).where(Opening.voided_at.is_(None)).order_by(Opening.id)).all()
    assert [(o.occupation, o.akutjob, o.positions) for o in left] == [("Smed", True, 1), ("Kok", False, 1)]


def test_a_visit_ahead_says_when_it_can_be_reported(client: FlaskClient, sign_in: Enter, db: Session) -> None:
    ahead = make_visit(db, starts_at=NOW + timedelta(days=1))
    db.commit()
    sign_in(client, ahead.consultant)
    assert "Besøget er ikke begyndt endnu" in client.get(f"/visits/{ahead.id}/report").get_data(as_text=True)
    assert client.post(f"/visits/{ahead.id}/report", data=WHOLE).status_code == 422


def test_another_consultants_visit_is_not_found(client: FlaskClient, sign_in: Enter, db: Session, visit: Visit) -> None:
    other = make_user(db, "consultant", jobcentre=db.get_one(Jobcentre, visit.jobcentre_id))
    db.commit()
    sign_in(client, other)
    assert client.get(f"/visits/{visit.id}/report").status_code == 404
    assert client.post(f"/visits/{visit.id}/report", data=WHOLE).status_code == 404


def test_the_work_list_sorts_by_promise_and_offers_what_fits(page: FlaskClient, db: Session, visit: Visit) -> None:
    for due_on, owed_by, promise in (
        (date(2026, 11, 24), "jobcentre", "Svar om voksenlærling"),
        (date(2026, 11, 19), "jobcentre", "To ansøgere"),
        (date(2026, 11, 23), "company", "Startdato"),
        (date(2026, 11, 30), "company", "Svar på praktikplads"),
        (date(2027, 3, 1), "jobcentre", "Ringe om sæsonjob"),
    ):
        make_follow_up(db, visit=visit, due_on=due_on, owed_by=owed_by, promise=promise)
    db.commit()
    html = page.get("/followups").get_data(as_text=True)
    assert "3 at klare i dag · 2 over fristen" in html
    order = [
        html.index(text)
        for text in (
            "3 arbejdsdage over",
            "To ansøgere",
            "1 arbejdsdag over",
            "Startdato",
            "Svar om voksenlærling",
            "Kommer",
            "om 4 arbejdsdage",
            "om 3 måneder",
        )
    ]
    assert order == sorted(order)
    first, second = html.split('<article class="task">')[1:3]
    assert first.index("Gjort") < first.index("Ring")
    assert second.index("Ring") < second.index("Har svaret")


def test_an_empty_list_says_so(page: FlaskClient) -> None:
    assert "Intet at følge op på i dag" in page.get("/followups").get_data(as_text=True)


def test_done_and_put_off(page: FlaskClient, db: Session, visit: Visit) -> None:
    agreed = make_follow_up(db, visit=visit, due_on=date(2026, 11, 24))
    db.commit()
    url = f"/followups/{agreed.id}"
    assert page.post(f"{url}/snooze", data={"due_on": "2026-11-28", "reason": "Syg"}).status_code == 422
    refused = page.post(f"{url}/snooze", data={"due_on": "2026-12-01", "reason": ""})
    assert refused.status_code == 422
    assert 'value="2026-12-01"' in refused.get_data(as_text=True)
    assert page.post(f"{url}/snooze", data={"due_on": "2026-12-01", "reason": "Syg"}).status_code == 302
    reread(db, agreed)
    assert (agreed.due_on, agreed.first_due_on) == (date(2026, 12, 1), date(2026, 11, 24))
    assert "Først lovet" in page.get(url).get_data(as_text=True)
    unsaid = page.post(f"{url}/fulfil", data={"outcome": "Sendt"})
    assert unsaid.status_code == 422
    assert "Vælg, om der skal være en næste kontakt." in unsaid.get_data(as_text=True), "the company's last agreement"
    assert "Sendt</textarea>" in unsaid.get_data(as_text=True), "what was typed is kept"
    assert page.post(f"{url}/fulfil", data={"outcome": "Sendt", "then": "skip"}).status_code == 302
    reread(db, agreed)
    assert (agreed.state, agreed.outcome) == ("done", "Sendt")
    again = page.post(f"{url}/fulfil")
    assert again.status_code == 422
    assert "Aftalen er allerede afsluttet." in again.get_data(as_text=True)


def test_the_lead_sees_the_jobcentres_and_filters(
    client: FlaskClient, sign_in: Enter, db: Session, visit: Visit
) -> None:
    lead = make_user(db, "jobcentre_lead", jobcentre=db.get_one(Jobcentre, visit.jobcentre_id))
    other = make_visit(db, entry=make_queue_entry(db), state="held", starts_at=NOW - timedelta(days=7))
    elsewhere = make_user(db, "consultant", jobcentre=make_jobcentre(db, code="851", postcode="9000"))
    make_follow_up(db, visit=visit, due_on=date(2026, 11, 20), promise="Over fristen hos os")
    make_follow_up(db, visit=other, due_on=date(2026, 11, 24), promise="I dag hos kollegaen")
    make_follow_up(db, visit=visit, owner_id=elsewhere.id, jobcentre_id=elsewhere.jobcentre_id, promise="Fremmed")
    db.commit()
    sign_in(client, lead)
    html = client.get("/followups").get_data(as_text=True)
    assert "Over fristen hos os" in html
    assert "I dag hos kollegaen" in html
    assert "Fremmed" not in html
    late = client.get("/followups?overdue=1").get_data(as_text=True)
    assert "I dag hos kollegaen" not in late
    one = client.get(f"/followups?consultant={other.consultant_id}").get_data(as_text=True)
    assert "Over fristen hos os" not in one
    assert client.get(f"/followups?consultant={10**30}&page={10**30}").status_code == 200


def test_a_page_takes_few_queries_whatever_the_number(page: FlaskClient, app: Any, db: Session, visit: Visit) -> None:
    for number in range(120):
        make_follow_up(db, visit=visit, due_on=date(2026, 11, 2) + timedelta(days=number % 60), promise=f"Nr. {number}")
    db.commit()
    seen: list[str] = []
    event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert page.get("/followups").status_code == 200
    assert len(seen) <= 12


def test_english_is_spoken(page: FlaskClient, visit: Visit) -> None:
    page.post("/language", data={"language": "en", "next": "/"})
    html = page.get(f"/visits/{visit.id}/report").get_data(as_text=True)
    assert "Who owes what when?" in html
    assert "Adult apprentice" in html


def test_moment_of_the_tests_is_a_working_day() -> None:
    assert datetime(2026, 11, 24, 9, tzinfo=NOW.tzinfo) == NOW
