"""One reason for every entry that is not offered: claim, why-dry and dialling agree, whatever the queue."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.scope import Scope
from crm.calling import queries
from crm.calling.actions.dial import REFUSED
from crm.calling.actions.take import OWN, PROMISED, REST, _run
from crm.calling.models import QueueEntry
from crm.calling.queries.offer import limits
from crm.calling.rules import LEASE, WHY_DRY
from crm.campaigns.models import Participation
from crm.people.models import User
from tests.conftest import NOW
from tests.factories import make_campaign, make_jobcentre, make_participation, make_queue_entry, make_workplace
from tests.factories.calling import make_phoner

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CODES = {"stale", "hours", "cap", "number", "protected", "do_not_call", "quarantine", "capacity"}

PLAIN: dict[str, Any] = {
    "place": "here", "phone": "own", "priority": 1, "rank": 2, "due": -HOUR, "attempts": 0, "day_attempts": 0,
    "called": None, "held_by": None, "current": True, "live": True, "promised": None, "do_not_call": False,
    "protected": False, "answered": False, "final": None,
}  # fmt: skip
SHARED = "+4570000001"
FEATURES: list[dict[str, Any]] = [
    {"place": "full"}, {"place": "elsewhere"}, {"phone": None}, {"phone": ""}, {"priority": 0}, {"priority": 2},
    {"phone": SHARED}, {"phone": SHARED, "called": -HOUR}, {"phone": SHARED, "attempts": 5, "rank": 0},
    {"phone": SHARED, "final": "declined", "attempts": 5}, {"phone": SHARED, "final": "do_not_call"},
    {"phone": SHARED, "place": "elsewhere", "held_by": "other"}, {"phone": SHARED, "held_by": "me"},
    {"rank": 0}, {"rank": 0, "promised": "me"}, {"rank": 0, "promised": "other"}, {"rank": 1}, {"due": HOUR},
    {"due": -DAY}, {"due": timedelta()}, {"attempts": 6}, {"attempts": 6, "rank": 1}, {"attempts": 10, "rank": 0},
    {"rank": 1, "called": -HOUR, "day_attempts": 2}, {"rank": 1, "called": -DAY, "day_attempts": 2},
    {"held_by": "me"}, {"held_by": "me", "current": False}, {"held_by": "me", "live": False},
    {"held_by": "other"}, {"held_by": "other", "current": False}, {"held_by": "other", "live": False},
    {"do_not_call": True}, {"protected": True}, {"answered": True},
]  # fmt: skip
entries = (
    st.lists(st.sampled_from(FEATURES), max_size=2)
    .map(lambda chosen: {**PLAIN, **{key: value for feature in chosen for key, value in feature.items()}})
    # what is promised to a colleague is reserved for nobody else, and what is reserved is promised to nobody meanwhile
    .filter(lambda told: told["current"] or told["held_by"] != "me" or told["promised"] != "other")
)


def made(session: Session, places: dict[str, Participation], people: dict[str, int], told: dict[str, Any]) -> None:
    """The entry told of, with what holds it back."""
    phone = told["phone"]
    workplace = make_workplace(
        session,
        phone=None,
        do_not_call_at=NOW if told["do_not_call"] else None,
        advertising_protected=told["protected"],
    )
    if told["answered"]:
        answer = {"state": "done", "final_outcome": "booked", "final_at": NOW - DAY}
        make_queue_entry(session, participation=places["before"], workplace=workplace, phone=None, **answer)
    held = people.get(told["held_by"] or "")
    final = told["final"]
    make_queue_entry(
        session,
        participation=places[told["place"]],
        workplace=workplace,
        phone=f"+4520{workplace.id:06d}" if phone == "own" else phone,
        shared_phone=bool(phone) and phone != "own",
        priority=told["priority"],
        rank=told["rank"],
        due_at=NOW + told["due"],
        awake=told["due"] <= timedelta(),
        attempts=told["attempts"],
        day_attempts=told["day_attempts"] if told["called"] else 0,
        last_called_at=NOW + told["called"] if told["called"] else None,
        call_back_by=people.get(told["promised"] or "") if told["rank"] == 0 else None,
        claimed_by=held,
        claimed_at=NOW - HOUR if held and told["current"] else None,
        claimed_until=(NOW + LEASE if told["live"] else NOW) if held else None,
        state="done" if final else "waiting",
        final_outcome=final,
        final_at=NOW - DAY if final else None,
    )


def offered(session: Session, me: User, part: Participation) -> set[int]:
    """Every entry that the claim's statements would take for the phoner as things stand."""
    asked = {
        **limits(part.campaign, NOW),
        "me": me.id,
        "until": NOW + LEASE,
        "for_firm": part.calling_firm_id,
        "in_jobcentre": None,
        "holds": 0,
    }
    found: set[int] = set()
    for which in (OWN, PROMISED, REST):
        passed = [0]
        while True:
            with session.begin_nested() as undone:
                row = _run(session, asked, which, False, passed)
                undone.rollback()
            if row is None:
                break
            passed.append(row[0])
        found |= set(passed[1:])
    return found


