"""Slots: what is offered can be driven, what cannot be had says why; few queries."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from crm.base.clock import at, danish
from crm.calling.models import QueueEntry
from crm.visits.queries import slots
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.calendars import make_absence
from tests.factories.visits import AALBORG, HADSUND, make_scene

WEEK = NOW + timedelta(days=7)
WEDNESDAY = danish(NOW).date() + timedelta(days=1)


def wall(slot_time: datetime) -> str:
    return f"{danish(slot_time):%a %H:%M}"


def test_offers_half_hours_within_hours_with_the_drive_from_and_to_the_base(session: Session) -> None:
    scene = make_scene(session)
    offer = slots(session, NOW, scene.entry(), NOW, WEEK)
    times = {wall(s.starts_at) for s in offer.slots}
    assert "Wed 10:00" in times
    assert "Wed 08:00" not in times, "the drive from the base comes first"
    assert "Wed 15:00" not in times, "the day ends at the base at 16"
    assert "Wed 14:30" in times
    assert "Fri 13:30" not in times
    assert not {t for t in times if t.startswith(("Sat", "Sun"))}
    assert min(s.starts_at for s in offer.slots) >= NOW + timedelta(hours=24)


def test_ranks_by_extra_driving_then_fairness_then_earliness(session: Session) -> None:
    scene = make_scene(session, consultants=2)
    busy, idle = scene.consultants
    make_visit(session, consultant=busy, starts_at=at(WEDNESDAY, 10 * 60), lat=HADSUND[0], lon=HADSUND[1])
    offer = slots(session, NOW, scene.entry(at=HADSUND), NOW, WEEK)
    best = offer.slots[0]
    assert (best.consultant_id, best.extra_driving_min <= 10) == (busy.id, True), "beside a visit in the same town"
    rest = [s for s in offer.slots if s.extra_driving_min > 20]
    assert [(s.extra_driving_min, s.visits_that_week, s.starts_at) for s in rest] == sorted(
        (s.extra_driving_min, s.visits_that_week, s.starts_at) for s in rest
    )
    assert rest[0].consultant_id == idle.id


def test_refused_times_say_why(session: Session) -> None:
    scene = make_scene(session)
    make_visit(session, consultant=scene.consultant, starts_at=at(WEDNESDAY, 10 * 60), lat=AALBORG[0], lon=AALBORG[1])
    make_absence(session, scene.consultant, at(WEDNESDAY + timedelta(days=1), 480), hours=8)
    offer = slots(session, NOW, scene.entry(), NOW, WEEK, refused=True)
    why = {wall(s.starts_at): s for s in offer.refused}
    assert why["Wed 10:30"].reason == "overlap"
    assert why["Wed 11:30"].reason == "travel_before"
    assert why["Wed 11:30"].needed_min > why["Wed 11:30"].available_min == 30
    assert why["Thu 10:00"].reason == "away"
    assert why["Wed 15:30"].reason == "hours"
    assert why["Tue 14:00"].reason == "notice"
    assert not {s.starts_at for s in offer.refused} & {s.starts_at for s in offer.slots}


def test_a_full_day_is_refused_as_full(session: Session) -> None:
    scene = make_scene(session, max_visits=1)
    make_visit(session, consultant=scene.consultant, starts_at=at(WEDNESDAY, 9 * 60))
    offer = slots(session, NOW, scene.entry(), NOW, WEEK, refused=True)
    assert not [s for s in offer.slots if danish(s.starts_at).date() == WEDNESDAY]
    assert {s.reason for s in offer.refused if wall(s.starts_at) == "Wed 13:00"} == {"capacity"}


def test_at_most_six_queries_whatever_the_number_of_consultants(session: Session) -> None:
    scene = make_scene(session, consultants=7)
    number = scene.entry().id
    session.expunge_all()
    entry = session.get_one(QueueEntry, number)
    counted: list[str] = []
    listen = lambda *args: counted.append(args[2])  # noqa: E731
    sa.event.listen(session.get_bind(), "before_cursor_execute", listen)
    assert slots(session, NOW, entry, NOW, WEEK, refused=True).slots
    sa.event.remove(session.get_bind(), "before_cursor_execute", listen)
    assert len(counted) <= 6


def test_public_holidays_and_horizon(session: Session) -> None:
    scene = make_scene(session, horizon_days=40)
    offer = slots(session, NOW, scene.entry(), NOW, NOW + timedelta(days=60))
    days = {danish(s.starts_at).date().isoformat() for s in offer.slots}
    assert "2026-12-23" in days
    assert not days & {"2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01"}
    assert max(s.starts_at for s in offer.slots) <= NOW + timedelta(days=40)
