"""The current entry and the next one: at most two, kept by the heart-beat, promoted by the claim, woken when due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.errors import Refusal
from crm.calling import queries
from crm.calling.actions import claim, finish, heartbeat, reserve, retake, save_draft, wake
from crm.calling.models import QueueEntry
from crm.calling.rules import LEASE
from crm.campaigns.models import Participation
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_campaign, make_jobcentre, make_participation, make_queue_entry
from tests.factories.calling import make_phoner

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass
class Desk:
    session: Session
    part: Participation
    phoner: User

    def entry(self, **fields: Any) -> QueueEntry:
        return make_queue_entry(self.session, participation=self.part, **fields)

    def claim(self, now: Any = NOW, phoner: User | None = None, jobcentre_id: int | None = None) -> QueueEntry | None:
        return claim(self.session, phoner or self.phoner, now, self.part.campaign_id, jobcentre_id)

    def reserve(self, now: Any = NOW, jobcentre_id: int | None = None) -> QueueEntry | None:
        return reserve(self.session, self.phoner, now, self.part.campaign_id, jobcentre_id)

    def holds(self, phoner: User | None = None) -> list[int]:
        mine = QueueEntry.claimed_by == (phoner or self.phoner).id
        return list(self.session.scalars(select(QueueEntry.id).where(mine).order_by(QueueEntry.id)))


@pytest.fixture
def desk(session: Session) -> Desk:
    part = make_participation(session)
    return Desk(session, part, make_phoner(session, part))


def test_the_next_is_reserved_once_and_promoted(desk: Desk) -> None:
    first, second, _third = (desk.entry(behind=n) for n in range(3))
    assert desk.claim().id == first.id
    assert desk.reserve().id == second.id
    assert desk.reserve(NOW + MINUTE).id == second.id, "the same one, however often it is asked for"
    assert queries.live_claim(desk.session, desk.phoner.id, NOW).id == first.id
    assert queries.reserved(desk.session, desk.phoner.id, NOW).id == second.id
    assert desk.claim(NOW + MINUTE).id == first.id, "what I am on comes before the next"
    assert desk.holds() == [first.id, second.id]
    finish(desk.session, desk.phoner, NOW + MINUTE, first, "declined", reason="no_need")
    promoted = desk.claim(NOW + 2 * MINUTE)
    assert (promoted.id, promoted.claimed_at) == (second.id, NOW + 2 * MINUTE)
    assert queries.reserved(desk.session, desk.phoner.id, NOW + 2 * MINUTE) is None


def test_nobody_else_gets_what_is_reserved(desk: Desk) -> None:
    desk.entry(behind=0)
    second = desk.entry(behind=1)
    colleague = make_phoner(desk.session, desk.part)
    desk.claim()
    desk.reserve()
    assert desk.claim(phoner=colleague) is None
    assert desk.claim(NOW + LEASE, colleague) is not None, "a reservation comes back by itself"
    assert second.id not in [None]


@pytest.mark.parametrize("change", [
    {"due_at": NOW + HOUR}, {"phone": ""}, {"attempts": 6, "rank": 1}, {"state": "done"},
])  # fmt: skip
def test_a_next_one_that_may_not_be_called_any_more_is_left(desk: Desk, change: dict[str, Any]) -> None:
    first, second, third = (desk.entry(behind=n) for n in range(3))
    desk.claim()
    desk.reserve()
    for name, value in change.items():
        setattr(second, name, value)
    desk.session.flush()
    finish(desk.session, desk.phoner, NOW, first, "declined", reason="no_need")
    assert desk.claim().id == third.id
    assert desk.holds() == [third.id]


def test_a_heartbeat_keeps_both(desk: Desk) -> None:
    first, second = desk.entry(behind=0), desk.entry(behind=1)
    desk.claim()
    desk.reserve()
    later = NOW + LEASE - MINUTE
    assert heartbeat(desk.session, desk.phoner, later, first) == later + LEASE
    desk.session.refresh(second)
    assert (first.claimed_until, second.claimed_until) == (later + LEASE, later + LEASE)
    assert second.claimed_at is None


def test_a_lapsed_claim_gives_no_third(desk: Desk) -> None:
    entries = [desk.entry(behind=n) for n in range(4)]
    desk.claim()
    desk.reserve()
    late = NOW + LEASE + MINUTE
    for taken in (desk.reserve(late), desk.claim(late), desk.reserve(late), desk.claim(late)):
        assert taken is not None
        assert len(desk.holds()) <= 2
    current = queries.live_claim(desk.session, desk.phoner.id, late)
    for entry in entries:
        if entry.id not in desk.holds():
            with pytest.raises(Refusal):
                heartbeat(desk.session, desk.phoner, late, entry)
    assert current.id in desk.holds()
    assert len(desk.holds()) <= 2


def test_what_i_am_on_is_never_reserved_as_my_next(desk: Desk) -> None:
    first = desk.entry()
    desk.claim()
    assert desk.reserve(NOW + LEASE + MINUTE) is None
    desk.session.refresh(first)
    assert first.claimed_at == NOW
    assert heartbeat(desk.session, desk.phoner, NOW + LEASE + MINUTE, first)


def test_going_elsewhere_gives_both_back(desk: Desk) -> None:
    desk.entry()
    desk.entry()
    other = make_participation(
        desk.session, campaign=make_campaign(desk.session), jobcentre=desk.part.jobcentre, firm=desk.part.calling_firm
    )
    there = make_queue_entry(desk.session, participation=other)
    desk.claim()
    desk.reserve()
    assert claim(desk.session, desk.phoner, NOW, other.campaign_id).id == there.id
    assert desk.holds() == [there.id]


def test_another_jobcentre_gives_both_back(desk: Desk) -> None:
    desk.entry()
    desk.entry()
    other = make_participation(
        desk.session,
        campaign=desk.part.campaign,
        jobcentre=make_jobcentre(desk.session, code="851"),
        firm=desk.part.calling_firm,
    )
    there = make_queue_entry(desk.session, participation=other)
    desk.claim()
    desk.reserve()
    assert desk.claim(jobcentre_id=other.jobcentre_id).id == there.id
    assert desk.holds() == [there.id]


def test_after_hours_what_i_am_on_stays_mine_and_nothing_new_comes(desk: Desk) -> None:
    first = desk.entry(behind=0)
    desk.entry(behind=1)
    desk.claim()
    desk.part.campaign.calls_to = 10 * 60  # it is 10.00 in Denmark
    desk.session.flush()
    assert desk.reserve() is None
    assert desk.claim().id == first.id
    finish(desk.session, desk.phoner, NOW, first, "busy")
    assert desk.claim() is None


def test_a_lapsed_company_whose_number_another_has_taken_is_lost(desk: Desk) -> None:
    first = desk.entry(phone="+4570123456", shared_phone=True)
    desk.claim()
    colleague = make_phoner(desk.session, desk.part)
    twin = desk.entry(phone="+4570123456", shared_phone=True)
    late = NOW + LEASE + MINUTE
    twin.claimed_by, twin.claimed_at, twin.claimed_until = colleague.id, late, late + LEASE
    desk.session.flush()
    for act in (
        lambda: heartbeat(desk.session, desk.phoner, late, first),
        lambda: save_draft(desk.session, desk.phoner, late, first, "Nyt"),
        lambda: retake(desk.session, desk.phoner, late, first),
    ):
        with pytest.raises(Refusal) as caught:
            act()
        assert caught.value.code == "stale"


def test_the_due_are_woken_by_the_job_and_by_the_claim(desk: Desk) -> None:
    asleep = desk.entry(due_at=NOW + HOUR, awake=False)
    closed = make_queue_entry(
        desk.session, participation=make_participation(desk.session, campaign=make_campaign(desk.session, state="closed")),
        awake=False,
    )  # fmt: skip
    assert wake(desk.session, NOW) == 0
    assert desk.claim() is None
    assert desk.claim(NOW + HOUR).id == asleep.id
    asleep.awake, asleep.claimed_by, asleep.claimed_until = False, None, None
    desk.session.flush()
    assert wake(desk.session, NOW + HOUR) == 1
    desk.session.refresh(closed)
    assert not closed.awake, "a closed campaign's wait until it opens"
    assert wake(desk.session, NOW, closed.campaign_id) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(-3, 5), st.booleans(), st.integers(0, 8)), max_size=8))
def test_nothing_due_is_left_asleep_by_a_claim(desk: Desk, moves: list[tuple[int, bool, int]]) -> None:
    """Entries put to sleep at random, some of them due; calls ending in every way; the clock going on."""
    with desk.session.begin_nested() as undone:
        for hours, awake, _then in moves:
            desk.entry(due_at=NOW + hours * HOUR, awake=awake, rank=abs(hours) % 3)
        now = NOW
        for _hours, _awake, then in moves:
            now += then * HOUR / 2
            entry = desk.claim(now)
            due = (
                QueueEntry.campaign_id == desk.part.campaign_id,
                QueueEntry.state == "waiting",
                QueueEntry.due_at <= now,
            )
            waiting = select(func.count()).where(*due, ~QueueEntry.awake)
            assert desk.session.scalar(waiting) == 0
            offered = desk.session.scalar(select(func.count()).where(*due, QueueEntry.attempts == 0))
            assert entry is not None or not offered
            if entry is not None:
                outcome, details = (
                    ("busy", {}), ("voicemail", {}), ("declined", {"reason": "other"}),
                    ("call_back", {"call_back_at": now + then * HOUR + MINUTE}),
                )[then % 4]  # fmt: skip
                finish(desk.session, desk.phoner, now, entry, outcome, **details)
        undone.rollback()
    desk.session.expire_all()