def check(session: Session, queue: list[dict[str, Any]]) -> None:
    """What has no reason is offered, and nothing else; and each entry counts once."""
    with session.begin_nested() as undone:
        part = make_participation(session, campaign=make_campaign(session, quarantine_months=6))
        firm, campaign = part.calling_firm, part.campaign
        full = make_participation(session, campaign=campaign, jobcentre=make_jobcentre(session, code="851"), firm=firm)
        full.calendars_full_since = NOW
        places = {"here": part, "full": full}
        for name in ("elsewhere", "before"):
            places[name] = make_participation(session, campaign=make_campaign(session), firm=firm)
        me, other = make_phoner(session, part), make_phoner(session, part)
        for told in queue:
            made(session, places, {"me": me.id, "other": other.id}, told)
        scope = Scope(firms=frozenset({part.calling_firm_id or 0}))
        waiting = select(func.count()).where(QueueEntry.campaign_id == campaign.id, QueueEntry.state == "waiting")
        reasons = queries.reasons(session, scope, campaign.id, NOW, me=me.id)
        free = {number for number, reason in reasons.items() if reason is None}
        assert free == offered(session, me, part)
        counted = dict(queries.why_dry(session, scope, campaign.id, NOW, me=me.id))
        assert sum(counted.values()) + len(free) == session.scalar(waiting) == len(reasons)
        for number in free:
            entry = session.get_one(QueueEntry, number)
            going_on = entry.claimed_by == me.id and entry.claimed_at and entry.claimed_until > NOW
            assert going_on or queries.held_back(session, NOW, entry) is None, "what is offered may be dialled"
        undone.rollback()
    session.expire_all()


def test_claim_and_why_dry_agree_on_each_hindrance(session: Session) -> None:
    for feature in FEATURES:
        check(session, [{**PLAIN, **feature}])


def test_claim_and_why_dry_agree_on_each_pair_of_one_number(session: Session) -> None:
    shared = [{**PLAIN, **feature} for feature in FEATURES if feature.get("phone") == SHARED]
    for pair in combinations(shared, 2):
        check(session, list(pair))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queue=st.lists(entries, min_size=3, max_size=7))
def test_claim_and_why_dry_agree_on_any_queue(session: Session, queue: list[dict[str, Any]]) -> None:
    check(session, queue)


def test_every_reason_at_dialling_has_a_code_and_a_sentence() -> None:
    assert set(REFUSED) <= set(WHY_DRY)
    assert {code for code, _message in REFUSED.values()} <= CODES
    by_time = {"claimed", "reserved", "call_back_later", "call_back_other", "letter_wait", "retry_later", "not_due"}
    assert set(WHY_DRY) - set(REFUSED) == by_time, "those do not matter to whoever has the company in hand"
