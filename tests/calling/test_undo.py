"""The last outcome taken back within ten seconds: the entry as it was, and the call as if it never was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import NotFound, Refusal
from crm.calling import queries
from crm.calling.actions import claim, finish, finish_and_next, reserve, undo
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import LEASE, OUTCOMES, UNDO
from crm.campaigns.models import Participation
from crm.campaigns.queries.segment import contact_facts
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_participation, make_queue_entry, make_user
from tests.factories.calling import make_phoner

SECOND = timedelta(seconds=1)
SOON = NOW + 3 * SECOND
SignIn = Callable[[FlaskClient, User], FlaskClient]


@dataclass
class Desk:
    session: Session
    part: Participation
    phoner: User

    def entry(self, **fields: Any) -> QueueEntry:
        return make_queue_entry(self.session, participation=self.part, **fields)

    def claim(self) -> QueueEntry:
        found = claim(self.session, self.phoner, NOW, self.part.campaign_id)
        assert found is not None
        return found

    def read(self, entry: QueueEntry) -> QueueEntry:
        self.session.flush()
        self.session.refresh(entry)
        return entry


@pytest.fixture
def desk(session: Session) -> Desk:
    part = make_participation(session)
    return Desk(session, part, make_phoner(session, part))


def columns(entry: QueueEntry) -> dict[str, Any]:
    return {column.key: getattr(entry, column.key) for column in inspect(QueueEntry).column_attrs}


DETAILS = {"declined": {"reason": "no_need"}, "call_back": {"call_back_at": NOW + timedelta(hours=3)}}


@pytest.mark.parametrize("outcome", list(OUTCOMES))
def test_every_outcome_leaves_the_entry_as_it_was(desk: Desk, outcome: str) -> None:
    desk.entry(
        attempts=2,
        day_attempts=1,
        last_called_at=NOW - timedelta(hours=2),
        last_outcome="busy",
        rank=0,
        call_back_by=desk.phoner.id,
        due_at=NOW - timedelta(minutes=5),
        draft_note="Halvt skrevet",
    )
    entry = desk.claim()
    before = columns(desk.read(entry))
    call = finish(desk.session, desk.phoner, NOW, entry, outcome, note="Helt skrevet", **DETAILS.get(outcome, {}))
    assert columns(desk.read(entry)) != before
    booked = outcome == "booked"
    assert undo(desk.session, desk.phoner, SOON, call, booked=booked).id == entry.id
    desk.session.refresh(entry.workplace)
    expected = {**before, "draft_note": "Helt skrevet", "claimed_until": SOON + LEASE}
    assert columns(desk.read(entry)) == expected
    assert (call.undone_at, call.before) == (SOON, None)
    assert entry.workplace.do_not_call_at is None
    assert queries.pace(desk.session, desk.phoner.id, SOON) == queries.Pace(0, 0, 0)
    assert queries.history(desk.session, entry.workplace_id) == []


def test_a_double_click_undoes_once_and_the_call_can_be_finished_anew(desk: Desk) -> None:
    desk.entry()
    entry = desk.claim()
    call = finish(desk.session, desk.phoner, NOW, entry, "busy", idempotency_key="k1")
    undo(desk.session, desk.phoner, SOON, call)
    undo(desk.session, desk.phoner, SOON + SECOND, call)
    assert call.undone_at == SOON
    verbs = desk.session.scalars(select(Activity.verb).where(Activity.verb == "calling.undo")).all()
    assert len(verbs) == 1
    with pytest.raises(Refusal) as caught:
        finish(desk.session, desk.phoner, SOON, entry, "busy", idempotency_key="k1")
    assert caught.value.code == "stale", "an old page's answer is not taken for saved"
    again = finish(desk.session, desk.phoner, SOON, entry, "declined", reason="other", idempotency_key="k2")
    assert (again.started_at, entry.attempts, entry.final_outcome) == (NOW, 1, "declined")


def test_it_is_refused_after_ten_seconds_and_when_another_has_the_entry(desk: Desk) -> None:
    desk.entry()
    entry = desk.claim()
    call = finish(desk.session, desk.phoner, NOW, entry, "busy")
    with pytest.raises(Refusal) as caught:
        undo(desk.session, desk.phoner, NOW + UNDO + SECOND, call)
    assert caught.value.code == "too_late"
    other = make_phoner(desk.session, desk.part)
    entry.claimed_by, entry.claimed_at, entry.claimed_until = other.id, SOON, SOON + LEASE
    desk.session.flush()
    with pytest.raises(Refusal) as caught:
        undo(desk.session, desk.phoner, SOON, call)
    assert caught.value.code == "too_late"
    assert (call.undone_at, desk.read(entry).claimed_by) == (None, other.id)
    entry.claimed_until = NOW
    desk.session.flush()
    with pytest.raises(NotFound):
        undo(desk.session, other, SOON, call)
    assert undo(desk.session, desk.phoner, NOW + UNDO, call).claimed_by == desk.phoner.id, "the tenth second counts"


def test_the_next_in_hand_becomes_the_reserved_one_and_a_third_is_given_back(desk: Desk) -> None:
    first, second, third = (desk.entry(due_at=NOW - timedelta(hours=number)) for number in (3, 2, 1))
    call, following = finish_and_next(desk.session, desk.phoner, NOW, desk.claim(), "declined", reason="no_need")
    assert getattr(following, "id", None) == second.id
    reserved = reserve(desk.session, desk.phoner, NOW, desk.part.campaign_id)
    assert getattr(reserved, "id", None) == third.id
    undo(desk.session, desk.phoner, SOON, call)
    hands = {entry.id: (desk.read(entry).claimed_by, entry.claimed_at is not None) for entry in (first, second, third)}
    me = desk.phoner.id
    assert hands == {first.id: (me, True), second.id: (me, False), third.id: (None, False)}
    assert claim(desk.session, desk.phoner, SOON, desk.part.campaign_id).id == first.id


def test_a_wish_recorded_before_stays_and_other_columns_are_left_alone(desk: Desk) -> None:
    entry = desk.entry()
    desk.claim()
    entry.workplace.do_not_call_at = NOW - timedelta(days=1)
    call = finish(desk.session, desk.phoner, NOW, entry, "do_not_call")
    entry.fit, entry.behind = 0.75, 250
    desk.session.flush()
    undo(desk.session, desk.phoner, SOON, call)
    assert entry.workplace.do_not_call_at == NOW - timedelta(days=1)
    assert (desk.read(entry).fit, entry.behind) == (0.75, 250)


def test_a_call_undone_is_no_contact_for_segments(desk: Desk) -> None:
    desk.entry()
    entry = desk.claim()
    call = finish(desk.session, desk.phoner, NOW, entry, "declined", reason="no_need")
    contacts = select(Activity.id).where(contact_facts())
    assert len(desk.session.scalars(contacts).all()) == 1
    undo(desk.session, desk.phoner, SOON, call)
    assert desk.session.scalars(contacts).all() == []
    facts = desk.session.scalars(select(Activity).where(Activity.verb.in_(["calling.finish", "calling.undo"]))).all()
    assert [fact.data.get("undone_at") for fact in facts] == [SOON.isoformat(), None]


def test_only_the_last_call_is_offered_for_undoing_and_only_for_ten_seconds(desk: Desk) -> None:
    desk.entry()
    desk.entry()
    _first, _next = finish_and_next(desk.session, desk.phoner, NOW - SECOND, desk.claim(), "busy")
    second = finish(desk.session, desk.phoner, NOW, desk.claim(), "busy")
    assert queries.undoable(desk.session, desk.phoner.id, SOON).id == second.id
    assert queries.undoable(desk.session, make_user(desk.session, "phoner").id, SOON) is None
    assert queries.undoable(desk.session, desk.phoner.id, NOW + UNDO + SECOND) is None
    undo(desk.session, desk.phoner, SOON, second)
    assert queries.undoable(desk.session, desk.phoner.id, SOON).id == _first.id


@pytest.fixture
def finished(db: Session) -> tuple[User, Call]:
    part = make_participation(db)
    phoner = make_phoner(db, part)
    make_queue_entry(db, participation=part)
    entry = claim(db, phoner, NOW, part.campaign_id)
    call = finish(db, phoner, NOW, entry, "declined", reason="no_need", note="Ring ikke i uge 7")
    db.commit()
    return phoner, call


def test_the_page_takes_it_back_and_opens_the_company(
    client: FlaskClient, db: Session, sign_in: SignIn, finished: tuple[User, Call]
) -> None:
    phoner, call = finished
    sign_in(client, phoner)
    url = f"/call/undo/{call.id}"
    assert client.post(url).headers["Location"] == "/call"
    assert client.post(url, headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/call"
    page = client.get("/call").get_data(as_text=True)
    assert "Ring ikke i uge 7" in page
    db.expire_all()
    assert db.get_one(Call, call.id).undone_at is not None


def test_others_calls_are_not_there_and_late_ones_stand(
    client: FlaskClient, db: Session, sign_in: SignIn, finished: tuple[User, Call]
) -> None:
    phoner, call = finished
    url = f"/call/undo/{call.id}"
    sign_in(client, make_user(db, "phoner"))
    db.commit()
    assert client.post(url).status_code == 404
    call.ended_at -= timedelta(seconds=30)
    db.commit()
    sign_in(client, phoner)
    late = client.post(url, follow_redirects=True)
    assert "Det er for sent at fortryde" in late.get_data(as_text=True)
    fragment = client.post(url, headers={"HX-Request": "true"})
    assert (fragment.status_code, "for sent" in fragment.get_data(as_text=True)) == (409, True)
    db.expire_all()
    assert db.get_one(Call, call.id).undone_at is None


def test_a_booked_call_is_undone_where_its_visit_is(
    client: FlaskClient, db: Session, sign_in: SignIn, finished: tuple[User, Call]
) -> None:
    phoner, call = finished
    call.outcome = call.answer = "booked"
    db.commit()
    answer = sign_in(client, phoner).post(f"/call/undo/{call.id}")
    assert (answer.status_code, answer.headers["Location"]) == (307, f"/visits/undo/{call.id}")
