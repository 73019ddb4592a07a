"""`crm demo` as a newcomer runs it, and what is then there to try out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date, day_bounds, is_working_day
from crm.base.db import Base, make_engine, session_factory
from crm.calendars.models import BusySource, BusyTime, CalendarWishes, WeekdayBase
from crm.calling.actions import claim
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import DECLINE_REASONS, OUTCOMES
from crm.campaigns.models import CallList, ListEntry
from crm.companies.models import ImportBatch, Workplace
from crm.demo import small
from crm.demo.register import REJECTS, WARNINGS
from crm.followups.models import FollowUp, Nag
from crm.openings.models import Opening
from crm.openings.rules import TYPES
from crm.people.actions import load_reference
from crm.people.models import User
from crm.people.queries import consultants_of, user_by_email
from crm.people.rules import verify_password
from crm.travel.engine import Place, default_engine
from crm.visits.models import SlotWeights, Visit, VisitConflict, VisitEvent, VisitReply
from crm.visits.queries.conflicts import examine
from crm.visits.rules import STATES
from tests.conftest import NOW, build_app
from tests.demo.conftest import count, run
from tests.demo.dump import VAULT, digests

ROLES = {"phoner": 6, "consultant": 10, "jobcentre_lead": 4, "regional_lead": 2, "campaign_manager": 1, "admin": 1}


def test_everybody_can_sign_in(db: Session, answer: dict[str, Any]) -> None:
    held = [user["roles"] for user in answer["users"]]
    assert {role: held.count([role]) for role in ROLES} == ROLES
    for name in ("phoner1", "consultant1", "lead1", "region1", "manager", "admin"):
        sign_in = next(user for user in answer["users"] if user["email"] == f"{name}@demo.invalid")
        user = user_by_email(db, sign_in["email"])
        assert user is not None
        assert verify_password(user.password_hash, sign_in["password"])


def test_again_says_so_and_changes_nothing(filled: Flask, db: Session) -> None:
    before = digests(db)
    db.rollback()
    again = run(filled)
    assert again.exit_code == 0
    assert "allerede" in again.stderr
    assert "phoner1@demo.invalid" in again.stdout
    assert digests(db) == before


@pytest.mark.usefixtures("answer")
def test_other_data_is_left_alone(filled: Flask) -> None:
    refused = run(filled, "--scale", "reference")
    assert refused.exit_code == 1
    assert "intet er ændret" in refused.stderr
    assert refused.stdout == ""


def test_production_refuses(folder: Path) -> None:
    app = build_app(f"sqlite:///{folder / 'production.sqlite3'}", folder, env="production", clock="")
    refused = run(app)
    assert refused.exit_code == 1
    assert not (folder / "production.sqlite3").exists()


def test_the_register_came_through_the_importer(db: Session, folder: Path) -> None:
    batch = db.scalars(select(ImportBatch).order_by(ImportBatch.id)).first()
    assert batch is not None
    assert (batch.new, batch.rejected, batch.warnings) == (2000, len(REJECTS), len(WARNINGS))
    with (folder / "demo" / "register-small.csv").open(encoding="utf-8-sig", newline="") as source:
        assert sum(1 for _row in csv.reader(source, delimiter=";")) == batch.read + 1
    assert count(db, Workplace) == 2000


def test_the_data_do_not_flatter(db: Session) -> None:
    for missing in (Workplace.phone, Workplace.email, Workplace.employees):
        assert count(db, Workplace, missing.is_(None)) > 20
    assert count(db, Workplace, ~Workplace.contacts.any()) > 100
    assert count(db, Workplace, Workplace.advertising_protected) > 100
    assert count(db, Workplace, Workplace.lat.is_(None)) >= 2
    assert count(db, Workplace, func.length(Workplace.name) > 80) >= 3
    shared = db.scalars(select(Workplace.phone).group_by(Workplace.phone).having(func.count() > 1)).all()
    assert len(shared) > 5


def test_the_history_has_seen_everything(db: Session) -> None:
    assert {*db.scalars(select(Call.outcome).distinct())} == set(OUTCOMES)
    assert {*db.scalars(select(Call.reason).where(Call.outcome == "declined").distinct())} == set(DECLINE_REASONS)
    assert {*db.scalars(select(Visit.state).distinct())} == set(STATES)
    assert {*db.scalars(select(Opening.type).distinct())} == set(TYPES)
    assert count(db, Visit, Visit.pressed) > 0
    assert count(db, Visit, Visit.state == "booked", Visit.ends_at < NOW) > 0
    assert count(db, Nag) > 5


def test_follow_ups_are_kept_late_overdue_and_open(db: Session) -> None:
    today = danish_date(NOW)
    done = [
        danish_date(row.done_at) <= row.first_due_on
        for row in db.scalars(select(FollowUp).where(FollowUp.state == "done"))
    ]
    assert {True, False} == set(done)
    assert count(db, FollowUp, FollowUp.state == "open", FollowUp.due_on < today) > 2
    assert count(db, FollowUp, FollowUp.state == "open", FollowUp.due_on > today) > 10


def test_about_a_third_of_those_asked_say_yes(db: Session) -> None:
    booked = count(db, QueueEntry, QueueEntry.final_outcome == "booked")
    contacted = booked + count(db, QueueEntry, QueueEntry.final_outcome == "declined")
    assert 0.28 < booked / contacted < 0.34
    assert contacted > 450


def test_the_first_phoner_calls_for_the_first_consultant(filled: Flask, db: Session, answer: dict[str, Any]) -> None:
    phoner, consultant, lead = (_user(db, name) for name in ("phoner1", "consultant1", "lead1"))
    with filled.extensions["crm.sessions"]() as writing:
        entry = claim(writing, phoner, NOW, answer["campaign_id"])
        assert entry is not None
        jobcentre_id = entry.jobcentre_id
        writing.rollback()
    assert jobcentre_id == consultant.jobcentre_id == lead.jobcentre_id
    waiting = [QueueEntry.state == "waiting", QueueEntry.due_at <= NOW]
    assert count(db, QueueEntry, *waiting, QueueEntry.jobcentre_id == jobcentre_id) > 60
    assert count(db, QueueEntry, *waiting, QueueEntry.rank == 0, QueueEntry.call_back_by == phoner.id) >= 1


def _user(db: Session, name: str) -> User:
    user = user_by_email(db, f"{name}@demo.invalid")
    assert user is not None
    return user


def test_every_consultant_has_visits_in_the_coming_days(db: Session) -> None:
    start, _ = day_bounds(danish_date(NOW))
    for user in consultants_of(db, list(db.scalars(select(QueueEntry.jobcentre_id).distinct()))):
        assert count(db, Visit, Visit.consultant_id == user.id, Visit.starts_at >= start) >= 2, user.email


def test_today_the_first_consultant_is_out(db: Session) -> None:
    start, end = day_bounds(danish_date(NOW))
    first = _user(db, "consultant1")
    assert count(db, Visit, Visit.consultant_id == first.id, Visit.starts_at >= start, Visit.starts_at < end) >= 2


def test_visits_are_on_working_days_apart_and_drivable(db: Session) -> None:
    engine = default_engine()
    visits = db.scalars(
        select(Visit)
        .where(Visit.state.in_(("booked", "held", "nobody_there")))
        .order_by(Visit.consultant_id, Visit.starts_at)
    ).all()
    assert all(is_working_day(danish_date(visit.starts_at)) for visit in visits)
    for before, after in zip(visits, visits[1:], strict=False):
        if (before.consultant_id, danish_date(before.starts_at)) == (after.consultant_id, danish_date(after.starts_at)):
            drive = engine.leg(Place(before.lat, before.lon), Place(after.lat, after.lon))
            assert before.ends_at + timedelta(minutes=drive.minutes) <= after.starts_at


def test_the_first_lead_has_a_draft_that_needs_a_basis(db: Session) -> None:
    draft = db.scalars(select(CallList).where(CallList.state == "draft")).one()
    assert draft.participation.jobcentre_id == _user(db, "lead1").jobcentre_id
    assert draft.legal_basis is None
    on_list = [ListEntry.call_list_id == draft.id, ListEntry.struck_reason.is_(None)]
    protected = ListEntry.workplace.has(Workplace.advertising_protected)
    assert count(db, ListEntry, *on_list) > 60
    assert 0 < count(db, ListEntry, *on_list, protected) < 20


def test_some_consultants_have_wishes_and_one_jobcentre_weighs_its_times(db: Session) -> None:
    wishes = db.scalars(select(CalendarWishes)).all()
    assert any(one.lunch_minutes for one in wishes)
    assert any(one.notice_hours for one in wishes)
    assert any(one.areas for one in wishes)
    assert count(db, WeekdayBase) == 1
    assert db.scalars(select(SlotWeights.jobcentre_id)).all() == [_user(db, "lead1").jobcentre_id]


def test_one_own_calendar_has_not_answered_since_yesterday(filled: Flask, db: Session) -> None:
    source = db.scalars(select(BusySource)).one()
    assert source.read_at is not None
    assert source.failing_since is not None
    assert source.read_at < source.failing_since < day_bounds(danish_date(NOW))[0] < NOW <= source.next_at
    assert source.last_error
    assert ".invalid" not in source.address
    host = urlsplit(filled.extensions["crm.vault"].open(source.address)).hostname or ""
    assert host.endswith(".invalid")
    assert count(db, BusyTime, BusyTime.starts_at > NOW) > 5


def test_visits_were_handed_over_moved_answered_and_got_in_the_way(db: Session) -> None:
    given = db.scalars(select(VisitEvent).where(VisitEvent.kind == "hand_over")).all()
    assert any(event.actor_id == _user(db, "lead1").id for event in given)
    moved = select(VisitEvent).where(VisitEvent.kind.in_(("move", "hand_over")), VisitEvent.actor_id.is_(None))
    assert len(db.scalars(moved).all()) == 1, "by the company itself"
    answers = {reply.partstat: db.get_one(Visit, reply.visit_id).state for reply in db.scalars(select(VisitReply))}
    assert answers.keys() == {"ACCEPTED", "DECLINED", "TENTATIVE"}
    assert answers["DECLINED"] == "booked", "a no does not cancel a visit"
    conflict = db.scalars(select(VisitConflict).where(VisitConflict.settled_at.is_(None))).one()
    assert (conflict.reason, conflict.visit.consultant_id) == ("away", _user(db, "consultant1").id)


def test_nothing_else_is_in_the_way(db: Session) -> None:
    for consultant_id in db.scalars(select(Visit.consultant_id).distinct()).all():
        found = examine(db, NOW, consultant_id)
        assert (found.raised, found.settled, found.altered) == ([], [], [])


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database with the schema, on both engines. PostgreSQL's numbers go on after a rollback, and mails name
    them: there the mails are not compared."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'twice.sqlite3'}")
        Base.metadata.create_all(engine)
    else:
        engine = make_engine(request.getfixturevalue("postgres_url"))
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "now", [NOW, datetime.fromisoformat("2027-03-28T01:30:00+01:00")], ids=["a Tuesday", "the night the clocks change"]
)
def test_two_runs_are_equal(empty: Engine, tmp_path: Path, now: datetime) -> None:
    found = []
    for number in range(2):
        with session_factory(empty)() as session:
            load_reference(session)
            small.build(
                session,
                now,
                7,
                tmp_path / f"{number}" / "register-small.csv",
                lambda _step: None,
                vault=VAULT,
                working_days=2,
            )
            found.append(digests(session, without=("outbox",) if empty.dialect.name == "postgresql" else ()))
            session.rollback()
    assert found[0] == found[1]
