"""The queue's order: priority groups, tiers, and within them the list's order or how well a company fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Float, literal, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.calling import actions
from crm.calling.actions import claim, enqueue, rerank, set_fit
from crm.calling.actions.order import behind
from crm.calling.models import QueueEntry
from crm.calling.rules import LAST, behind_of
from crm.campaigns.models import Campaign, Participation
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_participation, make_queue_entry, make_workplace
from tests.factories.calling import make_call_list, make_phoner

share = st.floats(0, 1)
known = st.none() | share


@given(share, known, share)
def test_behind_stays_within_its_bounds(weight: float, fit: float | None, turn: float) -> None:
    assert 0 <= behind_of(weight, fit, turn) <= LAST


@given(known, known, share, share)
def test_weight_0_keeps_the_lists_order(fit: float | None, other: float | None, first: float, second: float) -> None:
    assert behind_of(0, fit, first) == behind_of(0, other, first)
    if first >= second:
        assert behind_of(0, fit, first) <= behind_of(0, other, second)


@given(share, share, share, share)
def test_weight_1_goes_by_fit_alone(fit: float, other: float, first: float, second: float) -> None:
    assert behind_of(1, fit, first) == behind_of(1, fit, second)
    if fit >= other:
        assert behind_of(1, fit, first) <= behind_of(1, other, second)


@given(share, share, share, known)
def test_a_better_fit_or_an_earlier_turn_never_comes_later(
    weight: float, turn: float, fit: float, other: float | None
) -> None:
    assert behind_of(weight, 1.0, turn) <= behind_of(weight, fit, turn) <= behind_of(weight, 0.0, turn)
    assert behind_of(weight, other, 1.0) <= behind_of(weight, other, turn) <= behind_of(weight, other, 0.0)


@given(share, share)
def test_an_unknown_fit_is_a_middle_one(weight: float, turn: float) -> None:
    assert behind_of(weight, None, turn) == behind_of(weight, 0.5, turn)


def test_the_ends() -> None:
    assert (behind_of(0, None, 1), behind_of(0, None, 0), behind_of(1, 1, 0), behind_of(1, 0, 1)) == (0, LAST, 0, LAST)
    assert (behind_of(7, 2, -1), behind_of(-1, None, 2)) == (0, 0), "each is held within 0 to 1"


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.25, 1 / 3, 0.5, 0.7, 1.0])
def test_the_database_orders_as_the_rule_does(session: Session, weight: float) -> None:
    shares = [n / 37 for n in range(38)]
    for fit in (None, 0.0, 0.05, 1 / 7, 0.5, 0.9, 1.0):
        told = select(*(behind(session, weight, literal(fit, Float), literal(turn, Float)) for turn in shares))
        assert list(session.execute(told).one()) == [behind_of(weight, fit, turn) for turn in shares]


@pytest.fixture
def part(session: Session) -> Participation:
    return make_participation(session)


@pytest.fixture
def me(session: Session, part: Participation) -> User:
    return make_phoner(session, part)


def campaign_of(session: Session, part: Participation) -> Campaign:
    return session.get_one(Campaign, part.campaign_id)


def drained(session: Session, me: User, part: Participation, jobcentre_id: int | None = None) -> list[int]:
    """Ids in the order in which they are offered."""
    order = []
    while (entry := claim(session, me, NOW, part.campaign_id, jobcentre_id)) is not None:
        order.append(entry.id)
        entry.state, entry.claimed_by, entry.claimed_at, entry.claimed_until = "done", None, None, None
        session.flush()
    return order


@pytest.mark.parametrize("narrowed", [True, False])
def test_groups_come_before_tiers_and_tiers_before_value(
    session: Session, part: Participation, me: User, narrowed: bool
) -> None:
    made = {}
    for priority in (0, 1, 2):
        for rank, mine in ((0, True), (0, False), (1, False), (2, False)):
            for place in (0, 700):
                fields = {"priority": priority, "rank": rank, "behind": place}
                promised = me.id if mine else None
                entry = make_queue_entry(session, participation=part, call_back_by=promised, **fields)
                made[entry.id] = (priority, rank, not mine, place)
    offered = drained(session, me, part, part.jobcentre_id if narrowed else None)
    assert [made[number] for number in offered] == sorted(made.values())


def test_enqueue_gives_each_entry_its_turn(session: Session) -> None:
    workplaces = [make_workplace(session, phone=f"+452000010{n}") for n in range(6)]
    listed = make_call_list(session, workplaces, struck=(1,))
    campaign = campaign_of(session, listed.participation)
    campaign.fit_weight = 0.2
    enqueue(session, None, NOW, listed)
    queued = session.scalars(select(QueueEntry).order_by(QueueEntry.id)).all()
    assert [entry.workplace_id for entry in queued] == [workplaces[n].id for n in (0, 2, 3, 4, 5)]
    assert [entry.turn for entry in queued] == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert [entry.behind for entry in queued] == [behind_of(0.2, None, entry.turn) for entry in queued]
    assert all(entry.awake and entry.priority == 1 and not entry.shared_phone for entry in queued)
    rerank(session, NOW)
    assert campaign.ranked_weight == 0.2


def test_a_list_of_one_has_the_first_turn(session: Session) -> None:
    enqueue(session, None, NOW, make_call_list(session, [make_workplace(session)]))
    assert session.scalars(select(QueueEntry.turn)).all() == [1.0]


def test_fits_are_written_in_bulk_and_order_the_queue(session: Session, part: Participation, me: User) -> None:
    entries = [make_queue_entry(session, participation=part, turn=1 - n / 4) for n in range(5)]
    campaign = campaign_of(session, part)
    campaign.fit_weight = campaign.ranked_weight = 1.0
    done = make_queue_entry(session, participation=part, state="done")
    elsewhere = make_queue_entry(session)
    fits = [0.1, 0.9, None, 0.9, 7.0]
    rows = [*zip([entry.id for entry in entries], fits, strict=True), (done.id, 1.0), (elsewhere.id, 1.0), (10**9, 1.0)]
    assert set_fit(session, NOW, part.campaign_id, rows) == 4, "the unknown one stays a middle one"
    for entry in (*entries, done, elsewhere):
        session.refresh(entry)
    assert [entry.fit for entry in entries] == [0.1, 0.9, None, 0.9, 1.0]
    assert [entry.behind for entry in entries] == [behind_of(1, fit, 0) for fit in fits]
    assert (done.fit, elsewhere.fit) == (None, None)
    assert set_fit(session, NOW, part.campaign_id, rows) == 0, "what stays is not written again"
    assert set_fit(session, NOW, part.campaign_id, []) == 0
    assert drained(session, me, part) == [entries[n].id for n in (4, 1, 3, 2, 0)]
    with pytest.raises(NotFound):
        set_fit(session, NOW, 987_654, rows)


def test_a_changed_weight_takes_effect_in_portions(
    session: Session, part: Participation, me: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions.order, "BATCH", 4)
    campaign = campaign_of(session, part)
    entries = [make_queue_entry(session, participation=part, turn=1 - n / 5, fit=n / 5) for n in range(6)]
    campaign.fit_weight = 0.0
    session.flush()
    assert rerank(session, NOW) == 4
    assert campaign.ranked_weight is None, "not yet in force everywhere"
    assert rerank(session, NOW) == 2
    assert campaign.ranked_weight == 0.0
    assert rerank(session, NOW) == 0
    campaign.fit_weight = 1.0
    session.flush()
    assert set_fit(session, NOW, part.campaign_id, [(entries[0].id, 0.5)]) == 1
    session.refresh(entries[0])
    assert entries[0].behind == behind_of(0, 0.5, 1.0), "by the weight the others are ordered by"
    while rerank(session, NOW):
        pass
    assert campaign.ranked_weight == 1.0
    assert drained(session, me, part) == [entries[n].id for n in (5, 4, 3, 0, 2, 1)]
