"""Lists between firms: who may call, what comes first, from which day to which."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import Invalid, NotFound
from crm.calling.actions import allot, approved_lists, enqueue, finish, follow_firms, prioritise, release_lists
from crm.calling.models import ListAllotment, QueueEntry
from crm.calling.queries.allotment import list_lines
from crm.campaigns.actions import set_contract
from crm.campaigns.models import CallList, ListEntry, Participation
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_participation, make_queue_entry, make_user, make_workplace
from tests.factories.calling import make_call_list, make_phoner
from tests.factories.core import make_campaign, make_firm

TODAY = date(2026, 11, 24)
DAY = timedelta(days=1)
SignIn = Callable[[FlaskClient, User], FlaskClient]


def _queued(session: Session, place: Participation, count: int = 2) -> tuple[CallList, list[QueueEntry]]:
    made = make_call_list(session, [make_workplace(session) for _ in range(count)], participation=place)
    enqueue(session, None, NOW, made)
    entries = session.scalars(select(QueueEntry).order_by(QueueEntry.id.desc()).limit(count)).all()
    return made, list(entries)


def _firms(session: Session, entries: list[QueueEntry]) -> list[int | None]:
    for entry in entries:
        session.refresh(entry)
    return [entry.calling_firm_id for entry in entries]


def test_a_list_goes_to_another_firm_at_once_and_the_others_stay(session: Session) -> None:
    place, other = make_participation(session), make_firm(session)
    (given_away, moved), (_kept, stays) = _queued(session, place), _queued(session, place)
    moved[0].call_back_by = make_phoner(session, place).id
    session.flush()
    assert allot(session, None, NOW, [given_away], other.id) == 2
    assert _firms(session, moved) == [other.id] * 2
    assert moved[0].call_back_by is None, "another firm keeps no promise"
    assert _firms(session, stays) == [place.calling_firm_id] * 2
    assert allot(session, None, NOW, [given_away], None) == 2
    assert _firms(session, moved) == [place.calling_firm_id] * 2


def test_a_released_list_is_nobodys_until_it_is_allotted_again(session: Session) -> None:
    place = make_participation(session)
    made, entries = _queued(session, place)
    assert release_lists(session, None, NOW, [made]) == 2
    assert _firms(session, entries) == [None, None]
    assert follow_firms(session, NOW + DAY) == 0, "the job leaves it alone"
    assert allot(session, None, NOW, [made], None) == 2
    assert _firms(session, entries) == [place.calling_firm_id] * 2


def test_what_is_in_somebodys_hands_follows_when_it_is_finished(session: Session) -> None:
    place = make_participation(session)
    phoner = make_phoner(session, place)
    made, (held, _free) = _queued(session, place)
    held.claimed_by, held.claimed_at, held.claimed_until = phoner.id, NOW, NOW + timedelta(minutes=10)
    session.flush()
    assert release_lists(session, None, NOW, [made]) == 1
    assert _firms(session, [held]) == [place.calling_firm_id]
    finish(session, phoner, NOW, held, "declined", reason="other")
    assert follow_firms(session, NOW) == 1
    session.refresh(held)
    assert (held.calling_firm_id, held.final_firm_id) == (None, place.calling_firm_id), "the credit stays"


def test_priority_is_brought_along_and_keeps_promises(session: Session) -> None:
    place = make_participation(session)
    made, entries = _queued(session, place)
    entries[0].call_back_by = promised = make_phoner(session, place).id
    session.flush()
    assert prioritise(session, None, NOW, [made], 0) == 2
    _firms(session, entries)
    assert [entry.priority for entry in entries] == [0, 0]
    assert entries[0].call_back_by == promised
    with pytest.raises(Invalid):
        prioritise(session, None, NOW, [made], 3)
    release_lists(session, None, NOW, [made])
    allot(session, None, NOW, [made], None)
    assert session.get_one(ListAllotment, made.id).priority == 0, "release and return keep the group"


@pytest.mark.parametrize(
    ("frm", "until", "runs"),
    [
        (None, None, True),
        (TODAY, TODAY, True),
        (TODAY + DAY, None, False),
        (None, TODAY - DAY, False),
        (TODAY - DAY, TODAY + DAY, True),
    ],
)
def test_the_contract_decides_by_danish_days_for_waiting_and_done(
    session: Session, frm: date | None, until: date | None, runs: bool
) -> None:
    place = make_participation(session)
    _made, (waiting, done) = _queued(session, place)
    done.state, done.final_outcome, done.final_firm_id = "done", "booked", place.calling_firm_id
    session.flush()
    assert set_contract(session, None, NOW, place, frm, until) == ((frm, until) != (None, None))
    follow_firms(session, NOW)
    assert _firms(session, [waiting, done]) == [place.calling_firm_id if runs else None] * 2
    assert done.final_firm_id == place.calling_firm_id


def test_a_contract_without_days_of_its_own_is_the_campaigns(session: Session) -> None:
    place = make_participation(session, campaign=make_campaign(session, ends_on=TODAY))
    _made, entries = _queued(session, place)
    late_in_the_day = NOW.replace(hour=22, minute=59)  # 23.59 in Denmark
    assert follow_firms(session, late_in_the_day) == 0
    assert follow_firms(session, late_in_the_day + timedelta(minutes=1)) == 2
    assert _firms(session, entries) == [None, None]


def test_a_contract_that_ends_before_it_begins_is_refused(session: Session) -> None:
    place = make_participation(session)
    with pytest.raises(Invalid):
        set_contract(session, None, NOW, place, TODAY, TODAY - DAY)
    with pytest.raises(Invalid):
        set_contract(session, None, NOW, place, place.campaign.ends_on + DAY, None)
    assert place.contract_from is None


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2), st.sampled_from(["own", "standing", "release", "first", "last", "begin", "end", "open"])
        ),
        max_size=8,
    )
)
def test_after_any_changes_entries_stand_where_the_table_says(session: Session, steps: list[tuple[int, str]]) -> None:
    place, other = make_participation(session, campaign=make_campaign(session)), make_firm(session)
    lists = [_queued(session, place, 1)[0] for _ in range(3)]
    dates = {"begin": (TODAY + DAY, None), "end": (None, TODAY - DAY), "open": (None, None)}
    for number, step in steps:
        one = [lists[number]]
        if step in dates:
            set_contract(session, None, NOW, place, *dates[step])
        elif step == "release":
            release_lists(session, None, NOW, one)
        elif step in ("first", "last"):
            prioritise(session, None, NOW, one, 0 if step == "first" else 2)
        else:
            allot(session, None, NOW, one, other.id if step == "own" else None)
    follow_firms(session, NOW)
    assert follow_firms(session, NOW) == 0
    session.expire_all()
    told = {line.id: line for line in list_lines(session, place.campaign_id, NOW)}
    runs = (place.contract_from or TODAY) <= TODAY <= (place.contract_until or TODAY)
    for made in lists:
        listed = select(ListEntry.id).where(ListEntry.call_list_id == made.id)
        entry = session.scalars(select(QueueEntry).where(QueueEntry.list_entry_id.in_(listed))).one()
        line, row = told[made.id], session.get(ListAllotment, made.id)
        wanted = (row.calling_firm_id if row and row.calling_firm_id else place.calling_firm_id) if runs else None
        assert entry.calling_firm_id == line.firm_id == (None if row and row.released_at else wanted)
        assert entry.priority == line.priority == (row.priority if row else 1)


def test_only_the_campaigns_approved_lists_can_be_allotted(session: Session) -> None:
    place = make_participation(session)
    draft = make_call_list(session, [make_workplace(session)], participation=place, state="draft")
    foreign = make_call_list(session, [make_workplace(session)], participation=make_participation(session))
    for wrong in (draft, foreign):
        with pytest.raises(NotFound):
            approved_lists(session, place.campaign_id, [wrong.id])
    with pytest.raises(Invalid):
        approved_lists(session, place.campaign_id, [])


def test_the_page_changes_several_lists_at_once(app: Flask, db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    place, other, manager = make_participation(db), make_firm(db, "Nyt Firma"), make_user(db, "campaign_manager")
    (first, one), (second, two) = _queued(db, place), _queued(db, place)
    db.commit()
    sign_in(client, manager)
    sent = {"campaign": place.campaign_id, "lists": [first.id, second.id], "do": "firm", "to": other.id}
    page = client.post("/calling/allot", data=sent, follow_redirects=True).text
    assert "2 lister er ændret" in page
    assert "kun denne liste" in page
    assert _firms(db, [*one, *two]) == [other.id] * 4
    assert db.scalars(select(Activity.verb).where(Activity.verb == "calling.allot")).all() == ["calling.allot"] * 2
    db.commit()
    sent = {"campaign": place.campaign_id, "lists": [first.id], "do": "release"}
    assert "Sluppet" in client.post("/calling/allot", data=sent, follow_redirects=True).text
    nothing = client.post("/calling/allot", data={**sent, "lists": []}, follow_redirects=True).text
    assert "Ingen liste er valgt" in nothing
    for wrong in (
        {"do": "firm", "to": ""},
        {"do": "firm", "to": 10**12},
        {"do": "priority", "priority": 9},
        {"do": "x"},
    ):
        answer = client.post("/calling/allot", data={**sent, **wrong}, follow_redirects=True)
        assert "notice--error" in answer.text
    assert client.post("/calling/allot", data={**sent, "lists": ["x"]}).status_code == 404


def test_the_page_saves_contracts_or_none(app: Flask, db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    place, manager = make_participation(db), make_user(db, "campaign_manager")
    _made, entries = _queued(db, place)
    db.commit()
    sign_in(client, manager)
    sent = {"campaign": place.campaign_id, f"from-{place.id}": "2026-12-01", f"until-{place.id}": "2026-11-01"}
    wrong = client.post("/calling/allot/contracts", data=sent)
    assert wrong.status_code == 422
    assert 'value="2026-12-01"' in wrong.text, "what was typed is kept"
    assert "Slutter, før den begynder" in wrong.text
    assert client.post("/calling/allot/contracts", data={**sent, f"until-{place.id}": "x"}).status_code == 422
    del sent[f"until-{place.id}"]
    page = client.post("/calling/allot/contracts", data=sent, follow_redirects=True).text
    assert "Begynder senere" in page
    assert "Uden for aftalen" in page
    assert _firms(db, entries) == [None, None]


def test_the_page_asks_the_same_however_many_lists(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    place, manager = make_participation(db), make_user(db, "campaign_manager")
    asked: list[str] = []
    event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *told: asked.append(told[2]))
    counts = []
    for more in (1, 5):
        for _ in range(more):
            _queued(db, place, 1)
        db.commit()
        sign_in(client, manager)
        asked.clear()
        assert client.get("/calling/allot").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_entry_of_the_factory_has_the_firm_of_its_list(session: Session) -> None:
    entry = make_queue_entry(session)
    assert follow_firms(session, NOW) == 0
    assert entry.calling_firm_id is not None
