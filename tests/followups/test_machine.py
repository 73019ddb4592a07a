"""A random life of agreements and those who answer for them, through five years of working days, on both databases:
agreements, snoozes, fulfilments, hand-overs, leave, accounts closed, what companies answer, and runs of one to three
schedulers at any hour, one of them between another's transactions. After each run everything is looked at from the
rows: each (follow-up, step, due date) once, a digest a person a day, nobody told who is away, nothing due unsaid.

500 steps on SQLite and 200 on PostgreSQL; ``CRM_STEPS`` sets another number (a night's run: ``CRM_STEPS=100000``).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish, danish_date, is_working_day
from crm.base.db import is_sqlite
from crm.base.errors import Invalid, Refusal
from crm.followups.actions import fulfil, snooze
from crm.followups.actions.answers import correct, say_kept
from crm.followups.actions.hand_over import hand_over
from crm.followups.jobs.nagging import run
from crm.followups.models import Digest, FollowUp, Nag, Notice
from crm.followups.queries.answers import correction_of, stamp_of
from crm.followups.queries.away import away
from crm.followups.rules import LAST_MINUTE, NAG_MINUTE, ORDER, UNANSWERED, nag_day, step_on
from crm.people.actions import set_active
from crm.people.actions.leave import add_leave, end_leave
from crm.people.models import Leave, User
from crm.people.queries.leave import colleagues
from crm.recurring.actions import Begin
from crm.recurring.models import SetAside
from tests.factories import make_jobcentre, make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.followups.telling import digests

STEPS = int(os.environ.get("CRM_STEPS", "0"))
LENGTH = 25
FIRST, LAST = date(2026, 1, 5), date(2030, 12, 31)
days_of_five_years = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
person, number = st.integers(0, 4), st.integers(0, 19)


class Reminders(RuleBasedStateMachine):
    """One run; everything it has written is rolled back at its end."""

    db: Session

    def __init__(self) -> None:
        super().__init__()
        self.point = self.db.begin_nested()
        self.now = datetime(2026, 1, 5, 5, tzinfo=UTC)
        self.known = 0  # the last digest that was looked at

    def teardown(self) -> None:
        self.point.rollback()
        self.db.expunge_all()

    @initialize(day=days_of_five_years, minute=st.integers(0, 1439))
    def begins(self, day: date, minute: int) -> None:
        self.now = at(day, minute)
        here = make_jobcentre(self.db)
        self.visit = make_visit(self.db, state="held", starts_at=self.now, contact_email="mette@eksempel.invalid")
        self.people = [self.visit.consultant] + [make_user(self.db, "consultant", jobcentre=here) for _ in range(2)]
        self.people += [make_user(self.db, "jobcentre_lead", jobcentre=here), make_user(self.db, "regional_lead")]
        self.known = self.db.scalar(select(func.max(Digest.id))) or 0

    @property
    def today(self) -> date:
        return danish_date(self.now)

    # what happens

    @rule(who=st.integers(0, 3), days=st.integers(-12, 4))
    def agrees(self, who: int, days: int) -> None:
        due_on = add_working_days(self.today, days or 1)
        make_follow_up(
            self.db,
            visit=self.visit,
            due_on=due_on,
            owner_id=self.people[who].id,
            created_at=self.now,
            told_at=self.now,
        )

    @precondition(lambda self: self.open())
    @rule(which=number, days=st.integers(1, 4))
    def puts_off(self, which: int, days: int) -> None:
        self.verb(lambda: snooze(self.db, None, self.now, self.one(which), add_working_days(self.today, days), "Syg"))

    @precondition(lambda self: self.open())
    @rule(which=number, who=person)
    def does(self, which: int, who: int) -> None:
        fulfil(self.db, self.people[who], self.now, self.one(which), "Sendt")

    @precondition(lambda self: self.open())
    @rule(which=number, who=person)
    def hands_over(self, which: int, who: int) -> None:
        self.verb(lambda: hand_over(self.db, None, self.now, self.one(which), self.people[who].id))

    @precondition(lambda self: self.open())
    @rule(which=number, kept=st.booleans())
    def the_company_answers(self, which: int, kept: bool) -> None:
        one = self.one(which)
        if kept:
            shown = stamp_of(one, correction_of(self.db, one))
            self.verb(lambda: correct(self.db, self.now, one, shown, f"Det var {which}"))
        else:
            self.verb(lambda: say_kept(self.db, self.now, one, False))

    @rule(who=person, first=st.integers(0, 3), length=st.integers(0, 9), instead=st.none() | number)
    def goes_away(self, who: int, first: int, length: int, instead: int | None) -> None:
        one = self.people[who]
        able = colleagues(self.db, one)
        other = able[instead % len(able)].id if able and instead is not None else None
        begins = self.today + timedelta(days=first)
        until = begins + timedelta(days=length)
        self.verb(lambda: add_leave(self.db, one, self.now, one, from_on=begins, until_on=until, substitute_id=other))

    @precondition(lambda self: self.db.scalar(select(Leave.id).limit(1)))
    @rule(which=number)
    def comes_back(self, which: int) -> None:
        there = self.db.scalars(select(Leave).order_by(Leave.id)).all()
        end_leave(self.db, None, self.now, there[which % len(there)])

    @rule(who=person)
    def leaves_or_returns_for_good(self, who: int) -> None:
        one = self.people[who]
        self.verb(lambda: set_active(self.db, None, self.now, one, not one.active))

    @rule(minutes=st.integers(1, 3 * 1440))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(schedulers=st.integers(1, 3), between=st.integers(1, 6))
    def the_clock_runs(self, schedulers: int, between: int) -> None:
        run(self.begin(schedulers - 1, between), self.now)
        self.look()

    @rule(days=st.integers(1, 6), schedulers=st.integers(1, 3), between=st.integers(1, 6))
    def mornings_come(self, days: int, schedulers: int, between: int) -> None:
        for _day in range(days):
            day = self.today if self.now < at(self.today, NAG_MINUTE) else self.today + timedelta(days=1)
            for minute in (NAG_MINUTE, NAG_MINUTE + 20):
                self.now = at(day, minute)
                if day.weekday() < 5:
                    run(self.begin(schedulers - 1, between), self.now)
            self.look()
            if is_working_day(day):
                self.everything_is_said()

    # what holds

    def look(self) -> None:
        self.db.flush()
        nags = self.db.execute(select(Nag.follow_up_id, Nag.step, Nag.due_on).order_by(Nag.id)).all()
        assert max(Counter(nags).values(), default=0) <= 1
        climbed: dict[tuple[int, date, tuple[str, ...]], list[int]] = {}
        for follow_up_id, step, due_on in nags:
            ladder = UNANSWERED if step in UNANSWERED else ORDER
            climbed.setdefault((follow_up_id, due_on, ladder), []).append(ladder.index(step))
        assert all(ranks == sorted(ranks) for ranks in climbed.values()), "never a step down"
        late = select(Nag.id).join(FollowUp).where(FollowUp.state == "done", Nag.written_at > FollowUp.done_at)
        assert self.db.scalars(late).all() == [], "what is done is left in peace"
        mails = Counter((mail.recipient, danish_date(mail.created_at)) for mail in digests(self.db))
        assert max(mails.values(), default=0) <= 1
        new = self.db.scalars(select(Digest).where(Digest.id > self.known)).all()
        self.known = max([self.known, *(one.id for one in new)])
        gone = set(away(self.db, [one.id for one in self.people], self.today))
        for one in new:
            local = danish(one.written_at)
            assert is_working_day(one.day)
            assert local.date() == one.day == self.today
            assert NAG_MINUTE <= local.hour * 60 + local.minute < LAST_MINUTE
            assert one.user_id not in gone, "quiet on leave"
            assert self.db.get_one(User, one.user_id).active
            assert self.db.scalar(select(func.count()).where(Notice.digest_id == one.id)), "no mail about nothing"

    def everything_is_said(self) -> None:
        """Each open agreement that is due has its nag and somebody was told of it, or it stands among what waits."""
        day = nag_day(self.now)
        aside = set(self.db.scalars(select(SetAside.item).where(SetAside.job == "nag")))
        for one in self.open():
            step = step_on(one.due_on, day)
            if step is None or str(one.id) in aside:
                continue
            wanted = select(Nag).where(Nag.follow_up_id == one.id, Nag.due_on == one.due_on, Nag.step.in_(ORDER))
            there = self.db.scalars(wanted).all()
            last = max(there, key=lambda row: ORDER.index(row.step), default=None)
            assert last is not None, "due, and nobody wrote it"
            assert ORDER.index(last.step) >= ORDER.index(step.key)
            told = select(Notice.role, Notice.digest_id).where(
                Notice.follow_up_id == one.id, Notice.role != "copy", Notice.created_at >= last.written_at
            )
            assert any(digest is not None for _role, digest in self.db.execute(told)), (one.id, last.step)

    # helpers

    def begin(self, others: int, between: int) -> Begin:
        """Opens a transaction; before every ``between``-th of them, as long as there are others, another scheduler runs
        from beginning to end."""
        left, opened = others, 0

        @contextmanager
        def plain() -> Iterator[Session]:
            with self.db.begin_nested():
                yield self.db

        @contextmanager
        def begin() -> Iterator[Session]:
            nonlocal left, opened
            opened += 1
            if left and opened % between == 0:
                left -= 1
                run(plain, self.now)
            with plain() as session:
                yield session

        return begin

    def open(self) -> list[FollowUp]:
        wanted = select(FollowUp).where(FollowUp.state == "open", FollowUp.voided_at.is_(None)).order_by(FollowUp.id)
        return list(self.db.scalars(wanted).unique())

    def one(self, which: int) -> FollowUp:
        there = self.open()
        return there[which % len(there)]

    def verb(self, act: object) -> None:
        """A verb may refuse; then it has done nothing."""
        try:
            with self.db.begin_nested():
                act()  # type: ignore[operator]
        except (Refusal, Invalid):
            self.db.expire_all()


def test_nothing_is_told_twice_and_nothing_is_forgotten(session: Session) -> None:
    machine = type("OneDatabase", (Reminders,), {"db": session})
    steps = STEPS or (500 if is_sqlite(session) else 200)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, steps // LENGTH),
            stateful_step_count=LENGTH,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
