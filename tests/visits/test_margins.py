"""One margin for a drive, wherever it is asked for: booking, conflicts and the day's route say the same of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from crm.base.clock import at
from crm.travel.engine import default_engine
from crm.travel.places import Place
from crm.visits.models import Visit
from crm.visits.queries import day_plan
from crm.visits.queries.days import load_days
from crm.visits.queries.slots import ask_for_visit
from crm.visits.rules.conflicts import Booked, troubles
from crm.visits.rules.day import Day, Stop, bookable, judge
from crm.visits.rules.places import BLUR, WORST, blur_at
from crm.visits.rules.route import Halt, route
from tests.conftest import NOW
from tests.factories import make_campaign, make_participation
from tests.factories.visits import AARS, HADSUND, make_scene
from tests.visits.days import BASE, DAYS, ENGINE, wishes
from tests.visits.driven import TODAY, visit_at


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_what_booking_accepts_is_no_conflict_and_is_no_tight_drive(data: st.DataObject) -> None:
    """Visits of several campaigns and of places known more or less well, booked one after the other by the judge."""
    opens, closes = at(DAYS[0], 480), at(DAYS[0], 960)
    day, booked = Day([(opens, closes)], [], BASE, "Base", 9), []
    for number in range(4):
        wish = replace(data.draw(wishes(day)), earliest=opens, latest=closes, postcode="")
        found = list(bookable(day, wish, ENGINE))
        if not found:
            continue
        start = data.draw(st.sampled_from(found)).starts_at
        stop = Stop(start, start + wish.length, wish.place, "By", "visit", wish.blur, None, wish.margin)
        day = replace(day, stops=sorted((*day.stops, stop), key=lambda one: one.starts_at))
        booked.append(Booked(number, start, wish))
        assert troubles(day, sorted(booked, key=lambda one: one.starts_at), ENGINE) == []
    halts = [Halt("visit", s.place, s.starts_at, s.ends_at, s, False, s.margin, s.blur) for s in day.stops]
    driven = route(BASE, halts, ENGINE)
    assert not any(leg.tight for leg in driven.legs)
    assert all(leg.leave_by >= opens for leg in driven.legs)
    assert all(leg.leave_by >= halt.ends_at for leg, halt in zip(driven.legs[1:], driven.halts[1:], strict=False))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_drive_is_tight_exactly_where_booking_refuses_it(data: st.DataObject) -> None:
    opens, closes = at(DAYS[0], 300), at(DAYS[0], 1300)
    day = Day([(opens, closes)], [], BASE, "Base", 9)
    first = replace(data.draw(wishes(day)), place=Place(56.0, 9.1))
    second = replace(data.draw(wishes(day)), place=Place(56.1, 9.2), earliest=opens, latest=closes, postcode="")
    start = at(DAYS[0], 600)
    stop = Stop(start, start + first.length, first.place, "By", "visit", first.blur, None, first.margin)
    for minutes in range(0, 60, 3):
        later = stop.ends_at + timedelta(minutes=minutes)
        verdict = judge(replace(day, stops=[stop]), second, later, ENGINE)
        halts = [
            Halt("visit", stop.place, stop.starts_at, stop.ends_at, 1, False, stop.margin, stop.blur),
            Halt("visit", second.place, later, later + second.length, 2, False, second.margin, second.blur),
        ]
        leg = route(BASE, halts, ENGINE).legs[1]
        assert leg.tight == (verdict.reason == "travel_before")


def test_leave_by_keeps_the_margin_of_a_place_that_is_not_known_well(session: Session) -> None:
    scene = make_scene(session)
    known = visit_at(scene, 660, at_place=HADSUND)
    known.workplace.geo_source = "file"
    session.flush()
    before = day_plan(session, scene.consultant, TODAY, NOW).route.legs[0]
    known.workplace.geo_source = "postcode"
    session.flush()
    after = day_plan(session, scene.consultant, TODAY, NOW).route.legs[0]
    assert before.leave_by - after.leave_by == timedelta(minutes=BLUR["postcode"])
    assert after.margin == before.margin + BLUR["postcode"]


def test_the_larger_margin_of_two_campaigns_counts(session: Session) -> None:
    """A visit of a campaign with little margin is not put so near one of a careful campaign that this one is in
    conflict at once."""
    scene = make_scene(session, margin_minutes=5)
    careful = make_participation(session, campaign=make_campaign(session, margin_minutes=40), jobcentre=scene.jobcentre)
    neighbour = visit_at(scene, 720, at_place=HADSUND)
    neighbour.campaign_id = neighbour.entry.campaign_id = careful.campaign_id
    session.flush()
    other = visit_at(scene, 540, at_place=AARS)
    days, _ = load_days(session, [scene.consultant.id], [TODAY], exclude=other.id)
    drive = default_engine().leg(Place(*AARS), Place(*HADSUND)).minutes
    for spare, reason in ((39, "travel_after"), (40, None)):
        start = neighbour.starts_at - timedelta(minutes=60 + drive + spare)
        wish = replace(ask_for_visit(other).wish(NOW), earliest=start, latest=start, blur=0)
        assert judge(days[scene.consultant.id, TODAY], wish, start, default_engine()).reason == reason


def test_a_place_looked_up_afterwards_does_not_make_the_visits_old_spot_better_known(session: Session) -> None:
    scene = make_scene(session)
    visit = visit_at(scene, 660, at_place=HADSUND)
    visit.workplace.geo_source = "address"
    session.flush()
    assert _stop(session, visit).blur == ask_for_visit(visit).blur == 0
    visit.workplace.lat = HADSUND[0] + 0.02
    session.flush()
    assert _stop(session, visit).blur == ask_for_visit(visit).blur == WORST
    assert _stop(session, visit).place == Place(*HADSUND), "the visit stays where it was booked"
    assert blur_at(HADSUND, None, None, "address") == WORST


def _stop(session: Session, visit: Visit) -> Stop:
    days, _ = load_days(session, [visit.consultant_id], [TODAY])
    (stop,) = days[visit.consultant_id, TODAY].stops
    return stop


def test_legs_of_a_day_follow_its_line() -> None:
    """Driving east takes longer than driving west: each leg is asked for the way it is driven."""
    east = Place(56.0, 9.2)
    day = route(BASE, [Halt("visit", east, at(DAYS[0], 600), at(DAYS[0], 660))], ENGINE)
    assert [leg.leg.minutes for leg in day.legs] == [18, 12]
    for (before, after), leg in zip(pairwise(day.halts), day.legs, strict=True):
        assert leg.leg == ENGINE.leg(before.place, after.place)
