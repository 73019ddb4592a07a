"""An absent consultant's visits: a plan that can be driven as a whole, carried out all at once or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish, danish_date
from crm.base.errors import Invalid, NotFound, Refusal
from crm.calendars.actions import add_absence
from crm.calendars.models import Absence, CalendarEvent
from crm.integrations.models import OutboxMessage
from crm.travel.engine import Place, default_engine, minutes
from crm.visits.actions import Choice, reassign
from crm.visits.models import Visit, VisitEvent
from crm.visits.queries.reassign import Plan, proposals
from crm.visits.rules.day import Day, Stop, Wish, judge
from crm.visits.rules.reassign import CANCEL, Field, Option, Task, plan
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_visit
from tests.factories.calendars import make_consultant
from tests.factories.visits import AALBORG, AARS, HADSUND, Scene, make_scene
from tests.visits.checker import wrong_pairs
from tests.visits.test_conflicts import visit_at

DAY = danish(NOW).date() + timedelta(days=2)  # Thursday 26 November
HOBRO = (56.6433, 9.7902)
PLACES = [Place(*one) for one in (HOBRO, HADSUND, AARS, AALBORG)]
MARGIN, LENGTH, MOST = 5, 60, 4
SICK = 1


# The rule


def day_of(date_: date, stops: list[Stop]) -> Day:
    return Day([(at(date_, 480), at(date_, 960))], stops, PLACES[0], "Hobro", MOST)


def wish_of(place: Place) -> Wish:
    return Wish(place, 0, LENGTH, MARGIN, NOW, NOW + timedelta(days=60))


def stop_at(start: datetime, place: Place) -> Stop:
    return Stop(start, start + timedelta(minutes=LENGTH), place, "By")


@st.composite
def fields(draw: st.DrawFn) -> tuple[Field, list[Task]]:
    """Three consultants over four days with visits here and there; the first has some on the first day and is sick."""
    dates = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=4), DAY + timedelta(days=5)]
    days: dict[tuple[int, date], Day] = {}
    for who in (1, 2, 3):
        for date_ in dates:
            day = day_of(date_, [])
            for minute, place in draw(st.lists(st.tuples(st.integers(16, 29), st.sampled_from(PLACES)), max_size=4)):
                start = at(date_, minute * 30)
                if judge(day, wish_of(place), start, default_engine()).reason is None:
                    day = replace(day, stops=sorted([*day.stops, stop_at(start, place)], key=lambda s: s.starts_at))
            days[who, date_] = day
    sick = days[SICK, DAY].stops
    tasks = [Task(n, stop.starts_at, wish_of(stop.place), stop) for n, stop in enumerate(sick, 1)]
    days[SICK, DAY] = replace(days[SICK, DAY], stops=[])
    return Field(days, {}, SICK, DAY + timedelta(days=1), NOW + timedelta(hours=24)), tasks


def wrong(field: Field, placed: list[tuple[Task, Option]]) -> list[str]:
    """Looks at places and clocks alone: every neighbour of every visit, the base at both ends of the day."""
    lines: dict[tuple[int, date], list[tuple[datetime, datetime, Place]]] = {
        key: [(stop.starts_at, stop.ends_at, stop.place) for stop in day.stops] for key, day in field.days.items()
    }
    for task, option in placed:
        if option.starts_at is not None and option.consultant_id is not None:
            end = option.starts_at + timedelta(minutes=LENGTH)
            lines[option.consultant_id, danish_date(option.starts_at)].append((option.starts_at, end, task.wish.place))
    found = []
    for (who, day), visits in lines.items():
        ends = [(at(day, m), at(day, m), PLACES[0]) for m in (480, 960)]
        line = [ends[0], *sorted(visits, key=lambda one: one[0]), ends[1]]
        for (_, left, there), (due, _, here) in zip(line, line[1:], strict=False):
            drive, free = minutes(there, here), (due - left).total_seconds() / 60
            if drive is None or drive + MARGIN > free:
                found.append(f"{who} {due}: {drive} + {MARGIN} min, {free} free")
        if len(visits) > MOST:
            found.append(f"{who} {day}: {len(visits)} visits")
    return found


@settings(max_examples=30, deadline=None)
@given(fields())
def test_the_whole_plan_can_be_driven_and_so_can_each_change_of_one_choice(made: tuple[Field, list[Task]]) -> None:
    field, tasks = made
    found = plan(field, tasks, default_engine())
    by_ref = {task.ref: task for task in tasks}
    chosen = [(by_ref[one.ref], one.chosen) for one in found]
    assert sorted(one.ref for one in found) == sorted(by_ref)
    assert wrong(field, chosen) == []
    for one in found:
        assert one.chosen in one.options
        rest = [pair for pair in chosen if pair[0].ref != one.ref]
        for option in one.options:
            assert wrong(field, [*rest, (by_ref[one.ref], option)]) == []
            assert option.consultant_id != SICK or danish_date(option.starts_at or NOW) >= field.back_on


@settings(max_examples=15, deadline=None)
@given(fields(), st.randoms())
def test_the_plan_does_not_depend_on_the_order_it_is_asked_in(made: tuple[Field, list[Task]], chance: Any) -> None:
    field, tasks = made
    mixed = list(tasks)
    chance.shuffle(mixed)
    turned = replace(field, days=dict(reversed(list(field.days.items()))))
    assert plan(turned, mixed, default_engine()) == plan(field, tasks, default_engine())


def test_the_checker_fails_on_a_plan_that_cannot_be_driven() -> None:
    field = Field({(2, DAY): day_of(DAY, [])}, {}, SICK, DAY, NOW)
    placed = []
    for number, (minute, place) in enumerate(((600, PLACES[0]), (665, PLACES[3])), 1):
        start = at(DAY, minute)
        placed.append((Task(number, start, wish_of(place), stop_at(start, place)), Option("same_time", 2, start)))
    assert len(wrong(field, placed)) == 1


def test_the_last_who_could_come_is_not_given_away() -> None:
    """The first visit could go to either colleague and costs less with 2; the second only to 2, who cannot do both."""
    first, second = at(DAY, 600), at(DAY, 690)
    near, far = PLACES[1], PLACES[3]
    days = {
        (2, DAY): day_of(DAY, []),
        (3, DAY): day_of(DAY, [stop_at(second, PLACES[0])]),
    }
    field = Field(days, {(3, *DAY.isocalendar()[:2]): 1}, SICK, DAY + timedelta(days=1), NOW)
    tasks = [
        Task(1, first, wish_of(PLACES[0]), stop_at(first, near)),
        Task(2, second, wish_of(far), stop_at(second, far)),
    ]
    found = {one.ref: one.chosen for one in plan(field, tasks, default_engine())}
    assert (found[2].kind, found[2].consultant_id) == ("same_time", 2)
    assert (found[1].kind, found[1].consultant_id) == ("same_time", 3)


def test_without_any_way_it_is_cancelled() -> None:
    field = Field({}, {}, SICK, DAY, NOW)
    start = at(DAY, 600)
    [one] = plan(field, [Task(1, start, wish_of(PLACES[0]), stop_at(start, PLACES[0]))], default_engine())
    assert one.chosen is CANCEL


# From the rows


def sick_day(session: Session, consultants: int = 3) -> tuple[Scene, list[Visit]]:
    scene = make_scene(session, consultants=consultants)
    spots = ((540, HADSUND), (690, AARS), (810, HOBRO))
    visits = [visit_at(scene, at(DAY, minute), place) for minute, place in spots]
    return scene, visits


def choices_of(found: Plan) -> list[Choice]:
    return [
        Choice(one.ref, one.chosen.consultant_id, one.chosen.starts_at, one.chosen.kind == "cancel")
        for one in found.proposals
    ]


def test_a_sick_day_goes_to_colleagues_at_the_same_time(session: Session) -> None:
    scene, visits = sick_day(session)
    found = proposals(session, NOW, scene.consultant.id, DAY, DAY)
    assert [one.ref for one in found.proposals] == [visit.id for visit in visits]
    assert {one.chosen.kind for one in found.proposals} == {"same_time"}
    away = at(DAY, 0), at(DAY + timedelta(days=1), 0)
    done = reassign(session, scene.consultant, NOW, scene.consultant.id, choices_of(found), "Syg", away)
    assert len(done) == 3
    for visit in visits:
        assert visit.consultant_id == visit.responsible_id != scene.consultant.id
        assert visit.sequence == 1
    assert wrong_pairs(session) == []
    assert session.scalar(select(func.count()).select_from(Absence)) == 1
    kinds = session.scalars(select(VisitEvent.kind)).all()
    assert list(kinds) == ["hand_over"] * 3
    assert proposals(session, NOW, scene.consultant.id, DAY, DAY).visits == []


def test_the_plan_is_joint_one_colleague_does_not_get_two_at_once(session: Session) -> None:
    """Two sick days in a row for one colleague: what the first plan took is taken for the second."""
    scene, visits = sick_day(session, consultants=2)
    found = proposals(session, NOW, scene.consultant.id, DAY, DAY)
    reassign(session, scene.consultant, NOW, scene.consultant.id, choices_of(found), "Syg")
    assert wrong_pairs(session) == []


def test_only_what_the_recorded_absence_concerns(session: Session) -> None:
    scene, visits = sick_day(session)
    add_absence(session, None, NOW, scene.consultant, at(DAY, 480), at(DAY, 600), "Tandlæge")
    found = proposals(session, NOW, scene.consultant.id, DAY, DAY)
    assert [visit.id for visit in found.visits] == [visits[0].id]
    assert found.spared == len(visits) - 1
    whole = proposals(session, NOW, scene.consultant.id, DAY, DAY, everything=True)
    assert [visit.id for visit in whole.visits] == [visit.id for visit in visits]
    reassign(session, scene.consultant, NOW, scene.consultant.id, choices_of(whole), "Syg", (at(DAY, 0), at(DAY, 1439)))
    assert wrong_pairs(session) == []


def test_alone_the_consultant_gets_other_times_after_the_absence(session: Session) -> None:
    scene, visits = sick_day(session, consultants=1)
    found = proposals(session, NOW, scene.consultant.id, DAY, DAY)
    assert {one.chosen.kind for one in found.proposals} == {"other_time"}
    assert all(danish_date(one.chosen.starts_at or NOW) > DAY for one in found.proposals)
    reassign(session, scene.consultant, NOW, scene.consultant.id, choices_of(found), "Syg")
    assert wrong_pairs(session) == []
    assert set(session.scalars(select(VisitEvent.kind))) == {"move"}


def test_a_refusal_names_the_visit_and_changes_nothing(session: Session) -> None:
    scene, visits = sick_day(session)
    found = proposals(session, NOW, scene.consultant.id, DAY, DAY)
    blocked = found.proposals[-1].chosen
    make_visit(
        session,
        consultant=scene.consultants[[c.id for c in scene.consultants].index(blocked.consultant_id or 0)],
        starts_at=at(DAY, 810),
    )
    session.flush()
    away = at(DAY, 0), at(DAY + timedelta(days=1), 0)
    with pytest.raises(Refusal) as caught:
        reassign(session, scene.consultant, NOW, scene.consultant.id, choices_of(found), "Syg", away)
    assert (caught.value.code, caught.value.extra["visit_id"]) == ("overlap", visits[2].id)
    session.expire_all()
    assert {visit.consultant_id for visit in visits} == {scene.consultant.id}
    assert session.scalar(select(func.count()).select_from(VisitEvent)) == 0
    assert session.scalar(select(func.count()).select_from(Absence)) == 0
    assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 0
    assert session.scalar(select(func.count()).select_from(CalendarEvent)) == 0


def test_choices_that_hinder_each_other_are_refused(session: Session) -> None:
    """Each could be driven alone; both to the same colleague cannot."""
    scene = make_scene(session, consultants=2)
    first, second = visit_at(scene, at(DAY, 540), HOBRO), visit_at(scene, at(DAY, 720), AALBORG)
    other = scene.consultants[1].id
    choices = [Choice(first.id, other, at(DAY, 660)), Choice(second.id, other, at(DAY, 720))]
    with pytest.raises(Refusal) as caught:
        reassign(session, scene.consultant, NOW, scene.consultant.id, choices, "Syg")
    assert caught.value.code == "travel"
    reassign(session, scene.consultant, NOW, scene.consultant.id, choices[:1], "Syg")
    assert first.consultant_id == other


def test_stale_foreign_and_empty(session: Session) -> None:
    scene, visits = sick_day(session)
    sick, other = scene.consultant, scene.consultants[1]
    stranger = make_consultant(session, jobcentre=make_jobcentre(session, code="851", postcode="9000"))
    with pytest.raises(Refusal) as caught:
        reassign(session, sick, NOW, other.id, [Choice(visits[0].id, cancel=True)], "Syg")
    assert (caught.value.code, caught.value.extra["visit_id"]) == ("stale", visits[0].id)
    with pytest.raises(Refusal):
        reassign(session, sick, NOW, sick.id, [Choice(999_999, cancel=True)], "Syg")
    with pytest.raises(NotFound):
        reassign(session, sick, NOW, sick.id, [Choice(visits[0].id, stranger.id, visits[0].starts_at)], "Syg")
    for choices, reason in (([], "Syg"), ([Choice(visits[0].id)], "Syg"), ([Choice(visits[0].id, cancel=True)], " ")):
        with pytest.raises(Invalid):
            reassign(session, sick, NOW, sick.id, choices, reason)
    with pytest.raises(Invalid):
        reassign(session, sick, NOW, sick.id, [Choice(visits[0].id, cancel=True)] * 2, "Syg")
    session.expire_all()
    assert [visit.state for visit in visits] == ["booked"] * 3


def test_everybody_is_told_once(session: Session) -> None:
    scene, visits = sick_day(session)
    visits[0].contact_email = "mette@eksempel.invalid"
    session.flush()
    found = proposals(session, NOW, scene.consultant.id, DAY, DAY)
    [first, *_] = choices_of(found)
    choices = [first, Choice(visits[1].id, cancel=True), Choice(visits[2].id)]
    done = reassign(session, scene.consultant, NOW, scene.consultant.id, choices, "Konsulenten er syg")
    assert [visit.id for visit in done] == [visits[0].id, visits[1].id]
    assert [visit.state for visit in visits] == ["booked", "cancelled_by_jobcentre", "booked"]
    assert visits[2].consultant_id == scene.consultant.id, "kept"
    told = session.execute(
        select(OutboxMessage.recipient, OutboxMessage.body_text).where(
            OutboxMessage.channel == "mail", OutboxMessage.dedupe_key.like(f"visit:{visits[0].id}:visit_%")
        )
    ).all()
    substitute = visits[0].consultant
    assert sorted(who for who, _ in told) == sorted(
        ["mette@eksempel.invalid", substitute.email, scene.consultant.email]
    )
    assert all(substitute.name in text for _, text in told)
    events = {e.consultant_id: e.status for e in session.scalars(select(CalendarEvent).order_by(CalendarEvent.id))}
    assert events[substitute.id] == "CONFIRMED"
