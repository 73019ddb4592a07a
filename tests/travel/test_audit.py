"""The audit against known road distances, and what must hold between any two postcodes of the embedded engine."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.cli.travel import read_place, travel_command
from crm.travel.audit import Pair, by_use, compare, read_pairs, summary, worst
from crm.travel.engine import EmbeddedEngine, Leg, Place, default_engine, place_of_postcode, postcodes
from crm.travel.network import direction, network
from crm.travel.places import NO_SAME_DAY
from crm.travel.postcodes import PostcodeRow, km_from_postcode, read_table
from crm.travel.rules import SAME_DAY_FERRY_MIN, great_circle_km

KNOWN = Path(__file__).with_name("known_distances.csv")
ROWS = list(csv.DictReader(KNOWN.read_text(encoding="utf-8").splitlines()))
FIXED_ONLY = EmbeddedEngine(ferries=False)
WHERE = list(postcodes().values())
UNCONNECTED = {"Bornholm", "Christiansø", "Anholt", "Tunø", "Birkholm"}
"""Islands without any road or ferry that fits in a day's work."""
BY_FERRY_ONLY = {gate["land_a"] for gate in read_table("gateways.csv") if gate["kind"] == "ferry"} | {
    gate["land_b"] for gate in read_table("gateways.csv") if gate["kind"] == "ferry"
}

anywhere = st.sampled_from(WHERE)


def at(row: PostcodeRow) -> Place:
    return Place(row.lat, row.lon)


def straight(a: PostcodeRow, b: PostcodeRow) -> float:
    return great_circle_km((a.lat, a.lon), (b.lat, b.lon))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(travel_command, list(arguments))


class Always:
    """The same kilometres between any two places."""

    name = "always"

    def __init__(self, km: float) -> None:
        self.km = km

    def leg(self, _origin: Place, _destination: Place) -> Leg:
        return Leg(self.km, 60, None, True) if self.km else NO_SAME_DAY

    def matrix(self, origins: Sequence[Place], destinations: Sequence[Place]) -> list[list[Leg]]:
        return [[self.leg(a, b) for b in destinations] for a in origins]

    def warm(self, origins: Sequence[Place], destinations: Sequence[Place]) -> None:
        """Nothing to fetch."""


def pair(km: float, use: str = "") -> Pair:
    return Pair(2, "8000", "7400", Place(56.15, 10.2), Place(56.14, 8.97), km, use=use)


# --- the goal


def test_the_embedded_engine_meets_the_goal_on_roads_it_was_not_tuned_on() -> None:
    pairs, bad = read_pairs(KNOWN.read_text(encoding="utf-8"), read_place)
    assert bad == []
    uses = by_use(compare(pairs, FIXED_ONLY))
    assert set(uses) == {"tuning", "check", "road"}
    assert uses["check"].count >= 70
    assert uses["check"].holds
    assert uses["tuning"].holds
    assert uses["road"].holds


def test_what_checks_has_not_tuned() -> None:
    """Every row says where it is from; no pair is in both sets, and no checking pair is one of our given roads, whose
    published lengths are set apart as ``road``."""
    assert all(row["source"] and row["use"] in ("tuning", "check", "road") for row in ROWS)
    sets = {
        use: {frozenset((row["from"], row["to"])) for row in ROWS if row["use"] == use} for use in ("tuning", "check")
    }
    roads = {frozenset((road["postcode_a"], road["postcode_b"])) for road in read_table("roads.csv")}
    assert not sets["check"] & roads
    assert not sets["check"] & sets["tuning"]
    assert {frozenset((row["from"], row["to"])) for row in ROWS if row["use"] == "road"} <= roads
    assert not {row["source"] for row in ROWS if row["use"] == "check"} & {"given", "estimate"}


def test_no_known_distance_is_shorter_than_the_great_circle() -> None:
    for row in ROWS:
        a, b = read_place(row["from"]), read_place(row["to"])
        assert float(row["km"]) >= great_circle_km((a.lat, a.lon), (b.lat, b.lon)), row


def test_too_many_far_off_or_one_far_too_short_misses_the_goal() -> None:
    near, long, short = pair(100.0), pair(70.0), pair(150.0)
    assert summary(compare([near] * 10, Always(100.0))).holds
    assert summary(compare([near] * 9 + [long], Always(100.0))).holds
    assert not summary(compare([near] * 8 + [long] * 2, Always(100.0))).holds
    assert not summary(compare([near] * 99 + [short], Always(100.0))).holds
    assert not summary(compare([near], Always(0.0))).holds  # no road at all
    assert not summary([]).holds


