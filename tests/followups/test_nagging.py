"""The morning's job: what fails stops nobody, any life of runs, and several schedulers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, danish, is_working_day
from crm.followups.actions import digests as digest_actions
from crm.followups.actions import fulfil, nag, nags, snooze
from crm.followups.jobs.nagging import run
from crm.followups.models import Digest, FollowUp, Nag, Notice
from crm.followups.rules import ORDER
from crm.integrations.models import OutboxMessage
from crm.people.actions import set_active
from crm.people.models import User
from crm.recurring.models import SetAside
from crm.web.edge import transaction
from tests.factories import make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.factories.leave import make_leave
from tests.followups.telling import DUE, digests, lead_of, morning, together


def begin_of(app: Flask) -> Callable[[], Any]:
    return lambda: transaction(app)


def arranged(app: Flask, people: int = 3, each: int = 4) -> list[int]:
    """So many consultants with agreements due on DUE."""
    with app.extensions["crm.sessions"]() as db:
        lead_of(db)
        made = []
        for _person in range(people):
            visit = make_visit(db, state="held")
            made += [make_follow_up(db, visit=visit, due_on=DUE, promise=f"Nummer {n}").id for n in range(each)]
        db.commit()
        return made


def test_a_person_whose_digest_fails_stops_nobody(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    arranged(app)
    real = digest_actions.render_mail
    with app.extensions["crm.sessions"]() as db:
        victim = db.scalar(select(func.min(FollowUp.owner_id)))

    def torn(name: str, **values: Any) -> Any:
        if values["person"].id == victim:
            raise ValueError("a torn template")
        return real(name, **values)

    monkeypatch.setattr(digest_actions, "render_mail", torn)
    assert run(begin_of(app), morning(0)) == 12
    with app.extensions["crm.sessions"]() as db:
        assert len(digests(db)) == 2
        [aside] = db.scalars(select(SetAside)).all()
        assert (aside.job, aside.item) == ("nag_digest", str(victim))
        assert aside.error.startswith("ValueError: a torn template")
        assert db.scalar(select(func.count()).where(Digest.user_id == victim)) == 0
    monkeypatch.undo()
    assert run(begin_of(app), morning(0) + timedelta(minutes=11)) == 0
    with app.extensions["crm.sessions"]() as db:
        assert len(digests(db)) == 3
        assert db.scalars(select(SetAside)).all() == []


def test_a_follow_up_that_fails_stops_nobody(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made = arranged(app)
    real = nags.recipients

    def torn(steps: Any, owner: int, jobcentre: int, people: Any) -> Any:
        if torn.on and owner == victim:  # type: ignore[attr-defined]
            raise ValueError("torn")
        return real(steps, owner, jobcentre, people)

    with app.extensions["crm.sessions"]() as db:
        victim = db.get_one(FollowUp, made[0]).owner_id
    torn.on = True  # type: ignore[attr-defined]
    monkeypatch.setattr(nags, "recipients", torn)
    assert run(begin_of(app), morning(0)) == 8
    with app.extensions["crm.sessions"]() as db:
        assert sorted(int(row.item) for row in db.scalars(select(SetAside))) == made[:4]
        assert len(digests(db)) == 2
    torn.on = False  # type: ignore[attr-defined]
    assert run(begin_of(app), morning(0) + timedelta(minutes=5)) == 0, "not before its next try"
    assert run(begin_of(app), morning(0) + timedelta(minutes=15)) == 4
    with app.extensions["crm.sessions"]() as db:
        assert db.scalars(select(SetAside)).all() == []
        assert len(digests(db)) == 3


def test_what_nobody_can_be_told_of_waits_where_an_administrator_sees_it(app: Flask) -> None:
    with app.extensions["crm.sessions"]() as db:
        agreed = make_follow_up(db, due_on=DUE)
        set_active(db, None, morning(-3), db.get_one(User, agreed.owner_id), False)
        db.commit()
    assert run(begin_of(app), morning(0)) == 0
    with app.extensions["crm.sessions"]() as db:
        [aside] = db.scalars(select(SetAside)).all()
        assert aside.error.startswith("NobodyToTell")
        make_user(db, "regional_lead")
        db.commit()
    assert run(begin_of(app), morning(1)) == 1
    with app.extensions["crm.sessions"]() as db:
        assert db.scalars(select(SetAside)).all() == []


OPERATIONS = st.lists(
    st.tuples(
        st.integers(0, 3 * 1440),
        st.sampled_from(["run", "run", "run", "run", "snooze", "fulfil", "leave", "again"]),
        st.integers(0, 2),
    ),
    min_size=3,
    max_size=14,
)
STARTS = st.sampled_from([date(2026, 10, 22), date(2026, 12, 21), date(2027, 3, 24), date(2028, 4, 10)])


@given(STARTS, OPERATIONS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_life_of_runs(session: Session, start: date, life: list[tuple[int, str, int]]) -> None:
    """Over clock changes, Christmas and Easter: what holds after every sequence of runs and changes."""
    session.expunge_all()
    nested = session.begin_nested()
    try:
        _play(session, start, life)
        _holds(session)
    finally:
        nested.rollback()


def _play(session: Session, start: date, life: list[tuple[int, str, int]]) -> None:
    lead_of(session)
    visit = make_visit(session, state="held")
    other = make_user(session, "consultant")
    agreed = [make_follow_up(session, visit=visit, due_on=add_working_days(start, n + 1)) for n in range(3)]
    now = datetime.combine(start, time(5), UTC)
    for minutes, what, number in life:
        now += timedelta(minutes=minutes)
        one = agreed[number]
        if what in ("run", "again"):
            nag(session, now)
            if what == "again":
                assert nag(session, now) == 0
        elif what == "snooze" and one.state == "open":
            snooze(session, None, now, one, add_working_days(max(one.due_on, danish(now).date()), 2), "Senere")
        elif what == "fulfil" and one.state == "open":
            fulfil(session, visit.consultant, now, one)
            one.outcome = now.isoformat()
        elif what == "leave" and not number:
            session.execute(text("DELETE FROM leaves"))
            make_leave(session, visit.consultant, danish(now).date(), danish(now).date() + timedelta(days=3), other)


def _holds(session: Session) -> None:
    keys = [(row.follow_up_id, row.step, row.due_on) for row in session.scalars(select(Nag))]
    assert len(set(keys)) == len(keys)
    ladders: dict[tuple[int, date], list[str]] = {}
    for row in session.scalars(select(Nag).order_by(Nag.id)):
        ladders.setdefault((row.follow_up_id, row.due_on), []).append(row.step)
        done = session.get_one(FollowUp, row.follow_up_id).done_at
        assert done is None or row.written_at <= done
        assert session.scalar(select(func.count()).where(Notice.nag_id == row.id)), "every nag is told to somebody"
    for written in ladders.values():
        assert written == sorted(written, key=ORDER.index)
    days = session.execute(select(Digest.user_id, Digest.day, Digest.written_at)).all()
    assert len({(user, day) for user, day, _at in days}) == len(days)
    for _user, day, at in days:
        local = danish(at)
        assert is_working_day(day)
        assert local.date() == day
        assert local.time() >= time(7, 30)
    assert len(digests(session)) == len(days)


def counted(db: Session) -> dict[str, tuple[int, int]]:
    """How many rows, and how many different ones they should be."""
    nag_rows = [(n.follow_up_id, n.step, n.due_on) for n in db.scalars(select(Nag))]
    notices = [(n.follow_up_id, n.user_id) for n in db.scalars(select(Notice))]
    mornings = [(d.user_id, d.day) for d in db.scalars(select(Digest))]
    mails = list(db.scalars(select(OutboxMessage.recipient)))
    return {
        name: (len(rows), len(set(rows)))
        for name, rows in (("nags", nag_rows), ("notices", notices), ("digests", mornings), ("mails", mails))
    }


@pytest.mark.postgres
@pytest.mark.parametrize("way", ["one transaction", "the job"])
def test_four_at_once_write_everything_once(pg_app: Flask, way: str) -> None:
    arranged(pg_app, people=3, each=20)

    def act() -> int:
        if way == "the job":
            return run(begin_of(pg_app), morning(0))
        with pg_app.extensions["crm.sessions"]() as db:
            written = nag(db, morning(0))
            db.commit()
            return written

    got = together(4, act)
    assert [one for one in got if not isinstance(one, int)] == []
    assert sum(int(str(one)) for one in got) == 60
    with pg_app.extensions["crm.sessions"]() as db:
        found = counted(db)
    assert found == {"nags": (60, 60), "notices": (60, 60), "digests": (3, 3), "mails": (3, 3)}


@pytest.mark.postgres
def test_the_control_looks_and_then_writes_and_writes_double(pg_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same race with the tables' keys gone: the test above would see it."""
    arranged(pg_app, people=1, each=3)
    gate = threading.Barrier(4, timeout=20)

    def look_then_insert(session: Session, now: datetime, addressed: Any) -> list[tuple[int, int]]:
        there = set(session.execute(select(Nag.follow_up_id, Nag.step)).all())
        gate.wait()
        rows = [
            Nag(follow_up_id=due.id, step=due.step.key, due_on=due.due_on, written_at=now, recipient_id=to)
            for due, to in addressed
            if (due.id, due.step.key) not in there
        ]
        session.add_all(rows)
        session.flush()
        return [(row.id, row.follow_up_id) for row in rows]

    with pg_app.extensions["crm.sessions"]() as db:
        for name in db.scalars(
            text("SELECT conname FROM pg_constraint WHERE conrelid = 'nags'::regclass AND contype = 'u'")
        ).all():
            db.execute(text(f'ALTER TABLE nags DROP CONSTRAINT "{name}"'))
        db.commit()
    monkeypatch.setattr(nags, "insert_nags", look_then_insert)

    def act() -> int:
        with pg_app.extensions["crm.sessions"]() as db:
            written = nag(db, morning(0))
            db.commit()
            return written

    got = together(4, act)
    assert all(isinstance(one, int) for one in got), got
    with pg_app.extensions["crm.sessions"]() as db:
        rows, different = counted(db)["nags"]
    assert (rows, different) == (12, 3)
