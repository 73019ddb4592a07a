"""Enqueue, claim with every dial rule, finish with every outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import at, danish
from crm.base.errors import Invalid, NotFound, Refusal
from crm.calling.actions import (
    claim,
    enqueue,
    finish,
    finish_and_next,
    follow_firms,
    heartbeat,
    pause,
    release,
    retake,
    save_draft,
)
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import LEASE, OUTCOMES
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import (
    make_campaign,
    make_firm,
    make_jobcentre,
    make_participation,
    make_queue_entry,
    make_user,
    make_workplace,
)
from tests.factories.calling import make_call_list, make_phoner


@dataclass
class Desk:
    """A phoner with a participation to call for."""

    session: Session
    participation: Participation
    phoner: User

    def entry(self, **fields: Any) -> QueueEntry:
        return make_queue_entry(self.session, participation=self.participation, **fields)

    def claim(
        self, phoner: User | None = None, now: datetime = NOW, jobcentre_id: int | None = None
    ) -> QueueEntry | None:
        return claim(self.session, phoner or self.phoner, now, self.participation.campaign_id, jobcentre_id)

    def colleague(self) -> User:
        return make_phoner(self.session, self.participation)


@pytest.fixture
def desk(session: Session) -> Desk:
    participation = make_participation(session)
    return Desk(session, participation, make_phoner(session, participation))


def test_enqueue_takes_what_is_not_struck_out_and_not_queued(session: Session) -> None:
    workplaces = [make_workplace(session, phone=f"+452000000{n}") for n in range(4)]
    listed = make_call_list(session, workplaces, struck=(1,))
    make_queue_entry(session, participation=listed.participation, workplace=workplaces[0])
    assert enqueue(session, None, NOW, listed) == 2
    queued = session.scalars(select(QueueEntry).order_by(QueueEntry.id)).all()
    assert [entry.workplace_id for entry in queued] == [workplaces[n].id for n in (0, 2, 3)]
    last = queued[-1]
    assert (last.phone, last.state, last.rank, last.due_at) == ("+4520000003", "waiting", 2, NOW)
    assert last.calling_firm_id == listed.participation.calling_firm_id
    assert enqueue(session, None, NOW, listed) == 0


def test_a_draft_is_not_queued(session: Session) -> None:
    listed = make_call_list(session, [make_workplace(session)], state="draft")
    with pytest.raises(Refusal, match="ikke godkendt"):
        enqueue(session, None, NOW, listed)


def test_claim_takes_call_backs_then_retries_then_fresh(desk: Desk) -> None:
    other = desk.colleague()
    hour = timedelta(hours=1)
    fresh = desk.entry(due_at=NOW - 9 * hour)
    retry = desk.entry(rank=1, due_at=NOW - 5 * hour)
    anyones = desk.entry(rank=0, due_at=NOW - 3 * hour)
    mine = desk.entry(rank=0, due_at=NOW - hour, call_back_by=desk.phoner.id)
    others = desk.entry(rank=0, due_at=NOW - 9 * hour, call_back_by=other.id)
    desk.entry(due_at=NOW + hour)
    offered = []
    for _ in range(4):
        entry = desk.claim()
        assert entry is not None
        offered.append(entry.id)
        finish(desk.session, desk.phoner, NOW, entry, "declined", reason="no_need")
    assert offered == [mine.id, anyones.id, retry.id, fresh.id]
    assert desk.claim() is None
    assert desk.claim(other).id == others.id


def test_my_own_live_claim_comes_first(desk: Desk) -> None:
    desk.entry()
    desk.entry()
    first = desk.claim()
    again = desk.claim(now=NOW + timedelta(minutes=5))
    assert again.id == first.id
    assert again.claimed_until == NOW + timedelta(minutes=5) + LEASE
    assert desk.claim(desk.colleague()).id != first.id


def test_a_claim_comes_back_by_itself(desk: Desk) -> None:
    entry = desk.entry()
    other = desk.colleague()
    desk.claim()
    assert desk.claim(other, NOW + LEASE - timedelta(seconds=1)) is None
    assert desk.claim(other, NOW + LEASE).id == entry.id


def test_a_phoner_holds_one_entry_at_a_time(desk: Desk) -> None:
    first = desk.entry()
    elsewhere = make_participation(
        desk.session,
        campaign=make_campaign(desk.session),
        jobcentre=make_jobcentre(desk.session, code="851"),
        firm=desk.participation.calling_firm,
    )
    second = make_queue_entry(desk.session, participation=elsewhere)
    assert desk.claim().id == first.id
    assert claim(desk.session, desk.phoner, NOW, elsewhere.campaign_id).id == second.id
    desk.session.refresh(first)
    assert first.claimed_by is None


@pytest.mark.parametrize(
    "hindrance",
    [
        {"due_at": NOW + timedelta(minutes=1)},
        {"phone": None},
        {"phone": ""},
        {"state": "done"},
        {"attempts": 6, "rank": 1},
    ],
)
def test_entries_that_are_not_offered(desk: Desk, hindrance: dict[str, Any]) -> None:
    desk.entry(**hindrance)
    assert desk.claim() is None


def test_a_promised_call_back_is_offered_beyond_the_cap(desk: Desk) -> None:
    entry = desk.entry(attempts=6, rank=0)
    assert desk.claim().id == entry.id


def test_do_not_call_and_protection_are_checked_at_dialling(desk: Desk) -> None:
    desk.entry(workplace=make_workplace(desk.session, do_not_call_at=NOW))
    protected = desk.entry(workplace=make_workplace(desk.session, advertising_protected=True))
    assert desk.claim() is None
    other = desk.entry(workplace=make_workplace(desk.session, advertising_protected=True), rank=1)
    basis(desk.session, other)
    assert desk.claim().id == other.id
    finish(desk.session, desk.phoner, NOW, other, "declined", reason="other")
    assert desk.claim() is None, "a basis on one list lifts nothing on another"
    basis(desk.session, protected)
    assert desk.claim().id == protected.id


def basis(session: Session, entry: QueueEntry) -> None:
    """Record a legal basis on the entry's list."""
    listed = session.get_one(CallList, session.get_one(ListEntry, entry.list_entry_id).call_list_id)
    listed.legal_basis = "Samtykke af 1. november, vurderet af juristen"
    session.flush()


