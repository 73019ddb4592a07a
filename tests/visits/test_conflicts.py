"""A change beside a booked visit is found, told once and settled; nothing is missed and nothing repeated."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import at, danish, danish_date
from crm.base.errors import Invalid, Refusal
from crm.calendars.actions import add_absence, set_hours, set_profile
from crm.calendars.models import BusySource, BusyTime, CalendarProfile
from crm.calendars.rules import Stretch
from crm.integrations.models import OutboxMessage
from crm.visits.actions import accept, cancel, check_day, hand_over, move
from crm.visits.jobs import check_changed
from crm.visits.models import ConflictCheck, Visit, VisitConflict
from crm.visits.queries import count_conflicts
from crm.visits.queries.conflicts import examine
from tests.conftest import NOW
from tests.factories import make_user, make_visit
from tests.factories.visits import AALBORG, HADSUND, Scene, make_scene
from tests.visits.counting import counting

DAY = danish(NOW).date() + timedelta(days=2)  # Thursday 26 November
TEN = at(DAY, 600)
SOUTH = "4990"  # Sakskøbing: nobody drives there and back in a day


def visit_at(scene: Scene, starts_at: datetime = TEN, where: tuple[float, float] | None = None, who: int = 0) -> Visit:
    place = where or HADSUND
    entry = scene.entry(at=place, held=False)
    return make_visit(
        scene.session,
        consultant=scene.consultants[who],
        starts_at=starts_at,
        lat=place[0],
        lon=place[1],
        entry=entry,
    )


def found(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(
        select(VisitConflict.visit_id, VisitConflict.reason)
        .where(VisitConflict.settled_at.is_(None))
        .order_by(VisitConflict.visit_id)
    )
    return [(number, reason) for number, reason in rows]


def mails(session: Session) -> list[str]:
    return list(
        session.scalars(
            select(OutboxMessage.recipient)
            .where(OutboxMessage.dedupe_key.like("conflict:%"))
            .order_by(OutboxMessage.id)
        )
    )


def test_a_day_that_fits_has_none(session: Session) -> None:
    scene = make_scene(session)
    visit_at(scene)
    assert check_day(session, NOW, scene.consultant.id, DAY) == 0
    assert found(session) == []


def test_absence_is_told_to_the_consultant_and_the_lead_once(session: Session) -> None:
    scene = make_scene(session)
    lead = make_user(session, "jobcentre_lead", jobcentre=scene.jobcentre)
    visit = visit_at(scene)
    add_absence(session, scene.consultant, NOW, scene.consultant, TEN, TEN + timedelta(hours=1), "Syg")
    assert check_day(session, NOW, scene.consultant.id, DAY) == 1
    assert found(session) == [(visit.id, "away")]
    assert sorted(mails(session)) == sorted([scene.consultant.email, lead.email])
    assert check_day(session, NOW, scene.consultant.id, DAY) == 0
    assert len(mails(session)) == 2
    text = session.scalars(select(OutboxMessage.body_text).where(OutboxMessage.recipient == lead.email)).one()
    assert scene.consultant.name in text
    assert "fraværende" in text
    assert f"/visits/conflicts#visit-{visit.id}" in text


def test_within_a_day_the_consultant_gets_an_sms_too(session: Session) -> None:
    scene = make_scene(session)
    visit = visit_at(scene, NOW + timedelta(hours=4))
    add_absence(session, scene.consultant, NOW, scene.consultant, NOW, NOW + timedelta(hours=6), "Syg")
    check_day(session, NOW, scene.consultant.id, danish_date(NOW))
    assert found(session) == [(visit.id, "away")]
    assert mails(session) == [scene.consultant.email, "+4530303030"]


def far_base(session: Session, scene: Scene) -> None:
    set_profile(session, None, NOW, scene.consultant, base_name="Hjemme", base_postcode=SOUTH, max_visits_a_day=4)


def no_thursdays(session: Session, scene: Scene) -> None:
    set_hours(session, None, NOW, scene.consultant, [Stretch(0, 480, 960)])


def short_days(session: Session, scene: Scene) -> None:
    set_hours(session, None, NOW, scene.consultant, [Stretch(3, 480, 640)])


def busy(session: Session, scene: Scene) -> None:
    source = BusySource(
        consultant_id=scene.consultant.id, kind="ics", name="Egen", address="x", created_at=NOW, next_at=NOW
    )
    session.add(source)
    session.flush()
    span = {"starts_at": TEN - timedelta(minutes=30), "ends_at": TEN + timedelta(minutes=30)}
    session.add(BusyTime(source_id=source.id, consultant_id=scene.consultant.id, **span))
    session.flush()


@pytest.mark.parametrize(
    ("change", "reason"),
    [(far_base, "travel_before"), (no_thursdays, "hours"), (short_days, "hours"), (busy, "busy")],
)
def test_each_change_beside_a_visit_is_found(session: Session, change: Any, reason: str) -> None:
    scene = make_scene(session)
    visit = visit_at(scene)
    assert check_day(session, NOW, scene.consultant.id, DAY) == 0, "control: it fitted"
    change(session, scene)
    assert check_day(session, NOW, scene.consultant.id, DAY) == 1
    assert found(session) == [(visit.id, reason)]


def test_of_two_that_cannot_be_driven_between_the_later_one_is_named(session: Session) -> None:
    scene = make_scene(session)
    first = visit_at(scene)
    second = visit_at(scene, TEN + timedelta(minutes=65), AALBORG)
    assert check_day(session, NOW, scene.consultant.id, DAY) == 1
    [(number, reason)] = found(session)
    assert (number, reason) == (second.id, "travel_before")
    data = session.scalars(select(VisitConflict.data)).one()
    assert data["neighbour_id"] == first.id
    assert data["needed_min"] > data["available_min"] == 5


def test_fewer_visits_a_day_name_those_booked_last(session: Session) -> None:
    scene = make_scene(session)
    made = [visit_at(scene, at(DAY, minute)) for minute in (840, 600, 720)]
    session.get_one(CalendarProfile, scene.consultant.id).max_visits_a_day = 2
    session.flush()
    check_day(session, NOW, scene.consultant.id, DAY)
    assert found(session) == [(made[2].id, "capacity")]


def test_notice_horizon_and_the_past_are_no_matter(session: Session) -> None:
    scene = make_scene(session, notice_hours=72, horizon_days=14)
    soon = visit_at(scene, NOW + timedelta(hours=2))
    late = visit_at(scene, TEN + timedelta(days=21))
    past = visit_at(scene, TEN - timedelta(days=7))
    add_absence(session, None, NOW, scene.consultant, past.starts_at, past.ends_at, "Syg")
    for visit in (soon, late, past):
        assert check_day(session, NOW, scene.consultant.id, danish_date(visit.starts_at)) == 0


def test_a_day_that_fits_again_settles_it_and_a_new_trouble_is_told_anew(session: Session) -> None:
    scene = make_scene(session)
    visit_at(scene)
    away = add_absence(session, None, NOW, scene.consultant, TEN, TEN + timedelta(hours=1), "Syg")
    check_day(session, NOW, scene.consultant.id, DAY)
    session.delete(away)
    session.flush()
    check_day(session, NOW, scene.consultant.id, DAY)
    assert found(session) == []
    assert session.scalars(select(VisitConflict.settled_how)).all() == ["fits"]
    add_absence(session, None, NOW, scene.consultant, TEN, TEN + timedelta(hours=1), "Syg")
    assert check_day(session, NOW, scene.consultant.id, DAY) == 1
    assert len(mails(session)) == 2


def test_another_trouble_of_the_same_visit_changes_the_open_row(session: Session) -> None:
    scene = make_scene(session)
    visit = visit_at(scene)
    far_base(session, scene)
    check_day(session, NOW, scene.consultant.id, DAY)
    no_thursdays(session, scene)
    assert check_day(session, NOW, scene.consultant.id, DAY) == 0
    assert found(session) == [(visit.id, "hours")]
    assert len(mails(session)) == 1


def test_moving_cancelling_and_handing_over_settle_it_at_once(session: Session) -> None:
    scene = make_scene(session, consultants=2)
    made = [visit_at(scene, at(DAY, minute)) for minute in (540, 660, 780)]
    add_absence(session, None, NOW, scene.consultant, at(DAY, 0), at(DAY + timedelta(days=1), 0), "Syg")
    assert check_day(session, NOW, scene.consultant.id, DAY) == 3
    move(session, scene.consultant, NOW, made[0], at(DAY + timedelta(days=4), 600), "Syg")
    assert len(found(session)) == 2
    hand_over(session, scene.consultant, NOW, made[1], scene.consultants[1].id, "Syg")
    assert found(session) == [(made[2].id, "away")]
    cancel(session, scene.consultant, NOW, made[2], "jobcentre", "Syg")
    assert found(session) == []
    assert set(session.scalars(select(VisitConflict.settled_how))) == {"changed"}


def test_a_neighbours_going_settles_what_it_stood_in_the_way_of(session: Session) -> None:
    scene = make_scene(session)
    first = visit_at(scene)
    visit_at(scene, TEN + timedelta(minutes=65), AALBORG)
    check_day(session, NOW, scene.consultant.id, DAY)
    assert len(found(session)) == 1
    cancel(session, scene.consultant, NOW, first, "company", "Syg")
    assert found(session) == []


def test_accepted_it_is_not_raised_again_until_something_else_stands_in_the_way(session: Session) -> None:
    scene = make_scene(session)
    visit = visit_at(scene)
    away = add_absence(session, None, NOW, scene.consultant, TEN, TEN + timedelta(hours=1), "Møde")
    check_day(session, NOW, scene.consultant.id, DAY)
    conflict = session.scalars(select(VisitConflict)).one()
    with pytest.raises(Invalid):
        accept(session, scene.consultant, NOW, conflict, " ")
    accept(session, scene.consultant, NOW, conflict, "Mødet er aflyst")
    with pytest.raises(Refusal) as caught:
        accept(session, scene.consultant, NOW, conflict, "Igen")
    assert caught.value.code == "stale"
    assert check_day(session, NOW, scene.consultant.id, DAY) == 0
    assert found(session) == []
    session.expire(visit, ["events"])
    assert [(event.kind, event.data["reason"]) for event in visit.events][-1] == ("accept", "Mødet er aflyst")
    away.ends_at += timedelta(hours=1)
    session.flush()
    assert check_day(session, NOW, scene.consultant.id, DAY) == 1, "the absence is another now"


def test_accepted_and_fitting_in_between_it_is_raised_again(session: Session) -> None:
    scene = make_scene(session)
    visit_at(scene)
    span = TEN, TEN + timedelta(hours=1)
    away = add_absence(session, None, NOW, scene.consultant, *span, "Møde")
    check_day(session, NOW, scene.consultant.id, DAY)
    accept(session, scene.consultant, NOW, session.scalars(select(VisitConflict)).one(), "Går nok")
    session.delete(away)
    session.flush()
    check_day(session, NOW, scene.consultant.id, DAY)
    add_absence(session, None, NOW, scene.consultant, *span, "Møde")
    assert check_day(session, NOW, scene.consultant.id, DAY) == 1


def test_examining_reads_a_bounded_number_of_times(db: Session, app: Flask) -> None:
    scene = make_scene(db, max_visits=12)
    for day in range(4):
        for minute in (540, 660, 780):
            visit_at(scene, at(DAY + timedelta(days=7 * day), minute))
    db.commit()
    db.expire_all()
    with counting(app) as asked:
        assert examine(db, NOW, scene.consultant.id).days == set()
    assert len(asked) <= 10


# The job


def arranged(app: Flask) -> tuple[Any, Scene, Visit]:
    sessions = app.extensions["crm.sessions"]
    with sessions() as db:
        scene = make_scene(db)
        visit = visit_at(scene)
        db.commit()
        return sessions, scene, visit


def away(sessions: Any, scene: Scene, hour: int = 1) -> None:
    with sessions() as db:
        add_absence(db, None, NOW, scene.consultant, TEN, TEN + timedelta(hours=hour), "Syg")
        db.commit()


def rows(sessions: Any) -> tuple[int, int]:
    """Conflicts ever, and mails."""
    with sessions() as db:
        return db.scalar(select(func.count()).select_from(VisitConflict)) or 0, len(mails(db))


def test_the_first_run_looks_at_everybody(app: Flask) -> None:
    sessions, scene, visit = arranged(app)
    with sessions() as db:
        db.get_one(CalendarProfile, scene.consultant.id).base_lat = 54.8
        db.commit()
    assert check_changed(sessions, NOW) == 1
    assert check_changed(sessions, NOW) == 0
    assert rows(sessions) == (1, 1)


def test_the_job_finds_a_change_once(app: Flask) -> None:
    sessions, scene, visit = arranged(app)
    assert check_changed(sessions, NOW) == 0
    away(sessions, scene)
    assert check_changed(sessions, NOW) == 1
    assert check_changed(sessions, NOW + timedelta(minutes=1)) == 0
    assert rows(sessions) == (1, 1)
    with sessions() as db:
        assert found(db) == [(visit.id, "away")]


def test_a_run_cut_short_is_done_again(app: Flask) -> None:
    """What was found is kept, how far it had read is not: the next run repeats the reading and nothing else."""
    sessions, scene, _visit = arranged(app)
    check_changed(sessions, NOW)
    away(sessions, scene)
    with sessions() as db:
        before = db.get_one(ConflictCheck, 1).last_activity_id
    assert check_changed(sessions, NOW) == 1
    with sessions() as db:
        db.get_one(ConflictCheck, 1).last_activity_id = before
        db.commit()
    assert check_changed(sessions, NOW) == 0
    assert rows(sessions) == (1, 1)


def test_a_fact_that_is_committed_after_a_later_one_is_not_missed(pg_app: Flask) -> None:
    """Numbers are given before they are committed: the slow transaction has the lower one."""
    sessions, scene, _visit = arranged(pg_app)
    check_changed(sessions, NOW)
    with sessions() as slow:
        add_absence(slow, None, NOW, scene.consultant, TEN, TEN + timedelta(hours=1), "Syg")
        slow.flush()
        with sessions() as quick:
            add_absence(quick, None, NOW, scene.consultant, TEN + timedelta(days=3), TEN + timedelta(days=4), "Kursus")
            quick.commit()
        assert check_changed(sessions, NOW) == 0
        slow.commit()
    assert check_changed(sessions, NOW + timedelta(minutes=1)) == 1
    assert check_changed(sessions, NOW + timedelta(minutes=2)) == 0
    with sessions() as db:
        assert db.get_one(ConflictCheck, 1).gaps == []


def test_a_gap_that_nobody_fills_is_forgotten(pg_app: Flask) -> None:
    sessions, scene, _visit = arranged(pg_app)
    check_changed(sessions, NOW)
    with sessions() as lost:
        add_absence(lost, None, NOW, scene.consultant, TEN, TEN + timedelta(hours=1), "Syg")
        lost.flush()
        lost.rollback()
    away(sessions, scene)
    assert check_changed(sessions, NOW) == 1
    with sessions() as db:
        assert len(db.get_one(ConflictCheck, 1).gaps) == 1
    away(sessions, scene, 2)
    assert check_changed(sessions, NOW + timedelta(hours=2)) == 0
    with sessions() as db:
        assert db.get_one(ConflictCheck, 1).gaps == []


def test_nothing_new_costs_next_to_nothing_and_writes_nothing(app: Flask) -> None:
    sessions, _scene, _visit = arranged(app)
    check_changed(sessions, NOW)
    with counting(app) as asked:
        assert check_changed(sessions, NOW + timedelta(minutes=1)) == 0
    assert len(asked) <= 5
    with sessions() as db:
        assert db.get_one(ConflictCheck, 1).ran_at == NOW


def test_a_conflict_ends_when_the_visit_begins(app: Flask) -> None:
    sessions, scene, _visit = arranged(app)
    away(sessions, scene)
    check_changed(sessions, NOW)
    later = TEN + timedelta(minutes=1)
    check_changed(sessions, later)
    with sessions() as db:
        assert db.scalars(select(VisitConflict.settled_how)).one() == "over"


def test_scope_counts(session: Session) -> None:
    from crm.base.scope import Scope

    scene = make_scene(session, consultants=2)
    visit_at(scene)
    add_absence(session, None, NOW, scene.consultant, TEN, TEN + timedelta(hours=1), "Syg")
    check_day(session, NOW, scene.consultant.id, DAY)
    assert count_conflicts(session, Scope(own=scene.consultant.id), NOW) == 1
    assert count_conflicts(session, Scope(own=scene.consultants[1].id), NOW) == 0
    assert count_conflicts(session, Scope(jobcentres=frozenset({scene.jobcentre.id})), NOW) == 1
    assert session.scalar(select(func.count()).select_from(Activity).where(Activity.verb == "visits.accept")) == 0