def test_the_worst_come_first_and_files_without_marks_have_one_summary() -> None:
    compared = compare([pair(100.0), pair(50.0), pair(125.0)], Always(100.0))
    assert [each.pair.km for each in worst(compared, 2)] == [50.0, 125.0]
    assert by_use(compared) == {}
    assert list(by_use(compare([pair(1.0, "a"), pair(1.0, "b"), pair(1.0, "a")], Always(1.0)))) == ["a", "b"]


# --- the command


def test_the_command_tells_the_share_and_the_worst_pairs() -> None:
    result = run("--audit", str(KNOWN), "--worst", "3")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("tuning: ")
    assert any(line.startswith("check: ") for line in lines[1:3])
    assert lines[3].startswith(f"I alt {len(ROWS)} par, ")
    assert len(lines) == 7
    assert " km kendt " in lines[4]


def test_json_and_csv() -> None:
    told = json.loads(run("--audit", str(KNOWN), "--format", "json", "--worst", "1").stdout)
    assert (told["pairs"], len(told["worst"])) == (len(ROWS), 1)
    assert told["worst"][0]["ratio"] == pytest.approx(told["worst"][0]["km"] / told["worst"][0]["known_km"], abs=0.001)
    table = list(csv.DictReader(run("--audit", str(KNOWN), "--format", "csv", "--worst", "5").stdout.splitlines()))
    assert len(table) == 5
    assert {"from", "to", "known_km", "km", "ratio"} <= set(table[0])


def test_bad_rows_are_named_by_line_and_the_goal_is_asked_of_the_others(tmp_path: Path) -> None:
    known = tmp_path / "kendte.csv"
    known.write_text("from,to,km,name\n8000,9000,112,A\n8000,0000,5,B\n8000,9000,mange,C\n8000,9000,0,D\n", "utf-8")
    result = run("--audit", str(known))
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["Linje 3", "Linje 4", "Linje 5"]
    assert "0000 kendes ikke" in result.stderr
    assert "»mange« er ikke et antal kilometer" in result.stderr
    assert "I alt 1 par" in result.stdout


def test_coordinates_and_decimal_commas_are_read(tmp_path: Path) -> None:
    known = tmp_path / "kendte.csv"
    known.write_text('from,to,km\n56.15;10.20,"57,05;9,92","112,5"\n', "utf-8")
    result = run("--audit", str(known))
    assert result.exit_code == 0, result.output
    assert "112,5 km kendt" in result.stdout


def test_a_sabotaged_file_misses_the_goal(tmp_path: Path) -> None:
    known = tmp_path / "kendte.csv"
    known.write_text("from,to,km\n8000,9000,212\n", "utf-8")
    result = run("--audit", str(known))
    assert result.exit_code == 1
    assert "Målet er ikke nået" in result.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"from,to\n8000,9000\n", "mangler kolonnerne km"), (b"", "mangler kolonnerne from, to, km"), (b"\xff", "UTF-8")],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    known = tmp_path / "kendte.csv"
    known.write_bytes(content)
    result = run("--audit", str(known))
    assert result.exit_code == 1
    assert words in result.stderr


def test_the_audit_takes_no_places_and_its_formats_no_other_use(tmp_path: Path) -> None:
    assert run("8000", "9000", "--audit", str(KNOWN)).exit_code == 2
    assert run("8000", "9000", "--format", "csv").exit_code == 2


# --- any two postcodes


@given(anywhere, anywhere)
@settings(max_examples=300)
def test_roads_are_symmetric_and_never_under_the_great_circle(a: PostcodeRow, b: PostcodeRow) -> None:
    leg = FIXED_ONLY.leg(at(a), at(b))
    assert leg == FIXED_ONLY.leg(at(b), at(a))
    assert not leg.reachable or leg.km >= straight(a, b) - 0.1