@pytest.mark.parametrize(
    "closed",
    [
        {"state": "closed"},
        {"starts_on": date(2026, 11, 25)},
        {"ends_on": date(2026, 11, 23)},
        {"calls_from": 11 * 60, "calls_to": 12 * 60},
    ],
)
def test_a_closed_campaign_offers_nothing(desk: Desk, closed: dict[str, Any]) -> None:
    desk.entry()
    campaign = desk.session.get_one(Campaign, desk.participation.campaign_id)
    for name, value in closed.items():
        setattr(campaign, name, value)
    desk.session.flush()
    assert desk.claim() is None


def test_full_calendars_close_the_jobcentres_queue(desk: Desk) -> None:
    desk.entry()
    desk.participation.calendars_full_since = NOW
    desk.session.flush()
    assert desk.claim() is None
    desk.participation.calendars_full_since = None
    desk.session.flush()
    assert desk.claim() is not None


def test_the_jobcentre_can_be_chosen(desk: Desk) -> None:
    desk.entry()
    campaign = desk.session.get_one(Campaign, desk.participation.campaign_id)
    beside = make_participation(
        desk.session,
        campaign=campaign,
        jobcentre=make_jobcentre(desk.session, code="851"),
        firm=desk.participation.calling_firm,
    )
    wanted = make_queue_entry(desk.session, participation=beside)
    assert desk.claim(jobcentre_id=beside.jobcentre_id).id == wanted.id


def test_another_firms_campaign_is_not_found(desk: Desk) -> None:
    desk.entry()
    stranger = make_user(desk.session, "phoner")
    for campaign_id in (desk.participation.campaign_id, 999_999):
        with pytest.raises(NotFound):
            claim(desk.session, stranger, NOW, campaign_id)


def test_a_firm_gets_only_its_own_jobcentres(desk: Desk) -> None:
    campaign = desk.session.get_one(Campaign, desk.participation.campaign_id)
    theirs = make_participation(desk.session, campaign=campaign, jobcentre=make_jobcentre(desk.session, code="851"))
    make_queue_entry(desk.session, participation=theirs)
    assert desk.claim() is None


