"""The live board: who calls, how the day goes, what is left; one phoner's company taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import at
from crm.base.errors import Refusal
from crm.base.scope import Scope
from crm.calling.actions import finish, note_presence, take_back
from crm.calling.models import QueueEntry
from crm.calling.queries.board import phoners
from crm.calling.queries.standing import bookings, standings
from crm.calling.rules import WHY_DRY
from crm.calling.rules.forecast import pace_days
from crm.calling.rules.standing import Standing, summed
from crm.campaigns.models import Campaign, Participation
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_participation, make_queue_entry, make_user, make_workplace
from tests.factories.calling import make_call, make_phoner
from tests.factories.core import make_campaign, make_firm

MINUTE = timedelta(minutes=1)
ALL = Scope(everything=True)
SignIn = Callable[[FlaskClient, User], FlaskClient]


def _hold(session: Session, place: Participation, phoner: User, name: str = "Hånd ApS") -> QueueEntry:
    held = {"claimed_by": phoner.id, "claimed_at": NOW - 3 * MINUTE, "claimed_until": NOW + 7 * MINUTE}
    return make_queue_entry(session, participation=place, workplace=make_workplace(session, name=name), **held)


def test_each_phoner_stands_as_they_are(session: Session) -> None:
    place = make_participation(session)
    busy, lunch, silent, yesterday, program = (make_phoner(session, place, name) for name in "ABCDE")
    for user, ago in ((busy, 1), (silent, 6), (yesterday, 24 * 60)):
        note_presence(session, user, NOW - ago * MINUTE, "calling", campaign_id=place.campaign_id)
    note_presence(session, lunch, NOW - 20 * MINUTE, "paused", reason="lunch", campaign_id=place.campaign_id)
    held = _hold(session, place, busy)
    by_api = _hold(session, place, program)
    found = {one.name: one for one in phoners(session, ALL, place.campaign_id, NOW)}
    assert {name: (one.state, one.reason) for name, one in found.items()} == {
        "A": ("calling", None),
        "B": ("paused", "lunch"),
        "C": ("away", None),
        "E": ("calling", None),
    }, "who was last seen yesterday is not on today's board"
    assert found["A"].hand
    assert (found["A"].hand.entry_id, found["A"].hand.company) == (held.id, "Hånd ApS")
    assert found["C"].since == NOW - 6 * MINUTE
    assert found["E"].since == by_api.claimed_at
    assert [one.name for one in phoners(session, ALL, place.campaign_id, NOW)] == ["A", "E", "B", "C"]


def test_what_is_kept_for_later_and_what_has_lapsed_is_in_nobodys_hands(session: Session) -> None:
    place = make_participation(session)
    phoner = make_phoner(session, place)
    make_queue_entry(session, participation=place, claimed_by=phoner.id, claimed_until=NOW + MINUTE)
    make_queue_entry(session, participation=place, claimed_by=phoner.id, claimed_at=NOW - MINUTE, claimed_until=NOW)
    assert phoners(session, ALL, place.campaign_id, NOW) == []


def test_the_days_calls_are_counted_as_the_phoner_counts_them(session: Session) -> None:
    place = make_participation(session)
    phoner = make_phoner(session, place)
    entry = make_queue_entry(session, participation=place)
    midnight = at(date(2026, 11, 24), 0)
    for number, (outcome, answer) in enumerate(
        [("booked", "booked"), ("declined", "declined"), ("no_answer", None), ("own_yes", "booked")]
    ):
        ended = midnight + number * MINUTE
        fields = {"started_at": ended - 90 * timedelta(seconds=1), "ended_at": ended}
        made = make_call(session, entry=entry, user=phoner, outcome=outcome, answer=answer, ended_at=ended)
        made.started_at = fields["started_at"]
    make_call(session, entry=entry, user=phoner, outcome="booked", answer="booked", ended_at=midnight - MINUTE)
    make_call(session, entry=entry, user=phoner, outcome="booked", answer="booked", ended_at=NOW, undone_at=NOW)
    session.flush()
    (found,) = phoners(session, ALL, place.campaign_id, NOW)
    assert (found.today.calls, found.today.contacts, found.today.booked) == (4, 3, 2)
    assert found.today.seconds == 4 * 90
    assert found.state == "away"


def test_a_lead_sees_their_jobcentre_and_nothing_of_another(session: Session) -> None:
    campaign, firm = make_campaign(session), make_firm(session)
    mine = make_participation(session, campaign=campaign, firm=firm)
    other = make_participation(session, campaign=campaign, jobcentre=make_jobcentre(session, code="851"), firm=firm)
    here, there, both = (make_phoner(session, mine, name) for name in ("Her", "Der", "Begge"))
    note_presence(session, here, NOW, "calling", campaign_id=campaign.id, jobcentre_id=mine.jobcentre_id)
    note_presence(session, there, NOW, "calling", campaign_id=campaign.id, jobcentre_id=other.jobcentre_id)
    note_presence(session, both, NOW, "calling", campaign_id=campaign.id, jobcentre_id=other.jobcentre_id)
    _hold(session, other, both, "Fremmed A/S")
    make_call(session, entry=make_queue_entry(session, participation=mine), user=both, ended_at=NOW - MINUTE)
    make_call(session, entry=make_queue_entry(session, participation=other), user=both, ended_at=NOW - MINUTE)
    reach = Scope(jobcentres=frozenset({mine.jobcentre_id}))
    found = {one.name: one for one in phoners(session, reach, campaign.id, NOW)}
    assert {name: one.state for name, one in found.items()} == {"Her": "calling", "Begge": "elsewhere"}
    assert found["Begge"].today.calls == 1
    assert found["Begge"].hand is None
    assert set(standings(session, reach, campaign, NOW)) == {mine.jobcentre_id}
    assert len(phoners(session, ALL, campaign.id, NOW)) == 3


def test_a_firms_board_holds_only_its_people(session: Session) -> None:
    campaign = make_campaign(session)
    mine = make_participation(session, campaign=campaign)
    other = make_participation(session, campaign=campaign, jobcentre=make_jobcentre(session, code="851"))
    for place, name in ((mine, "Egen"), (other, "Anden")):
        phoner = make_phoner(session, place, name)
        note_presence(session, phoner, NOW, "calling", campaign_id=campaign.id)
        _hold(session, place, phoner)
    found = phoners(session, ALL, campaign.id, NOW, mine.calling_firm_id)
    assert [one.name for one in found] == ["Egen"]
    queues = standings(session, ALL, campaign, NOW)
    assert [place for place, by in queues.items() if mine.calling_firm_id in by] == [mine.jobcentre_id]


def test_every_waiting_entry_stands_in_one_place(session: Session) -> None:
    place = make_participation(session)
    campaign = session.get_one(Campaign, place.campaign_id)
    for number, fields in enumerate(
        [
            {},
            {"due_at": NOW + timedelta(hours=1), "rank": 1},
            {"phone": None},
            {"calling_firm_id": None},
            {"claimed_by": make_phoner(session, place).id, "claimed_at": NOW, "claimed_until": NOW + MINUTE},
            {"state": "done", "final_outcome": "declined"},
        ]
    ):
        made = make_queue_entry(
            session, participation=place, workplace=make_workplace(session, phone=f"+452000001{number}")
        )
        for name, value in fields.items():
            setattr(made, name, value)
    session.flush()
    (found,) = (summed(by.values()) for by in standings(session, ALL, campaign, NOW).values())
    assert (found.ready, found.later, found.held, found.full) == (1, 1, 1, 0)
    assert found.stopped == {"no_phone": 1, "no_firm": 1}
    assert found.waiting == 5
    place.calendars_full_since = NOW
    session.flush()
    (found,) = (summed(by.values()) for by in standings(session, ALL, campaign, NOW).values())
    assert (found.ready, found.full) == (0, 2)


@given(st.dictionaries(st.sampled_from([None, *WHY_DRY]), st.integers(0, 99)), st.booleans())
def test_no_reason_is_lost_or_counted_twice(counts: dict[str | None, int], summed: bool) -> None:
    found = Standing().add(counts)
    if summed:
        found += Standing().add(counts)
    assert found.waiting == sum(counts.values()) * (2 if summed else 1)


def test_bookings_fall_on_their_danish_working_day(session: Session) -> None:
    place = make_participation(session)
    days = pace_days(date(2026, 11, 24), date(2026, 11, 19))  # Thursday, Friday, Monday
    moments = [
        at(date(2026, 11, 18), 1439),
        at(date(2026, 11, 19), 0),
        at(date(2026, 11, 21), 600),  # a Saturday counts to its Friday
        at(date(2026, 11, 23), 1439),
        at(date(2026, 11, 24), 0),
    ]
    for moment in moments:
        make_queue_entry(session, participation=place, state="done", final_outcome="booked", final_at=moment)
    found = bookings(session, ALL, place.campaign_id, NOW, days)[place.jobcentre_id]
    assert (found.total, found.today, found.daily) == (5, 1, (1, 1, 1))


def test_a_company_taken_back_is_the_queues_again_and_the_late_answer_is_refused(session: Session) -> None:
    place = make_participation(session)
    phoner, lead = make_phoner(session, place), make_user(session, "jobcentre_lead")
    entry = _hold(session, place, phoner)
    entry.draft_note = "Ring til Mette"
    session.flush()
    with pytest.raises(Refusal, match="ikke længere"):
        take_back(session, lead, NOW, entry, phoner.id + 1)
    take_back(session, lead, NOW, entry, phoner.id)
    assert (entry.claimed_by, entry.claimed_until, entry.draft_note) == (None, None, "Ring til Mette")
    with pytest.raises(Refusal) as late:
        finish(session, phoner, NOW, entry, "no_answer")
    assert late.value.code == "stale"
    with pytest.raises(Refusal):
        take_back(session, lead, NOW, entry, phoner.id)
    (told,) = session.scalars(select(Activity).where(Activity.verb == "calling.take_back"))
    assert (told.actor_id, told.subject_id, told.data) == (lead.id, entry.id, {"user_id": phoner.id})


def test_the_page_takes_back_and_says_so(app: Flask, db: Session, client: FlaskClient, sign_in: SignIn) -> None:
    place = make_participation(db)
    phoner, manager = make_phoner(db, place, "Petra Prøve"), make_user(db, "campaign_manager")
    entry = _hold(db, place, phoner, "Taget & Søn")
    db.commit()
    sign_in(client, manager)
    page = client.get("/calling/board").text
    assert "1 ringer nu" in page
    assert "Taget &amp; Søn" in page
    sent = {"holder": phoner.id, "campaign": place.campaign_id}
    answer = client.post(f"/calling/board/{entry.id}/take-back", data=sent, follow_redirects=True)
    assert "er taget tilbage" in answer.text
    again = client.post(f"/calling/board/{entry.id}/take-back", data=sent, follow_redirects=True)
    assert "ikke længere" in again.text


def test_the_page_says_what_is_empty_and_refuses_what_is_not_there(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    manager, lead = make_user(db, "campaign_manager"), make_user(db, "jobcentre_lead")
    db.commit()
    sign_in(client, manager)
    assert "Ingen kampagne at følge" in client.get("/calling/board").text
    place = make_participation(db, jobcentre=make_jobcentre(db, code="851"))
    db.commit()
    assert "Ingen har ringet i dag" in client.get("/calling/board").text
    for query in ("campaign=999", "firm=999", "campaign=x"):
        assert client.get(f"/calling/board?{query}").status_code == 404
    sign_in(client, lead)
    assert client.get(f"/calling/board?campaign={place.campaign_id}").status_code == 404
    assert client.get("/calling/board/live").status_code == 404


def test_the_page_asks_the_same_however_many_call(
    app: Flask, db: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    campaign, manager = make_campaign(db, target_visits=500), make_user(db, "campaign_manager")
    asked: list[str] = []
    event.listen(app.extensions["crm.engine"], "before_cursor_execute", lambda *told: asked.append(told[2]))

    def count(path: str) -> int:
        asked.clear()
        assert client.get(path).status_code == 200
        return sum(statement.lstrip().startswith("SELECT") for statement in asked)

    for code in ("846", "851"):
        place = make_participation(db, campaign=campaign, jobcentre=make_jobcentre(db, code=code))
        for _ in range(1 if code == "846" else 6):
            phoner = make_phoner(db, place)
            note_presence(db, phoner, NOW, "calling", campaign_id=campaign.id)
            make_call(db, entry=_hold(db, place, phoner), user=phoner, ended_at=NOW - MINUTE)
        db.commit()
        if code == "846":
            sign_in(client, manager)
            few = [count(path) for path in ("/calling/board", "/calling/board/live", "/calling/board/queue")]
    many = [count(path) for path in ("/calling/board", "/calling/board/live", "/calling/board/queue")]
    assert few == many
    assert many[0] <= 12
