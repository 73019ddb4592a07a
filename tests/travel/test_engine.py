"""The embedded engine against known roads, water and ferries, and properties that must hold anywhere."""

import csv
import math
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.cli.travel import read_place
from crm.travel.engine import EmbeddedEngine, Place, default_engine, minutes, place_of_postcode, postcodes
from crm.travel.network import network
from crm.travel.rules import great_circle_km, road_km

KNOWN = Path(__file__).with_name("known_distances.csv")
ROADS = [row for row in csv.DictReader(KNOWN.read_text(encoding="utf-8").splitlines()) if row["use"] == "tuning"]
FIXED_ONLY = EmbeddedEngine(ferries=False)
MAINLAND = [row for row in postcodes().values() if row.land in ("Jylland", "Fyn", "Sjælland", "Lolland")]

anywhere = st.sampled_from(sorted(postcodes())).map(lambda code: place_of_postcode(code))
nearby = st.builds(Place, st.floats(55.2, 57.0), st.floats(8.6, 10.0))


def at(code: str) -> Place:
    place = place_of_postcode(code)
    assert place is not None
    return place


@pytest.mark.parametrize("road", ROADS, ids=lambda road: f"{road['from_name']}-{road['to_name']}")
def test_known_road_distances(road: dict[str, str]) -> None:
    leg = FIXED_ONLY.leg(read_place(road["from"]), read_place(road["to"]))
    assert leg.ferry is None
    assert 0.8 <= leg.km / float(road["km"]) <= 1.2


@pytest.mark.parametrize(
    ("origin", "destination", "name"),
    [
        ("3390", "4581", "Hundested-Rørvig"),
        ("9370", "56.98;10.29", "Hals-Egense"),
        ("6700", "6720", "Esbjerg-Fanø"),
        ("7870", "7884", "Branden-Fur"),
        ("8300", "8305", "Hou-Sælvig"),
        ("9900", "9940", "Frederikshavn-Læsø"),
        ("5700", "5970", "Svendborg-Ærøskøbing"),
        ("4900", "5900", "Spodsbjerg-Tårs"),
        ("5600", "6440", "Bøjden-Fynshav"),
        ("4300", "4305", "Hammer Bakke-Orø"),
    ],
)
def test_the_ferry_is_taken_and_named_where_it_is_quicker(origin: str, destination: str, name: str) -> None:
    leg = default_engine().leg(read_place(origin), read_place(destination))
    road = FIXED_ONLY.leg(read_place(origin), read_place(destination))
    assert leg.ferry == name
    assert leg.minutes <= 240
    assert not road.reachable or leg.minutes < road.minutes


def test_the_known_distances_would_notice_a_map_without_water() -> None:
    hundested, rorvig = at("3390"), at("4581")
    dry = road_km((hundested.lat, hundested.lon), (rorvig.lat, rorvig.lon))
    assert dry < 0.7 * 115
    assert not network().dry((hundested.lat, hundested.lon), (rorvig.lat, rorvig.lon))


def test_crossing_and_half_the_headway_are_counted() -> None:
    leg = default_engine().leg(at("3390"), at("4581"))
    assert leg.minutes >= 25 + 30 + 5
    assert leg.km < 10


def test_the_road_wins_where_it_is_quicker() -> None:
    assert default_engine().leg(at("5000"), at("4220")).ferry is None
    assert default_engine().leg(at("9000"), at("9400")).ferry is None


@pytest.mark.parametrize("code", ["3700", "3730", "3770", "8592"])
def test_bornholm_and_anholt_are_never_same_day(code: str) -> None:
    for other in ("1000", "4600", "8500", "9940"):
        leg = default_engine().leg(at(other), at(code))
        assert (leg.reachable, leg.km, leg.minutes, leg.ferry) == (False, 0.0, 0, None)
        assert minutes(at(code), at(other)) is None


def test_bornholm_to_bornholm_is_an_ordinary_drive() -> None:
    leg = default_engine().leg(at("3700"), at("3740"))
    assert leg.reachable
    assert 25 <= leg.km <= 45


@pytest.mark.parametrize("place", [Place(55.6, 13.0), Place(54.3, 10.1), Place(56.5, 11.2), Place(0, 0)])
def test_sweden_germany_and_the_open_sea_cannot_be_reached(place: Place) -> None:
    assert not default_engine().leg(at("1000"), place).reachable


def test_a_long_ferry_way_gives_way_to_the_road() -> None:
    leg = default_engine().leg(at("9990"), at("4900"))
    assert leg.reachable
    assert leg.ferry is None or leg.minutes <= 240


def test_every_postcode_is_reachable_on_its_own_land() -> None:
    first: dict[str, Place] = {}
    for row in postcodes().values():
        here = Place(row.lat, row.lon)
        leg = FIXED_ONLY.leg(first.setdefault(row.land, here), here)
        assert leg.reachable, row


def test_matrix_equals_the_legs() -> None:
    places = [at(code) for code in ("8000", "7400", "3700", "1000")]
    engine = default_engine()
    assert engine.matrix(places, places[:2]) == [[engine.leg(a, b) for b in places[:2]] for a in places]


def test_a_warm_matrix_of_sixty_by_sixty_is_quick() -> None:
    places = [Place(row.lat, row.lon) for row in MAINLAND[::9][:60]]
    engine = default_engine()
    engine.matrix(places, places)
    started = time.perf_counter()
    engine.matrix(places, places)
    assert time.perf_counter() - started < 0.25  # about 3 ms on an idle machine; loose for a busy one


@given(anywhere, anywhere)
def test_both_ways_are_the_same_and_never_negative(a: Place, b: Place) -> None:
    leg = default_engine().leg(a, b)
    assert leg == default_engine().leg(b, a)
    assert leg.km >= 0
    assert leg.minutes >= 0
    assert leg.reachable == (leg.minutes > 0)


@given(anywhere, anywhere)
def test_a_road_is_never_shorter_than_the_great_circle(a: Place, b: Place) -> None:
    leg = FIXED_ONLY.leg(a, b)
    assert not leg.reachable or leg.km >= great_circle_km((a.lat, a.lon), (b.lat, b.lon)) - 0.1


@given(anywhere)
def test_the_same_place_costs_only_start_and_stop(a: Place) -> None:
    leg = default_engine().leg(a, a)
    assert (leg.km, leg.minutes) == (0.0, 5)


@given(anywhere, anywhere, anywhere)
@settings(max_examples=60)
def test_going_round_is_not_quicker(a: Place, b: Place, c: Place) -> None:
    engine = default_engine()
    direct, first, second = engine.leg(a, c), engine.leg(a, b), engine.leg(b, c)
    if first.reachable and second.reachable and direct.reachable and not (first.ferry or second.ferry):
        assert direct.minutes <= first.minutes + second.minutes + 5


@given(nearby, nearby)
@settings(max_examples=60)
def test_any_two_points_in_jutland_have_a_sound_answer(a: Place, b: Place) -> None:
    leg = FIXED_ONLY.leg(a, b)
    if leg.reachable:
        straight = great_circle_km((a.lat, a.lon), (b.lat, b.lon))
        assert leg.km >= straight - 0.1
        assert math.isfinite(leg.km)