@pytest.mark.parametrize("outcome", [key for key in OUTCOMES if key != "call_back"])
def test_every_outcome_writes_the_call_and_settles_the_entry(desk: Desk, outcome: str) -> None:
    desk.entry()
    entry = desk.claim()
    later = NOW + timedelta(minutes=3)
    call = finish(desk.session, desk.phoner, later, entry, outcome, reason="no_need", note="Noget")
    meaning = OUTCOMES[outcome]
    assert (call.started_at, call.ended_at, call.outcome, call.note) == (NOW, later, outcome, "Noget")
    assert call.calling_firm_id == desk.participation.calling_firm_id
    assert (entry.claimed_by, entry.attempts, entry.last_outcome) == (None, 1, outcome)
    assert entry.state == ("done" if meaning.final else "waiting")
    assert entry.final_outcome == (outcome if meaning.final else None)
    if meaning.final:
        assert (entry.final_at, entry.final_by) == (later, desk.phoner.id)
    else:
        assert entry.rank == 1
        assert entry.due_at > later
    assert (entry.workplace.do_not_call_at is not None) == (outcome == "do_not_call")
    fact = desk.session.scalars(select(Activity).where(Activity.verb == "calling.finish")).one()
    assert (fact.workplace_id, fact.data["outcome"]) == (entry.workplace_id, outcome)


@pytest.mark.parametrize("mine", [True, False])
def test_a_call_back_is_promised_by_me_or_by_us(desk: Desk, mine: bool) -> None:
    desk.entry()
    entry = desk.claim()
    promised = NOW + timedelta(hours=3)
    finish(desk.session, desk.phoner, NOW, entry, "call_back", call_back_at=promised, mine=mine)
    assert (entry.rank, entry.due_at, entry.call_back_by) == (0, promised, desk.phoner.id if mine else None)
    assert (desk.claim(desk.colleague(), promised) is None) == mine


def test_nothing_changes_when_an_outcome_lacks_its_details(desk: Desk) -> None:
    desk.entry()
    entry = desk.claim()
    for outcome, details in (("declined", {}), ("call_back", {}), ("call_back", {"call_back_at": NOW}), ("gone", {})):
        with pytest.raises(Invalid):
            finish(desk.session, desk.phoner, NOW, entry, outcome, **details)
    assert entry.claimed_by == desk.phoner.id
    assert desk.session.scalar(select(func.count()).select_from(Call)) == 0


def test_late_and_foreign_answers_are_refused(desk: Desk) -> None:
    desk.entry()
    entry = desk.claim()
    with pytest.raises(Refusal) as caught:
        finish(desk.session, desk.colleague(), NOW, entry, "busy")
    assert caught.value.code == "stale"
    with pytest.raises(Refusal, match="ikke længere din"):
        finish(desk.session, desk.phoner, NOW + LEASE, entry, "busy")
    finish(desk.session, desk.phoner, NOW, entry, "declined", reason="other")
    with pytest.raises(Refusal):
        finish(desk.session, desk.phoner, NOW, entry, "busy")


def test_the_same_key_finishes_once(desk: Desk) -> None:
    desk.entry()
    entry = desk.claim()
    first = finish(desk.session, desk.phoner, NOW, entry, "busy", idempotency_key="k1")
    assert finish(desk.session, desk.phoner, NOW, entry, "busy", idempotency_key="k1").id == first.id
    assert entry.attempts == 1
    with pytest.raises(Refusal) as caught:
        finish(desk.session, desk.phoner, NOW, entry, "voicemail", idempotency_key="k1")
    assert (caught.value.code, caught.value.status) == ("idempotency_key", 422)


def test_the_jobcentre_books_without_a_claim_but_not_over_one(desk: Desk) -> None:
    consultant = make_user(desk.session, "consultant")
    entry = desk.entry()
    desk.claim()
    with pytest.raises(Refusal):
        finish(desk.session, consultant, NOW, entry, "booked")
    release(desk.session, desk.phoner, NOW, entry)
    with pytest.raises(Refusal):
        finish(desk.session, consultant, NOW, entry, "busy")
    finish(desk.session, consultant, NOW, entry, "booked")
    assert entry.final_outcome == "booked"


