"""What people, companies, calendars and jobs do to the same visits at the same moment, on both databases: the rows
agree afterwards, and nothing but a refusal comes out. ``CRM_RACES`` sets how often (see test_races)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.base.errors import Refusal
from crm.calendars.actions import add_absence
from crm.calendars.models import BusySource, CalendarCopy
from crm.people.models import User
from crm.visits.actions import accept as accept_conflict
from crm.visits.actions import check_day, hold, prolong, release_hold, tell_late
from crm.visits.actions.proposals import accept, take_up
from crm.visits.actions.reassign import Choice, reassign
from crm.visits.models import MoveProposal, SlotHold, Visit, VisitConflict
from tests.conftest import NOW
from tests.visits.crowd import THURSDAY
from tests.visits.operations import BESIDE, SIX, Worker
from tests.visits.racing import Arena, at_once, total

ROUNDS = max(2, int(os.environ.get("CRM_RACES", "6")) // 3)
Act = Callable[[Session], Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def arena(request: pytest.FixtureRequest) -> Arena:
    app: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "pg_app")
    return Arena(app)


def doing(arena: Arena, act: Act) -> Callable[[], str]:
    """One transaction; a refusal's code, else ``done``."""

    def run() -> str:
        try:
            with arena.sessions.begin() as db:
                act(db)
        except Refusal as refusal:
            return refusal.code
        return "done"

    return run


def visits(arena: Arena) -> list[Visit]:
    with arena.sessions() as db:
        return list(db.scalars(select(Visit).where(Visit.state == "booked").order_by(Visit.id)).unique())


def lead(db: Session, arena: Arena, number: int = 0) -> User:
    return db.get_one(User, arena.world.leads[number])


@pytest.mark.parametrize(
    "paths",
    [
        ("company_moves", "move", "company_moves", "move"),
        ("anybody", "company_cancels", "anybody", "rebook"),
        ("company_moves", "company_cancels", "company_moves", "company_cancels"),
        ("holds", "confirm", "holds", "new"),
    ],
    ids=lambda paths: "-".join(paths[:2]),
)
def test_companies_and_people_at_once(arena: Arena, paths: tuple[str, ...]) -> None:
    said = []
    for _ in range(ROUNDS):
        arena.fresh(visits=1)
        said.append(arena.race(*paths))
    assert total(said)["done"] >= ROUNDS // 2


