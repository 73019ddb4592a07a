"""The campaign of 2012-13 as events: every published figure counted in the database, on SQLite."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from sqlalchemy import Engine, case, func, select, text
from sqlalchemy.orm import Session, aliased
from stdnum.dk import cvr

from crm.base.clock import danish_date, is_working_day
from crm.base.db import Base, make_engine, read_only_session, session_factory
from crm.calling.actions import claim
from crm.calling.models import Call, QueueEntry
from crm.campaigns.models import Campaign, Participation
from crm.companies.models import Company, Workplace
from crm.demo.fill import Demo, fill, found
from crm.demo.people import PASSWORD
from crm.followups.models import FollowUp
from crm.openings.models import Opening
from crm.people.models import Jobcentre, Municipality, User
from crm.travel.postcodes import postcodes
from crm.visits.models import Visit, VisitEvent
from tests.conftest import NOW
from tests.demo.dump import VAULT

OPENINGS = {
    "ordinary": 945,
    "upskilling_job": 16,
    "adult_apprentice": 147,
    "job_rotation": 243,
    "wage_subsidy": 437,
    "work_placement": 940,
    "other": 262,
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("reference")
    made = make_engine(f"sqlite:///{folder / 'crm.sqlite3'}")
    Base.metadata.create_all(made)
    with session_factory(made)() as session:
        fill(session, NOW, scale="reference", seed=1, folder=folder / "demo", say=lambda _step: None, vault=VAULT)
        session.commit()
    yield made
    made.dispose()


@pytest.fixture
def db(engine: Engine) -> Iterator[Session]:
    with read_only_session(session_factory(engine)) as made:
        yield made


def pairs(db: Session, statement: Any) -> dict[Any, Any]:
    return {key: value for key, value in db.execute(statement)}  # noqa: C416 - dict() takes a result for a mapping


def test_calls_give_the_published_booking(db: Session) -> None:
    """Section 2.2 of the evaluation, from the entries' final answers and from the calls themselves."""
    final = pairs(db, select(QueueEntry.final_outcome, func.count()).group_by(QueueEntry.final_outcome))
    assert (final["booked"], final["declined"]) == (10_572, 23_181)
    calls = pairs(db, select(Call.outcome, func.count()).group_by(Call.outcome))
    assert (calls["booked"], calls["declined"]) == (10_572, 23_181)


def test_reports_give_the_published_openings(db: Session) -> None:
    """Table 3.1: openings by positions, of 5,397 held and reported visits; 223 of the ordinary ones are akutjob."""
    held = select(func.count()).select_from(Visit).where(Visit.state == "held", Visit.reported_at.is_not(None))
    assert db.scalar(held) == 5_397
    by_type = pairs(
        db, select(Opening.type, func.sum(Opening.positions)).where(Opening.voided_at.is_(None)).group_by(Opening.type)
    )
    assert by_type == OPENINGS
    assert sum(by_type.values()) == 2_990
    assert db.scalar(select(func.sum(case((Opening.akutjob, Opening.positions), else_=0)))) == 223
    not_held = select(Opening.id).join(Visit, Visit.id == Opening.visit_id).where(Visit.state != "held")
    assert db.scalars(not_held).all() == []


def test_80000_workplaces_in_74_jobcentres_of_real_places(db: Session) -> None:
    assert db.scalar(select(func.count()).select_from(Workplace)) == 80_000
    assert db.scalar(select(func.count()).select_from(Jobcentre)) == 74
    assert db.scalar(select(func.count()).select_from(Participation)) == 74
    joined = {code for (code,) in db.execute(select(Municipality.code).where(Municipality.jobcentre_id.is_not(None)))}
    assert {code for (code,) in db.execute(select(Workplace.municipality_code).distinct())} <= joined
    known = {(row.postcode, row.municipality_code) for row in postcodes().values()}
    used = db.execute(select(Workplace.postcode, Workplace.municipality_code).distinct())
    assert {(postcode, code) for postcode, code in used} <= known
    table = files("crm.people").joinpath("data/municipalities.csv")
    real = {row["code"]: row["name"] for row in csv.DictReader(table.open(encoding="utf-8"))}
    assert all(real[row.code] == row.name for row in db.scalars(select(Municipality)))


