"""A random life of two consultants' calendars, on both databases: book, hold, move, hand over, reassign, cancel, and
the base, hours, absence and own appointments changed under it. After each step every visit is looked at beside its
neighbours, from the rows: what a booking verb does makes nothing impossible, and what a change of the calendar makes
impossible stands as a conflict, and nothing else does.

3,000 steps on SQLite and 2,000 on PostgreSQL; ``CRM_STEPS`` sets another number (a night's run: ``CRM_STEPS=100000 scripts/test tests/visits/test_machine.py``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date
from crm.base.db import is_sqlite
from crm.base.errors import Refusal
from crm.calendars.actions import add_absence, remove_absence, set_bases, set_hours, set_profile
from crm.calendars.models import Absence, BusySource, BusyTime, CalendarEvent
from crm.calendars.rules import Stretch
from crm.calling.models import QueueEntry
from crm.visits.actions import book, cancel, hold, move, release_hold
from crm.visits.actions.conflicts import check_day
from crm.visits.actions.hand_over import hand_over
from crm.visits.actions.reassign import Choice, reassign
from crm.visits.models import SlotHold, Visit, VisitConflict
from crm.visits.queries.reassign import proposals
from tests.conftest import NOW
from tests.factories import make_user
from tests.factories.calling import make_phoner
from tests.factories.visits import AALBORG, AARS, HADSUND, METTE, make_scene
from tests.visits import neighbours
from tests.visits.checker import clashes

STEPS = int(os.environ.get("CRM_STEPS", "0"))
LENGTH = 40
THURSDAY = date(2026, 11, 26)
DAYS = (THURSDAY, THURSDAY + timedelta(days=1))
PLACES = ((56.6433, 9.7902), HADSUND, AARS, AALBORG)
BASES = (("Hobro", "9500"), ("Aalborg", "9000"), ("Viborg", "8800"))
times = st.builds(lambda day, half: at(day, half * 30), st.sampled_from(DAYS), st.integers(15, 31))
person, number = st.integers(0, 1), st.integers(0, 9)
CODES = {"overlap", "travel", "hours", "capacity", "same", "stale"}


ANOTHER_TABLE = re.compile(
    r"(INSERT INTO|UPDATE|DELETE FROM) (?!visits\b|working_hours\b|absences\b|busy_times\b|calendar_profiles\b|weekday_bases\b)"
)


class Look(NamedTuple):
    rows: neighbours.Rows
    faults: set[neighbours.Fault]


class Calendars(RuleBasedStateMachine):
    """One run; everything it has written is rolled back at its end."""

    db: Session

    def __init__(self) -> None:
        super().__init__()
        self.point = self.db.begin_nested()
        self.scene = make_scene(self.db, consultants=2, max_visits=6)
        self.lead = make_user(self.db, "jobcentre_lead", jobcentre=self.scene.jobcentre)
        self.phoner = make_phoner(self.db, self.scene.participation)
        self.source = BusySource(
            consultant_id=self.scene.consultants[0].id,
            kind="ics",
            name="Egen",
            address="x",
            created_at=NOW,
            next_at=NOW,
        )
        self.db.add(self.source)
        self.db.flush()
        self.booked = 0
        self.seen: Look | None = None
        self.judged: Look | None = None
        event.listen(self.db.connection(), "before_cursor_execute", self.note)

    def note(self, *told: Any) -> None:
        """A statement that may change what a look saw: what was seen is looked at anew."""
        if not told[2].startswith(("SELECT", "SAVEPOINT", "RELEASE")) and ANOTHER_TABLE.match(told[2]) is None:
            self.seen = None

    def look(self) -> Look:
        """The rows and what is wrong in them; read once, as long as nothing is written."""
        self.db.flush()
        if self.seen is None:
            rows = neighbours.rows(self.db)
            self.seen = Look(rows, neighbours.faults_in(rows))
        return self.seen

    def teardown(self) -> None:
        event.remove(self.db.connection(), "before_cursor_execute", self.note)
        self.point.rollback()
        self.db.expunge_all()

    # what happens

    @rule(where=st.sampled_from(PLACES), who=person, start=times)
    def books(self, where: tuple[float, float], who: int, start: datetime) -> None:
        entry = self.scene.entry(at=where, held=False)
        assert isinstance(entry, QueueEntry)
        consultant = self.scene.consultants[who]
        self.booked += self.verb(lambda: book(self.db, consultant, NOW, entry, consultant.id, start, METTE))

    @rule(who=person, start=times)
    def holds_a_time(self, who: int, start: datetime) -> None:
        entry = self.in_hand()
        self.verb(lambda: hold(self.db, self.phoner, NOW, entry, self.scene.consultants[who].id, start))

    @precondition(lambda self: self.held() is not None)
    @rule()
    def confirms_what_is_held(self) -> None:
        held = self.held()
        assert held is not None
        entry = self.in_hand()
        kept = self.possible(held)
        done = self.verb(lambda: book(self.db, self.phoner, NOW, entry, held.consultant_id, held.starts_at, METTE))
        assert done or not kept, "a time that was held and is still possible can be booked"
        self.booked += done

    @precondition(lambda self: self.held() is not None)
    @rule()
    def lets_go(self) -> None:
        release_hold(self.db, self.phoner, NOW, self.in_hand())

    @precondition(lambda self: self.live())
    @rule(which=number, who=person, start=times)
    def moves(self, which: int, who: int, start: datetime) -> None:
        visit = self.pick(which)
        self.verb(lambda: move(self.db, self.lead, NOW, visit, start, "Byttet", self.scene.consultants[who].id))

    @precondition(lambda self: self.live())
    @rule(which=number, who=person)
    def hands_over(self, which: int, who: int) -> None:
        visit = self.pick(which)
        self.verb(lambda: hand_over(self.db, self.lead, NOW, visit, self.scene.consultants[who].id, "Ferie"))

    @precondition(lambda self: self.live())
    @rule(which=number)
    def cancels(self, which: int) -> None:
        visit = self.pick(which)
        self.verb(lambda: cancel(self.db, None, NOW, visit, "company", "Syg"))

    @rule(who=person, day=st.sampled_from(DAYS))
    def falls_ill(self, who: int, day: date) -> None:
        """The day is given to others as it is proposed, and the absence kept, in one action."""
        consultant = self.scene.consultants[who]
        plan = proposals(self.db, NOW, consultant.id, day, day, everything=True)
        choices = [
            Choice(ref, one.consultant_id, one.starts_at, cancel=one.starts_at is None)
            for ref, one in ((p.ref, p.chosen) for p in plan.proposals)
        ]
        day_of = (at(day, 0), at(day + timedelta(days=1), 0))
        done = self.verb(lambda: reassign(self.db, self.lead, NOW, consultant.id, choices, "Sygdom", absence=day_of))
        assert done, "what is proposed can be done"
        assert not [v for v in self.live() if v.consultant_id == consultant.id and danish_date(v.starts_at) == day]

    @rule(who=person, base=st.sampled_from(BASES))
    def moves_base(self, who: int, base: tuple[str, str]) -> None:
        set_profile(
            self.db, self.lead, NOW, self.scene.consultants[who],
            base_name=base[0], base_postcode=base[1], max_visits_a_day=6,
        )  # fmt: skip

    @rule(who=person, day=st.sampled_from(DAYS), base=st.sampled_from([None, *BASES]))
    def starts_elsewhere(self, who: int, day: date, base: tuple[str, str] | None) -> None:
        set_bases(self.db, self.lead, NOW, self.scene.consultants[who], {day.weekday(): base} if base else {})

    @rule(who=person, opens=st.integers(14, 18), closes=st.integers(28, 33))
    def changes_hours(self, who: int, opens: int, closes: int) -> None:
        stretches = [Stretch(day.weekday(), opens * 30, closes * 30) for day in DAYS]
        set_hours(self.db, self.lead, NOW, self.scene.consultants[who], stretches)

    @rule(who=person, start=times, half=st.integers(1, 6))
    def is_away(self, who: int, start: datetime, half: int) -> None:
        add_absence(
            self.db, self.lead, NOW, self.scene.consultants[who], start, start + timedelta(minutes=30 * half), "Møde"
        )

    @precondition(lambda self: self.db.scalar(select(Absence.id).limit(1)) is not None)
    @rule(which=number)
    def is_back(self, which: int) -> None:
        absences = self.db.scalars(select(Absence).order_by(Absence.id)).all()
        remove_absence(self.db, self.lead, NOW, absences[which % len(absences)])

    @rule(start=times, half=st.integers(1, 4))
    def is_busy(self, start: datetime, half: int) -> None:
        self.db.add(
            BusyTime(
                source_id=self.source.id, consultant_id=self.source.consultant_id,
                starts_at=start, ends_at=start + timedelta(minutes=30 * half),
            )
        )  # fmt: skip
        self.db.flush()

    # what always holds

    @invariant()
    def no_time_is_taken_twice(self) -> None:
        assert neighbours.overlaps_in(self.look().rows) == []
        assert clashes(self.db, NOW) == []

    @invariant()
    def impossible_visits_stand_as_conflicts_and_no_others(self) -> None:
        look = self.look()
        if look is not self.judged:  # nothing has been written since
            for who, day, _ in list(look.rows.days()):
                check_day(self.db, NOW, who, day)
        self.judged = look = self.look()
        faults = look.faults
        told = set(self.db.scalars(select(VisitConflict.visit_id).where(VisitConflict.settled_at.is_(None))))
        untold = [fault for fault in faults if fault[0] not in told and fault[2] not in told]
        assert untold == []
        assert told <= {fault[0] for fault in faults} | {fault[2] for fault in faults}

    @invariant()
    def nothing_is_lost_and_somebody_answers(self) -> None:
        columns = Visit.state, Visit.consultant_id, Visit.responsible_id, Visit.queue_entry_id, Visit.starts_at
        visits = self.db.execute(select(*columns)).all()
        assert len(visits) == self.booked
        live = [visit for visit in visits if visit.state == "booked"]
        assert all(visit.responsible_id == visit.consultant_id for visit in live)
        assert len({visit.queue_entry_id for visit in live}) == len(live)
        event_of = CalendarEvent.uid, CalendarEvent.consultant_id, CalendarEvent.status, CalendarEvent.starts_at
        shown = {(e.uid, e.consultant_id): e for e in self.db.execute(select(*event_of))}
        confirmed = {key: e.starts_at for key, e in shown.items() if e.status == "CONFIRMED"}
        uids = {key[0]: key[0] for key in shown}
        assert len(uids) == len(visits)
        assert sorted(confirmed.values()) == sorted(visit.starts_at for visit in live)
        assert sorted(key[1] for key in confirmed) == sorted(visit.consultant_id for visit in live)

    # how it is done

    def verb(self, act: Callable[[], object]) -> bool:
        """Whether it was done. What it does makes nothing impossible that was possible."""
        before = self.look().faults
        code = self.refused(act)
        if code is not None:
            assert code in CODES
            assert self.look().faults == before, "what is refused changes nothing"
            return False
        new = self.look().faults - before
        assert not {fault for fault in new if (fault[0], fault[1]) not in {(f[0], f[1]) for f in before}}, new
        return True

    def refused(self, act: Callable[[], object]) -> str | None:
        try:
            with self.db.begin_nested():
                act()
        except Refusal as refusal:
            return refusal.code
        return None

    def live(self) -> list[Visit]:
        return list(self.db.scalars(select(Visit).where(Visit.state == "booked").order_by(Visit.id)).unique())

    def pick(self, which: int) -> Visit:
        live = self.live()
        return live[which % len(live)]

    def in_hand(self) -> QueueEntry:
        """The company that the phoner talks with; a fresh one after each booking."""
        entry = self.db.scalar(
            select(QueueEntry).where(QueueEntry.claimed_by == self.phoner.id, QueueEntry.state == "waiting").limit(1)
        )
        if entry is None:
            entry = self.scene.entry(at=PLACES[1], held=False)
            entry.claimed_by, entry.claimed_at, entry.claimed_until = self.phoner.id, NOW, NOW + timedelta(minutes=10)
            self.db.flush()
        return entry

    def held(self) -> SlotHold | None:
        return self.db.scalar(select(SlotHold).where(SlotHold.user_id == self.phoner.id).limit(1))

    def possible(self, held: SlotHold) -> bool:
        """Whether nothing of the calendar was changed under the hold: a visit put there would lie right."""
        before = self.look().faults
        with self.db.begin_nested() as trial:
            entry = self.in_hand()
            self.db.add(
                Visit(
                    queue_entry_id=entry.id, campaign_id=entry.campaign_id, jobcentre_id=entry.jobcentre_id,
                    workplace_id=entry.workplace_id, consultant_id=held.consultant_id,
                    responsible_id=held.consultant_id, booked_at=NOW, starts_at=held.starts_at, ends_at=held.ends_at,
                    lat=held.lat, lon=held.lon, contact_name="Prøve",
                )
            )  # fmt: skip
            self.db.flush()
            right = self.look().faults <= before
            trial.rollback()
        self.seen = None
        return right


def test_calendars_stay_right_whatever_happens(session: Session) -> None:
    machine = type("OneDatabase", (Calendars,), {"db": session})
    steps = STEPS or (3000 if is_sqlite(session) else 2000)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, steps // LENGTH),
            stateful_step_count=LENGTH,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_control_a_visit_written_past_the_rules_is_found(session: Session) -> None:
    """The looker is believed because it sees what the booking verbs prevent."""
    scene = make_scene(session)
    first = scene.entry(at=AALBORG, held=False)
    book(session, scene.consultant, NOW, first, scene.consultant.id, at(THURSDAY, 600), METTE)
    second = scene.entry(at=AARS, held=False)
    with pytest.raises(Refusal):
        book(session, scene.consultant, NOW, second, scene.consultant.id, at(THURSDAY, 660), METTE)
    [visit] = session.scalars(select(Visit)).unique()
    assert neighbours.faults(session) == set()
    session.add(
        Visit(
            queue_entry_id=second.id, campaign_id=visit.campaign_id, jobcentre_id=visit.jobcentre_id,
            workplace_id=second.workplace_id, consultant_id=visit.consultant_id, responsible_id=visit.consultant_id,
            booked_at=NOW, starts_at=at(THURSDAY, 660), ends_at=at(THURSDAY, 720), lat=AARS[0], lon=AARS[1],
            contact_name="Prøve",
        )
    )  # fmt: skip
    session.flush()
    assert {fault[1] for fault in neighbours.faults(session)} == {"drive"}
    assert neighbours.overlaps(session) == []