def test_the_day_is_judged_while_everything_goes_on(arena: Arena) -> None:
    for number in range(ROUNDS // 2):
        for path in (*SIX, *BESIDE):
            arena.fresh(visits=2)
            with arena.sessions.begin() as db:
                busy = db.get_one(User, arena.world.consultants[number % 2])
                add_absence(db, None, NOW, busy, at(THURSDAY, 480), at(THURSDAY, 960), "Kursus")
                for who in arena.world.consultants:
                    check_day(db, NOW, who, THURSDAY)
            at_once(
                [
                    *(
                        lambda w=w, p=p: w.act(p)
                        for w, p in zip(arena.workers, (path, "checks", path, "checks"), strict=True)
                    )
                ]
            )
            settled(arena)


def settled(arena: Arena) -> None:
    with arena.sessions.begin() as db:
        for who in arena.world.consultants:
            check_day(db, NOW, who, THURSDAY)
    assert arena.wrong() == []


@pytest.mark.parametrize("same", [True, False], ids=["one consultant", "two consultants"])
def test_leads_reassign_at_once(arena: Arena, same: bool) -> None:
    """All of a consultant's visits or none; two leads who cross each other do not wait for each other for ever."""
    one, other = arena.world.consultants
    for _ in range(ROUNDS):
        arena.fresh(visits=4)
        booked = visits(arena)

        def swap(number: int, frm: int, to: int, booked: list[Visit] = booked) -> Act:
            own = [v for v in booked if v.consultant_id == frm]
            choices = [Choice(v.id, to, v.starts_at + timedelta(minutes=15)) for v in own[:: 1 if number % 2 else -1]]
            return lambda db: (
                reassign(db, lead(db, arena, number), NOW, frm, choices[:2], "Sygdom") if choices else None
            )

        pairs = [(one, other)] * 4 if same else [(one, other), (other, one)] * 2
        at_once([doing(arena, swap(number, *pair)) for number, pair in enumerate(pairs)])
        assert arena.wrong() == []


def test_a_late_consultant_and_a_lead_with_the_same_visits(arena: Arena) -> None:
    """The one goes through them by the clock, the other by number."""
    for _ in range(ROUNDS):
        arena.fresh(visits=4)
        booked = visits(arena)
        late = sorted(booked, key=lambda v: v.id, reverse=True)

        def tell(db: Session, late: list[Visit] = late) -> None:
            delayed = [(db.get_one(Visit, v.id), v.starts_at + timedelta(minutes=20)) for v in late]
            tell_late(db, lead(db, arena), NOW, delayed)

        def call_off(db: Session, booked: list[Visit] = booked) -> None:
            who = booked[0].consultant_id
            mine = [Choice(v.id, cancel=True) for v in booked if v.consultant_id == who]
            reassign(db, lead(db, arena, 1), NOW, who, mine, "Sygdom")

        at_once([doing(arena, act) for act in (tell, call_off, tell, call_off)])
        assert arena.wrong() == []


def test_a_conflict_is_accepted_while_its_visit_moves(arena: Arena) -> None:
    for _ in range(ROUNDS):
        arena.fresh(visits=1)
        [visit] = visits(arena)
        with arena.sessions.begin() as db:
            who = db.get_one(User, visit.consultant_id)
            add_absence(db, None, NOW, who, visit.starts_at, visit.ends_at, "Kursus")
            assert check_day(db, NOW, who.id, THURSDAY) == 1
        [conflict] = ids(arena, VisitConflict)

        def agree(db: Session, conflict: int = conflict) -> None:
            accept_conflict(db, lead(db, arena), NOW, db.get_one(VisitConflict, conflict), "Det går")

        said = at_once(
            [doing(arena, agree), *(lambda w=w: w.act("move") for w in arena.workers[:2]), doing(arena, agree)]
        )
        assert set(said) <= {"done", "nothing", "stale", "overlap", "travel", "hours"}
        settled(arena)


def ids(arena: Arena, model: Any) -> list[int]:
    with arena.sessions() as db:
        return list(db.scalars(select(model.id).order_by(model.id)))


def moved_in_own_calendar(arena: Arena, visit: Visit, to: datetime) -> None:
    """The consultant moves our event in a calendar of their own, and that was read."""
    with arena.sessions.begin() as db:
        source = db.scalar(select(BusySource)) or BusySource(
            consultant_id=visit.consultant_id, kind="caldav", name="Egen", address="x", writes=True, created_at=NOW,
            next_at=NOW,
        )  # fmt: skip
        db.add(source)
        db.flush()
        uid = f"visit-{visit.id}@jobaabner"
        copy = db.scalar(select(CalendarCopy).where(CalendarCopy.uid == uid)) or CalendarCopy(
            source_id=source.id, uid=uid, href="x", etag="1", state="written"
        )
        copy.theirs_change, copy.theirs_starts_at, copy.theirs_seen_at = "moved", to, NOW
        copy.theirs_ends_at = to + (visit.ends_at - visit.starts_at)
        db.add(copy)


def test_a_proposal_is_accepted_while_a_lead_moves_and_the_calendar_changes_again(arena: Arena) -> None:
    said = []
    for number in range(ROUNDS):
        arena.fresh(visits=1)
        [visit] = visits(arena)
        moved_in_own_calendar(arena, visit, at(THURSDAY, 720 + 30 * (number % 4)))
        with arena.sessions.begin() as db:
            assert take_up(db, NOW, visit.id) == 1
        [proposal] = ids(arena, MoveProposal)
        moved_in_own_calendar(arena, visit, at(THURSDAY, 600))

        def agree(db: Session, proposal: int = proposal) -> None:
            accept(db, lead(db, arena), NOW, db.get_one(MoveProposal, proposal))

        def take(db: Session, number: int = visit.id) -> None:
            take_up(db, NOW, number)

        act = arena.workers[2].act
        said.append(at_once([doing(arena, agree), lambda act=act: act("move"), *[doing(arena, take)] * 2]))
        assert arena.wrong() == []
    assert total(said)["done"] >= ROUNDS // 2


def test_a_booking_is_taken_back_while_it_is_moved(arena: Arena) -> None:
    """Either it was moved first and stays, or it is gone, and who would move it is told so."""
    said = []
    for _ in range(ROUNDS):
        arena.fresh(visits=0)
        phoner, tries = arena.workers[0], 0
        while not phoner.booked and tries < 30:
            phoner.act("confirm")
            tries += 1
        said.append(arena.race("takes_back", "move", "company_moves", "checks"))
    assert total(said)["done"] >= ROUNDS // 2


def test_a_hold_is_let_go_prolonged_and_confirmed_in_several_windows(arena: Arena) -> None:
    for _ in range(ROUNDS):
        arena.fresh(visits=0)
        worker: Worker = arena.workers[0]
        entry = worker.in_hand()
        assert entry is not None
        at_once(windows(arena, worker, entry))
        assert arena.wrong() == []
        assert len(ids_of_holds(arena)) <= 1 - len(worker.booked)


def windows(arena: Arena, worker: Worker, entry: int) -> list[Callable[[], str]]:
    """The same phoner with the same company in four windows; the time is held already."""
    consultant, start = arena.world.consultants[0], at(THURSDAY, 600)

    def window(act: Callable[..., Any], *more: Any) -> Callable[[], str]:
        return doing(arena, lambda db: act(db, *worker.company(db, worker.phoner, entry), *more))

    def confirm() -> str:
        try:
            return str(worker.book(worker.phoner, entry, consultant, start))
        except Refusal as refusal:
            return refusal.code

    assert window(hold, consultant, start)() == "done"
    return [window(prolong), window(release_hold), confirm, window(release_hold)]


def ids_of_holds(arena: Arena) -> list[int]:
    with arena.sessions() as db:
        return list(db.scalars(select(SlotHold.entry_id)))
