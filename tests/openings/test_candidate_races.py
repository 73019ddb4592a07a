"""Two people act on candidates at the same moment, on PostgreSQL: the locks hold, and without them the checks fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import CrmSession
from crm.base.errors import Refusal
from crm.integrations.models import OutboxMessage
from crm.openings.actions import candidacies as actions
from crm.openings.actions import candidates
from crm.openings.models import Candidacy, Candidate, Opening, Placement
from tests.conftest import NOW
from tests.factories.candidates import make_candidacy, make_candidate
from tests.factories.openings import make_opening

pytestmark = pytest.mark.postgres
START = date(2026, 12, 1)


class Careless(CrmSession):
    """The sabotaged control: a session that takes no locks."""

    def refresh(self, instance: Any, attribute_names: Any = None, with_for_update: Any = None) -> None:
        super().refresh(instance, attribute_names)


@dataclass
class Race:
    """Two threads with a session each, who wait for each other at the first statement that names ``meet``: both have
    looked before either writes, unless a lock keeps one of them back."""

    app: Flask
    careless: bool = False

    @property
    def sessions(self) -> sessionmaker[Session]:
        kept: sessionmaker[Session] = self.app.extensions["crm.sessions"]
        kind = Careless if self.careless else CrmSession
        return sessionmaker(kept.kw["bind"], class_=kind, expire_on_commit=False)

    @contextmanager
    def _meeting(self, meet: str) -> Iterator[None]:
        gate, met = threading.Barrier(2), threading.local()

        def look(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if meet in statement and not getattr(met, "done", False):
                met.done = True
                with suppress(threading.BrokenBarrierError):  # the other one is kept back by a lock
                    gate.wait(timeout=1.5)

        engine = self.app.extensions["crm.engine"]
        event.listen(engine, "after_cursor_execute", look)
        try:
            yield
        finally:
            event.remove(engine, "after_cursor_execute", look)

    def run(self, meet: str, *acts: Callable[[Session], object]) -> list[str]:
        """What each got: ``done``, the refusal's code, or ``deadlock``."""
        got: list[str] = []

        def one(act: Callable[[Session], object]) -> None:
            with self.sessions() as db:
                try:
                    act(db)
                    db.commit()
                    got.append("done")
                except Refusal as refusal:
                    got.append(refusal.code)
                except OperationalError:
                    got.append("deadlock")

        with self._meeting(meet):
            threads = [threading.Thread(target=one, args=(act,)) for act in acts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return sorted(got)


def hire(candidacy_id: int) -> Callable[[Session], object]:
    def act(db: Session) -> object:
        return actions.hire(db, None, NOW, db.get_one(Candidacy, candidacy_id), type="ordinary", starts_on=START)

    return act


def hired(app: Flask, opening_id: int) -> int:
    with app.extensions["crm.sessions"]() as db:
        return db.scalar(select(func.count()).where(Placement.opening_id == opening_id)) or 0


def arrange(app: Flask, *, positions: int, people: int) -> tuple[int, list[int]]:
    with app.extensions["crm.sessions"]() as db:
        opening = make_opening(db, positions=positions, contact_email="a@b.invalid")
        rows = [make_candidacy(db, opening, state="interview", sent_at=None) for _ in range(people)]
        db.commit()
        return opening.id, [row.id for row in rows]


COUNTING = "FROM placements"


def test_two_hires_into_the_last_position_give_one(pg_app: Flask) -> None:
    opening_id, (first, second) = arrange(pg_app, positions=1, people=2)
    got = Race(pg_app).run(COUNTING, hire(first), hire(second))
    assert got == ["closed", "done"]  # the first one filled it, which closed the opening
    assert hired(pg_app, opening_id) == 1


def test_control_without_locks_nobody_is_told_that_the_last_position_is_gone(pg_app: Flask) -> None:
    """Both believe it is free: two hires, or a deadlock where each ends the other's candidacy."""
    _opening_id, (first, second) = arrange(pg_app, positions=1, people=2)
    got = Race(pg_app, careless=True).run(COUNTING, hire(first), hire(second))
    assert got in (["done", "done"], ["deadlock", "done"])


def test_one_candidate_is_hired_once(pg_app: Flask) -> None:
    opening_id, (row,) = arrange(pg_app, positions=3, people=1)
    assert Race(pg_app).run(COUNTING, hire(row), hire(row)) == ["done", "over"]
    assert hired(pg_app, opening_id) == 1


def test_control_without_locks_one_candidate_is_hired_twice(pg_app: Flask) -> None:
    opening_id, (row,) = arrange(pg_app, positions=3, people=1)
    assert Race(pg_app, careless=True).run(COUNTING, hire(row), hire(row)) == ["done", "done"]
    assert hired(pg_app, opening_id) == 2


def two_openings(app: Flask) -> list[int]:
    """One person at the interview on both."""
    with app.extensions["crm.sessions"]() as db:
        first = make_opening(db)
        who = make_candidate(db, jobcentre_id=first.jobcentre_id)
        rows = [make_candidacy(db, one, who, state="interview") for one in (first, make_opening(db))]
        db.commit()
        return [row.id for row in rows]


@pytest.mark.parametrize(("careless", "got"), [(False, ["done", "employed"]), (True, ["done", "done"])])
def test_one_person_is_hired_on_two_openings_at_once_only_without_locks(
    pg_app: Flask, careless: bool, got: list[str]
) -> None:
    first, second = two_openings(pg_app)
    assert Race(pg_app, careless=careless).run("JOIN candidacies", hire(first), hire(second)) == got


def send(opening_id: int, candidacy_id: int, second: int) -> Callable[[Session], object]:
    def act(db: Session) -> object:
        rows = [db.get_one(Candidacy, candidacy_id)]
        return actions.send(db, None, NOW + timedelta(seconds=second), db.get_one(Opening, opening_id), rows)

    return act


def mails(app: Flask) -> int:
    with app.extensions["crm.sessions"]() as db:
        return db.scalar(select(func.count()).select_from(OutboxMessage)) or 0


@pytest.mark.parametrize(("careless", "got", "count"), [(False, ["done", "sent"], 1), (True, ["done", "done"], 2)])
def test_a_candidate_is_sent_once_and_twice_without_locks(
    pg_app: Flask, careless: bool, got: list[str], count: int
) -> None:
    opening_id, (row,) = arrange(pg_app, positions=3, people=1)
    race = Race(pg_app, careless=careless)
    assert race.run("FROM jobcentres", send(opening_id, row, 0), send(opening_id, row, 1)) == got
    assert mails(pg_app) == count


def withdraw(candidacy_id: int) -> Callable[[Session], object]:
    def act(db: Session) -> object:
        candidate = db.get_one(Candidate, db.get_one(Candidacy, candidacy_id).candidate_id)
        return candidates.withdraw_consent(db, None, NOW, candidate)

    return act


def sound(app: Flask, candidacy_id: int, got: list[str]) -> bool:
    """Whether the two agree: nothing waits to be sent of somebody who took the consent back, and nothing of theirs is
    under way."""
    with app.extensions["crm.sessions"]() as db:
        left = db.get_one(Candidacy, candidacy_id)
        assert left.candidate.consent_withdrawn_at == NOW
        ended = (left.state, left.ended_because) == ("ended", "consent_withdrawn")
    return ended and mails(app) == 0 and got in (["done", "done"], ["consent", "done"], ["done", "over"])


def test_nothing_is_sent_after_consent_was_withdrawn_meanwhile(pg_app: Flask) -> None:
    """Whoever comes first: it is not sent, or what was written is taken out of the outbox again."""
    opening_id, (row,) = arrange(pg_app, positions=3, people=1)
    got = Race(pg_app).run("FROM jobcentres", send(opening_id, row, 0), withdraw(row))
    assert sound(pg_app, row, got)


def test_control_without_locks_a_mail_leaves_after_consent_was_withdrawn(pg_app: Flask) -> None:
    """The sender has looked and is about to write when the consent goes: the mail stays, though both were told that
    all went well."""
    opening_id, (row,) = arrange(pg_app, positions=3, people=1)
    looked, gone = threading.Event(), threading.Event()

    def look(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM jobcentres" in statement and threading.current_thread().name == "sender":
            looked.set()
            gone.wait(timeout=5)

    sessions, engine = Race(pg_app, careless=True).sessions, pg_app.extensions["crm.engine"]
    got: list[str] = []

    def one(act: Callable[[Session], object]) -> None:
        with sessions() as db:
            act(db)
            db.commit()
            got.append("done")

    event.listen(engine, "after_cursor_execute", look)
    thread = threading.Thread(target=one, args=(send(opening_id, row, 0),), name="sender")
    thread.start()
    assert looked.wait(timeout=10)
    one(withdraw(row))
    gone.set()
    thread.join()
    event.remove(engine, "after_cursor_execute", look)
    assert (got, mails(pg_app)) == (["done", "done"], 1)
    assert not sound(pg_app, row, got)


def test_one_reference_is_kept_once(pg_app: Flask) -> None:
    with pg_app.extensions["crm.sessions"]() as db:
        home = make_candidate(db).jobcentre_id
        db.commit()
    assert home is not None
    told = candidates.NewCandidate("K-SAME", "Kok", "9500")

    def keep(db: Session) -> object:
        return candidates.add(db, None, NOW, home, told)

    assert Race(pg_app).run("SAVEPOINT", keep, keep) == ["done", "invalid"]