def test_every_cvr_number_has_its_check_digit(db: Session) -> None:
    assert all(cvr.is_valid(number) for number in db.scalars(select(Company.cvr_number)))


def test_no_consultant_is_in_two_places(db: Session) -> None:
    other = aliased(Visit)
    occupying = ("booked", "held", "nobody_there")
    both = (
        select(func.count())
        .select_from(Visit)
        .join(
            other,
            (other.consultant_id == Visit.consultant_id)
            & (other.id > Visit.id)
            & (other.starts_at < Visit.ends_at)
            & (Visit.starts_at < other.ends_at),
        )
        .where(Visit.state.in_(occupying), other.state.in_(occupying))
    )
    assert db.scalar(both) == 0
    assert all(is_working_day(danish_date(moment)) for moment in db.scalars(select(Visit.starts_at).distinct()))


def test_events_are_in_order(db: Session) -> None:
    """Booked after it was called, visited after it was booked, reported after it was visited; nothing after now."""
    assert db.scalars(select(Call.id).where((Call.started_at >= Call.ended_at) | (Call.ended_at > NOW))).all() == []
    assert (
        db.scalars(select(Visit.id).where((Visit.booked_at >= Visit.starts_at) | (Visit.reported_at > NOW))).all() == []
    )
    assert db.scalars(select(Visit.id).where(Visit.reported_at < Visit.ends_at)).all() == []
    assert db.scalars(select(VisitEvent.id).where(VisitEvent.at > NOW)).all() == []
    assert (
        db.scalars(select(FollowUp.id).where((FollowUp.done_at > NOW) | (FollowUp.done_at < FollowUp.created_at))).all()
        == []
    )


def test_foreign_keys_hold(db: Session) -> None:
    assert db.execute(text("PRAGMA foreign_key_check")).all() == []


def test_jobcentres_and_phoners_differ(db: Session) -> None:
    for column in (QueueEntry.jobcentre_id, QueueEntry.final_by):
        rates = [
            booked / contacted
            for booked, contacted in db.execute(
                select(func.sum(case((QueueEntry.final_outcome == "booked", 1), else_=0)), func.count())
                .where(QueueEntry.final_outcome.in_(("booked", "declined")))
                .group_by(column)
            )
            if contacted > 100
        ]
        assert max(rates) - min(rates) > 0.08


def test_the_first_phoner_begins_in_the_first_consultants_jobcentre(engine: Engine) -> None:
    with session_factory(engine)() as session:
        users = {user.email: user for user in session.scalars(select(User))}
        entry = claim(session, users["phoner1@demo.invalid"], NOW, session.scalars(select(Campaign.id)).one())
        assert entry is not None
        assert entry.jobcentre_id == users["consultant1@demo.invalid"].jobcentre_id
        session.rollback()


def test_the_first_consultant_is_out_and_the_queue_is_full(db: Session) -> None:
    first = db.scalars(select(User).where(User.email == "consultant1@demo.invalid")).one()
    phoner = db.scalars(select(User).where(User.email == "phoner1@demo.invalid")).one()
    assert (
        db.scalar(select(func.count()).select_from(Visit).where(Visit.consultant_id == first.id, Visit.starts_at > NOW))
        >= 1
    )
    waiting = (
        select(func.count())
        .select_from(QueueEntry)
        .where(
            QueueEntry.state == "waiting",
            QueueEntry.due_at <= NOW,
            QueueEntry.calling_firm_id == phoner.calling_firm_id,
        )
    )
    assert db.scalar(waiting) > 1000


def test_the_same_demo_is_known_again(db: Session) -> None:
    again = found(db, "reference", 1)
    assert isinstance(again, Demo)
    assert db.get(Campaign, again.campaign_id) is not None
    assert {user.password for user in again.users} == {PASSWORD}
    assert found(db, "small", 1) is None
    assert found(db, "reference", 2) is None
