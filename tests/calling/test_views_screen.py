"""The phoner's screen as its script swaps it in: the next company in one answer, what is known before dialling, the
next one reserved, what was saved and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.calling.models import Call, Presence, QueueEntry
from crm.campaigns.models import CallList, ListEntry, Participation
from crm.people.models import User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import (
    make_campaign,
    make_firm,
    make_participation,
    make_queue_entry,
    make_user,
    make_visit,
    make_workplace,
)
from tests.factories.calling import make_call, make_phoner

SignIn = Callable[[FlaskClient, User], FlaskClient]


@pytest.fixture
def part(db: Session) -> Participation:
    return make_participation(db, campaign=make_campaign(db, name="Luk op 2026"))


@pytest.fixture
def phoner(db: Session, part: Participation) -> User:
    return make_phoner(db, part, name="Sofie Testesen")


def queued(db: Session, part: Participation, name: str, order: int, **fields: Any) -> QueueEntry:
    place = {key: fields.pop(key) for key in ("advertising_protected", "phone") if key in fields}
    workplace = make_workplace(db, name=name, **{"phone": f"+45701234{order:02d}", **place})
    due = NOW - timedelta(hours=2) + timedelta(seconds=order)
    return make_queue_entry(db, participation=part, workplace=workplace, due_at=due, **fields)


@pytest.fixture
def entry(db: Session, part: Participation) -> QueueEntry:
    return queued(db, part, "Første ApS", 1)


@pytest.fixture
def following(db: Session, part: Participation, entry: QueueEntry) -> QueueEntry:
    made = queued(db, part, "Anden ApS", 2)
    db.commit()
    return made


@pytest.fixture
def page(client: FlaskClient, db: Session, phoner: User, entry: QueueEntry, sign_in: SignIn) -> FlaskClient:
    db.commit()
    return sign_in(client, phoner)


def fetch(page: FlaskClient, part: Participation) -> str:
    """Claim the next one, as the script does."""
    answer = page.post("/call/next", data={"desk": f"{part.campaign_id}:"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.text


def send(page: FlaskClient, entry: QueueEntry, **data: Any) -> Any:
    return page.post(f"/call/{entry.id}/outcome", data=data, headers={"HX-Request": "true"})


def fresh(db: Session, entry: QueueEntry) -> QueueEntry:
    db.commit()
    db.refresh(entry)
    db.commit()
    return entry


def test_the_answer_to_an_outcome_is_the_next_company(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, following: QueueEntry
) -> None:
    assert "Første ApS" in fetch(page, part)
    answer = send(page, entry, outcome="busy", note="Ring om formiddagen", key="k")
    assert answer.status_code == 200
    for told in (
        'id="call-desk"',
        f'data-entry="{following.id}"',
        'data-path="/call"',
        "Ny virksomhed: Anden ApS. Første opkald.",
        'id="call-top"',
        'hx-swap-oob="true"',
        "<b>1</b> opkald",
        f"/visits/slots?entry_id={following.id}",
        "Gemt: Optaget · ringes op i dag kl. 10.30 · Første ApS",
        "Fortryd",
    ):
        assert told in answer.text, told
    for absent in ("<html", "<script", "<link", "Log ud"):
        assert absent not in answer.text, absent
    call = db.scalars(select(Call)).one()
    db.commit()
    assert f'action="/call/undo/{call.id}"' in answer.text
    again = send(page, entry, outcome="busy", key="k")
    assert f'data-entry="{following.id}"' in again.text, "a lost answer brings the same company"
    assert db.scalar(select(func.count()).select_from(Call)) == 1
    db.commit()


def test_another_outcome_after_a_lost_answer_says_what_holds(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, following: QueueEntry
) -> None:
    fetch(page, part)
    send(page, entry, outcome="busy", key="k")
    answer = send(page, entry, outcome="no_answer", key="k")
    assert answer.status_code == 200
    assert "gemt med det første udfald" in answer.text
    assert f'data-entry="{following.id}"' in answer.text
    assert fresh(db, entry).last_outcome == "busy"


def test_an_outcome_taken_back_brings_the_company_with_its_notes(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, following: QueueEntry, phoner: User
) -> None:
    fetch(page, part)
    send(page, entry, outcome="declined", reason="no_time", note="Ring ikke før nytår", key="k")
    call = db.scalars(select(Call)).one()
    db.commit()
    answer = page.post(f"/call/undo/{call.id}", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/call"
    text = page.get("/call", headers={"HX-Request": "true"}).text
    assert f'data-entry="{entry.id}"' in text
    assert "Ring ikke før nytår</textarea>" in text
    assert "data-countdown" not in text, "nothing is left to take back"
    assert fresh(db, following).claimed_by == phoner.id, "the other one waits as my next"


def test_a_booked_call_is_taken_back_where_it_was_booked(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, following: QueueEntry, phoner: User
) -> None:
    made = make_call(
        db, entry=entry, user=phoner, outcome="booked", answer="booked", ended_at=NOW, before={"state": "waiting"}
    )
    db.commit()
    text = fetch(page, part)
    assert f'action="/visits/undo/{made.id}"' in text


def test_the_next_company_is_reserved_while_one_is_open(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, following: QueueEntry, phoner: User
) -> None:
    assert page.post("/call/reserve").status_code == 204, "nothing is open"
    fetch(page, part)
    told = page.post("/call/reserve").get_json()
    assert told == {"entry_id": following.id, "slots_url": f"/visits/slots?entry_id={following.id}"}
    assert page.post("/call/reserve").get_json() == told, "asked again: the same one, kept longer"
    assert (fresh(db, following).claimed_by, following.claimed_at) == (phoner.id, None)
    assert f'data-entry="{entry.id}"' in page.get("/call").text, "the open one stays open"
    send(page, entry, outcome="busy")
    assert fresh(db, following).claimed_at is not None
    assert page.post("/call/reserve").status_code == 204, "no third company"


def test_presence_follows_what_is_done(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, phoner: User
) -> None:
    fetch(page, part)
    assert db.get_one(Presence, phoner.id).state == "calling"
    db.commit()
    text = page.post(
        "/call/pause", data={"pause": "lunch", "entry_id": entry.id, "note": ""}, headers={"HX-Request": "true"}
    ).text
    db.expire_all()
    assert (db.get_one(Presence, phoner.id).state, db.get_one(Presence, phoner.id).reason) == ("paused", "lunch")
    db.commit()
    assert "<html" not in text
    assert "Siden 10.00" in text


def test_protected_companies_show_the_basis_of_their_own_list(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry
) -> None:
    entry.workplace.advertising_protected = True
    listed = db.scalars(
        select(CallList)
        .join(ListEntry, ListEntry.call_list_id == CallList.id)
        .where(ListEntry.id == entry.list_entry_id)
    ).one()
    listed.legal_basis = "Samarbejde efter LAB § 1"
    db.commit()
    assert "Reklamebeskyttet. Hjemmel: Samarbejde efter LAB § 1" in fetch(page, part)


def test_what_happened_elsewhere_is_told_before_dialling(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, phoner: User
) -> None:
    spring = make_participation(
        db, campaign=make_campaign(db, name="Foråret 2026"), jobcentre=part.jobcentre, firm=part.calling_firm
    )
    before = make_queue_entry(
        db, participation=spring, workplace=entry.workplace, state="done", final_outcome="declined"
    )
    make_call(
        db,
        entry=before,
        user=phoner,
        outcome="declined",
        answer="declined",
        reason="no_time",
        ended_at=NOW - timedelta(days=5),
    )
    twin = queued(db, part, "Tvilling ApS", 3, phone=entry.phone, state="done", last_called_at=NOW - timedelta(days=1))
    entry.shared_phone = twin.shared_phone = True
    db.commit()
    text = fetch(page, part)
    assert "Svarede »Nej tak« i Foråret 2026 19.11.2026" in text
    assert "Ringet op for 5 dage siden · Foråret 2026" in text
    assert "Tvilling ApS (ringet op for 1 dag siden)" in text
    assert "Har ikke tid · Foråret 2026" in text


def note(db: Session, verb: str, visit: Visit, days: int, **data: Any) -> None:
    who = make_user(db, "consultant")
    at = NOW - timedelta(days=days)
    activity.record(db, who, at, verb, visit, workplace_id=visit.workplace_id, campaign_id=visit.campaign_id, **data)


def test_the_history_tells_of_visits_and_openings_in_the_firms_own_campaigns(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry
) -> None:
    visit = make_visit(
        db, entry=make_queue_entry(db, participation=part, state="done"), starts_at=NOW - timedelta(days=60)
    )
    visit.workplace_id = entry.workplace_id
    foreign = make_visit(
        db,
        entry=make_queue_entry(
            db, participation=make_participation(db, campaign=make_campaign(db), firm=make_firm(db)), state="done"
        ),
        starts_at=NOW - timedelta(days=90),
    )
    foreign.workplace_id = entry.workplace_id
    db.flush()
    note(db, "visits.book", visit, 70)
    note(db, "visits.report", visit, 60, result="nobody_there", before="booked")
    note(db, "visits.report", visit, 59, result="held", before="nobody_there")
    note(db, "openings.log", visit, 58, positions=2)
    note(db, "visits.cancel", foreign, 90, by="company")
    db.commit()
    text = fetch(page, part)
    assert "Besøg booket" in text
    assert text.count("Besøg afholdt") == 1
    assert "ingen at træffe" not in text, "the corrected report"
    assert "2 åbninger" in text
    assert "aflyst" not in text, "another firm's campaign"


def test_a_company_taken_back_without_notes_keeps_its_own(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry
) -> None:
    fetch(page, part)
    page.post(f"/call/{entry.id}/note", data={"note": "Står her endnu"})
    fresh(db, entry).claimed_until = NOW - timedelta(minutes=1)
    db.commit()
    answer = page.post(f"/call/{entry.id}/retake", headers={"HX-Request": "true"})
    assert "Står her endnu</textarea>" in answer.text


def test_labels_are_in_the_readers_language(page: FlaskClient, part: Participation) -> None:
    page.post("/language", data={"language": "en", "next": "/call"})
    text = fetch(page, part)
    for told in ("No answer", "Needs nobody", "Save and next"):
        assert told in text, told


def test_the_whole_answer_takes_few_statements_however_long_the_history(
    page: FlaskClient, db: Session, part: Participation, entry: QueueEntry, following: QueueEntry, phoner: User
) -> None:
    for number in range(15):
        make_call(db, entry=following, user=phoner, ended_at=NOW - timedelta(days=number + 1))
        queued(db, part, f"Nummer {number}", 20 + number, phone=following.phone)
    db.commit()
    fetch(page, part)
    page.post("/call/reserve")
    statements: list[str] = []
    engine = page.application.extensions["crm.engine"]
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2].split()[0]))
    answer = send(page, entry, outcome="busy", key="k")
    assert f'data-entry="{following.id}"' in answer.text
    assert statements.count("SELECT") <= 16
    assert len(statements) <= 24
