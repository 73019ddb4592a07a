"""The list, one opening, an opening told later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.openings.models import Opening
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.candidates import make_candidacy
from tests.factories.openings import make_opening

Enter = Callable[[FlaskClient, User], FlaskClient]


@pytest.fixture
def visit(db: Session) -> Visit:
    made = make_visit(db, state="held", starts_at=NOW - timedelta(days=1), reported_at=NOW)
    db.commit()
    return made


@pytest.fixture
def page(client: FlaskClient, sign_in: Enter, visit: Visit) -> FlaskClient:
    return sign_in(client, visit.consultant)


def test_the_list_filters_by_type_and_state(page: FlaskClient, db: Session, visit: Visit) -> None:
    make_opening(db, visit=visit, occupation="Smed", positions=2, akutjob=True)
    make_opening(db, visit=visit, type="other", occupation="Tjener")
    make_opening(db, visit=visit, occupation="Kok", state="closed", closed_reason="lapsed", closed_at=NOW)
    make_opening(db, visit=visit, occupation="Fortrudt", voided_at=NOW)
    db.commit()
    html = page.get("/openings").get_data(as_text=True)
    assert "2 åbninger · 3 stillinger" in html
    assert [word in html for word in ("Smed", "Akutjob", "Tjener", "Kok", "Fortrudt")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert "Smed" not in page.get("/openings?type=other").get_data(as_text=True)
    assert "Kok" in page.get("/openings?state=all").get_data(as_text=True)
    assert page.get(f"/openings?type=gold&state=x&page={10**30}").status_code == 200


def test_an_empty_list_says_what_to_do(page: FlaskClient) -> None:
    assert "Ingen åbninger her" in page.get("/openings").get_data(as_text=True)


def test_long_lists_are_paged_with_few_queries(page: FlaskClient, app: Any, db: Session, visit: Visit) -> None:
    for number in range(60):
        make_opening(db, visit=visit, occupation=f"Stilling {number}")
    db.commit()
    seen: list[str] = []
    event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *args: seen.append(args[2]))
    first = page.get("/openings").get_data(as_text=True)
    assert len(seen) <= 12
    assert "Viser 1–50 af 60" in first
    assert "Viser 51–60 af 60" in page.get("/openings?page=2").get_data(as_text=True)


def test_details_come_later_and_bad_ones_keep_what_was_typed(page: FlaskClient, db: Session, visit: Visit) -> None:
    opening = make_opening(db, visit=visit)
    db.commit()
    url = f"/openings/{opening.id}"
    data = {"occupation": "Smed", "wishes": "Kørekort", "cvs_wanted": "3", "cvs_by": "2026-12-01"}
    refused = page.post(url, data={**data, "cvs_wanted": "100"})
    assert refused.status_code == 422
    assert "Kørekort" in refused.get_data(as_text=True)
    assert page.post(url, data=data).status_code == 302
    db.refresh(opening)
    assert (opening.occupation, opening.wishes, opening.cvs_wanted, opening.cvs_by) == (
        "Smed",
        "Kørekort",
        3,
        date(2026, 12, 1),
    )


def test_closing_asks_for_a_reason_and_can_be_taken_back(page: FlaskClient, db: Session, visit: Visit) -> None:
    opening = make_opening(db, visit=visit)
    db.commit()
    url = f"/openings/{opening.id}"
    assert page.post(f"{url}/close", data={}).status_code == 422
    assert page.post(f"{url}/close", data={"reason": "no_candidate"}).status_code == 302
    assert "Vi havde ingen kandidat" in page.get(url).get_data(as_text=True)
    assert page.post(f"{url}/close", data={"reason": "lapsed"}).status_code == 409
    assert page.post(f"{url}/reopen").status_code == 302
    db.refresh(opening)
    assert (opening.state, opening.closed_reason) == ("open", None)


def test_an_opening_told_later_is_added_and_can_be_removed(page: FlaskClient, db: Session, visit: Visit) -> None:
    url = f"/visits/{visit.id}/openings"
    assert "Tilføj åbning" in page.get(url).get_data(as_text=True)
    empty = page.post(url, data={"positions": "2", "occupation": "Smed"})
    assert empty.status_code == 422
    assert "Vælg en type" in empty.get_data(as_text=True)
    assert "Smed" in empty.get_data(as_text=True)
    assert page.post(url, data={"type": "ordinary", "positions": "2", "akutjob": "y"}).status_code == 302
    made = db.scalars(select(Opening)).one()
    db.commit()
    assert (made.positions, made.akutjob, made.from_report) == (2, True, False)
    assert page.post(f"/openings/{made.id}/void").status_code == 302
    assert page.get(f"/openings/{made.id}").status_code == 404


def test_the_report_openings_are_not_removed_here(page: FlaskClient, db: Session, visit: Visit) -> None:
    told = make_opening(db, visit=visit)
    db.commit()
    assert page.post(f"/openings/{told.id}/void").status_code == 409


def test_a_visit_that_was_not_held_gives_none(client: FlaskClient, sign_in: Enter, db: Session) -> None:
    missed = make_visit(db, state="nobody_there", starts_at=NOW)
    db.commit()
    sign_in(client, missed.consultant)
    answer = client.post(f"/visits/{missed.id}/openings", data={"type": "other", "positions": "1"})
    assert answer.status_code == 422
    assert "Kun et holdt besøg kan give åbninger" in answer.get_data(as_text=True)


def test_another_jobcentres_opening_is_not_found_and_a_region_reads_only(
    client: FlaskClient, sign_in: Enter, db: Session, visit: Visit
) -> None:
    opening = make_opening(db, visit=visit)
    stranger = make_user(db, "consultant", jobcentre=make_jobcentre(db, code="101", postcode="1550"))
    region = make_user(db, "regional_lead", region_id=db.get_one(Jobcentre, visit.jobcentre_id).region_id)
    db.commit()
    sign_in(client, stranger)
    assert client.get(f"/openings/{opening.id}").status_code == 404
    sign_in(client, region)
    html = client.get(f"/openings/{opening.id}").get_data(as_text=True)
    assert "Luk åbningen" not in html
    assert client.post(f"/openings/{opening.id}/close", data={"reason": "lapsed"}).status_code == 403


def test_the_list_is_searched_and_filtered_by_stage_missing_and_whose(
    page: FlaskClient, db: Session, visit: Visit
) -> None:
    colleague = make_user(db, "consultant", jobcentre=db.get_one(Jobcentre, visit.jobcentre_id))
    make_opening(db, visit=visit, occupation="Tømrer", stage="interview", tasks="Tag")
    other = make_opening(db, visit=visit, occupation="Kok")
    other.consultant_id = colleague.id
    db.commit()

    def shown(query: str) -> list[str]:
        html = page.get(f"/openings?{query}").get_data(as_text=True)
        return [word for word in ("Tømrer", "Kok") if f">{word}<" in html]

    assert shown("q=TØMR") == ["Tømrer"]
    assert shown(f"q={visit.workplace.name[:6]}") == ["Tømrer", "Kok"]
    assert shown("q=100%25") == []
    assert shown("stage=interview") == ["Tømrer"]
    assert shown("lacking=tasks") == ["Kok"]
    assert shown("lacking=any") == ["Tømrer", "Kok"]
    assert shown("who=mine") == ["Tømrer"]
    assert shown("state=lapsed") == []
    assert shown("type=own:77&stage=x&lacking=x&who=x") == ["Tømrer", "Kok"]
    nothing = page.get("/openings?q=findes-ikke").get_data(as_text=True)
    assert "Ingen åbning svarer til det, der er valgt." in nothing
    assert "Vis alle åbne" in nothing


def test_the_page_names_what_is_missing_and_stays_within_twelve_queries(
    page: FlaskClient, app: Any, db: Session, visit: Visit
) -> None:
    opening = make_opening(db, visit=visit, occupation="Smed", wishes="Kørekort", positions=4)
    for _ in range(4):
        make_candidacy(db, opening, state="sent")
    db.commit()
    seen: list[str] = []
    event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *args: seen.append(args[2]))
    html = page.get(f"/openings/{opening.id}").get_data(as_text=True)
    assert len(seen) <= 12, seen
    assert "Mangler: opgaver, timer, start" in html
    assert "4 kandidater er undervejs" in html


def test_all_details_are_kept_and_shown(page: FlaskClient, db: Session, visit: Visit) -> None:
    opening = make_opening(db, visit=visit)
    db.commit()
    data = {
        "occupation": "Kok",
        "tasks": "Frokost til 80",
        "weekly_hours": "32,5",
        "hours_note": "hver anden weekend",
        "starts_on": "2027-01-04",
        "starts_note": "gerne før",
        "languages": ["en", "da"],
        "wishes": "Hygiejnebevis",
        "cvs_wanted": "0",
        "scheme": "wage_subsidy",
        "contact_name": "Ida Holm",
        "contact_phone": "20 30 40 50",
        "contact_email": "ida@firma.invalid",
    }
    url = f"/openings/{opening.id}"
    for bad in ({"contact_phone": "1"}, {"weekly_hours": "nan"}, {"languages": ["xx"]}, {"starts_on": "i morgen"}):
        assert page.post(f"{url}/details", data={**data, **bad}).status_code == 422
    assert page.post(f"{url}/details", data=data).status_code == 302
    html = page.get(url).get_data(as_text=True)
    for word in ("Frokost til 80", "32,5 om ugen · hver anden weekend", "dansk, engelsk", "Løntilskud", "Ida Holm"):
        assert word in html
    assert "Mangler:" not in html
    db.refresh(opening)
    assert (opening.stage, opening.occupation_code, opening.contact_phone) == ("specified", "5120", "+4520304050")
    assert "Frokost til 80" in page.get(f"{url}/details").get_data(as_text=True)


def test_a_wish_is_relaxed_and_what_it_was_stays(page: FlaskClient, db: Session, visit: Visit) -> None:
    opening = make_opening(db, visit=visit, wishes="Kørekort og truck")
    db.commit()
    url = f"/openings/{opening.id}"
    refused = page.post(f"{url}/relax", data={"wishes": "Kørekort", "agreed_with": ""})
    assert refused.status_code == 422
    assert "Skriv, hvem hos virksomheden der sagde ja" in refused.get_data(as_text=True)
    assert page.post(f"{url}/relax", data={"wishes": "Kørekort", "agreed_with": "Bo Berg"}).status_code == 302
    html = page.get(url).get_data(as_text=True)
    for word in ("Kørekort og truck", "Bo Berg", "Lempet 1 gang", visit.consultant.name):
        assert word in html
    assert 'name="wishes"' not in page.get(f"{url}/details").get_data(as_text=True)


def test_a_colleague_takes_over_and_the_history_tells_it(page: FlaskClient, db: Session, visit: Visit) -> None:
    colleague = make_user(db, "consultant", jobcentre=db.get_one(Jobcentre, visit.jobcentre_id))
    opening = make_opening(db, visit=visit)
    db.commit()
    url = f"/openings/{opening.id}/consultant"
    assert colleague.name in page.get(url).get_data(as_text=True)
    assert page.post(url, data={"consultant_id": "999999"}).status_code == 422
    assert page.post(url, data={"consultant_id": str(colleague.id)}).status_code == 302
    assert "Ny ansvarlig" in page.get(f"/openings/{opening.id}").get_data(as_text=True)


def test_an_added_opening_gets_another_number_and_a_told_one_points_to_the_report(
    page: FlaskClient, db: Session, visit: Visit
) -> None:
    added, told = make_opening(db, visit=visit, from_report=False), make_opening(db, visit=visit)
    db.commit()
    assert page.post(f"/openings/{added.id}/type", data={"type": "other", "positions": "3"}).status_code == 302
    db.refresh(added)
    assert (added.type, added.positions) == ("other", 3)
    db.commit()
    assert "3 stillinger i stedet for 1" in page.get(f"/openings/{added.id}").get_data(as_text=True)
    refused = page.post(f"/openings/{told.id}/type", data={"type": "other", "positions": "3"})
    assert refused.status_code == 422
    assert "Ret rapporten i stedet" in refused.get_data(as_text=True)
    assert f"/visits/{visit.id}/report" in page.get(f"/openings/{told.id}").get_data(as_text=True)


def test_the_visit_page_adds_one_in_two_taps(page: FlaskClient, db: Session, visit: Visit) -> None:
    make_opening(db, visit=visit, occupation="Smed")
    db.commit()
    html = page.get(f"/visits/{visit.id}").get_data(as_text=True)
    assert "Smed" in html
    assert f'href="/visits/{visit.id}/openings"' in html


def test_colleagues_who_were_not_at_the_visit_see_it(
    client: FlaskClient, sign_in: Enter, db: Session, visit: Visit
) -> None:
    opening = make_opening(db, visit=visit, occupation="Smed")
    home = db.get_one(Jobcentre, visit.jobcentre_id)
    people = [make_user(db, "consultant", jobcentre=home), make_user(db, "jobcentre_lead", jobcentre=home)]
    db.commit()
    for person in people:
        sign_in(client, person)
        assert "Smed" in client.get("/openings").get_data(as_text=True)
        assert client.get(f"/openings/{opening.id}").status_code == 200


def test_occupations_are_suggested_to_whoever_reads_openings(
    client: FlaskClient, page: FlaskClient, db: Session
) -> None:
    assert ">Tømrer</li>" in page.get("/openings/occupations?q=toemr").get_data(as_text=True)
    assert ">Kok</li>" in page.get("/openings/occupations?occupation=kok").get_data(as_text=True)
    assert "option" not in page.get("/openings/occupations").get_data(as_text=True)