def test_finishing_brings_the_next(desk: Desk) -> None:
    desk.entry(due_at=NOW - timedelta(hours=2))
    second = desk.entry()
    _call, following = finish_and_next(desk.session, desk.phoner, NOW, desk.claim(), "busy")
    assert following.id == second.id
    assert following.claimed_by == desk.phoner.id


def test_notes_and_heartbeats_keep_a_claim_until_somebody_else_has_it(desk: Desk) -> None:
    desk.entry()
    entry = desk.claim()
    lapsed = NOW + LEASE + timedelta(minutes=5)
    save_draft(desk.session, desk.phoner, lapsed, entry, "Mangler to svende")
    assert entry.draft_note == "Mangler to svende"
    assert heartbeat(desk.session, desk.phoner, lapsed, entry) == lapsed + LEASE
    other = desk.colleague()
    later = lapsed + LEASE
    assert desk.claim(other, later).id == entry.id
    for act in (
        lambda: heartbeat(desk.session, desk.phoner, later, entry),
        lambda: save_draft(desk.session, desk.phoner, later, entry, "Nyt"),
        lambda: retake(desk.session, desk.phoner, later, entry),
    ):
        with pytest.raises(Refusal) as caught:
            act()
        assert caught.value.code == "stale"
    release(desk.session, desk.phoner, later, entry)
    assert entry.claimed_by == other.id, "a release gives back nobody else's"
    release(desk.session, other, later, entry)
    retake(desk.session, desk.phoner, later, entry)
    assert entry.claimed_by == desk.phoner.id


def test_a_pause_gives_back_and_is_logged(desk: Desk) -> None:
    entry = desk.entry()
    desk.claim()
    pause(desk.session, desk.phoner, NOW, "lunch")
    desk.session.refresh(entry)
    assert entry.claimed_by is None
    assert desk.session.scalars(select(Activity).where(Activity.verb == "calling.pause")).one().data == {
        "reason": "lunch"
    }
    with pytest.raises(Invalid):
        pause(desk.session, desk.phoner, NOW, "whim")


def test_retries_keep_the_campaigns_hours(desk: Desk) -> None:
    campaign = desk.session.get_one(Campaign, desk.participation.campaign_id)
    campaign.calls_from, campaign.calls_to, campaign.calls_any_day = 8 * 60, 16 * 60, False
    desk.entry()
    desk.session.flush()
    afternoon = at(date(2026, 11, 27), 15 * 60 + 50)  # a Friday
    entry = desk.claim(now=afternoon)
    finish(desk.session, desk.phoner, afternoon, entry, "busy")
    assert f"{danish(entry.due_at):%Y-%m-%d %H:%M}" == "2026-11-30 08:00"


def test_waiting_entries_follow_their_jobcentre_to_a_new_firm(desk: Desk) -> None:
    waiting, held = desk.entry(call_back_by=desk.phoner.id), desk.entry()
    held.claimed_by, held.claimed_until = desk.phoner.id, NOW + timedelta(minutes=10)
    done = desk.entry(state="done", final_outcome="declined")
    former, new = desk.participation.calling_firm_id, make_firm(desk.session)
    assert follow_firms(desk.session, NOW) == 0, "nothing to do while the firm is the same"
    desk.participation.calling_firm_id = new.id
    desk.session.flush()
    assert follow_firms(desk.session, NOW) == 2
    for entry in (waiting, held, done):
        desk.session.refresh(entry)
    assert (waiting.calling_firm_id, waiting.call_back_by) == (new.id, None), "another firm keeps no old promise"
    assert held.calling_firm_id == former, "what is in somebody's hands stays there"
    assert done.calling_firm_id == new.id, "what is done is seen by who calls the list now; final_firm_id keeps credit"
    desk.participation.calling_firm_id = None
    desk.session.flush()
    assert follow_firms(desk.session, NOW + timedelta(minutes=11)) == 3
    desk.session.refresh(waiting)
    assert waiting.calling_firm_id is None
