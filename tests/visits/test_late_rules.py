"""What a delay does to the rest of a day, against a walk through the day the other way."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm.base.clock import at
from crm.travel.places import Place
from crm.visits.rules.late import CHOICES, propagate, suggested
from crm.visits.rules.route import Halt, route
from tests.visits.grid import BASE, DAY, ENGINE, visits


@given(visits(), st.integers(0, 120), st.booleans())
def test_nobody_comes_before_the_visit_begins_or_before_they_can_be_there(halts, minutes, arrived):
    day = route(BASE, halts, ENGINE, 5)
    found = propagate(day, 1, minutes, arrived=arrived)
    assert [one.halt for one in found] == (halts[1:] if arrived else halts)
    by_halt = {one.halt.ref: one for one in found}
    for one in found:
        assert one.expected_at >= one.halt.starts_at
        assert one.late_min == (one.expected_at - one.halt.starts_at) // timedelta(minutes=1)
        assert timedelta() <= one.said_at - one.expected_at < timedelta(minutes=5)
    if not arrived:
        assert found[0].late_min == minutes
    for before, after in zip(halts, halts[1:], strict=False):
        drive = timedelta(minutes=ENGINE.leg(before.place, after.place).minutes)
        if before.ref in by_halt:
            left = by_halt[before.ref].expected_at + (before.ends_at - before.starts_at)
        else:
            left = before.ends_at + timedelta(minutes=minutes)
        assert by_halt[after.ref].expected_at == max(after.starts_at, left + drive)


@given(visits(), st.integers(0, 60), st.integers(0, 60))
def test_more_delay_never_makes_anybody_earlier(halts, less, more):
    day = route(BASE, halts, ENGINE, 5)
    short = propagate(day, 1, min(less, more), arrived=False)
    long = propagate(day, 1, max(less, more), arrived=False)
    assert all(a.late_min <= b.late_min for a, b in zip(short, long, strict=True))


def test_slack_takes_the_delay_up():
    near = Place(56.0, 9.25)
    a, b = Halt("visit", near, at(DAY, 600), at(DAY, 660), "a"), Halt("visit", near, at(DAY, 680), at(DAY, 740), "b")
    c = Halt("visit", near, at(DAY, 840), at(DAY, 900), "c")
    found = propagate(route(BASE, [a, b, c], ENGINE, 5), 1, 30, arrived=False)
    assert [one.late_min for one in found] == [30, 10, 0]


def test_an_own_appointment_ends_when_it_ends():
    far = Place(56.0, 9.5)
    a = Halt("visit", far, at(DAY, 600), at(DAY, 660), "a")
    own = Halt("busy", BASE, at(DAY, 720), at(DAY, 780))
    b = Halt("visit", far, at(DAY, 815), at(DAY, 860), "b")
    day = route(BASE, [a, own, b], ENGINE, 5)
    assert [one.late_min for one in propagate(day, 1, 45, arrived=False)] == [45, 0]
    assert [one.late_min for one in propagate(day, 1, 100, arrived=False)] == [100, 5]


def test_the_choice_that_covers_the_delay():
    assert [suggested(n) for n in (0, 1, 15, 16, 31, 45, 90)] == [15, 15, 15, 30, 45, 45, 45]
    assert suggested(20) in CHOICES