def test_detours_are_sane_wherever_no_water_lies_between() -> None:
    """Over many random pairs: three times the great circle only round a fjord, a sound or a belt; on dry land never
    more than half as far again. Pairs within two kilometres are one town."""
    chance, net = random.Random(4711), network()
    dry = wet = 0
    for _ in range(4000):
        a, b = chance.choice(WHERE), chance.choice(WHERE)
        leg, km = FIXED_ONLY.leg(at(a), at(b)), straight(a, b)
        if not leg.reachable or km < 2:
            continue
        if a.land == b.land and net.dry((a.lat, a.lon), (b.lat, b.lon)):
            dry += 1
            assert leg.km <= 1.5 * km, (a.place, b.place, leg.km, km)
        elif leg.km > 3 * km:
            wet += 1
            assert a.land != b.land or not net.dry((a.lat, a.lon), (b.lat, b.lon))
    assert dry > 100
    assert wet > 10  # the sample holds such pairs, so the water is really there


def test_going_by_a_third_town_is_hardly_ever_shorter() -> None:
    """The triangle inequality, up to the roughness of roads drawn as straight lines: a fifth."""
    chance = random.Random(4711)
    for _ in range(3000):
        a, b = chance.choice(WHERE), chance.choice(WHERE)
        c = min(chance.sample(WHERE, 40), key=lambda row: straight(a, row) + straight(row, b))
        legs = [FIXED_ONLY.leg(at(x), at(y)) for x, y in ((a, b), (a, c), (c, b))]
        if all(leg.reachable for leg in legs):
            assert legs[0].km <= 1.2 * (legs[1].km + legs[2].km) + 0.5, (a.place, c.place, b.place)


def test_each_node_has_roads_in_every_direction_it_can() -> None:
    """The quarters of a town do not hide the village behind them: Fårup has a road to the south too."""
    net, farup = network(), place_of_postcode("8990")
    assert farup is not None
    node = net.nodes.index((farup.lat, farup.lon))
    sides = {direction(net.nodes[node], net.nodes[edge.to]) for edge in net.graph[node]}
    assert 4 in sides
    assert len(sides) >= 7


# --- islands


def test_the_islands_without_a_way_are_never_same_day_from_elsewhere() -> None:
    engine = default_engine()
    cut_off = [row for row in WHERE if row.land in UNCONNECTED]
    assert {row.land for row in cut_off} >= {"Bornholm", "Anholt"}
    assert not UNCONNECTED & BY_FERRY_ONLY
    for row, other in product(cut_off, WHERE[::5]):
        if other.land != row.land:
            assert engine.leg(at(row), at(other)) == NO_SAME_DAY, (row.place, other.place)


def test_islands_without_a_bridge_are_reached_by_a_named_ferry_within_the_day_or_not_at_all() -> None:
    """Each leg names its ferry and takes at least the crossing, half the headway and five minutes."""
    engine = default_engine()
    waits = {
        gate["name"]: float(gate["crossing_min"]) + float(gate["headway_min"]) / 2
        for gate in read_table("gateways.csv")
        if gate["kind"] == "ferry"
    }
    mainland = [row for row in WHERE if row.land in ("Jylland", "Vendsyssel-Thy", "Fyn", "Sjælland")][::7]
    islands = [row for row in WHERE if not FIXED_ONLY.leg(at(row), at(mainland[0])).reachable]
    assert {row.land for row in islands} >= {"Læsø", "Samsø", "Ærø", "Fanø", "Fur", "Orø", "Bornholm"}
    for row, other in product(islands, mainland):
        leg = engine.leg(at(row), at(other))
        if leg.reachable:
            assert leg.ferry is not None
            assert leg.minutes <= SAME_DAY_FERRY_MIN
            assert leg.minutes >= sum(waits[name] for name in leg.ferry.split(" + ")) + 5
    reached = {row.land for row, other in product(islands, mainland) if engine.leg(at(row), at(other)).reachable}
    assert reached.isdisjoint(UNCONNECTED)
    assert {"Læsø", "Samsø", "Ærø", "Fanø"} <= reached


def test_laeso_is_no_same_day_trip_from_copenhagen() -> None:
    copenhagen, laeso = place_of_postcode("1000"), place_of_postcode("9940")
    assert copenhagen is not None
    assert laeso is not None
    assert not default_engine().leg(copenhagen, laeso).reachable


def test_kilometres_from_a_postcode() -> None:
    assert km_from_postcode("8000", 56.15, 10.2) == pytest.approx(0, abs=2)
    assert km_from_postcode("1456", 56.15, 10.2) == pytest.approx(157, abs=4)
    assert km_from_postcode("0000", 56.15, 10.2) is None
