"""A time held while talking: taken for everybody else, the holder's own, gone by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish
from crm.base.errors import Refusal
from crm.calling.actions import finish, pause, release
from crm.calling.models import QueueEntry
from crm.people.models import User
from crm.visits.actions import book, forget_holds, hold, move, prolong, refresh_capacity, release_hold
from crm.visits.models import SlotHold, Visit
from crm.visits.queries import slots
from crm.visits.rules.holds import LASTS, seconds_left
from tests.conftest import NOW
from tests.factories import make_user, make_visit
from tests.factories.calling import make_phoner
from tests.factories.visits import AALBORG, HADSUND, METTE, Scene, make_scene

THURSDAY = danish(NOW).date() + timedelta(days=2)
TEN = at(THURSDAY, 600)
WEEK = NOW + timedelta(days=7)


def other_phoner(scene: Scene, at: tuple[float, float] | None = None) -> tuple[User, QueueEntry]:
    """A colleague of the phoner with a company of their own in hand."""
    phoner = make_phoner(scene.session, scene.participation)
    entry = scene.entry(held=False, at=at)
    entry.claimed_by, entry.claimed_at, entry.claimed_until = phoner.id, NOW, NOW + timedelta(minutes=10)
    scene.session.flush()
    return phoner, entry


def refused(code: str, call: Any, *args: Any, **kwargs: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    assert caught.value.code == code
    return caught.value


def times(session: Session, entry: QueueEntry, now: datetime = NOW) -> set[datetime]:
    return {slot.starts_at for slot in slots(session, now, entry, NOW, WEEK).slots}


def test_a_held_time_is_taken_for_others_and_free_for_its_holder(session: Session) -> None:
    scene = make_scene(session)
    mine = scene.entry()
    colleague, theirs = other_phoner(scene)
    made = hold(session, scene.phoner, NOW, mine, scene.consultant.id, TEN)
    assert (made.until, made.ends_at) == (NOW + LASTS, TEN + timedelta(minutes=60))
    assert TEN in times(session, mine)
    assert TEN not in times(session, theirs)
    offer = slots(session, NOW, theirs, NOW, WEEK, refused=True)
    why = {slot.starts_at: slot for slot in offer.refused}[TEN]
    assert (why.reason, why.code, why.held_until) == ("held", "overlap", NOW + LASTS)
    found = refused("overlap", book, session, colleague, NOW, theirs, scene.consultant.id, TEN, METTE)
    assert "holdes af en anden til kl. 10.03" in str(found)
    assert len(found.extra["alternatives"]) == 3
    refused("overlap", hold, session, colleague, NOW, theirs, scene.consultant.id, TEN + timedelta(minutes=30))
    lead = make_user(session, "jobcentre_lead", jobcentre=scene.jobcentre)
    visit = make_visit(session, consultant=scene.consultant, starts_at=TEN + timedelta(days=1))
    refused("overlap", move, session, lead, NOW, visit, TEN, "Byttet")
    assert book(session, scene.phoner, NOW, mine, scene.consultant.id, TEN, METTE).starts_at == TEN
    assert session.get(SlotHold, mine.id) is None, "booking ends the hold"


def test_the_drive_from_and_to_a_held_time_counts(session: Session) -> None:
    scene = make_scene(session)
    hold(session, scene.phoner, NOW, scene.entry(at=AALBORG), scene.consultant.id, TEN)
    colleague, theirs = other_phoner(scene)
    refused("travel", book, session, colleague, NOW, theirs, scene.consultant.id, TEN + timedelta(hours=1), METTE)


def test_it_fills_the_day_like_a_visit(session: Session) -> None:
    scene = make_scene(session, max_visits=1)
    hold(session, scene.phoner, NOW, scene.entry(), scene.consultant.id, TEN)
    colleague, theirs = other_phoner(scene)
    later = TEN + timedelta(hours=3)
    refused("capacity", hold, session, colleague, NOW, theirs, scene.consultant.id, later)


def test_a_new_choice_moves_it_and_a_refused_one_does_not(session: Session) -> None:
    scene = make_scene(session)
    mine = scene.entry()
    _colleague, theirs = other_phoner(scene)
    make_visit(session, consultant=scene.consultant, starts_at=TEN + timedelta(days=1))
    hold(session, scene.phoner, NOW, mine, scene.consultant.id, TEN)
    refused("overlap", hold, session, scene.phoner, NOW, mine, scene.consultant.id, TEN + timedelta(days=1))
    assert session.get_one(SlotHold, mine.id).starts_at == TEN
    later = TEN + timedelta(hours=3)
    hold(session, scene.phoner, NOW, mine, scene.consultant.id, later)
    assert TEN in times(session, theirs)
    assert later not in times(session, theirs)
    assert [held.starts_at for held in session.scalars(select(SlotHold))] == [later]


def test_it_lapses_by_itself_and_is_prolonged(session: Session) -> None:
    scene = make_scene(session)
    mine = scene.entry()
    _colleague, theirs = other_phoner(scene)
    hold(session, scene.phoner, NOW, mine, scene.consultant.id, TEN)
    soon = NOW + LASTS - timedelta(seconds=30)
    assert prolong(session, scene.phoner, soon, mine).until == soon + LASTS
    assert session.get_one(SlotHold, mine.id).held_at == NOW, "it is the same hold"
    assert TEN not in times(session, theirs, soon + LASTS - timedelta(seconds=1))
    assert TEN in times(session, theirs, soon + LASTS)


def test_a_lapsed_hold_comes_back_if_the_time_is_free_and_else_tells_what_happened(session: Session) -> None:
    scene = make_scene(session)
    mine = scene.entry()
    colleague, theirs = other_phoner(scene)
    hold(session, scene.phoner, NOW, mine, scene.consultant.id, TEN)
    over = NOW + LASTS + timedelta(seconds=5)
    assert prolong(session, scene.phoner, over, mine).until == over + LASTS
    taken = over + LASTS + timedelta(seconds=7)
    book(session, colleague, taken, theirs, scene.consultant.id, TEN, METTE)
    later = taken + timedelta(seconds=2)
    for attempt in (
        lambda: prolong(session, scene.phoner, later, mine),
        lambda: book(session, scene.phoner, later, mine, scene.consultant.id, TEN, METTE),
    ):
        found = refused("overlap", attempt)
        assert found.extra["hold"] == {"lapsed_at": (over + LASTS).isoformat(), "taken_at": taken.isoformat()}
        assert len(found.extra["alternatives"]) == 3


@pytest.mark.parametrize("how", ["release", "pause", "finish", "taken over", "let go"])
def test_it_ends_when_the_company_leaves_the_phoners_hands(session: Session, how: str) -> None:
    scene = make_scene(session)
    mine = scene.entry()
    colleague, theirs = other_phoner(scene)
    hold(session, scene.phoner, NOW, mine, scene.consultant.id, TEN)
    if how == "release":
        release(session, scene.phoner, NOW, mine)
    elif how == "pause":
        pause(session, scene.phoner, NOW, "lunch")
    elif how == "finish":
        finish(session, scene.phoner, NOW, mine, "no_answer")
    elif how == "taken over":
        mine.claimed_by = colleague.id
        session.flush()
    else:
        assert release_hold(session, scene.phoner, NOW, mine)
    assert TEN in times(session, theirs)
    assert hold(session, colleague, NOW, theirs, scene.consultant.id, TEN).user_id == colleague.id


def test_only_who_has_the_company_in_hand_holds(session: Session) -> None:
    scene = make_scene(session)
    _colleague, theirs = other_phoner(scene)
    refused("stale", hold, session, scene.phoner, NOW, theirs, scene.consultant.id, TEN)
    refused("stale", hold, session, scene.phoner, NOW, scene.entry(held=False), scene.consultant.id, TEN)
    lead = make_user(session, "jobcentre_lead", jobcentre=scene.jobcentre)
    refused("stale", hold, session, lead, NOW, scene.entry(held=False), scene.consultant.id, TEN)
    refused("stale", prolong, session, scene.phoner, NOW, scene.entry())
    refused("protected", hold, session, scene.phoner, NOW, scene.entry(do_not_call_at=NOW), scene.consultant.id, TEN)
    reserved = scene.entry()
    reserved.claimed_at = None
    session.flush()
    refused("stale", hold, session, scene.phoner, NOW, reserved, scene.consultant.id, TEN)
    assert session.scalar(select(SlotHold.entry_id)) is None


def test_held_times_close_a_full_calendar(session: Session) -> None:
    scene = make_scene(session, horizon_days=2, max_visits=1)
    make_visit(session, consultant=scene.consultant, starts_at=TEN - timedelta(days=1))
    assert refresh_capacity(session, NOW) == 0
    hold(session, scene.phoner, NOW, scene.entry(), scene.consultant.id, at(THURSDAY, 540))
    assert refresh_capacity(session, NOW) == 1, "the last day within the horizon is held"
    assert refresh_capacity(session, NOW + LASTS) == 1, "and free again"


def test_old_holds_are_forgotten(session: Session) -> None:
    scene = make_scene(session)
    mine = scene.entry(at=HADSUND)
    hold(session, scene.phoner, NOW, mine, scene.consultant.id, TEN)
    assert forget_holds(session, NOW + timedelta(hours=23)) == 0
    assert forget_holds(session, NOW + timedelta(hours=25)) == 1
    assert not release_hold(session, scene.phoner, NOW, mine)
    assert session.scalar(select(Visit.id)) is None


def test_seconds_left_are_rounded_up() -> None:
    assert seconds_left(NOW + timedelta(seconds=1.2), NOW) == 2
    assert seconds_left(NOW, NOW) == 0
    assert seconds_left(NOW - timedelta(seconds=5), NOW) == 0
