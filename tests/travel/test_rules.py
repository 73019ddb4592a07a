"""Pure rules: geometry, speed, and whether a visit fits between its neighbours."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.travel.places import NO_SAME_DAY, Leg, Place
from crm.travel.rules import (
    Edge,
    cross,
    drive_minutes,
    fits,
    great_circle_km,
    inside,
    minutes_between,
    nearest_land,
    shortest_ways,
)

HOME, A, B, ISLAND = Place(1, 1), Place(2, 2), Place(3, 3), Place(9, 9)
NINE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SQUARE = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]


class Fixed:
    """Twenty minutes between any two places, five at the same one, nothing to the island."""

    name = "fixed"

    def leg(self, origin: Place, destination: Place) -> Leg:
        if ISLAND in (origin, destination) and origin != destination:
            return NO_SAME_DAY
        return Leg(15.0, 5 if origin == destination else 20, None, True)

    def matrix(self, origins: Sequence[Place], destinations: Sequence[Place]) -> list[list[Leg]]:
        return [[self.leg(a, b) for b in destinations] for a in origins]


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def fit(before: int | None, after: int | None, **more: int):
    previous = (None, None) if before is None else (at(-before), A)
    following = (None, None) if after is None else (at(60 + after), B)
    return fits(*previous, NINE, at(60), HOME, *following, Fixed(), **more)


def test_great_circle_of_one_degree() -> None:
    assert great_circle_km((55.0, 10.0), (56.0, 10.0)) == pytest.approx(111.2, abs=0.1)


def test_inside_and_outside_a_ring() -> None:
    assert inside((0.5, 0.5), SQUARE)
    assert not inside((1.5, 0.5), SQUARE)


def test_segments_cross_touch_and_miss() -> None:
    assert cross((0, 0), (1, 1), (0, 1), (1, 0))
    assert cross((0, 0), (1, 1), (0.5, 0.5), (1, 0))
    assert not cross((0, 0), (1, 1), (0, 0.1), (0.5, 0.7))


def test_nearest_land_reaches_to_the_beach_and_no_further() -> None:
    assert nearest_land((0.5, 1.02), {"square": SQUARE}, 3.0) == "square"
    assert nearest_land((0.5, 1.2), {"square": SQUARE}, 3.0) is None


@pytest.mark.parametrize(
    ("km", "expected"), [(0, 5.0), (5, 12.5), (40, 12.5 + 35 * 60 / 65), (130, 12.5 + 35 * 60 / 65 + 60)]
)
def test_speed_model(km: float, expected: float) -> None:
    assert drive_minutes(km) == pytest.approx(expected)


def test_shortest_way_takes_the_ferry_only_when_asked() -> None:
    graph = [
        [Edge(1, 100.0), Edge(1, 0.0, ferry=0, ferry_min=30.0)],
        [Edge(0, 100.0), Edge(0, 0.0, ferry=0, ferry_min=30.0)],
        [],
    ]
    by_road, by_water = shortest_ways(graph, 0, False)[1], shortest_ways(graph, 0, True)[1]
    assert by_road is not None
    assert by_road.km == 100.0
    assert by_water is not None
    assert by_water.ferries == (0,)
    assert shortest_ways(graph, 0, True)[2] is None


def test_a_visit_with_room_fits_and_counts_its_detour() -> None:
    answer = fit(30, 30)
    assert answer.ok
    assert (answer.before_min, answer.after_min, answer.extra_driving_min) == (20, 20, 20)


def test_exactly_enough_is_enough_and_one_minute_less_is_not() -> None:
    assert fit(20, 20).ok
    late = fit(19, 20)
    assert (late.ok, late.reason, late.needed_min, late.available_min) == (False, "travel_before", 20, 19)
    late = fit(20, 19)
    assert (late.ok, late.reason, late.needed_min, late.available_min) == (False, "travel_after", 20, 19)


def test_the_margin_counts_on_both_sides() -> None:
    assert fit(25, 25, margin_minutes=5).ok
    assert fit(24, 25, margin_minutes=5).reason == "travel_before"
    assert fit(25, 24, margin_minutes=5).reason == "travel_after"


def test_overlap_shows_as_negative_time() -> None:
    assert fit(-10, 30).available_min == -10


def test_no_neighbours_no_driving() -> None:
    answer = fit(None, None)
    assert answer.ok
    assert answer.extra_driving_min == 0


def test_a_base_without_an_hour_is_driven_from_but_not_checked() -> None:
    answer = fits(None, A, NINE, at(60), HOME, None, A, Fixed())
    assert answer.ok
    assert answer.extra_driving_min == 20 + 20 - 5


def test_unreachable_on_either_side() -> None:
    for places in ((ISLAND, A), (A, ISLAND)):
        answer = fits(at(-600), places[0], NINE, at(60), HOME, at(600), places[1], Fixed())
        assert (answer.ok, answer.reason) == (False, "unreachable")
    assert fits(at(-600), HOME, NINE, at(60), ISLAND, None, None, Fixed()).reason == "unreachable"


def test_minutes_are_counted_in_utc_over_both_clock_changes() -> None:
    copenhagen = ZoneInfo("Europe/Copenhagen")
    for day in (datetime(2026, 3, 29, tzinfo=copenhagen), datetime(2026, 10, 25, tzinfo=copenhagen)):
        hours = minutes_between(day.replace(hour=1), day.replace(hour=4)) / 60
        assert hours == (2 if day.month == 3 else 4)


def test_naive_moments_and_moments_without_a_place_are_refused() -> None:
    naive = NINE.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        fits(naive, A, NINE, at(60), HOME, None, None, Fixed())
    with pytest.raises(ValueError, match="place"):
        fits(at(-60), None, NINE, at(60), HOME, None, None, Fixed())
