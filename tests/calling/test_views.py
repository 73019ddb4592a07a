"""The phoner's screen and the approval of a list, as a browser sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from crm.calling.models import Call, QueueEntry
from crm.calling.rules import LEASE
from crm.campaigns.models import Participation
from crm.companies.models import Contact
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import (
    make_campaign,
    make_jobcentre,
    make_participation,
    make_queue_entry,
    make_user,
    make_workplace,
)
from tests.factories.calling import make_call, make_call_list, make_phoner

SignIn = Callable[[FlaskClient, User], FlaskClient]


@pytest.fixture
def part(db: Session) -> Participation:
    campaign = make_campaign(db, script=[{"title": "Indledning", "text": "Goddag {contact}, her er {phoner} & co."}])
    return make_participation(db, campaign=campaign)


@pytest.fixture
def phoner(db: Session, part: Participation) -> User:
    return make_phoner(db, part, name="Sofie Testesen")


@pytest.fixture
def entry(db: Session, part: Participation) -> QueueEntry:
    workplace = make_workplace(db, name="Eksempel <Blik> & Rør ApS", phone="+4570123456")
    db.add(Contact(workplace_id=workplace.id, name="Mette Prøvesen", title="daglig leder"))
    return make_queue_entry(db, participation=part, workplace=workplace)


@pytest.fixture
def page(client: FlaskClient, db: Session, phoner: User, entry: QueueEntry, sign_in: SignIn) -> FlaskClient:
    """Signed in as the phoner, nothing claimed yet."""
    db.commit()
    return sign_in(client, phoner)


def fetch(page: FlaskClient, part: Participation) -> None:
    answer = page.post("/call/next", data={"desk": f"{part.campaign_id}:"})
    assert answer.status_code == 302


def state(db: Session, entry: QueueEntry) -> QueueEntry:
    db.commit()
    db.refresh(entry)
    db.commit()
    return entry


def send(page: FlaskClient, entry: QueueEntry, htmx: bool = False, **data: Any) -> Any:
    return page.post(f"/call/{entry.id}/outcome", data=data, headers={"HX-Request": "true"} if htmx else {})


def test_nothing_is_claimed_by_looking(page: FlaskClient, db: Session, entry: QueueEntry) -> None:
    answer = page.get("/call")
    assert answer.status_code == 200
    assert "Klar til at ringe" in answer.text
    assert "1 tilbage" in answer.text
    assert state(db, entry).claimed_by is None


def test_the_screen_shows_company_script_and_history(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, phoner: User
) -> None:
    make_call(db, entry=entry, user=phoner, outcome="voicemail", note="Besked lagt", ended_at=NOW - timedelta(days=3))
    make_queue_entry(db, participation=part, workplace=make_workplace(db, name="Tvilling ApS", phone="+4570123456"))
    db.commit()
    fetch(page, part)
    text = page.get("/call").text
    for shown in (
        "Eksempel &lt;Blik&gt; &amp; Rør ApS",
        "70 12 34 56",
        "data-phone-dial",
        "14 ansatte",
        "Mette Prøvesen, daglig leder",
        "Telefonsvarer",
        "Besked lagt",
        "lø. 21. nov. 10.00",
        "Første opkald",
        "Goddag <b>Mette Prøvesen</b>, her er <b>Sofie Testesen</b> &amp; co.",
        "Tvilling ApS",
        "Ringet op for 3 dage siden",
        "Reklamebeskyttelse: nej",
        f"/visits/slots?entry_id={entry.id}",
    ):
        assert shown in text, shown


def test_an_outcome_is_saved_and_the_next_company_is_there(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, phoner: User
) -> None:
    following = make_queue_entry(db, participation=part, workplace=make_workplace(db, name="Den næste ApS"))
    db.commit()
    fetch(page, part)
    answer = send(page, entry, outcome="declined", reason="no_time", note="Ring ikke før nytår", key="k")
    assert (answer.status_code, answer.location) == (302, "/call")
    text = page.get("/call").text
    assert "Den næste ApS" in text
    assert "Gemt: Nej tak" in text
    assert state(db, entry).final_outcome == "declined"
    assert state(db, following).claimed_by == phoner.id
    call = db.scalars(select(Call)).one()
    db.commit()
    assert (call.reason, call.note) == ("no_time", "Ring ikke før nytår")
    assert send(page, entry, outcome="declined", reason="no_time", key="k").status_code == 302, "sent twice, saved once"
    assert db.scalar(select(func.count()).select_from(Call)) == 1
    db.commit()


def test_a_script_is_answered_with_why_there_is_no_next(
    page: FlaskClient, part: Participation, entry: QueueEntry
) -> None:
    fetch(page, part)
    text = send(page, entry, htmx=True, outcome="busy").text
    assert "<html" not in text
    assert 'data-path="/call?dry=1"' in text
    assert "Ingen at ringe til lige nu" in text
    assert "Prøves igen senere" in text
    assert "Den næste kommer i dag kl. 10.30" in text


def test_the_last_company_of_a_list_is_followed_by_a_word_that_it_was_the_last(
    page: FlaskClient, part: Participation, entry: QueueEntry
) -> None:
    fetch(page, part)
    text = send(page, entry, htmx=True, outcome="declined", reason="no_time").text
    assert "Listen er ringet igennem" in text
    assert "Vælg en anden liste" in text
    assert "Det holder virksomhederne tilbage" not in text


def test_the_first_choice_is_where_somebody_waits(page: FlaskClient, db: Session, part: Participation) -> None:
    newer = make_campaign(db, name="Ny og tom", starts_on=NOW.date())
    make_participation(db, campaign=newer, jobcentre=part.jobcentre, firm=part.calling_firm)
    db.commit()
    text = page.get("/call").text
    assert f'value="{newer.id}:{part.jobcentre_id}">' in text
    assert f'value="{part.campaign_id}:{part.jobcentre_id}" checked' in text


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ({"outcome": "declined", "note": "Har ikke tid nu"}, "Et nej skal have en grund"),
        ({"outcome": "call_back", "call_back_at": "snart", "note": "Har ikke tid nu"}, "Tidspunktet kan ikke læses"),
        ({"outcome": "call_back", "note": "Har ikke tid nu"}, "hvornår der skal ringes igen"),
        ({"outcome": "booked", "note": "Har ikke tid nu"}, "vælge en tid"),
        ({"note": "Har ikke tid nu"}, "Vælg, hvordan opkaldet endte"),
        ({"outcome": "sold", "note": "Har ikke tid nu"}, "Vælg, hvordan opkaldet endte"),
        ({"outcome": "busy", "contact_name": "x" * 201, "note": "Har ikke tid nu"}, "for langt"),
    ],
)
def test_a_refused_outcome_keeps_what_was_typed(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, data: dict[str, str], shown: str
) -> None:
    fetch(page, part)
    answer = send(page, entry, **data)
    assert answer.status_code == 422
    assert shown in answer.text
    assert "Har ikke tid nu</textarea>" in answer.text
    fragment = send(page, entry, htmx=True, **data)
    assert fragment.status_code == 422
    assert shown in fragment.text
    assert "<html" not in fragment.text
    assert state(db, entry).attempts == 0


def test_call_backs_understand_words(page: FlaskClient, db: Session, part: Participation, entry: QueueEntry) -> None:
    fetch(page, part)
    assert "mandag den 30. november kl. 13.30" in page.get("/call/when?call_back_at=p%C3%A5+mandag+kl.+13.30").text
    assert "forbi" in page.get("/call/when?call_back_at=i+dag+9").text
    assert "Der ringes alle dage" in page.get("/call/when?call_back_at=1/12/2030").text
    assert page.get("/call/when?call_back_at=").text == ""
    send(page, entry, outcome="call_back", call_back_at="14", mine="0")
    assert (state(db, entry).due_at, entry.call_back_by) == (NOW.replace(hour=13), None)


def test_notes_save_themselves_and_are_there_again(page: FlaskClient, part: Participation, entry: QueueEntry) -> None:
    fetch(page, part)
    answer = page.post(f"/call/{entry.id}/note", data={"note": "Indgang fra gården"})
    assert answer.status_code == 204
    assert answer.headers["X-Saved-At"].startswith("10.00.")
    assert "Indgang fra gården</textarea>" in page.get("/call").text
    assert page.post(f"/call/{entry.id}/note", data={"note": "x" * 4001}).status_code == 422


def lose(db: Session, part: Participation, entry: QueueEntry, to_colleague: bool) -> None:
    state(db, entry)
    colleague = make_phoner(db, part)
    entry.claimed_by = colleague.id if to_colleague else entry.claimed_by
    entry.claimed_until = NOW + LEASE if to_colleague else NOW - LEASE
    db.commit()


@pytest.mark.parametrize("htmx", [True, False])
def test_a_lost_company_keeps_the_notes_and_offers_a_way_on(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, htmx: bool
) -> None:
    fetch(page, part)
    lose(db, part, entry, to_colleague=True)
    answer = send(page, entry, htmx=htmx, outcome="busy", note="Vigtig note")
    assert answer.status_code == 409
    assert "ikke længere din" in answer.text
    assert f"/call/{entry.id}/retake" in answer.text
    assert htmx or "Vigtig note</textarea>" in answer.text
    assert page.post(f"/call/{entry.id}/heartbeat").status_code == 409
    assert page.post(f"/call/{entry.id}/note", data={"note": "x"}).status_code == 409
    assert page.post(f"/call/{entry.id}/retake", data={"note": "x"}).status_code == 409


def test_a_lapsed_company_can_be_taken_back_with_its_notes(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, phoner: User
) -> None:
    fetch(page, part)
    lose(db, part, entry, to_colleague=False)
    assert send(page, entry, outcome="busy", note="Vigtig note").status_code == 409
    assert page.post(f"/call/{entry.id}/retake", data={"note": "Vigtig note"}).status_code == 302
    assert (state(db, entry).claimed_by, entry.draft_note) == (phoner.id, "Vigtig note")
    assert page.post(f"/call/{entry.id}/heartbeat").status_code == 204


def test_a_pause_gives_the_company_back_with_its_notes(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry
) -> None:
    fetch(page, part)
    page.post("/call/pause", data={"pause": "lunch", "entry_id": str(entry.id), "note": "Halvfærdig"})
    assert (state(db, entry).claimed_by, entry.draft_note) == (None, "Halvfærdig")
    text = page.get("/call").text
    assert "Fortsæt og hent næste" in text
    assert 'value="lunch"' in text
    page.post("/call/next")
    assert "Halvfærdig</textarea>" in page.get("/call").text


def test_foreign_entries_are_not_found(page: FlaskClient, db: Session) -> None:
    foreign = make_queue_entry(db, participation=make_participation(db, jobcentre=make_jobcentre(db, code="851")))
    db.commit()
    for number in (foreign.id, 987654, 10**30):
        for verb in ("outcome", "note", "heartbeat", "retake"):
            assert page.post(f"/call/{number}/{verb}", data={"outcome": "busy"}).status_code == 404
    for desk in (f"{foreign.campaign_id}:", "987654:1", "x", "1:x", f"{10**30}:", "²:"):
        assert page.post("/call/next", data={"desk": desk}).status_code == 404


def test_a_phoner_without_lists_is_told(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    user = make_user(db, "phoner")
    db.commit()
    assert "Du har ingen lister at ringe på" in sign_in(client, user).get("/call").text


def test_others_do_not_call(client: FlaskClient, db: Session, sign_in: SignIn) -> None:
    user = make_user(db, "consultant")
    db.commit()
    assert sign_in(client, user).get("/call").status_code == 403


def test_the_screen_takes_few_queries_however_long_the_history(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, phoner: User
) -> None:
    for number in range(15):
        make_call(db, entry=entry, user=phoner, ended_at=NOW - timedelta(days=number))
        make_queue_entry(db, participation=part, workplace=make_workplace(db, phone="+4570123456"))
    db.commit()
    fetch(page, part)
    statements: list[str] = []
    engine = page.application.extensions["crm.engine"]
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert page.get("/call").status_code == 200
    assert len([text for text in statements if text.startswith("SELECT")]) <= 13


@pytest.fixture
def lead(client: FlaskClient, db: Session, part: Participation, sign_in: SignIn) -> FlaskClient:
    user = make_user(db, "jobcentre_lead", jobcentre=part.jobcentre)
    db.commit()
    return sign_in(client, user)


def test_an_approved_list_is_frozen_and_queued(lead: FlaskClient, db: Session, part: Participation) -> None:
    listed = make_call_list(db, [make_workplace(db) for _ in range(3)], participation=part, state="draft", struck=(1,))
    db.commit()
    answer = lead.post(f"/lists/{listed.id}/approve")
    assert (answer.status_code, answer.location) == (302, f"/lists/{listed.id}")
    assert "2 virksomheder er lagt i køen" in lead.get(answer.location).text
    assert db.scalar(select(func.count()).select_from(QueueEntry)) == 2
    db.commit()
    db.refresh(listed)
    assert listed.state == "approved"
    db.commit()
    lead.post(f"/lists/{listed.id}/approve")
    assert db.scalar(select(func.count()).select_from(QueueEntry)) == 2


def test_protected_companies_stop_approval_and_queue_nothing(
    lead: FlaskClient, db: Session, part: Participation
) -> None:
    workplaces = [make_workplace(db, advertising_protected=True), make_workplace(db, do_not_call_at=NOW)]
    listed = make_call_list(db, workplaces, participation=part, state="draft")
    db.commit()
    answer = lead.post(f"/lists/{listed.id}/approve")
    assert "reklamebeskyttede" in lead.get(answer.location).text
    db.refresh(listed)
    assert listed.state == "draft"
    assert db.scalar(select(func.count()).select_from(QueueEntry)) == 0


def test_another_jobcentres_list_is_not_found(lead: FlaskClient, db: Session) -> None:
    elsewhere = make_participation(db, jobcentre=make_jobcentre(db, code="851"))
    listed = make_call_list(db, [make_workplace(db)], participation=elsewhere, state="draft")
    db.commit()
    assert lead.post(f"/lists/{listed.id}/approve").status_code == 404
