"""Promised call-backs: mine or anyone's, capped, called at will, moved in time and in bulk, said when they are due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import at, danish
from crm.base.errors import Invalid, Refusal
from crm.base.scope import Scope
from crm.calling import queries
from crm.calling.actions import call_back_now, change_call_back, claim, finish, move_call_backs
from crm.calling.models import QueueEntry
from crm.calling.rules import Shift, shifted
from crm.campaigns.models import Participation
from crm.campaigns.rules import in_calling_hours
from crm.people.models import User
from tests.calling.test_rules import Hours, hours, moments
from tests.conftest import NOW
from tests.factories import make_firm, make_jobcentre, make_participation, make_queue_entry, make_user, make_workplace
from tests.factories.calling import make_call, make_phoner

SignIn = Callable[[FlaskClient, User], FlaskClient]
HOUR = timedelta(hours=1)
ALL = Scope(everything=True)


@dataclass
class Desk:
    session: Session
    part: Participation
    phoner: User

    def promise(self, name: str = "Eksempel ApS", due_at: datetime = NOW + HOUR, **fields: Any) -> QueueEntry:
        phone = f"+45{20000000 + len(name) * 1000 + due_at.minute + due_at.hour * 60}"
        fields = {"call_back_by": self.phoner.id, **fields}
        workplace = make_workplace(self.session, name=name, phone=phone)
        return make_queue_entry(
            self.session, participation=self.part, workplace=workplace, rank=0, due_at=due_at, attempts=1, **fields
        )

    def colleague(self, name: str = "") -> User:
        return make_phoner(self.session, self.part, name)

    def read(self, entry: QueueEntry) -> QueueEntry:
        self.session.flush()
        self.session.refresh(entry)
        return entry


@pytest.fixture
def desk(session: Session) -> Desk:
    part = make_participation(session)
    return Desk(session, part, make_phoner(session, part, "Sofie Testesen"))


def test_the_list_is_mine_or_anyones_the_longest_due_first_with_the_note(desk: Desk) -> None:
    later, now = desk.promise("Senere", NOW + 2 * HOUR), desk.promise("Nu", NOW - HOUR)
    make_call(desk.session, entry=now, outcome="call_back", note="Chefen er inde efter 9")
    anyones = desk.promise("Alles", NOW + HOUR, call_back_by=None)
    desk.promise("En andens", call_back_by=desk.colleague().id)
    mine = queries.call_backs(desk.session, ALL, desk.phoner.id, NOW)
    assert [(one.entry_id, one.overdue(NOW)) for one in mine] == [(now.id, True), (later.id, False)]
    assert (mine[0].note, mine[0].promiser, mine[0].holder) == ("Chefen er inde efter 9", "Sofie Testesen", None)
    assert [one.entry_id for one in queries.call_backs(desk.session, ALL, None, NOW)] == [anyones.id]
    firm = make_firm(desk.session)
    assert queries.call_backs(desk.session, Scope(firms=frozenset({firm.id})), None, NOW) == []
    assert queries.call_backs_count(desk.session, ALL, desk.phoner.id, NOW) == 2
    desk.part.campaign.state = "closed"
    desk.session.flush()
    assert queries.call_backs(desk.session, ALL, desk.phoner.id, NOW) == []


def test_a_phoner_promises_no_more_than_the_campaign_lets_one_keep(desk: Desk) -> None:
    desk.part.campaign.call_backs_each = 2
    for number in range(2):
        desk.promise(f"Nr. {number}", NOW + (number + 1) * HOUR)
    make_queue_entry(desk.session, participation=desk.part)
    entry = claim(desk.session, desk.phoner, NOW, desk.part.campaign_id)
    promise = {"call_back_at": NOW + 3 * HOUR}
    with pytest.raises(Invalid, match="Hvem som helst") as caught:
        finish(desk.session, desk.phoner, NOW, entry, "call_back", mine=True, **promise)
    assert set(caught.value.errors) == {"mine"}
    assert desk.read(entry).claimed_by == desk.phoner.id
    finish(desk.session, desk.phoner, NOW, entry, "call_back", mine=False, **promise)
    assert desk.read(entry).call_back_by is None


def test_calling_now_takes_exactly_that_one_and_keeps_what_is_in_hand_as_the_next(desk: Desk) -> None:
    promised = desk.promise("Lovet", NOW + 4 * HOUR)
    make_queue_entry(desk.session, participation=desk.part)
    current = claim(desk.session, desk.phoner, NOW, desk.part.campaign_id)
    assert call_back_now(desk.session, desk.phoner, NOW, promised).id == promised.id
    hands = [(desk.read(entry).claimed_by, entry.claimed_at) for entry in (promised, current)]
    assert hands == [(desk.phoner.id, NOW), (desk.phoner.id, None)]
    assert queries.live_claim(desk.session, desk.phoner.id, NOW).id == promised.id


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"rank": 1}, "gone"),
        ({"state": "done"}, "gone"),
        ({"call_back_by": "other"}, "not_mine"),
        ({"claimed_by": "other", "claimed_at": NOW, "claimed_until": NOW + HOUR}, "stale"),
    ],
)
def test_calling_now_is_refused(desk: Desk, fields: dict[str, Any], code: str) -> None:
    entry, other = desk.promise(), desk.colleague().id
    for name, value in fields.items():
        setattr(entry, name, other if value == "other" else value)
    desk.session.flush()
    with pytest.raises(Refusal) as caught:
        call_back_now(desk.session, desk.phoner, NOW, entry)
    assert caught.value.code == code


def test_calling_now_keeps_the_dial_rules(desk: Desk) -> None:
    entry = desk.promise()
    entry.workplace.do_not_call_at = NOW
    desk.session.flush()
    with pytest.raises(Refusal) as caught:
        call_back_now(desk.session, desk.phoner, NOW, entry)
    assert caught.value.code == "do_not_call"


def test_a_promise_gets_another_time_or_goes_to_anyone(desk: Desk) -> None:
    entry = desk.promise()
    tomorrow = at(date(2026, 11, 25), 9 * 60)
    change_call_back(desk.session, desk.phoner, NOW, entry, at=tomorrow)
    assert (desk.read(entry).due_at, entry.awake, entry.call_back_by) == (tomorrow, False, desk.phoner.id)
    desk.part.campaign.calls_any_day, desk.part.campaign.calls_from = False, 8 * 60
    with pytest.raises(Invalid, match="hverdage"):
        change_call_back(desk.session, desk.phoner, NOW, entry, at=at(date(2026, 11, 28), 9 * 60))
    change_call_back(desk.session, desk.phoner, NOW, entry, anyone=True)
    assert (desk.read(entry).due_at, entry.call_back_by) == (tomorrow, None)
    with pytest.raises(Refusal):
        change_call_back(
            desk.session, desk.phoner, NOW, desk.promise("X", call_back_by=desk.colleague().id), at=tomorrow
        )
    facts = desk.session.scalars(select(Activity).where(Activity.verb == "calling.move_call_back")).all()
    assert [fact.data["call_back_by"] for fact in facts] == [desk.phoner.id, None]


def test_many_are_moved_to_a_colleague_of_the_firm_and_later(desk: Desk) -> None:
    entries = [desk.promise(f"Nr. {number}", NOW + number * HOUR) for number in range(3)]
    on_the_line = desk.promise("I røret", claimed_by=desk.phoner.id, claimed_at=NOW, claimed_until=NOW + HOUR)
    called = desk.promise("Ringet op")
    called.rank = 1
    desk.session.flush()
    taker, lead = desk.colleague(), make_user(desk.session, "campaign_manager")
    moved = move_call_backs(desk.session, lead, NOW, [*entries, on_the_line, called], to=taker, shift=Shift(hours=2))
    assert (moved.moved, moved.left) == (3, 2)
    assert [desk.read(entry).due_at - NOW for entry in entries] == [2 * HOUR, 3 * HOUR, 4 * HOUR]
    assert {entry.call_back_by for entry in entries} == {taker.id}
    assert desk.read(on_the_line).call_back_by == desk.phoner.id
    move_call_backs(desk.session, lead, NOW, entries, to=None)
    assert {desk.read(entry).call_back_by for entry in entries} == {None}


def test_a_bulk_move_is_whole_or_not_at_all(desk: Desk) -> None:
    desk.part.campaign.call_backs_each = 2
    entries = [desk.promise(f"Nr. {number}", NOW + number * HOUR) for number in range(3)]
    taker, stranger = desk.colleague("Bo Testesen"), make_user(desk.session, "phoner", firm=make_firm(desk.session))
    for to, said in ((taker, "højst have 2"), (stranger, "ringer ikke for det firma")):
        with pytest.raises(Invalid, match=said) as caught:
            move_call_backs(desk.session, None, NOW, entries, to=to)
        assert "to" in caught.value.errors
    assert {desk.read(entry).call_back_by for entry in entries} == {desk.phoner.id}
    with pytest.raises(Invalid):
        move_call_backs(desk.session, None, NOW, [], to=taker)
    moved = move_call_backs(desk.session, None, NOW, entries, keep=True, shift=Shift(days=1))
    assert moved.moved == 3, "their own phoner may keep what was promised"


@settings(deadline=None)
@given(hours, moments, st.integers(0, 48), st.integers(0, 10), st.integers(-5000, 5000))
def test_a_shift_lands_in_calling_hours_and_never_in_the_past(
    campaign: Hours, due_at: datetime, hour: int, days: int, ago: int
) -> None:
    now = due_at + timedelta(minutes=ago)
    moved = shifted(campaign, due_at, Shift(hour, days), now)
    assert moved >= now
    assert in_calling_hours(campaign, moved)


def test_a_day_later_is_the_next_working_day_at_the_same_danish_clock() -> None:
    friday = at(date(2026, 10, 23), 10 * 60)  # summer time ends on Sunday
    moved = shifted(Hours(), friday, Shift(days=1), friday)
    assert f"{danish(moved):%Y-%m-%d %H:%M}" == "2026-10-26 10:00"


@pytest.fixture
def page(client: FlaskClient, db: Session, sign_in: SignIn) -> tuple[FlaskClient, Desk]:
    part = make_participation(db)
    desk = Desk(db, part, make_phoner(db, part, "Sofie Testesen"))
    db.commit()
    return sign_in(client, desk.phoner), desk


def test_the_page_lists_moves_and_calls(page: tuple[FlaskClient, Desk]) -> None:
    client, desk = page
    assert "Du har ikke lovet at ringe tilbage" in client.get("/call/callbacks").get_data(as_text=True)
    entry = desk.promise("Eksempel Maskinfabrik A/S", NOW - HOUR)
    make_call(desk.session, entry=entry, outcome="call_back", note="Spørg efter Kim")
    desk.session.commit()
    shown = client.get("/call/callbacks").get_data(as_text=True)
    assert all(text in shown for text in ("Eksempel Maskinfabrik A/S", "1 time over", "Spørg efter Kim", "Ring nu"))
    url = f"/call/callbacks/{entry.id}/change"
    moved = client.post(url, data={"when": "14.30 i morgen"}, follow_redirects=True).get_data(as_text=True)
    assert "ringes op on. 25. nov. kl. 14.30" in moved
    wrong = client.post(url, data={"when": "en dag i foråret"})
    assert (wrong.status_code, "en dag i foråret" in wrong.get_data(as_text=True)) == (422, True)
    assert client.post(f"/call/callbacks/{entry.id}/call").headers["Location"] == "/call"
    assert "Eksempel Maskinfabrik A/S" in client.get("/call").get_data(as_text=True)


def test_the_alert_is_empty_until_a_promise_is_due_and_silent_for_the_one_in_hand(
    page: tuple[FlaskClient, Desk],
) -> None:
    client, desk = page
    desk.promise("Senere", NOW + timedelta(minutes=1))
    desk.promise("En andens", NOW - HOUR, call_back_by=desk.colleague().id)
    desk.promise("Alles", NOW - HOUR, call_back_by=None)
    desk.session.commit()
    assert client.get("/call/callbacks/due").get_data(as_text=True) == ""
    entry = desk.promise("Eksempel ApS", NOW)
    desk.session.commit()
    said = client.get("/call/callbacks/due").get_data(as_text=True)
    assert "Genopkald nu:" in said
    assert "Eksempel ApS, lovet kl. 10.00" in said
    assert "Alles" not in said
    client.post(f"/call/callbacks/{entry.id}/call")
    assert client.get("/call/callbacks/due").get_data(as_text=True) == ""


def test_a_supervisor_moves_a_phoners_promises(page: tuple[FlaskClient, Desk], sign_in: SignIn) -> None:
    client, desk = page
    entries = [desk.promise(f"Virksomhed {number}", NOW + number * HOUR) for number in range(3)]
    taker, lead = (
        desk.colleague("Bo Testesen"),
        make_user(desk.session, "jobcentre_lead", jobcentre=desk.part.jobcentre),
    )
    other = make_user(desk.session, "jobcentre_lead", jobcentre=make_jobcentre(desk.session, code="851"))
    desk.session.commit()
    assert client.get("/calling/callbacks").status_code == 403
    sign_in(client, lead)
    shown = client.get("/calling/callbacks").get_data(as_text=True)
    assert "Sofie Testesen: 3 genopkald" in shown
    sent = {"phoner": desk.phoner.id, "entry": [one.id for one in entries[:2]], "to": taker.id, "shift": "1h"}
    said = client.post("/call/callbacks/move", data=sent, follow_redirects=True).get_data(as_text=True)
    assert "2 genopkald er flyttet til Bo Testesen." in said
    nothing = client.post("/call/callbacks/move", data={"phoner": desk.phoner.id, "to": "anyone"})
    assert (nothing.status_code, "Vælg mindst ét" in nothing.get_data(as_text=True)) == (422, True)
    sign_in(client, other)
    assert client.post("/call/callbacks/move", data=sent).status_code == 404
    assert client.get(f"/calling/callbacks?phoner={desk.phoner.id}").status_code == 404


def test_a_long_list_takes_as_few_queries_as_a_short_one(page: tuple[FlaskClient, Desk]) -> None:
    client, desk = page
    counts = []
    statements: list[str] = []
    event.listen(
        client.application.extensions["crm.engine"],
        "before_cursor_execute",
        lambda *args: statements.append(args[2]),
    )
    for size in (2, 30):
        for number in range(size):
            make_call(desk.session, entry=desk.promise(f"Nr. {size} {number}", NOW + number * HOUR), note="Noget")
        desk.session.commit()
        statements.clear()
        client.get("/call/callbacks")
        counts.append(len([text for text in statements if text.startswith("SELECT")]))
    assert counts[0] == counts[1] <= 10
