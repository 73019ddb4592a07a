"""The day's drive: legs, leave-by, lunch, own time; and the drawing of it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from math import hypot

from hypothesis import given
from hypothesis import strategies as st

from crm.base.clock import at
from crm.travel.places import Leg, Place
from crm.visits.rules.route import Halt, Lunch, beside, route
from crm.visits.rules.sketch import APART, EDGE, WIDTH, sketch
from tests.visits.grid import BASE, DAY, ENGINE, SEA, places, visits


def minute(hour: int, past: int = 0) -> int:
    return hour * 60 + past


def visit(start: int, end: int, place: Place = BASE, ref: str = "v") -> Halt:
    return Halt("visit", place, at(DAY, start), at(DAY, end), ref)


@given(st.lists(visits(), max_size=0) | visits(), st.integers(0, 20))
def test_every_leg_leaves_in_time_and_the_sums_are_the_legs(halts, margin):
    day = route(BASE, halts, ENGINE, margin)
    assert len(day.legs) == max(0, len(day.halts) - 1)
    assert day.driving_min == sum(leg.leg.minutes for leg in day.legs)
    for (before, after), leg in zip(pairwise(day.halts), day.legs, strict=True):
        if after.kind == "base":
            assert leg.leave_by == before.ends_at
            continue
        assert leg.margin == margin
        assert leg.leave_by + timedelta(minutes=leg.leg.minutes + margin) == after.starts_at
        if leg.slack_min is not None:
            assert leg.tight == (leg.slack_min < margin) == (leg.leave_by < before.ends_at)
            assert leg.spare_min in (0, leg.slack_min - margin)


def test_without_a_base_only_the_drives_between_are_known():
    a, b = visit(600, 660, Place(56.0, 9.5), "a"), visit(780, 840, Place(56.0, 9.25), "b")
    day = route(None, [a, b], ENGINE, 5)
    assert [halt.ref for halt in day.halts] == ["a", "b"]
    assert [leg.leg.minutes for leg in day.legs] == [15]
    assert day.leg_to("a") is None
    assert route(None, [a], ENGINE, 5).legs == []


def test_a_drive_that_cannot_be_made_has_no_spare_time():
    day = route(BASE, [visit(600, 660), visit(900, 960, SEA, "sea")], ENGINE, 5)
    assert not day.reachable
    assert not day.legs[1].leg.reachable
    assert day.legs[1].spare_min == 0


def test_an_estimate_marks_the_day():
    class Guess:
        name = "guess"

        def leg(self, origin: Place, destination: Place) -> Leg:
            return Leg(10.0, 12, None, True, estimate=True)

    assert route(BASE, [visit(600, 660)], Guess(), 5).estimate
    assert not route(BASE, [visit(600, 660)], ENGINE, 5).estimate


def test_the_hour_that_the_clock_skips_is_not_driven():
    day = date(2026, 3, 29)  # 2.00 becomes 3.00
    a = Halt("visit", Place(56.0, 9.5), at(day, 60), at(day, 119))
    b = Halt("visit", Place(56.0, 9.5), at(day, 180), at(day, 240))
    assert route(BASE, [a, b], ENGINE, 0).legs[1].slack_min == 1
    autumn = date(2026, 10, 25)  # 3.00 becomes 2.00
    a = Halt("visit", Place(56.0, 9.5), at(autumn, 60), at(autumn, 119))
    b = Halt("visit", Place(56.0, 9.5), at(autumn, 180), at(autumn, 240))
    assert route(BASE, [a, b], ENGINE, 0).legs[1].slack_min == 121


def test_lunch_is_had_where_it_fits_and_takes_of_the_spare_time():
    far = Place(56.0, 9.5)
    halts = [visit(540, 660, far, "a"), visit(780, 840, far, "b")]
    lunch = Lunch(30, at(DAY, minute(11)), at(DAY, minute(13)))
    day = route(BASE, halts, ENGINE, 5, lunch)
    assert day.legs[1].lunch == (at(DAY, 660), at(DAY, 690))
    assert day.legs[1].slack_min == 90
    tight = [visit(540, 660, far, "a"), visit(675, 840, far, "b")]
    assert all(leg.lunch is None for leg in route(BASE, tight, ENGINE, 5, lunch).legs)
    late = [visit(840, 900, far, "a")]
    assert route(BASE, late, ENGINE, 5, lunch).legs[0].lunch is None, "at the base before leaving: no stop"


@given(visits(), st.integers(15, 60), st.integers(600, 780), st.integers(60, 200))
def test_lunch_lies_in_its_window_and_lets_the_next_stop_be_reached(halts, length, opens, wide):
    lunch = Lunch(length, at(DAY, opens), at(DAY, opens + wide))
    day = route(BASE, halts, ENGINE, 5, lunch)
    had = [(n, leg) for n, leg in enumerate(day.legs) if leg.lunch]
    assert len(had) <= 1
    for number, leg in had:
        start, end = leg.lunch
        assert lunch.frm <= start < end <= lunch.to
        assert end - start == timedelta(minutes=length)
        assert start >= day.halts[number].ends_at
        if day.halts[number + 1].kind == "visit":
            assert end <= leg.leave_by


def test_own_time_is_a_stop_within_the_working_day_and_told_of_where_it_lies_over_a_visit():
    hours = [(at(DAY, 480), at(DAY, 720)), (at(DAY, 750), at(DAY, 960))]
    seen = [visit(600, 660)]
    away = Halt("away", BASE, at(DAY, 420), at(DAY, 540), "Læge")
    busy = Halt("busy", BASE, at(DAY, 530), at(DAY, 560))
    over = Halt("busy", BASE, at(DAY, 630), at(DAY, 700))
    night = Halt("busy", BASE, at(DAY, 1200), at(DAY, 1260))
    apart, clash = beside(seen, [night, over, busy, away], hours)
    assert [(h.kind, h.starts_at, h.ends_at) for h in apart] == [("away", at(DAY, 480), at(DAY, 560))]
    assert clash == [over]
    assert beside(seen, [away], []) == ([], [])


def test_between_own_times_at_the_base_there_is_no_drive_and_no_margin():
    far = Place(56.0, 9.5)
    busy = Halt("busy", BASE, at(DAY, 480), at(DAY, 540))
    day = route(BASE, [busy, visit(660, 720, far), Halt("busy", BASE, at(DAY, 780), at(DAY, 840))], ENGINE, 10)
    assert [leg.leg.minutes for leg in day.legs] == [0, 30, 30, 0]
    assert day.legs[2].leave_by == at(DAY, 740), "booking keeps the margin before an own appointment too"
    assert [leg.margin for leg in day.legs] == [0, 10, 10, 0]
    assert day.legs[1].leave_by == at(DAY, 620)
    assert day.home_at == at(DAY, 840)


@given(st.lists(places, min_size=1, max_size=9), st.data())
def test_the_drawing_keeps_stops_apart_and_inside(found, data):
    path = list(range(len(found)))
    drawn = sketch(found, path, ["1 t 10 min"] * (len(path) - 1))
    for node in drawn.nodes:
        assert EDGE - 0.1 <= node.x <= WIDTH - EDGE + 0.1
        assert EDGE - 0.1 <= node.y <= drawn.height - EDGE + 0.1
    for number, one in enumerate(drawn.nodes):
        for other in drawn.nodes[:number]:
            assert hypot(one.x - other.x, one.y - other.y) > APART * 0.8, "two stops lie over each other"
    for edge in drawn.edges:
        if edge.label is None:
            continue
        assert 0 <= edge.label[0] <= WIDTH
        assert 0 <= edge.label[1] <= drawn.height
        for node in drawn.nodes:
            assert abs(node.y - edge.label[1]) > 8 or abs(node.x - edge.label[0]) > 15, "a stop lies on the words"
    away = [hypot(node.x - drawn.north[0], node.y - drawn.north[1] - 12) for node in drawn.nodes]
    assert len(found) > 3 or min(away) > 30, "with few stops a corner is free for the arrow"
    assert drawn == sketch(found, path, ["1 t 10 min"] * (len(path) - 1)), "the same day looks the same"


def test_north_is_up_and_distances_are_true():
    south, north, east = Place(56.0, 9.0), Place(56.4, 9.0), Place(56.0, 10.0)
    drawn = sketch([south, north, east], [0, 1, 2], ["a", "b"])
    one, up, right = drawn.nodes
    assert up.y < one.y
    assert abs(up.x - one.x) < 1
    assert right.x > one.x
    assert abs(right.y - one.y) < 1
    assert abs((right.x - one.x) / (one.y - up.y) - 0.5592 / 0.4) < 0.05


def test_out_and_home_on_one_road_are_two_lines():
    drawn = sketch([BASE, Place(56.2, 9.3)], [0, 1, 0], ["18 min", "18 min"])
    out, home = drawn.edges
    assert out.bend is None
    assert home.bend is not None
    assert hypot(out.label[0] - home.label[0], out.label[1] - home.label[1]) > 15
