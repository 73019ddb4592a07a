"""A random life of one visit's agreements, on both databases: reports and their corrections, agreements added, put off,
done, opened again, handed over, answered by the company; people who go on leave, leave for good and come back. After
each step the rows are looked at: nothing promised is lost.

600 steps on SQLite and 300 on PostgreSQL; ``CRM_STEPS`` sets another number.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import add_working_days, danish_date
from crm.base.db import is_sqlite
from crm.base.errors import Refusal
from crm.base.scope import Scope
from crm.base.words import LONG_MONTHS
from crm.followups import actions, queries
from crm.followups.actions.answers import correct, say_kept
from crm.followups.actions.hand_over import hand_over, hand_over_many, hand_over_visit
from crm.followups.actions.settling import accept, decline, take_note
from crm.followups.models import Answer, FollowUp
from crm.followups.queries.answers import correction_of, stamp_of
from crm.followups.queries.hand_over import Which, open_of
from crm.followups.queries.kept import kept_rate
from crm.followups.queries.owning import stood_in_for
from crm.followups.rules import OUTCOMES, FollowUpDecision, NoFollowUp
from crm.integrations.models import OutboxMessage
from crm.people.actions import set_active
from crm.people.models import Jobcentre
from crm.people.permissions import scope_of
from crm.visits.rules import VisitReport
from tests.conftest import NOW
from tests.factories import make_user, make_visit
from tests.factories.leave import make_leave

STEPS = int(os.environ.get("CRM_STEPS", "0"))
LENGTH = 40
HELD = VisitReport("held", pressed=False)
CODES = {"done", "open", "late", "followed", "same", "stale", "settled", "written"}
CHANGES = ("agreed", "replaced", "moved", "withdrawn")
MOVES = {"followups.snooze", "followups.corrected"}

number = st.integers(0, 30)
days = st.integers(0, 25)
kinds = st.sampled_from(
    [("jobcentre", "we_owe"), ("company", "company_owes"), ("jobcentre", "care"), ("jobcentre", "future_need")]
)
promises = st.sampled_from(["Sende to CV'er", "Ringe om sæsonen", "Svar om voksenlærling"])
persons = st.integers(0, 2)
results = st.sampled_from([HELD, HELD, VisitReport("nobody_there"), VisitReport("cancelled_by_company")])


class Row(NamedTuple):
    """What is remembered of an agreement from one step to the next."""

    state: str
    voided: bool
    owner_id: int
    due_on: date
    first_due_on: date
    owed_by: str
    log: int


class Promises(RuleBasedStateMachine):
    """One run; everything it has written is rolled back at its end."""

    db: Session

    def __init__(self) -> None:
        super().__init__()
        self.point = self.db.begin_nested()
        self.now = NOW
        self.visit = make_visit(self.db, starts_at=NOW - timedelta(hours=1), contact_email="mette@eksempel.invalid")
        here = self.db.get_one(Jobcentre, self.visit.jobcentre_id)
        self.people = [
            self.visit.consultant,
            make_user(self.db, "consultant", jobcentre=here, name="Kollega"),
            make_user(self.db, "consultant", jobcentre=here, name="Vikar"),
        ]
        self.lead = make_user(self.db, "jobcentre_lead", jobcentre=here)
        make_user(self.db, "admin")
        self.known: dict[int, Row] = {}
        self.broken = 0

    def teardown(self) -> None:
        self.point.rollback()
        self.db.expire_all()

    # what there is

    @property
    def today(self) -> date:
        return danish_date(self.now)

    def all(self) -> Sequence[FollowUp]:
        wanted = select(FollowUp).where(FollowUp.visit_id == self.visit.id).order_by(FollowUp.id)
        return self.db.scalars(wanted.execution_options(populate_existing=True)).all()

    def open(self) -> list[FollowUp]:
        return [f for f in self.all() if f.state == "open" and f.voided_at is None]

    def one(self, which: int, rows: Sequence[Any]) -> Any:
        return rows[which % len(rows)]

    def attempt(self, act: Callable[[], Any]) -> None:
        """What is refused changes nothing; other refusals than the known ones are mistakes."""
        inner = self.db.begin_nested()
        refused: Refusal | None = None
        try:
            act()
        except Refusal as refusal:
            refused = refusal
        if refused is None:
            inner.commit()
            return
        inner.rollback()
        self.db.expire_all()
        assert refused.code in CODES or refused.status == 422, refused

    def day(self, ahead: int) -> date:
        return add_working_days(self.today, ahead + 1)

    # what may happen

    @rule(ahead=st.integers(1, 12), hours=st.integers(0, 5))
    def time_passes(self, ahead: int, hours: int) -> None:
        self.now += timedelta(days=ahead, hours=hours)

    @rule(side=kinds, promise=promises, ahead=days, none=st.booleans(), by=st.booleans(), what=results)
    def report(
        self, side: tuple[str, str], promise: str, ahead: int, none: bool, by: bool, what: VisitReport = HELD
    ) -> None:
        decision = NoFollowUp("De lukker") if none else FollowUpDecision(side[0], self.day(ahead), promise, side[1])
        actor = self.lead if by else self.people[0]
        self.attempt(lambda: actions.close_visit(self.db, actor, self.now, self.visit, what, [], decision))

    @precondition(lambda self: self.visit.reported_at is not None and len(self.open()) < 12)
    @rule(side=kinds, promise=promises, ahead=days)
    def add(self, side: tuple[str, str], promise: str, ahead: int) -> None:
        decision = FollowUpDecision(side[0], self.day(ahead), promise, side[1])
        self.attempt(lambda: actions.add(self.db, self.lead, self.now, self.visit, decision))

    @precondition(lambda self: self.open())
    @rule(which=number, ahead=days)
    def snooze(self, which: int, ahead: int) -> None:
        found = self.one(which, self.open())
        self.attempt(lambda: actions.snooze(self.db, found.owner, self.now, found, self.day(ahead), "Syg"))

    @precondition(lambda self: self.open())
    @rule(which=number, key=st.sampled_from(sorted(OUTCOMES)), ahead=days, then=st.sampled_from(["", "next", "none"]))
    def fulfil(self, which: int, key: str, ahead: int, then: str) -> None:
        found = self.one(which, self.open())
        again = FollowUpDecision("jobcentre", self.day(ahead), "Næste kontakt", "care")
        after = {"": None, "next": again, "none": NoFollowUp("De lukker")}[then]
        self.attempt(
            lambda: actions.fulfil(self.db, self.lead, self.now, found, "Talt sammen", outcome_key=key, then=after)
        )

    @precondition(lambda self: any(f.state == "done" for f in self.all()))
    @rule(which=number)
    def reopen(self, which: int) -> None:
        found = self.one(which, [f for f in self.all() if f.state == "done"])
        self.attempt(lambda: actions.reopen(self.db, self.lead, self.now, found))

    @precondition(lambda self: self.open())
    @rule(which=number, to=persons)
    def hand_one_over(self, which: int, to: int) -> None:
        found = self.one(which, self.open())
        self.attempt(lambda: hand_over(self.db, self.lead, self.now, found, self.people[to].id, "Ferie"))

    @rule(to=persons)
    def hand_the_visit_over(self, to: int) -> None:
        self.attempt(lambda: hand_over_visit(self.db, self.lead, self.now, self.visit, self.people[to].id))

    @rule(frm=persons, to=st.lists(persons, min_size=1, unique=True))
    def hand_all_over(self, frm: int, to: list[int]) -> None:
        scope = scope_of(self.db, self.lead, "followups.hand_over")
        rows = open_of(self.db, scope, self.people[frm].id, Which())
        wanted = [self.people[person].id for person in to]
        self.attempt(lambda: hand_over_many(self.db, self.lead, self.now, rows, [], wanted, "Væk"))

    @rule(who=persons)
    def leave_or_come_back(self, who: int) -> None:
        person = self.people[who]
        set_active(self.db, None, self.now, person, not person.active)

    @rule(who=persons, instead=persons, ahead=st.integers(0, 20))
    def go_on_leave(self, who: int, instead: int, ahead: int) -> None:
        if who != instead and self.people[who].active:
            until = self.today + timedelta(days=ahead)
            make_leave(self.db, self.people[who], self.today, until, self.people[instead])

    @precondition(lambda self: any(f.told_at for f in self.open()))
    @rule(which=number, ahead=days, moved=st.booleans(), side=st.sampled_from([None, "jobcentre", "company"]))
    def the_company_corrects(self, which: int, ahead: int, moved: bool, side: str | None) -> None:
        found = self.one(which, [f for f in self.open() if f.told_at])
        seen = stamp_of(found, correction_of(self.db, found))
        due_on = self.day(ahead) if moved else None
        self.attempt(lambda: correct(self.db, self.now, found, seen, "Det var tre", due_on, side))

    @precondition(lambda self: any(f.told_at and f.voided_at is None for f in self.all()))
    @rule(which=number, kept=st.booleans())
    def the_company_says(self, which: int, kept: bool) -> None:
        found = self.one(which, [f for f in self.all() if f.told_at and f.voided_at is None])
        self.attempt(lambda: say_kept(self.db, self.now, found, kept))

    @rule(which=number, yes=st.booleans())
    def settle(self, which: int, yes: bool) -> None:
        ids = [f.id for f in self.all() if f.voided_at is None]
        waiting = self.db.scalars(
            select(Answer)
            .where(
                Answer.follow_up_id.in_(ids), Answer.settled_at.is_(None), Answer.kind.in_(("corrected", "not_kept"))
            )
            .order_by(Answer.id)
        ).all()
        if not waiting:
            return
        answer = self.one(which, waiting)
        if answer.kind == "not_kept":
            self.attempt(lambda: take_note(self.db, self.lead, self.now, answer))
        elif yes:
            self.attempt(lambda: accept(self.db, self.lead, self.now, answer))
        else:
            self.attempt(lambda: decline(self.db, self.lead, self.now, answer, "Vi aftalte to"))

    # what always holds

    @invariant()
    def everything_open_is_on_exactly_one_list(self) -> None:
        found = [f.id for f in self.open()]
        listed: list[int] = []
        for person in self.people:
            if person.active:
                board = queries.board(self.db, scope_of(self.db, person, "followups.read"), self.today)
                listed += [f.id for f in (*board.overdue, *board.today, *board.coming)]
        scope = scope_of(self.db, self.lead, "followups.read")
        listed += [f.id for f in self.db.scalars(queries.statement(scope, owner_id=self.lead.id))]
        listed += [f.id for f in self.db.scalars(queries.statement(scope, unowned=True))]
        assert sorted(listed) == sorted(found)
        assert {f.id for f in self.db.scalars(queries.statement(scope))} == set(found), "and the lead sees them all"

    @invariant()
    def what_we_broke_stays_in_the_figures(self) -> None:
        """Nothing makes the number of ours whose first day has passed smaller, but the company's own word that it was
        theirs to do."""
        of_today = [f for f in self.all() if f.first_due_on == self.today and f.owed_by == "jobcentre"]
        done_today = [f for f in of_today if f.done_at is not None and f.outcome_key != "not_reached"]
        theirs = select(Answer.id).where(Answer.owed_by == "company", Answer.settled_as == "accepted")
        due = kept_rate(self.db, Scope(everything=True), self.today)["jobcentre"].due - len(done_today)
        standing = due + len(self.db.scalars(theirs).all())
        assert standing >= self.broken
        self.broken = standing

    @invariant()
    def who_stands_in_reaches_what_is_due(self) -> None:
        for person in self.people:
            if person.active:
                scope = scope_of(self.db, person, "followups.fulfil")
                absent = stood_in_for(self.db, person.id, self.today)
                for f in self.open():
                    if f.owner_id in absent:
                        assert queries.follow_up(self.db, scope, f.id, day=self.today).id == f.id

    @invariant()
    def what_changes_is_logged_and_first_dates_never_rise(self) -> None:
        rows = self.all()
        log: dict[int, list[str]] = {f.id: [] for f in rows}
        wanted = select(Activity.subject_id, Activity.verb).where(
            Activity.subject_type == "follow_ups", Activity.subject_id.in_(log)
        )
        for subject, verb in self.db.execute(wanted.order_by(Activity.id)):
            log[subject].append(verb)
        for f in rows:
            is_now = Row(f.state, bool(f.voided_at), f.owner_id, f.due_on, f.first_due_on, f.owed_by, len(log[f.id]))
            was = self.known.get(f.id)
            self.known[f.id] = is_now
            if was is None:
                assert log[f.id][0] == "followups.agree"
                continue
            new = set(log[f.id][was.log :])
            assert was.state == is_now.state or {"done": "followups.fulfil", "open": "followups.reopen"}[f.state] in new
            assert was.voided == is_now.voided or ("followups.void" in new and not was.voided)
            assert was.owner_id == is_now.owner_id or "followups.hand_over" in new
            assert was.due_on == is_now.due_on or new & MOVES
            if f.first_due_on > was.first_due_on:  # only where the company itself says which day it was all along
                assert "followups.corrected" in new
                assert was.first_due_on >= self.today or was.owed_by != is_now.owed_by

    @rule(promise=promises, ahead=days, twice=st.booleans())
    def a_broken_promise_is_reported_away_and_stays_broken(self, promise: str, ahead: int, twice: bool) -> None:
        """Replaced at once, or taken back first and promised again by another correction."""
        broken = [f for f in self.open() if f.from_report and f.owed_by == "jobcentre" and f.first_due_on < self.today]
        if not broken:
            return
        if twice:
            self.report(("jobcentre", "we_owe"), promise, ahead, none=True, by=True)
        before = {f.id for f in self.all()}
        self.report(("jobcentre", "we_owe"), promise, ahead, none=False, by=True)
        for made in (f for f in self.all() if f.id not in before):
            assert made.first_due_on <= min(f.first_due_on for f in broken)

    @invariant()
    def a_report_always_says_what_comes_next_or_why_nothing_does(self) -> None:
        if self.visit.reported_at is not None:
            alive = any(f.from_report and f.voided_at is None for f in self.all())
            assert alive or self.visit.no_follow_up_because

    @invariant()
    def care_never_ends_without_a_next_contact_or_a_reason(self) -> None:
        rows = self.all()
        for f in rows:
            if f.state == "done" and (f.kind == "care" or f.outcome_key == "not_reached"):
                assert f.no_next_because or any(g.follows_id == f.id and g.voided_at is None for g in rows)

    @invariant()
    def the_company_has_every_promise_in_writing_in_order(self) -> None:
        for f in self.all():
            mails = self._mails(f)
            kinds = [kind for kind, _text in mails]
            if f.told_at is None:  # nobody was there, or nobody was reached: it is known to us alone
                assert kinds == []
                before = self.db.get(FollowUp, f.follows_id) if f.follows_id else None
                not_reached = before is not None and before.outcome_key in ("not_reached", None)
                assert f.voided_at or f.state == "done" or not_reached or self.visit.state == "nobody_there"
                continue
            assert kinds[:1] in (["agreed"], ["replaced"]), kinds
            assert "agreed" not in kinds[1:]
            assert "replaced" not in kinds[1:]
            assert kinds.count("moved") <= f.snoozes
            if "withdrawn" in kinds:
                assert f.voided_at
                assert kinds[-1] == "withdrawn"
            if f.voided_at and "withdrawn" not in kinds:
                instead = [g for g in self.all() if g.follows_id == f.id and g.from_report]
                assert [self._mails(g)[0][0] for g in instead] == ["replaced"], "it holds another in its place"
            if f.state == "open" and f.voided_at is None:
                says = [text for kind, text in mails if kind in ("agreed", "replaced", "moved", "corrected")][-1]
                assert f.promise in says
                if f.owed_by == "jobcentre":
                    assert f"{f.due_on.day}. {LONG_MONTHS[f.due_on.month - 1]} {f.due_on.year}" in says

    def _mails(self, found: FollowUp) -> list[tuple[str, str]]:
        """(kind, text), in the order they were written."""
        corrected = self.db.scalars(select(Answer.id).where(Answer.follow_up_id == found.id)).all()
        keys = {f"follow_up:corrected:{answer_id}": "corrected" for answer_id in corrected}
        told = []
        for mail in self.db.scalars(
            select(OutboxMessage).where(OutboxMessage.workplace_id == found.workplace_id).order_by(OutboxMessage.id)
        ):
            parts = mail.dedupe_key.split(":")
            if mail.dedupe_key in keys:
                told.append(("corrected", mail.body_text))
            elif parts[0] == "follow_up" and parts[1] in CHANGES and int(parts[2]) == found.id:
                told.append((parts[1], mail.body_text))
        return told


def test_nothing_promised_is_lost_whatever_happens(session: Session) -> None:
    machine = type("OneDatabase", (Promises,), {"db": session})
    steps = STEPS or (600 if is_sqlite(session) else 300)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, steps // LENGTH),
            stateful_step_count=LENGTH,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            print_blob=False,
        ),
    )
