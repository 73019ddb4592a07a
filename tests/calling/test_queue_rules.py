"""Caps, numbers that stand on several entries, quarantine, contracts: at the claim and again at dialling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import Refusal
from crm.base.scope import Scope
from crm.calling import queries
from crm.calling.actions import claim, dial, enqueue, finish
from crm.calling.models import CampaignOutcome, PhoneCall, QueueEntry
from crm.campaigns.models import Campaign, Letter, LetterBatch, ListEntry, Participation
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import (
    make_campaign,
    make_jobcentre,
    make_participation,
    make_queue_entry,
    make_workplace,
)
from tests.factories.calling import make_call_list, make_phoner

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TWIN = "+4570123456"


@dataclass
class Desk:
    """A phoner, the participation they call for, and another campaign of the same firm."""

    session: Session
    part: Participation
    elsewhere: Participation
    phoner: User

    @property
    def campaign(self) -> Campaign:
        return self.session.get_one(Campaign, self.part.campaign_id)

    def entry(self, **fields: Any) -> QueueEntry:
        return make_queue_entry(self.session, **{"participation": self.part, **fields})

    def twin(self, **fields: Any) -> QueueEntry:
        return self.entry(phone=TWIN, shared_phone=True, **fields)

    def claim(self, now: Any = NOW, phoner: User | None = None) -> QueueEntry | None:
        return claim(self.session, phoner or self.phoner, now, self.part.campaign_id)

    def dry(self, now: Any = NOW) -> dict[str, int]:
        return dict(queries.why_dry(self.session, self.scope, self.part.campaign_id, now, me=self.phoner.id))

    @property
    def scope(self) -> Scope:
        return Scope(firms=frozenset({self.part.calling_firm_id or 0}))

    def next_due(self, now: Any = NOW) -> Any:
        return queries.next_due(self.session, self.scope, self.part.campaign_id, now, me=self.phoner.id)


@pytest.fixture
def desk(session: Session) -> Desk:
    part = make_participation(session)
    elsewhere = make_participation(
        session, campaign=make_campaign(session), jobcentre=part.jobcentre, firm=part.calling_firm
    )
    return Desk(session, part, elsewhere, make_phoner(session, part))


def test_a_day_holds_so_many_tries_and_the_next_danish_day_as_many_again(desk: Desk) -> None:
    desk.campaign.calls_from, desk.campaign.calls_to, desk.campaign.calls_any_day = 480, 1020, False
    friday = NOW + 3 * DAY
    desk.entry(rank=1, attempts=2, day_attempts=2, last_called_at=friday - HOUR)
    assert desk.claim(friday) is None
    assert desk.dry(friday) == {"day_cap": 1}
    assert desk.next_due(friday) == friday.replace(hour=7) + 3 * DAY, "Monday at 8 in Denmark"
    assert desk.claim(friday + 3 * DAY) is not None


def test_a_promise_is_kept_beyond_the_days_tries(desk: Desk) -> None:
    entry = desk.entry(rank=0, attempts=9, day_attempts=3, last_called_at=NOW - HOUR)
    assert desk.claim().id == entry.id
    dial(desk.session, desk.phoner, NOW, entry)


def test_a_number_is_called_so_often_in_a_campaign_on_all_its_entries(desk: Desk) -> None:
    before = NOW - 2 * DAY
    desk.twin(rank=0, attempts=4, last_called_at=before)
    desk.twin(state="done", attempts=6, last_called_at=before)
    desk.twin(participation=desk.elsewhere, attempts=50, last_called_at=before)
    assert desk.claim() is None
    assert desk.dry() == {"number_cap": 1}
    assert desk.next_due() is None
    desk.campaign.max_number_attempts = 11
    desk.session.flush()
    assert desk.claim() is not None


def test_one_entry_alone_has_the_numbers_cap_too(desk: Desk) -> None:
    desk.entry(rank=0, attempts=10)
    assert (desk.claim(), desk.dry()) == (None, {"number_cap": 1})


@pytest.mark.parametrize("other_campaign", [True, False])
def test_a_number_that_was_called_today_is_not_called_on_another_entry(desk: Desk, other_campaign: bool) -> None:
    part = desk.elsewhere if other_campaign else desk.part
    desk.twin(participation=part, state="done", attempts=1, last_called_at=NOW - HOUR)
    later = desk.twin()
    assert (desk.claim(), desk.dry()) == (None, {"same_number": 1})
    assert desk.next_due() == NOW.replace(hour=23), "from midnight in Denmark"
    assert desk.claim(NOW + DAY).id == later.id


def test_a_number_in_somebodys_hands_is_not_given_to_another(desk: Desk) -> None:
    first = desk.twin(due_at=NOW - 2 * HOUR)
    desk.twin(participation=desk.elsewhere)
    colleague = make_phoner(desk.session, desk.part)
    assert desk.claim().id == first.id
    assert claim(desk.session, colleague, NOW, desk.elsewhere.campaign_id) is None
    finish(desk.session, desk.phoner, NOW, first, "busy")
    assert claim(desk.session, colleague, NOW, desk.elsewhere.campaign_id) is None, "called today"


def test_a_number_that_was_dialled_and_left_counts_as_called(desk: Desk) -> None:
    left = desk.twin(state="done")
    phone = PhoneCall(
        token="t", entry_id=left.id, user_id=desk.phoner.id, provider="tel", number=TWIN, started_at=NOW - HOUR
    )
    desk.session.add(phone)
    desk.twin()
    desk.session.flush()
    assert (desk.claim(), desk.dry()) == (None, {"same_number": 1})


@pytest.mark.parametrize("own_key", [True, False])
def test_who_asks_not_to_be_called_is_not_called_on_another_entry_of_the_campaign(desk: Desk, own_key: bool) -> None:
    key = "never" if own_key else "do_not_call"
    if own_key:
        labels = {"label_da": "Aldrig", "label_en": "Never", "letter": "x", "outcome_group": "permanent"}
        row = CampaignOutcome(campaign_id=desk.part.campaign_id, position=1, key=key, do_not_call=True, **labels)
        desk.session.add(row)
    desk.twin(state="done", final_outcome=key, final_at=NOW - 9 * DAY, last_called_at=NOW - 9 * DAY)
    desk.twin(participation=desk.elsewhere)
    desk.twin()
    assert (desk.claim(), desk.dry()) == (None, {"do_not_call": 1})
    assert claim(desk.session, desk.phoner, NOW, desk.elsewhere.campaign_id) is not None


@pytest.mark.parametrize(("answer", "ago", "held"), [
    ("booked", 80, True), ("declined", 80, True), ("closed_down", 80, False), ("booked", 100, False),
])  # fmt: skip
def test_who_answered_in_another_campaign_is_left_in_peace(desk: Desk, answer: str, ago: int, held: bool) -> None:
    workplace = make_workplace(desk.session)
    fields = {"state": "done", "final_outcome": answer, "final_at": NOW - ago * DAY}
    desk.entry(participation=desk.elsewhere, workplace=workplace, **fields)
    desk.entry(workplace=workplace, rank=0)
    desk.campaign.quarantine_months = 3
    desk.session.flush()
    assert desk.dry() == ({"quarantine": 1} if held else {})
    assert (desk.claim() is None) == held
    desk.campaign.quarantine_months = 0
    desk.session.flush()
    assert desk.claim() is not None


@pytest.mark.parametrize(
    ("first", "last", "runs"),
    [(None, None, True), (24, 24, True), (25, None, False), (None, 23, False), (20, None, True)],
)
def test_a_firm_calls_while_its_contract_runs(desk: Desk, first: int | None, last: int | None, runs: bool) -> None:
    desk.entry()
    desk.part.contract_from = date(2026, 11, first) if first else None
    desk.part.contract_until = date(2026, 11, last) if last else None
    desk.session.flush()
    assert desk.dry() == ({} if runs else {"contract": 1})
    assert (desk.claim() is not None) == runs


def test_nobodys_entry_is_offered_to_no_firm(desk: Desk) -> None:
    desk.entry().calling_firm_id = None
    desk.session.flush()
    assert desk.claim() is None
    everything = Scope(everything=True)
    assert queries.why_dry(desk.session, everything, desk.part.campaign_id, NOW) == [("no_firm", 1)]


def test_waiting_for_a_letter_is_told(desk: Desk) -> None:
    entry = desk.entry(due_at=NOW + DAY, awake=False)
    listed = desk.session.get_one(ListEntry, entry.list_entry_id).call_list_id
    batch = LetterBatch(call_list_id=listed, name="Uge 48", mailed_on=date(2026, 11, 20), created_at=NOW)
    desk.session.add(batch)
    desk.session.flush()
    desk.session.add(Letter(list_entry_id=entry.list_entry_id, batch_id=batch.id))
    desk.entry(due_at=NOW + DAY, awake=False)
    assert desk.dry() == {"letter_wait": 1, "not_due": 1}


def test_enqueue_marks_shared_numbers_on_both_sides(session: Session) -> None:
    old = make_queue_entry(session, workplace=make_workplace(session, phone=TWIN))
    phones = (TWIN, "+4570000001", "+4570000001", "+4570000002", None, None, "", "")
    listed = make_call_list(session, [make_workplace(session, phone=phone) for phone in phones])
    enqueue(session, None, NOW, listed)
    session.refresh(old)
    assert old.shared_phone
    made = session.scalars(
        select(QueueEntry).where(QueueEntry.campaign_id == listed.participation.campaign_id).order_by(QueueEntry.id)
    )
    assert [entry.shared_phone for entry in made] == [True, True, True, False, False, False, False, False]


HINDRANCES: list[tuple[str, Any]] = [
    ("stale", lambda desk, entry: {"claimed_by": None}),
    ("stale", lambda desk, entry: {"claimed_until": NOW}),
    ("stale", lambda desk, entry: {"claimed_at": None}),
    ("stale", lambda desk, entry: {"state": "done"}),
    ("cap", lambda desk, entry: {"attempts": 6, "rank": 1}),
    ("cap", lambda desk, entry: {"day_attempts": 2, "last_called_at": NOW, "rank": 1}),
    ("number", lambda desk, entry: {"attempts": 10, "rank": 0}),
    ("number", lambda desk, entry: {"phone": ""}),
    ("hours", lambda desk, entry: setattr(desk.campaign, "state", "closed")),
    ("hours", lambda desk, entry: setattr(desk.campaign, "ends_on", date(2026, 11, 23))),
    ("hours", lambda desk, entry: setattr(desk.campaign, "calls_from", 11 * 60)),
    ("hours", lambda desk, entry: setattr(desk.part, "contract_until", date(2026, 11, 23))),
    ("protected", lambda desk, entry: setattr(entry.workplace, "advertising_protected", True)),
    ("do_not_call", lambda desk, entry: setattr(entry.workplace, "do_not_call_at", NOW)),
    ("capacity", lambda desk, entry: setattr(desk.part, "calendars_full_since", NOW)),
]


@pytest.mark.parametrize(("code", "happens"), HINDRANCES)
def test_every_rule_is_checked_again_at_dialling(desk: Desk, code: str, happens: Any) -> None:
    desk.entry()
    entry = desk.claim()
    dial(desk.session, desk.phoner, NOW, entry)
    for name, value in (happens(desk, entry) or {}).items():
        setattr(entry, name, value)
    desk.session.flush()
    with pytest.raises(Refusal) as caught:
        dial(desk.session, desk.phoner, NOW, entry)
    assert caught.value.code == code


def test_a_colleague_may_not_dial_my_company(desk: Desk) -> None:
    desk.entry()
    entry = desk.claim()
    with pytest.raises(Refusal) as caught:
        dial(desk.session, make_phoner(desk.session, desk.part), NOW, entry)
    assert caught.value.code == "stale"


def test_a_number_called_meanwhile_is_refused_at_dialling(desk: Desk) -> None:
    entry = desk.twin()
    assert desk.claim().id == entry.id
    desk.twin(participation=desk.elsewhere, last_called_at=NOW, attempts=1, rank=1)
    with pytest.raises(Refusal) as caught:
        dial(desk.session, desk.phoner, NOW, entry)
    assert caught.value.code == "number"


def test_quarantine_is_checked_at_dialling(desk: Desk) -> None:
    entry = desk.entry()
    desk.claim()
    desk.campaign.quarantine_months = 1
    fields = {"state": "done", "final_outcome": "declined", "final_at": NOW}
    desk.entry(participation=desk.elsewhere, workplace=entry.workplace, **fields)
    with pytest.raises(Refusal) as caught:
        dial(desk.session, desk.phoner, NOW, entry)
    assert caught.value.code == "quarantine"


def test_the_firms_own_slice_of_a_jobcentre(desk: Desk) -> None:
    other = make_participation(desk.session, campaign=desk.campaign, jobcentre=make_jobcentre(desk.session, code="851"))
    desk.entry(participation=other)
    assert desk.claim() is None
    mine = desk.entry(participation=other)
    mine.calling_firm_id = desk.part.calling_firm_id
    desk.session.flush()
    assert desk.claim().id == mine.id, "a list of another jobcentre allotted to my firm"
