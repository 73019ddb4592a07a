"""Spare time: what is free, and that what is proposed fits, judged again from the parts."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from crm.base.clock import at
from crm.travel.places import Place
from crm.visits.rules.route import Halt, Lunch, route
from crm.visits.rules.spare import LEAST, LOOK_IN, box, fit, openings
from tests.visits.grid import BASE, DAY, ENGINE, SEA, places, visits

HOURS = [(at(DAY, 480), at(DAY, 960))]


@given(visits(), places, st.integers(360, 1100), st.booleans())
def test_what_is_proposed_can_be_driven_before_the_next_stop(halts, place, clock, lunch):
    wished = Lunch(30, at(DAY, 660), at(DAY, 840)) if lunch else None
    day, now = route(BASE, halts, ENGINE, 7, wished), at(DAY, clock)
    for one in openings(day, BASE, HOURS, ENGINE, now):
        assert one.free_min >= LEAST
        assert one.starts_at >= now
        found = fit(one, place, ENGINE)
        if found is None:
            continue
        there, on = ENGINE.leg(one.origin, place).minutes, ENGINE.leg(place, one.goal).minutes
        assert found.from_at == one.starts_at + timedelta(minutes=there)
        assert found.stay_min >= LOOK_IN
        assert found.from_at + timedelta(minutes=found.stay_min + one.lunch) <= found.until
        back = found.until + timedelta(minutes=on)
        assert back <= one.ends_at
        if one.after is not None and one.after.kind == "visit":
            assert back + timedelta(minutes=7) <= one.after.starts_at
        assert found.extra_min == max(0, there + on - one.direct.minutes)
        for halt in halts:
            assert halt.ends_at <= one.starts_at or halt.starts_at >= one.ends_at, "nothing else lies in it"


@given(visits(), places)
def test_what_fits_lies_within_the_box_that_is_looked_in_unless_far_away(halts, place):
    for one in openings(route(BASE, halts, ENGINE, 5), BASE, HOURS, ENGINE, at(DAY, 300)):
        found = fit(one, place, ENGINE)
        assume(found is not None)
        within = box(one)
        assert within.south < within.north
        assert within.west < within.east
        for end in (one.origin, one.goal):
            assert within.south <= end.lat <= within.north
            assert within.west <= end.lon <= within.east


def test_an_empty_day_is_one_long_opening_and_a_day_off_none():
    (whole,) = openings(route(BASE, [], ENGINE, 5), BASE, HOURS, ENGINE, at(DAY, 600))
    assert (whole.starts_at, whole.ends_at) == (at(DAY, 600), at(DAY, 960))
    assert openings(route(BASE, [], ENGINE, 5), BASE, [], ENGINE, at(DAY, 600)) == []
    assert openings(route(BASE, [], ENGINE, 5), BASE, HOURS, ENGINE, at(DAY, 930)) == []


def test_drive_margin_and_lunch_are_counted_before_time_is_free():
    far = Place(56.0, 9.5)
    halts = [Halt("visit", BASE, at(DAY, 480), at(DAY, 600)), Halt("visit", far, at(DAY, 680), at(DAY, 960))]
    day = route(BASE, halts, ENGINE, 10)
    assert [one.free_min for one in openings(day, BASE, HOURS, ENGINE, at(DAY, 400))] == [40]
    assert openings(route(BASE, halts, ENGINE, 11), BASE, HOURS, ENGINE, at(DAY, 400)) == []
    eaten = route(BASE, halts, ENGINE, 5, Lunch(30, at(DAY, 600), at(DAY, 660)))
    assert eaten.legs[1].lunch
    assert openings(eaten, BASE, HOURS, ENGINE, at(DAY, 400)) == []


def test_nobody_is_sent_over_the_sea():
    (whole,) = openings(route(BASE, [], ENGINE, 5), BASE, HOURS, ENGINE, at(DAY, 480))
    assert fit(whole, SEA, ENGINE) is None
