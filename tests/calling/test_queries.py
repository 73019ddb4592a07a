"""Why the queue is dry, what comes next, pace, the queue's length, history and warnings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calling import queries
from crm.calling.actions import claim
from crm.calling.models import QueueEntry
from crm.calling.rules import WHY_DRY
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_participation, make_queue_entry, make_workplace
from tests.factories.calling import make_call, make_phoner

HOUR = timedelta(hours=1)
Entry = Callable[..., QueueEntry]


@pytest.fixture
def part(session: Session) -> Participation:
    return make_participation(session)


@pytest.fixture
def entry(session: Session, part: Participation) -> Entry:
    return lambda **fields: make_queue_entry(session, participation=part, **fields)


def firm(part: Participation) -> Scope:
    assert part.calling_firm_id is not None
    return Scope(firms=frozenset({part.calling_firm_id}))


def dry(session: Session, part: Participation, **more: Any) -> dict[str, int]:
    return dict(queries.why_dry(session, firm(part), part.campaign_id, NOW, **more))


def test_each_waiting_entry_has_one_reason(session: Session, part: Participation, entry: Entry) -> None:
    me, other = make_phoner(session, part), make_phoner(session, part)
    entry(workplace=make_workplace(session, do_not_call_at=NOW, advertising_protected=True))
    entry(workplace=make_workplace(session, advertising_protected=True), phone=None)
    entry(phone=None)
    entry(phone="")
    entry(rank=1, attempts=6)
    entry(claimed_by=other.id, claimed_at=NOW, claimed_until=NOW + HOUR)
    entry(claimed_by=other.id, claimed_until=NOW + HOUR)
    entry(rank=0, due_at=NOW + HOUR, call_back_by=other.id)
    entry(rank=0, call_back_by=other.id)
    entry(rank=1, due_at=NOW + HOUR)
    entry(due_at=NOW + HOUR)
    entry(state="done")
    offered = entry(claimed_by=me.id, claimed_until=NOW + HOUR)
    assert dry(session, part, me=me.id) == {
        "do_not_call": 1,
        "protected": 1,
        "no_phone": 2,
        "attempt_cap": 1,
        "claimed": 1,
        "reserved": 1,
        "call_back_later": 1,
        "call_back_other": 1,
        "retry_later": 1,
        "not_due": 1,
    }
    assert claim(session, me, NOW, part.campaign_id).id == offered.id


def test_why_dry_and_claim_agree(session: Session, part: Participation, entry: Entry) -> None:
    """What claim hands out is exactly what has no reason."""
    me, other = make_phoner(session, part), make_phoner(session, part)
    for rank in (0, 1, 2):
        for due_at in (NOW - HOUR, NOW + HOUR):
            for fields in (
                {},
                {"phone": None},
                {"attempts": 9},
                {"call_back_by": other.id} if rank == 0 else {},
                {"claimed_by": other.id, "claimed_until": NOW + HOUR},
            ):
                entry(rank=rank, due_at=due_at, **fields)
    for number, fields in enumerate(({"advertising_protected": True}, {"do_not_call_at": NOW}, {})):
        guarded = entry(workplace=make_workplace(session, **fields))
        listed = session.get_one(CallList, session.get_one(ListEntry, guarded.list_entry_id).call_list_id)
        listed.legal_basis = "En hjemmel på en anden liste" if number else None
    session.flush()
    held_back = sum(dry(session, part, me=me.id).values())
    offered = 0
    while (mine := claim(session, me, NOW, part.campaign_id)) is not None:
        mine.state, mine.claimed_by, mine.claimed_until = "done", None, None
        session.flush()
        offered += 1
    assert offered + held_back == 33
    assert offered > 0


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"state": "closed"}, "campaign_closed"),
        ({"starts_on": date(2026, 11, 25)}, "campaign_not_begun"),
        ({"ends_on": date(2026, 11, 23)}, "campaign_ended"),
        ({"calls_from": 660, "calls_to": 720}, "calling_hours"),
    ],
)
def test_the_campaign_itself_may_hold_everything_back(
    session: Session, part: Participation, entry: Entry, fields: dict[str, Any], reason: str
) -> None:
    entry()
    entry()
    campaign = session.get_one(Campaign, part.campaign_id)
    for name, value in fields.items():
        setattr(campaign, name, value)
    session.flush()
    assert dry(session, part) == {reason: 2}


def test_full_calendars_are_named(session: Session, part: Participation, entry: Entry) -> None:
    entry()
    part.calendars_full_since = NOW
    session.flush()
    assert dry(session, part) == {"capacity": 1}
    assert queries.next_due(session, firm(part), part.campaign_id, NOW) is None


def test_every_reason_has_words() -> None:
    assert all(text for text in WHY_DRY.values())


def test_a_scope_sees_its_own_slice(session: Session, part: Participation, entry: Entry) -> None:
    entry(phone=None)
    beside = make_participation(
        session, campaign=session.get_one(Campaign, part.campaign_id), jobcentre=make_jobcentre(session, code="851")
    )
    make_queue_entry(session, participation=beside, phone=None)
    assert dry(session, part) == {"no_phone": 1}
    everything = Scope(everything=True)
    assert queries.why_dry(session, everything, part.campaign_id, NOW) == [("no_phone", 2)]
    asked = queries.why_dry(session, everything, part.campaign_id, NOW, jobcentre_id=beside.jobcentre_id)
    assert asked == [("no_phone", 1)]
    for scope, campaign_id in ((Scope(firms=frozenset({987654})), part.campaign_id), (everything, 987654)):
        with pytest.raises(NotFound):
            queries.why_dry(session, scope, campaign_id, NOW)


def test_the_next_due_is_moved_into_calling_hours(session: Session, part: Participation, entry: Entry) -> None:
    def coming() -> Any:
        return queries.next_due(session, firm(part), part.campaign_id, NOW)

    assert coming() is None
    entry(phone=None)
    assert coming() is None
    entry(due_at=NOW + 5 * HOUR, rank=1)
    assert coming() == NOW + 5 * HOUR
    other = make_phoner(session, part)
    entry(claimed_by=other.id, claimed_until=NOW + HOUR)
    assert coming() == NOW + HOUR
    campaign = session.get_one(Campaign, part.campaign_id)
    campaign.calls_from, campaign.calls_to = 8 * 60, 10 * 60  # 10.00 now: closed for today
    session.flush()
    assert coming() == NOW + 22 * HOUR


def test_pace_counts_the_danish_day(session: Session, part: Participation, entry: Entry) -> None:
    me = make_phoner(session, part)
    one = entry()
    for outcome, ago in (("booked", 1), ("declined", 2), ("declined", 3), ("no_answer", 4), ("booked", 11)):
        make_call(session, entry=one, user=me, outcome=outcome, ended_at=NOW - ago * HOUR)
    make_call(session, entry=one, outcome="booked", ended_at=NOW - HOUR)
    make_call(session, entry=one, user=me, outcome="booked", ended_at=NOW - HOUR, undone_at=NOW)
    found = queries.pace(session, me.id, NOW)
    assert (found.calls, found.contacts, found.booked) == (4, 3, 1)
    assert found.rate == pytest.approx(1 / 3)
    assert queries.pace(session, me.id, NOW + timedelta(days=3)).rate is None


def test_desks_and_what_is_left(session: Session, part: Participation, entry: Entry) -> None:
    entry()
    entry()
    entry(state="done")
    (desk,) = queries.desks(session, firm(part), NOW.date())
    assert (desk.campaign_id, desk.jobcentre_id, desk.waiting, desk.full) == (
        part.campaign_id,
        part.jobcentre_id,
        2,
        False,
    )
    assert queries.figures(session, firm(part), 0, NOW, part.campaign_id)[1] == 2
    assert queries.figures(session, firm(part), 0, NOW, part.campaign_id, 987654)[1] == 0
    assert queries.desks(session, firm(part), date(2040, 1, 1)) == []


def test_history_shows_what_the_scope_may_see(session: Session, part: Participation, entry: Entry) -> None:
    workplace = make_workplace(session)
    here = entry(workplace=workplace)
    elsewhere = make_queue_entry(
        session,
        workplace=workplace,
        participation=make_participation(session, jobcentre=make_jobcentre(session, code="851")),
    )
    make_call(session, entry=here, outcome="busy")
    make_call(session, entry=elsewhere, outcome="declined", reason="no_time", ended_at=NOW - HOUR)
    make_call(session, entry=here, outcome="voicemail", undone_at=NOW)
    assert [line.call.outcome for line in queries.history(session, workplace.id)] == ["declined", "busy"]
    assert [line.call.outcome for line in queries.history(session, workplace.id, firm(part))] == ["busy"]


def test_the_same_number_elsewhere_is_told(session: Session, part: Participation, entry: Entry) -> None:
    one = entry(workplace=make_workplace(session, phone="+4570123456"))
    twin = entry(workplace=make_workplace(session, name="Tvilling ApS", phone="+4570123456"))
    entry(workplace=make_workplace(session, phone="+4570999999"))
    (found,) = queries.same_number(session, firm(part), one)
    assert (found.p_number, found.name) == (twin.workplace.p_number, "Tvilling ApS")
    assert queries.same_number(session, Scope(firms=frozenset({987654})), one) == []
