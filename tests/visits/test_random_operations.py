"""Book, move, cancel and hold at random on both databases; after each step every pair of neighbours is looked at
again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.base.errors import Refusal
from crm.calling.models import QueueEntry
from crm.people.models import User
from crm.visits.actions import book, cancel, hold, move, release_hold
from crm.visits.models import SlotHold, Visit
from tests.conftest import NOW
from tests.factories.calling import make_phoner
from tests.factories.visits import AALBORG, AARS, HADSUND, METTE, Scene, make_scene
from tests.visits.checker import clashes, wrong_pairs

THURSDAY = date(2026, 11, 26)
PLACES = ((56.6433, 9.7902), HADSUND, AARS, AALBORG)
times = st.builds(
    lambda days, half: at(THURSDAY + timedelta(days=days), half * 30), st.sampled_from([0, 1]), st.integers(15, 31)
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("book"), st.integers(0, 3), st.integers(0, 1), times),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 1), times),
        st.tuples(st.just("cancel"), st.integers(0, 9), st.just(0), times),
        st.tuples(st.just("hold"), st.integers(0, 2), st.integers(0, 1), times),
        st.tuples(st.just("confirm"), st.integers(0, 2), st.integers(0, 1), times),
        st.tuples(st.just("let go"), st.integers(0, 2), st.just(0), times),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=steps)
def test_neighbours_stay_drivable_after_every_step(session: Session, plan: list[tuple[str, int, int, object]]) -> None:
    with session.begin_nested() as point:
        scene = make_scene(session, consultants=2, max_visits=6)
        phoners = [make_phoner(session, scene.participation) for _ in range(3)]
        codes = set()
        for step in plan:
            try:
                with session.begin_nested():
                    take(scene, phoners, *step)
            except Refusal as refusal:
                codes.add(refusal.code)
            assert wrong_pairs(session) == [], step
            assert clashes(session, NOW) == [], step
        assert codes <= {"overlap", "travel", "hours", "capacity"}
        live = session.scalars(select(Visit).where(Visit.state == "booked")).unique().all()
        assert all(visit.responsible_id == visit.consultant_id for visit in live)
        assert len({visit.queue_entry_id for visit in live}) == len(live)
        point.rollback()
    session.expunge_all()


def take(scene: Scene, phoners: list[User], verb: str, which: int, who: int, start: datetime) -> None:
    session, consultant = scene.session, scene.consultants[who]
    if verb in ("hold", "confirm", "let go"):
        phone(scene, phoners[which], verb, consultant, start)
        return
    if verb == "book":
        entry = scene.entry(at=PLACES[which], held=False)
        assert isinstance(entry, QueueEntry)
        book(session, consultant, NOW, entry, consultant.id, start, METTE)
        return
    booked = session.scalars(select(Visit).where(Visit.state == "booked").order_by(Visit.id)).unique().all()
    if not booked:
        return
    visit = booked[which % len(booked)]
    if verb == "move":
        move(session, consultant, NOW, visit, start, "Byttet", consultant.id)
    else:
        cancel(session, consultant, NOW, visit, "jobcentre", "Syg")


def phone(scene: Scene, phoner: User, verb: str, consultant: User, start: datetime) -> None:
    """Hold a time for the company in hand (a fresh one after each booking), book what is held, or let it go."""
    session = scene.session
    entry = session.scalar(
        select(QueueEntry).where(QueueEntry.claimed_by == phoner.id, QueueEntry.state == "waiting").limit(1)
    )
    if entry is None:
        entry = scene.entry(at=PLACES[phoner.id % 4], held=False)
        entry.claimed_by, entry.claimed_at, entry.claimed_until = phoner.id, NOW, NOW + timedelta(minutes=10)
        session.flush()
    held = session.get(SlotHold, entry.id)
    if verb == "hold":
        hold(session, phoner, NOW, entry, consultant.id, start)
    elif verb == "let go":
        assert release_hold(session, phoner, NOW, entry) == (held is not None)
    elif held is not None:
        try:
            book(session, phoner, NOW, entry, held.consultant_id, held.starts_at, METTE)
        except Refusal as refusal:
            raise AssertionError(f"a held time could not be booked: {refusal}") from refusal
