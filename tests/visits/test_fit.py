"""Fit: between 0 and 1, never worse for less driving or more times, 0 exactly where nothing can be driven."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.base.clock import at
from crm.travel.engine import Place, default_engine
from crm.travel.places import Leg
from crm.visits.rules.day import Day, Stop, Wish, bookable
from crm.visits.rules.fit import HALVED_BY, OFFERED, Asked, Plan, minutes, plan, value, worth
from crm.visits.rules.lunch import Lunch
from crm.visits.rules.places import BLUR

HOBRO, HADSUND, AALBORG = Place(56.6433, 9.7902), Place(56.7146, 10.1168), Place(57.0482, 9.9194)
FIRST = date(2026, 11, 26)
ENGINE = default_engine()
worths = st.lists(st.floats(0, 1), max_size=20)


@given(worths)
def test_it_lies_between_nothing_and_one(found: list[float]) -> None:
    assert 0 <= value(found) <= 1
    assert (value(found) == 0) == (not found or max(found) < 0.001)


@given(worths, st.floats(0, 1))
def test_another_time_never_makes_it_worse(found: list[float], more: float) -> None:
    assert value([*found, more]) >= value(found)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.data())
def test_a_better_time_never_makes_it_worse(found: list[float], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(found) - 1))
    better = data.draw(st.floats(found[place], 1))
    assert value([*found[:place], better, *found[place + 1 :]]) >= value(found)


@given(st.integers(-30, 300), st.integers(0, 100), st.integers(0, 12))
def test_more_driving_or_waiting_is_worth_less(extra: int, more: int, wait: int) -> None:
    assert 0 < worth(extra + more, wait) <= worth(extra, wait) <= 1
    assert worth(extra, wait + 1) < worth(extra, wait)


def test_half_an_hour_more_halves_a_time() -> None:
    assert worth(40 + HALVED_BY, 3) == pytest.approx(worth(40, 3) / 2)


def test_one_time_without_driving_is_worth_more_than_any_number_half_an_hour_out() -> None:
    assert value([worth(5, 0)] * 2) > value([worth(HALVED_BY + 5, 0)] * OFFERED)


blurs = st.sampled_from(sorted(set(BLUR.values())))
margins = st.sampled_from([0, 5, 20])


@st.composite
def calendars(draw: st.DrawFn) -> dict[tuple[int, date], Day]:
    """A few days of two consultants, with visits, absences and perhaps a break."""
    days = {}
    for who in (1, 2):
        for n in range(draw(st.integers(0, 3))):
            day = FIRST + timedelta(days=n)
            hours = [(at(day, 8 * 60), at(day, 16 * 60))]
            if draw(st.booleans()):
                hours = [(at(day, 8 * 60), at(day, 11 * 60 + 30)), (at(day, 12 * 60 + 15), at(day, 16 * 60))]
            stops = []
            begins = 8 * 60
            while draw(st.booleans()) and begins < 14 * 60:
                begins += draw(st.integers(0, 10)) * 15
                kind = draw(st.sampled_from(["visit", "away", "busy"]))
                place = draw(st.sampled_from([HOBRO, HADSUND, AALBORG]))
                stops.append(
                    Stop(at(day, begins), at(day, begins + 60), place, "Hobro", kind, draw(blurs), None, draw(margins))
                )
                begins += 75
            lunch = Lunch(timedelta(minutes=draw(st.sampled_from([30, 45]))), at(day, 660), at(day, 780))
            wishes = (
                draw(st.sampled_from([None, lunch])),
                draw(st.sampled_from([(), (("9500", "9600"),), (("1", "2"),)])),
            )
            within = [at(day, draw(st.integers(0, 1400))) if draw(st.booleans()) else None for _ in range(2)]
            days[who, day] = Day(hours, stops, HOBRO, "Hobro", draw(st.integers(1, 4)), *wishes, *within)
    return days


places = st.builds(Place, st.floats(56.4, 57.1), st.floats(9.3, 10.2))


@settings(max_examples=150, deadline=None)
@given(calendars(), places, blurs, st.integers(0, 48))
def test_it_is_nothing_exactly_where_the_search_finds_no_time(
    days: dict[tuple[int, date], Day], place: Place, blur: int, hours: int
) -> None:
    """The ranking sums what the slot search judges: both see the same rooms, drives, margins, breaks and wishes."""
    earliest = at(FIRST, 0) + timedelta(hours=hours)
    latest = at(FIRST + timedelta(days=2), 12 * 60)
    wish = Wish(place, blur, 60, 5, earliest, latest, "9500")
    coming = plan(days, Asked(60, 5, minutes(earliest), minutes(latest)), ENGINE)
    found = coming.worths(*drives(coming, place), blur, "9500")
    offered = [verdict for day in days.values() for verdict in bookable(day, wish, ENGINE)]
    assert bool(found) == bool(offered)
    assert len(found) <= len(offered)
    best = min((verdict.extra_min for verdict in offered), default=0)
    assert not found or max(found) <= worth(best, 0)


def drives(coming: Plan, place: Place) -> tuple[list[Leg], list[Leg]]:
    """To the place from each stop, and on from it."""
    return [row[0] for row in ENGINE.matrix(coming.places, [place])], ENGINE.matrix([place], coming.places)[0]


def one_day(*stops: Stop) -> dict[tuple[int, date], Day]:
    return {(1, FIRST): Day([(at(FIRST, 480), at(FIRST, 960))], stops, HOBRO, "Hobro", 4)}


def fit_of(days: dict[tuple[int, date], Day], place: Place) -> float:
    coming = plan(days, Asked(60, 5, minutes(at(FIRST, 0)), minutes(at(FIRST, 0)) + 30 * 1440), ENGINE)
    return coming.fit(*drives(coming, place), 0, "9500")


def test_beside_a_booked_visit_comes_before_an_hour_away() -> None:
    booked = Stop(at(FIRST, 600), at(FIRST, 660), HADSUND, "Hadsund")
    near, far = Place(56.716, 10.12), Place(57.2, 9.7)
    assert ENGINE.leg(HOBRO, far).minutes >= 50
    days = one_day(booked)
    assert fit_of(days, near) > 3 * fit_of(days, far) > 0
    assert fit_of(days, near) > fit_of(one_day(), near), "the visit in the same town is what makes it so"


def test_an_island_without_a_same_day_way_fits_nothing() -> None:
    assert fit_of(one_day(), Place(55.1, 14.9)) == 0
    unreachable = Leg(0.0, 0, None, False)
    coming = plan(one_day(), Asked(60, 5, minutes(at(FIRST, 0)), minutes(at(FIRST, 900))), ENGINE)
    nowhere = [unreachable] * len(coming.places)
    assert coming.fit(nowhere, nowhere, 0, "9500") == 0


def test_no_free_time_fits_nothing() -> None:
    busy = Stop(at(FIRST, 480), at(FIRST, 960), HOBRO, "Hobro", "away")
    assert fit_of(one_day(busy), HOBRO) == 0
    assert fit_of({}, HOBRO) == 0


def test_minutes_are_whole_and_a_time_that_has_begun_is_past() -> None:
    assert minutes(datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC)) == 1
    assert minutes(datetime(1970, 1, 1, 0, 2, tzinfo=UTC)) == 2
