"""The pages beside the work list: added agreements, a visit's, what is done, undone, put off, handed over; the
company's answers and a colleague's work at the top of the list; who reaches what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.followups.models import Answer, FollowUp
from crm.followups.queries.owning import stood_in_for
from crm.integrations.models import OutboxMessage
from crm.people.models import Jobcentre, User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.leave import make_leave

Enter = Callable[[FlaskClient, User], FlaskClient]
TODAY = date(2026, 11, 24)


@pytest.fixture
def visit(db: Session) -> Visit:
    made = make_visit(
        db,
        state="held",
        starts_at=NOW - timedelta(days=2),
        reported_at=NOW,
        contact_email="mette@eksempel.invalid",
        contact_phone="+4520000001",
    )
    db.commit()
    return made


@pytest.fixture
def page(client: FlaskClient, sign_in: Enter, visit: Visit) -> FlaskClient:
    return sign_in(client, visit.consultant)


def colleague(db: Session, visit: Visit, name: str, role: str = "consultant") -> User:
    return make_user(db, role, jobcentre=db.get_one(Jobcentre, visit.jobcentre_id), name=name)


def corrected(db: Session, follow_up: FollowUp, **fields: Any) -> Answer:
    values = {"at": NOW, "kind": "corrected", "words": "Det var tre CV'er", **fields}
    made = Answer(follow_up_id=follow_up.id, **values)
    db.add(made)
    db.flush()
    return made


def agreements(db: Session) -> list[FollowUp]:
    """As the requests left them; no lock is held afterwards."""
    db.expire_all()
    found = list(db.scalars(select(FollowUp).order_by(FollowUp.id)))
    db.commit()
    return found


def letter(db: Session) -> OutboxMessage:
    """The only one."""
    found = db.scalars(select(OutboxMessage)).one()
    db.commit()
    return found


def test_an_agreement_is_added_and_sent(page: FlaskClient, db: Session, visit: Visit) -> None:
    url = f"/visits/{visit.id}/followups/add"
    html = page.get(url).text
    assert "Mette Prøvesen får aftalen på skrift." in html
    assert "om 2 uger" in html
    data = {"owed_by": "jobcentre", "kind": "care", "promise": "Ringe efter nytår", "due": "own"}
    refused = page.post(url, data={**data, "own_date": "2026-12-24"})
    assert refused.status_code == 422
    assert "Den næste er 28.12.2026." in refused.text
    assert "Ringe efter nytår" in refused.text
    assert agreements(db) == []
    answer = page.post(url, data={**data, "own_date": "2027-01-11"})
    assert (answer.status_code, answer.location) == (302, f"/visits/{visit.id}/followups")
    [made] = agreements(db)
    assert (made.kind, made.due_on, made.from_report) == ("care", date(2027, 1, 11), False)
    assert "Ringe efter nytår" in letter(db).body_text
    assert "Ringe efter nytår" in page.get(f"/visits/{visit.id}/followups").text


def test_nothing_is_added_before_the_report(client: FlaskClient, sign_in: Enter, db: Session) -> None:
    booked = make_visit(db, starts_at=NOW - timedelta(hours=1))
    db.commit()
    sign_in(client, booked.consultant)
    data = {"owed_by": "company", "promise": "De ringer", "due": "2026-12-08"}
    answer = client.post(f"/visits/{booked.id}/followups/add", data=data)
    assert answer.status_code == 422
    assert "Skriv aftalen i rapporten." in answer.text
    assert agreements(db) == []


def test_a_visits_agreements_open_and_done_and_those_a_colleague_has(
    page: FlaskClient, db: Session, visit: Visit
) -> None:
    assert "Ingen aftaler" in page.get(f"/visits/{visit.id}/followups").text
    mine = make_follow_up(db, visit=visit, promise="Min aftale", confirmed_at=NOW)
    make_follow_up(db, visit=visit, promise="Klaret", state="done", done_at=NOW, outcome_key="not_reached")
    theirs = make_follow_up(db, visit=visit, promise="Annas", owner_id=colleague(db, visit, "Anna Kollega").id)
    db.commit()
    html = page.get(f"/visits/{visit.id}/followups").text
    for text in ("Min aftale", "Bekræftet", "Fik ikke fat i dem", "Anna Kollega", "Tilføj aftale"):
        assert text in html
    assert f'href="/followups/{mine.id}"' in html
    assert f'href="/followups/{theirs.id}"' not in html, "a link that would not open"


def test_done_is_listed_the_last_first_for_both(
    page: FlaskClient, sign_in: Enter, app: Flask, db: Session, visit: Visit
) -> None:
    assert "Ingen klarede aftaler" in page.get("/followups?show=done").text
    for number in range(60):
        make_follow_up(
            db,
            visit=visit,
            promise=f"Klaret nr. {number:02}",
            state="done",
            done_at=NOW - timedelta(days=number),
            outcome_key="opening_told",
        )
    lead = colleague(db, visit, "Leder", "jobcentre_lead")
    db.commit()
    html = page.get("/followups?show=done").text
    assert html.index("Klaret nr. 00") < html.index("Klaret nr. 01")
    assert "De har en åbning" in html
    assert "Klaret nr. 55" not in html
    assert "Klaret nr. 55" in page.get("/followups?show=done&page=2").text
    desk = sign_in(app.test_client(), lead).get("/followups?show=done").text
    assert "60 klarede aftaler" in desk
    assert visit.consultant.name in desk


def test_done_is_undone_at_once_but_not_after_a_week(page: FlaskClient, db: Session, visit: Visit) -> None:
    agreed = make_follow_up(db, visit=visit, due_on=TODAY, promise="Sende to CV'er")
    old = make_follow_up(db, visit=visit, state="done", done_at=NOW - timedelta(days=8))
    db.commit()
    answer = page.post(f"/followups/{agreed.id}/fulfil", data={"outcome_key": "done", "then": "skip"})
    assert answer.location == f"/followups?done={agreed.id}"
    html = page.get(answer.location).text
    assert f'action="/followups/{agreed.id}/reopen"' in html
    assert page.post(f"/followups/{agreed.id}/reopen").status_code == 302
    assert [(f.state, f.outcome_key) for f in agreements(db)] == [("open", None), ("done", None)]
    assert f"/followups/{agreed.id}/reopen" not in page.get(answer.location).text
    late = page.post(f"/followups/{old.id}/reopen")
    assert late.status_code == 422
    assert "Tilføj en ny aftale i stedet." in late.text


def test_done_with_the_next_contact(page: FlaskClient, db: Session, visit: Visit) -> None:
    agreed = make_follow_up(db, visit=visit, kind="care", promise="Holde kontakten", due_on=TODAY)
    db.commit()
    url = f"/followups/{agreed.id}/fulfil"
    refused = page.post(url, data={"outcome_key": "done"})
    assert refused.status_code == 422
    assert "Aftal den næste kontakt, eller skriv, hvorfor der ikke skal være nogen." in refused.text
    data = {"outcome_key": "later", "then": "date", "due": "2026-12-08", "promise": "Høre om foråret"}
    assert page.post(url, data=data).status_code == 302
    first, after = agreements(db)
    assert (first.state, first.outcome_key) == ("done", "later")
    assert (after.kind, after.follows_id, after.due_on) == ("care", first.id, date(2026, 12, 8))
    assert "Høre om foråret" in letter(db).body_text
    html = page.get(f"/followups/{first.id}").text
    assert f'href="/followups/{after.id}"' in html


@pytest.mark.parametrize("kind", ["company_owes", "future_need", "placement_ending"])
def test_who_was_not_reached_is_called_again_or_there_is_a_reason(
    page: FlaskClient, db: Session, visit: Visit, kind: str
) -> None:
    agreed = make_follow_up(db, visit=visit, kind=kind, due_on=TODAY)
    db.commit()
    url = f"/followups/{agreed.id}/fulfil"
    refused = page.post(url, data={"outcome_key": "not_reached", "then": "skip"})
    assert refused.status_code == 422
    assert "Aftal den næste kontakt" in refused.text
    [left] = agreements(db)
    assert left.state == "open"
    none = {"outcome_key": "not_reached", "then": "none", "because": "De er gået konkurs"}
    assert page.post(url, data=none).status_code == 302
    [done] = agreements(db)
    assert (done.state, done.no_next_because) == ("done", "De er gået konkurs")


def test_put_off_to_another_day_than_it_has(page: FlaskClient, db: Session, visit: Visit) -> None:
    agreed = make_follow_up(db, visit=visit, due_on=date(2026, 12, 1), told_at=NOW)
    db.commit()
    url = f"/followups/{agreed.id}/snooze"
    assert "Virksomheden får den nye dato på mail." in page.get(url).text
    same = page.post(url, data={"due_on": "2026-12-01", "reason": "Syg"})
    assert same.status_code == 422
    assert "Det er den dag, der står i forvejen." in same.text
    assert page.post(url, data={"due_on": "2026-12-04", "reason": "Syg"}).location == "/followups"
    [moved] = agreements(db)
    assert (moved.first_due_on, moved.due_on, moved.snoozes) == (date(2026, 12, 1), date(2026, 12, 4), 1)
    assert "4. december 2026" in letter(db).body_text
    assert "udskudt 1 gang" in page.get("/followups").text


def test_one_is_handed_over_and_the_company_gets_a_link(page: FlaskClient, db: Session, visit: Visit) -> None:
    agreed = make_follow_up(db, visit=visit, told_at=NOW)
    anna = colleague(db, visit, "Anna Kollega")
    stranger = make_user(db, "consultant", jobcentre=make_jobcentre(db, code="851", postcode="9000"), name="Fremmed")
    db.commit()
    url = f"/followups/{agreed.id}/hand-over"
    html = page.get(url).text
    assert "Anna Kollega" in html
    assert "Fremmed" not in html
    assert "Virksomheden får en mail med det nye navn." in html
    assert "Vælg en aktiv kollega fra jobcentret" in page.post(url, data={"to": stranger.id}).text
    assert page.post(url, data={"to": anna.id, "reason": "Ferie"}).status_code == 302
    assert page.get(url).status_code == 404, "it is Anna's now"
    told = letter(db)
    assert told.reply_to == anna.email
    assert "/aftale/" in (told.body_html or "")
    token = told.body_text.split("/aftale/")[1].split()[0]
    assert agreed.promise in page.get(f"/aftale/{token}").text


def test_a_visits_work_is_handed_over_by_its_page(page: FlaskClient, db: Session, visit: Visit) -> None:
    url = f"/visits/{visit.id}/followups/hand-over"
    assert "Der er ikke noget åbent at give videre." in page.get(url).text
    anna = colleague(db, visit, "Anna Kollega")
    for promise in ("Den ene", "Den anden"):
        make_follow_up(db, visit=visit, promise=promise)
    db.commit()
    html = page.get(url).text
    assert "Den ene" in html
    assert "Den anden" in html
    assert page.post(url, data={"to": ""}).status_code == 422
    assert page.post(url, data={"to": anna.id}).status_code == 302
    assert {f.owner_id for f in agreements(db)} == {anna.id}


def test_the_companys_answers_stand_at_the_top_with_what_to_do(
    page: FlaskClient, sign_in: Enter, app: Flask, db: Session, visit: Visit
) -> None:
    late = make_follow_up(db, visit=visit, due_on=date(2026, 11, 2), promise="Over fristen")
    agreed = make_follow_up(db, visit=visit, due_on=date(2027, 3, 1), promise="Sende to CV'er", told_at=NOW)
    done = make_follow_up(db, visit=visit, promise="Ringe tilbage", state="done", done_at=NOW, told_at=NOW)
    said = corrected(db, agreed, due_on=date(2026, 12, 8))
    corrected(db, done, kind="not_kept", words="I ringede aldrig")
    lead = colleague(db, visit, "Leder", "jobcentre_lead")
    db.commit()
    html = page.get("/followups").text
    assert html.index("Virksomheden retter aftalen") < html.index("Over fristen")
    assert "»Det var tre CV&#39;er«" in html
    assert f'href="/followups/{agreed.id}/answers/{said.id}"' in html
    assert "»I ringede aldrig«" in html
    assert f'href="/followups/{done.id}#svar"' in html
    desk = sign_in(app.test_client(), lead).get("/followups?kind=care").text
    assert "Virksomheden siger, at det ikke er sket" in desk, "whatever is filtered"
    assert "Holdte aftaler i tal" in desk
    assert "Virksomheden har svaret" not in sign_in(app.test_client(), lead).get("/followups?show=done").text
    for answer in db.scalars(select(Answer)):
        answer.settled_at, answer.settled_by, answer.settled_as = NOW, lead.id, "accepted"
    late.promise = "Stadig over fristen"
    db.commit()
    html = page.get("/followups").text
    assert "Virksomheden har svaret" not in html
    assert "Stadig over fristen" in html


def test_a_substitute_sees_and_does_the_work_while_the_leave_lasts(
    client: FlaskClient, sign_in: Enter, db: Session, visit: Visit
) -> None:
    stand_in, other = colleague(db, visit, "Vikar"), colleague(db, visit, "Anden")
    due = make_follow_up(db, visit=visit, due_on=TODAY, promise="Ringe i dag")
    after = make_follow_up(db, visit=visit, due_on=date(2026, 12, 14), promise="Efter fraværet")
    leave = make_leave(db, visit.consultant, date(2026, 11, 23), date(2026, 12, 4), stand_in)
    db.commit()
    sign_in(client, stand_in)
    html = client.get("/followups").text
    assert f"Du vikarierer for {visit.consultant.name}" in html
    assert "Ringe i dag" in html
    assert "Efter fraværet" not in html
    assert client.get(f"/followups/{due.id}").status_code == 200
    assert client.get(f"/followups/{after.id}").status_code == 200, "it may be asked for, though it is not due"
    sign_in(client, other)
    assert client.get(f"/followups/{due.id}").status_code == 404
    assert "Du vikarierer" not in client.get("/followups").text
    sign_in(client, stand_in)
    assert client.post(f"/followups/{due.id}/fulfil", data={"outcome_key": "done"}).status_code == 302
    leave.until_on = date(2026, 11, 23)
    db.commit()
    assert client.get(f"/followups/{after.id}").status_code == 404
    db.refresh(due)
    assert (due.done_by, due.owner_id) == (stand_in.id, visit.consultant_id)


def test_a_substitutes_substitute_stands_in_and_nobody_for_themselves(session: Session) -> None:
    first = make_user(session, "consultant")
    home = session.get_one(Jobcentre, first.jobcentre_id)
    second, third = (make_user(session, "consultant", jobcentre=home) for _n in range(2))
    make_leave(session, first, TODAY, TODAY + timedelta(days=9), second)
    assert stood_in_for(session, second.id, TODAY) == {first.id: TODAY + timedelta(days=9)}
    assert stood_in_for(session, second.id, TODAY - timedelta(days=1)) == {}
    make_leave(session, second, TODAY, TODAY, third)
    assert set(stood_in_for(session, third.id, TODAY)) == {first.id, second.id}
    make_leave(session, third, TODAY, TODAY, first)
    assert stood_in_for(session, first.id, TODAY) == {}, "who is away stands in for nobody"


def test_who_is_no_consultant_any_more_leaves_agreements_without_an_owner(
    client: FlaskClient, sign_in: Enter, db: Session, visit: Visit
) -> None:
    lead = colleague(db, visit, "Leder", "jobcentre_lead")
    agreed = make_follow_up(db, visit=visit, promise="Forældreløs", due_on=TODAY)
    visit.consultant.roles[0].role = "admin"
    visit.consultant.roles[0].jobcentre_id = None
    db.commit()
    sign_in(client, lead)
    html = client.get("/followups").text
    assert "1 aftale er uden ejer" in html
    assert "Forældreløs" in client.get("/followups?consultant=none").text
    assert "Aftalen er uden ejer" in client.get(f"/followups/{agreed.id}").text
    data = {"outcome_key": "done", "then": "date", "due": "2026-12-08", "promise": "Næste"}
    assert client.post(f"/followups/{agreed.id}/fulfil", data=data).status_code == 302
    assert agreements(db)[1].owner_id == lead.id, "what comes next has an owner"


PAGES = (
    "/followups/{f}",
    "/followups/{f}/snooze",
    "/followups/{f}/hand-over",
    "/followups/{f}/answers/{a}",
    "/visits/{v}/followups",
    "/visits/{v}/followups/add",
    "/visits/{v}/followups/hand-over",
    "/visits/{v}/report",
)
POSTS = (
    "/followups/{f}/fulfil",
    "/followups/{f}/reopen",
    "/followups/{f}/snooze",
    "/followups/{f}/hand-over",
    "/followups/{f}/answers/{a}/accept",
    "/visits/{v}/followups/add",
    "/visits/{v}/followups/hand-over",
    "/visits/{v}/report",
)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("consultant", 404),
        ("jobcentre_lead", 404),
        ("regional_lead", 403),
        ("campaign_manager", 403),
        ("phoner", 403),
        ("admin", 403),
    ],
)
def test_nobody_elsewhere_reaches_any_of_it(
    client: FlaskClient, sign_in: Enter, db: Session, visit: Visit, role: str, status: int
) -> None:
    agreed = make_follow_up(db, visit=visit, due_on=TODAY)
    said = corrected(db, agreed)
    place = make_jobcentre(db, code="851", postcode="9000")
    who = make_user(db, role, jobcentre=place) if role in ("consultant", "jobcentre_lead") else make_user(db, role)
    db.commit()
    sign_in(client, who)
    ids = {"f": agreed.id, "v": visit.id, "a": said.id}
    assert {url: client.get(url.format(**ids)).status_code for url in PAGES} == dict.fromkeys(PAGES, status)
    assert {url: client.post(url.format(**ids)).status_code for url in POSTS} == dict.fromkeys(POSTS, status)
    assert "To ansøgere" not in client.get("/followups").text
    db.expire_all()
    assert (agreed.state, agreed.owner_id) == ("open", visit.consultant_id)


def test_every_page_takes_few_queries_with_sixty_rows(
    client: FlaskClient, sign_in: Enter, app: Flask, db: Session, visit: Visit
) -> None:
    stand_in = colleague(db, visit, "Vikar")
    lead = colleague(db, visit, "Leder", "jobcentre_lead")
    make_leave(db, visit.consultant, TODAY, TODAY + timedelta(days=300), stand_in)
    for number in range(60):
        agreed = make_follow_up(db, visit=visit, due_on=TODAY + timedelta(days=number), told_at=NOW)
        make_follow_up(db, visit=visit, owner_id=stand_in.id, due_on=TODAY + timedelta(days=number))
        make_follow_up(db, visit=visit, state="done", done_at=NOW)
        corrected(db, agreed)
    db.commit()
    number = agreed.id
    pages = (
        "/followups",
        "/followups?show=done",
        f"/followups/{number}",
        f"/followups/{number}/snooze",
        f"/followups/{number}/hand-over",
        f"/followups?done={number}",
    )
    of_visit = (
        f"/visits/{visit.id}/followups",
        f"/visits/{visit.id}/followups/add",
        f"/visits/{visit.id}/followups/hand-over",
        f"/visits/{visit.id}/report",
    )
    seen: list[str] = []
    event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *args: seen.append(args[2]))
    taken = {}
    for who, urls in ((stand_in, pages), (lead, pages + of_visit), (visit.consultant, pages + of_visit)):
        sign_in(client, who)
        for url in urls:
            seen.clear()
            assert client.get(url).status_code == 200, url
            taken[f"{who.name} {url}"] = len(seen)
    assert {url: count for url, count in taken.items() if count > 12} == {}
