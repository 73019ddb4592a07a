"""Consultants' wishes and own appointments in the slot search and in booking, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from crm.base.clock import at, danish
from crm.base.errors import Refusal
from crm.calendars.models import BusySource, BusyTime, CalendarWishes, WeekdayBase
from crm.calling.models import QueueEntry
from crm.people.models import User
from crm.travel.engine import embedded_engine, use
from crm.travel.places import Leg, Place
from crm.visits.actions import book, hold, move, refresh_capacity
from crm.visits.models import SlotWeights
from crm.visits.queries import slots
from crm.visits.queries.fit import Wanted, ranking
from crm.visits.rules import as_dict
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.visits import AALBORG, HADSUND, METTE, Scene, make_scene
from tests.visits.checker import wrong_pairs

WEEK = NOW + timedelta(days=7)
WEDNESDAY = danish(NOW).date() + timedelta(days=1)
THURSDAY = WEDNESDAY + timedelta(days=1)
TEN = at(THURSDAY, 600)


def wishing(session: Session, consultant: User, **fields: Any) -> CalendarWishes:
    made = CalendarWishes(consultant_id=consultant.id, **fields)
    session.add(made)
    session.flush()
    return made


def busy(session: Session, consultant: User, starts_at: datetime, ends_at: datetime, **fields: Any) -> BusyTime:
    source = BusySource(
        consultant_id=consultant.id, kind="ics", name="Outlook", address="", created_at=NOW, next_at=NOW
    )
    session.add(source)
    session.flush()
    values = {"consultant_id": consultant.id, "starts_at": starts_at, "ends_at": ends_at, **fields}
    made = BusyTime(source_id=source.id, **values)
    session.add(made)
    session.flush()
    return made


def refused(session: Session, entry: QueueEntry) -> dict[str, str | None]:
    """Why each half hour of the week cannot be had, by Danish weekday and clock."""
    offer = slots(session, NOW, entry, NOW, WEEK, refused=True)
    return {f"{danish(s.starts_at):%a %H:%M}": s.reason for s in offer.refused}


def code(call: Any, *args: Any, **more: Any) -> tuple[str, Refusal]:
    with pytest.raises(Refusal) as caught:
        call(*args, **more)
    return caught.value.code, caught.value


def test_own_appointments_are_driven_around_and_refused(session: Session) -> None:
    scene = make_scene(session)
    entry = scene.entry()
    busy(session, scene.consultant, at(WEDNESDAY, 600), at(WEDNESDAY, 660))
    busy(session, scene.consultant, *(at(THURSDAY + timedelta(days=n), 0) for n in (0, 1)), all_day=True)
    why = refused(session, entry)
    assert why["Wed 10:30"] == "busy"
    assert {why[f"Thu {hour:02d}:00"] for hour in range(8, 16)} == {"busy"}
    assert refused(session, scene.entry(at=HADSUND, held=False))["Wed 11:00"] == "travel_before"
    offer = slots(session, NOW, entry, NOW, WEEK)
    assert not [s for s in offer.slots if danish(s.starts_at).date() == THURSDAY]
    told, refusal = code(book, session, scene.phoner, NOW, entry, scene.consultant.id, TEN, METTE)
    assert (told, len(refusal.extra["alternatives"])) == ("hours", 3)
    assert "egen kalender" in refusal.message


def test_a_visit_outside_the_areas_is_refused_and_a_visit_there_already_may_be_moved(session: Session) -> None:
    scene = make_scene(session, consultants=2)
    first, second = scene.consultants
    entry = scene.entry(at=AALBORG, postcode="9000")
    visit = make_visit(session, consultant=first, starts_at=TEN, entry=scene.entry(at=AALBORG, postcode="9000"))
    for consultant in (first, second):
        wishing(session, consultant, areas=[["9500", "9560"], ["9800", "9800"]])
    assert slots(session, NOW, entry, NOW, WEEK).slots == []
    assert set(refused(session, entry).values()) == {"area"}
    entry = scene.entry(at=AALBORG, postcode="9000")
    told, refusal = code(book, session, scene.phoner, NOW, entry, second.id, TEN, METTE)
    assert told == "hours"
    assert (refusal.fields["postcode"], refusal.fields["areas"]) == ("9000", "9500–9560, 9800")
    moved = move(session, first, NOW, visit, at(THURSDAY, 720), "Byttet")
    assert moved.starts_at == at(THURSDAY, 720)
    assert code(move, session, first, NOW, visit, at(THURSDAY, 630), "Byttet", second.id)[0] == "hours"


def test_lunch_is_kept_free_in_the_search_and_at_booking(session: Session) -> None:
    scene = make_scene(session)
    wishing(session, scene.consultant, lunch_minutes=45, lunch_from=690, lunch_to=780)
    entry = scene.entry()
    why = refused(session, entry)
    assert why["Wed 11:30"] == "lunch"
    assert "Wed 10:30" not in why
    told, refusal = code(book, session, scene.phoner, NOW, entry, scene.consultant.id, at(THURSDAY, 690), METTE)
    assert (told, refusal.fields["lunch"], refusal.fields["lunch_from"]) == ("hours", 45, "11.30")
    assert hold(session, scene.phoner, NOW, entry, scene.consultant.id, TEN).starts_at == TEN


def test_the_stricter_notice_and_horizon_count_and_notice_binds_phoners_only(session: Session) -> None:
    scene = make_scene(session, notice_hours=24, horizon_days=30)
    wishing(session, scene.consultant, notice_hours=48, horizon_days=5)
    entry = scene.entry()
    found = [s.starts_at for s in slots(session, NOW, entry, NOW, NOW + timedelta(days=20)).slots]
    assert min(found) >= NOW + timedelta(hours=48)
    assert max(found) <= NOW + timedelta(days=5)
    early = at(WEDNESDAY, 900 - 60)
    told, refusal = code(book, session, scene.phoner, NOW, entry, scene.consultant.id, early, METTE)
    assert (told, refusal.fields["earliest"]) == ("hours", NOW + timedelta(hours=48))
    own = scene.entry(held=False)
    assert book(session, scene.consultant, NOW, own, scene.consultant.id, early, METTE).starts_at == early


def test_a_weekday_may_begin_and_end_elsewhere(session: Session) -> None:
    scene = make_scene(session)
    place = {"lat": AALBORG[0], "lon": AALBORG[1]}
    session.add(WeekdayBase(consultant_id=scene.consultant.id, weekday=3, name="Hjemme", postcode="9000", **place))
    session.flush()
    entry = scene.entry(at=AALBORG)
    offer = slots(session, NOW, entry, NOW, WEEK)
    extra = {danish(s.starts_at).date(): s.extra_driving_min for s in offer.slots}
    assert extra[THURSDAY] < 10 < extra[WEDNESDAY]
    told = as_dict(next(s for s in offer.slots if danish(s.starts_at).date() == THURSDAY))["explanation"]
    assert told["before"]["kind"] == "base"
    assert told["before"]["town"].startswith("Aalborg")
    book(session, scene.phoner, NOW, entry, scene.consultant.id, at(THURSDAY, 490), METTE)
    assert wrong_pairs(session) == []


def test_the_checker_sees_own_appointments_and_weekday_bases(session: Session) -> None:
    scene = make_scene(session)
    make_visit(session, consultant=scene.consultant, starts_at=TEN, lat=HADSUND[0], lon=HADSUND[1])
    assert wrong_pairs(session) == []
    busy(session, scene.consultant, at(THURSDAY, 570), at(THURSDAY, 590))
    busy(session, scene.consultant, at(THURSDAY, 560), at(THURSDAY, 580))
    assert [line.split(":")[0] for line in wrong_pairs(session)] == ["travel"], "ten minutes to Hadsund are too few"
    busy(session, scene.consultant, at(THURSDAY, 630), at(THURSDAY, 640))
    assert "busy" in {line.split(":")[0] for line in wrong_pairs(session)}
    session.execute(sa.delete(BusyTime))
    session.add(
        WeekdayBase(consultant_id=scene.consultant.id, weekday=3, name="Ø", postcode="3700", lat=55.1, lon=14.7)
    )
    session.flush()
    assert len(wrong_pairs(session)) == 2


def test_capacity_and_fit_know_of_wishes_and_own_appointments(session: Session) -> None:
    scene = make_scene(session)
    entry = scene.entry(held=False)
    wanted = Wanted(scene.participation.campaign_id, scene.jobcentre.id)
    assert ranking(session, NOW, wanted).rows[0][1] > 0
    assert refresh_capacity(session, NOW) == 0
    busy(session, scene.consultant, NOW, NOW + timedelta(days=90))
    assert ranking(session, NOW, wanted).rows == [(entry.id, 0.0)]
    assert refresh_capacity(session, NOW) == 1


def test_six_queries_with_everything_there_is(session: Session) -> None:
    scene = make_scene(session, consultants=6)
    for who in scene.consultants:
        wishing(session, who, lunch_minutes=30, areas=[["9000", "9999"]], notice_hours=30, horizon_days=20)
        busy(session, who, at(THURSDAY, 600), at(THURSDAY, 660))
        session.add(WeekdayBase(consultant_id=who.id, weekday=3, name="Hjemme", postcode="9000", lat=57.05, lon=9.92))
    session.add(SlotWeights(jobcentre_id=scene.jobcentre.id, fairness_min=3, earliness_min=2))
    number = scene.entry(postcode="9500").id
    session.flush()
    session.expunge_all()
    entry = session.get_one(QueueEntry, number)
    counted: list[str] = []
    listen = lambda *args: counted.append(args[2])  # noqa: E731
    sa.event.listen(session.get_bind(), "before_cursor_execute", listen)
    offer = slots(session, NOW, entry, NOW, WEEK, refused=True)
    sa.event.remove(session.get_bind(), "before_cursor_execute", listen)
    assert offer.slots
    assert "busy" in {s.reason for s in offer.refused}
    assert len(counted) <= 6, counted


class Recorded:
    """The embedded engine behind another name, as one over the network is: it must be warm before it is asked."""

    name = "recorded"

    def __init__(self) -> None:
        self.known: set[tuple[Place, Place]] = set()
        self.cold: list[tuple[Place, Place]] = []

    def leg(self, origin: Place, destination: Place) -> Leg:
        if origin != destination and (origin, destination) not in self.known:
            self.cold.append((origin, destination))
        return embedded_engine().leg(origin, destination)

    def matrix(self, origins: list[Place], destinations: list[Place]) -> list[list[Leg]]:
        return [[self.leg(a, b) for b in destinations] for a in origins]

    def warm(self, origins: list[Place], destinations: list[Place]) -> None:
        for a in origins:
            for b in destinations:
                self.known |= {(a, b), (b, a)}


def test_an_engine_over_the_network_is_warm_before_it_is_asked(session: Session) -> None:
    scene: Scene = make_scene(session)
    wishing(session, scene.consultant, lunch_minutes=30)
    make_visit(session, consultant=scene.consultant, starts_at=at(THURSDAY, 780), lat=HADSUND[0], lon=HADSUND[1])
    for act in (
        lambda entry: slots(session, NOW, entry, NOW, WEEK, refused=True),
        lambda entry: hold(session, scene.phoner, NOW, entry, scene.consultant.id, TEN),
        lambda entry: book(session, scene.phoner, NOW, entry, scene.consultant.id, TEN, METTE),
        lambda entry: code(book, session, scene.phoner, NOW, entry, scene.consultant.id, at(THURSDAY, 810), METTE),
    ):
        entry, engine = scene.entry(at=AALBORG), Recorded()
        use(engine)
        try:
            act(entry)
        finally:
            use(None)
        assert engine.known
        assert engine.cold == []
