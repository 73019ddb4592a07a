"""The list, one opening, an opening told later."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.openings import actions
from crm.openings.actions import candidacies, placements, sharing
from crm.openings.models import Opening, OpeningShare, Relaxation
from crm.openings.rules import Details
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.candidates import make_candidacy, make_placement
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
    again = page.post(f"{url}/close", data={"reason": "lapsed"})
    assert (again.status_code, again.location) == (303, url)
    assert "Åbningen er allerede lukket." in page.get(url).get_data(as_text=True)
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
    url = f"/openings/{told.id}"
    assert page.post(f"{url}/void").location == url
    assert "Ret rapporten i stedet" in page.get(url).get_data(as_text=True)
    db.refresh(told)
    assert told.voided_at is None


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


def test_filled_by_us_cannot_be_chosen_without_anybody_hired(page: FlaskClient, db: Session, visit: Visit) -> None:
    opening = make_opening(db, visit=visit, positions=2)
    db.commit()
    url = f"/openings/{opening.id}"
    assert 'value="filled_by_us"' not in page.get(url).get_data(as_text=True)
    refused = page.post(f"{url}/close", data={"reason": "filled_by_us"})
    assert (refused.status_code, "Ingen er skrevet som ansat" in refused.get_data(as_text=True)) == (422, True)
    make_placement(db, opening)
    db.commit()
    assert 'value="filled_by_us"' in page.get(url).get_data(as_text=True)
    assert page.post(f"{url}/close", data={"reason": "filled_by_us"}).status_code == 302


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


def opened(page: FlaskClient, url: str) -> dict[str, Any]:
    """What the details page sends back when nothing on it is changed."""
    html = page.get(url).get_data(as_text=True)
    found = re.search(r'name="seen" type="hidden" value="([^"]*)"', html)
    assert found is not None
    seen = unescape(found[1])
    values = {name: "" if value is None else value for name, value in json.loads(seen).items()}
    return {**values, "seen": seen}


def test_two_who_have_the_details_open_do_not_overwrite_each_other(
    page: FlaskClient, client: FlaskClient, sign_in: Enter, db: Session, visit: Visit
) -> None:
    opening = make_opening(db, visit=visit, contact_name="Bo", weekly_hours=30, languages=["da"])
    colleague = make_user(db, "consultant", name="Ida Holm", jobcentre=db.get_one(Jobcentre, visit.jobcentre_id))
    db.commit()
    url = f"/openings/{opening.id}/details"
    old = opened(page, url)
    sign_in(client, colleague)
    first = {**old, "occupation": "Kok", "tasks": "Frokost\r\ntil 80", "languages": ["da", "en"]}
    assert client.post(url, data=first).status_code == 302
    assert client.post(url, data={**old, "weekly_hours": "37"}).status_code == 302
    db.refresh(opening)
    assert (opening.occupation, opening.weekly_hours, opening.languages) == ("Kok", 37, ["da", "en"])
    db.commit()
    clash = client.post(url, data={**old, "occupation": "Bager", "wishes": "Mødestabil"})
    html = clash.get_data(as_text=True)
    assert clash.status_code == 409
    for words in (
        "Ida Holm har ændret det samme",
        "Imens er der skrevet: Kok",
        'value="Bager"',
        "Mødestabil",
        "til 80",
    ):
        assert words in html
    db.refresh(opening)
    assert (opening.occupation, opening.wishes) == ("Kok", "")
    db.commit()
    found = re.search(r'name="seen" type="hidden" value="([^"]*)"', html)
    assert found is not None
    again = {**first, "weekly_hours": "37", "occupation": "Bager", "wishes": "Mødestabil", "seen": unescape(found[1])}
    assert client.post(url, data=again).status_code == 302
    db.refresh(opening)
    assert (opening.occupation, opening.wishes, opening.weekly_hours) == ("Bager", "Mødestabil", 37)


def test_wishes_relaxed_meanwhile_are_not_written_over_nor_lost(page: FlaskClient, db: Session, visit: Visit) -> None:
    opening = make_opening(db, visit=visit, wishes="Truck", contact_name="Bo")
    db.commit()
    url = f"/openings/{opening.id}/details"
    old = opened(page, url)
    assert page.post(f"/openings/{opening.id}/relax", data={"wishes": "", "agreed_with": "Bo"}).status_code == 302
    assert page.post(url, data={**old, "tasks": "Tag"}).status_code == 302
    clash = page.post(url, data={**old, "wishes": "Truck og lift"})
    assert clash.status_code == 409
    assert "Truck og lift" in clash.get_data(as_text=True)
    db.refresh(opening)
    assert (opening.wishes, opening.tasks) == ("", "Tag")


@pytest.mark.parametrize("seen", ["[]", "[" * 5000, '{"starts_on": 7}', '{"x": 1}', "null"])
def test_a_spoilt_memory_is_none(page: FlaskClient, db: Session, visit: Visit, seen: str) -> None:
    opening = make_opening(db, visit=visit)
    db.commit()
    answer = page.post(f"/openings/{opening.id}/details", data={"occupation": "Smed", "seen": seen})
    assert answer.status_code == 302
    db.refresh(opening)
    assert opening.occupation == "Smed"


def test_the_same_page_saves_once_and_another_of_the_type_is_asked_about(
    page: FlaskClient, db: Session, visit: Visit
) -> None:
    url = f"/visits/{visit.id}/openings"

    def key(html: str) -> str:
        found = re.search(r'name="key" type="hidden" value="([0-9a-f]{32})"', html)
        assert found is not None
        return found[1]

    def save(**data: str) -> tuple[int, str, str]:
        answer = page.post(url, data={"type": "ordinary", "positions": "1", **data})
        return answer.status_code, answer.get_data(as_text=True), answer.location or ""

    def made() -> list[tuple[str, int]]:
        found = db.scalars(select(Opening).where(Opening.voided_at.is_(None)).order_by(Opening.id)).all()
        db.commit()
        return [(one.occupation, one.positions) for one in found]

    first, second = (key(page.get(url).get_data(as_text=True)) for _ in range(2))
    assert first != second
    assert made() == []
    told = {"key": first, "occupation": "Kok"}
    saved = save(**told)
    assert save(**told) == saved  # Back and Gem
    assert made() == [("Kok", 1)]
    status, html, _to = save(**told, tasks="Frokost")
    assert status == 422
    assert "Du har allerede gemt Kok (1) fra denne side" in html
    assert key(html) != first
    status, html, _to = save(key=second, occupation="Smed")  # another window
    assert status == 422
    for words in ("I har allerede Kok (1) af den type fra besøget", 'name="another"', 'value="Smed"'):
        assert words in html
    assert save(key=second, occupation="Smed", another="y")[0] == 302
    assert save(key=second, occupation="Smed", another="y")[0] == 302
    assert save(type="other")[0] == 302
    assert made() == [("Kok", 1), ("Smed", 1), ("", 1)]
    assert page.post(f"{saved[2]}/void").status_code == 302
    status, html, _to = save(**told, another="y")
    assert (status, "er fjernet siden" in html, key(html) != first) == (422, True, True)


def test_the_last_relaxation_is_taken_back_once(page: FlaskClient, db: Session, visit: Visit) -> None:
    opening = make_opening(db, visit=visit, wishes="Kørekort og truck")
    db.commit()
    url = f"/openings/{opening.id}"
    for wishes in ("Kørekrot", "Kørekort"):
        page.post(f"{url}/relax", data={"wishes": wishes, "agreed_with": "Bo Berg"})
    first, last = db.scalars(select(Relaxation.id).order_by(Relaxation.id))
    db.commit()
    undo = f"{url}/relaxations/{{}}/undo"
    html = page.get(url).get_data(as_text=True)
    assert (undo.format(first) in html, undo.format(last) in html) == (False, True)
    for number, said in ((first, "Kun den seneste lempelse"), (last, "er fortrudt"), (last, "allerede fortrudt")):
        answer = page.post(undo.format(number), follow_redirects=True)
        assert said in answer.get_data(as_text=True)
    db.refresh(opening)
    assert opening.wishes == "Kørekrot"
    db.commit()
    page.post(undo.format(first))
    html = page.get(url).get_data(as_text=True)
    assert "Lempet" not in html
    assert "Lempelsen fortrudt" in html
    assert 'name="wishes"' in page.get(f"{url}/details").get_data(as_text=True)


def test_the_history_says_who_and_what_was_and_is(page: FlaskClient, db: Session, visit: Visit) -> None:
    who = visit.consultant
    opening = make_opening(db, visit=visit, wishes="Truck", created_at=NOW)
    seen = Details.of(opening)
    told = replace(seen, weekly_hours=30, starts_on=date(2026, 12, 1), contact_name="Bo Berg", languages=("da", "en"))
    actions.set_details(db, who, NOW, opening, told)
    actions.set_details(db, who, NOW, opening, replace(told, weekly_hours=37, starts_on=None))
    odense = make_jobcentre(db, code="461", postcode="5000", name="Jobcenter Odense")
    sharing.share(db, who, NOW, opening, jobcentre_ids=[odense.id])
    sharing.withdraw(db, who, NOW, opening, db.scalars(select(OpeningShare)).one())
    sent = make_candidacy(db, opening, state="interview", sent_at=NOW)
    other = make_candidacy(db, opening)
    candidacies.end(db, who, NOW, other, "company_declined")
    days = {"starts_on": date(2026, 11, 24), "ends_on": date(2026, 12, 24)}
    hired = candidacies.hire(db, who, NOW, sent, type="wage_subsidy", **days)
    for last in (date(2027, 1, 31), date(2026, 12, 1)):
        placements.extend(db, who, NOW, hired, last)
    names = (sent.candidate.reference, other.candidate.reference)
    db.commit()
    html = unescape(page.get(f"/openings/{opening.id}").get_data(as_text=True))
    for words in (
        "timer: – → 30",
        "start: – → 01.12.2026",
        "timer: 30 → 37, start: 01.12.2026 → –",
        "sprog: – → dansk, engelsk",
        "Jobcenter Odense",
        f"{names[0]}: ansat",
        f"{names[1]}: afsluttet",
        "Virksomheden sagde nej",
        f"{names[0]}: ansættelsen forlænget",
        "fra 24.12.2026 til 31.01.2027",
        f"{names[0]}: ansættelsen afkortet",
        "fra 31.01.2027 til 01.12.2026",
        "24.11.2026–24.12.2026",
    ):
        assert words in html, words
    first, rest = html.split('<details class="fold"><summary>Vis ')
    assert first.count('class="timeline__item') == 8
    assert rest.count('class="timeline__item') == int(rest.split()[0])
    assert "Bo Berg" not in rest


def test_a_region_reads_a_history_without_references(
    client: FlaskClient, sign_in: Enter, db: Session, visit: Visit
) -> None:
    opening = make_opening(db, visit=visit)
    person = make_candidacy(db, opening)
    candidacies.end(db, None, NOW, person, "company_declined")
    region = make_user(db, "regional_lead", region_id=db.get_one(Jobcentre, visit.jobcentre_id).region_id)
    reference = person.candidate.reference
    db.commit()
    sign_in(client, region)
    html = client.get(f"/openings/{opening.id}").get_data(as_text=True)
    assert "Kandidat: afsluttet" in html
    assert reference not in html
