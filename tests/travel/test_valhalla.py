"""A real Valhalla: tiles from a road network written here, asked over HTTP as an installation would be."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from crm.travel.engine import Place, embedded_engine
from crm.travel.places import NO_SAME_DAY
from crm.travel.remote import RemoteEngine
from crm.travel.rules import great_circle_km
from crm.travel.valhalla import Valhalla
from crm.travel.wire import OffNetwork, Unanswered

Make = Callable[..., RemoteEngine]

WEST = [Place(56.15, round(10.20 - 0.02 * i, 4)) for i in range(70)]
"""A main road from Aarhus to the west; the first two kilometres have a one-way loop to the north as well."""

SAMSØ = [Place(55.83, round(10.58 + 0.01 * i, 4)) for i in range(4)]
BORNHOLM = [Place(55.10, round(14.80 + 0.02 * i, 4)) for i in range(4)]
ESBJERG, FANØ = [Place(55.47, 8.44), Place(55.47, 8.46)], [Place(55.44, 8.40), Place(55.43, 8.40)]
NOWHERE = Place(54.93, 9.80)  # Sønderborg: no road of this map is near
AARHUS, FAR = WEST[0], WEST[-1]


def _missing() -> str | None:
    try:
        import osmium  # noqa: F401
        import valhalla
    except ImportError as exc:
        return str(exc)
    binaries = Path(valhalla.__file__).with_name("bin")
    missing = [name for name in ("valhalla_build_tiles", "valhalla_service") if not (binaries / name).exists()]
    return f"{missing} is not in the package" if missing else None


def _write_roads(path: Path) -> None:
    from osmium import SimpleWriter
    from osmium.osm import mutable

    with SimpleWriter(str(path)) as writer:
        numbers: dict[Place, int] = {}
        roads: list[tuple[list[Place], dict[str, str]]] = [
            (WEST, {"highway": "primary", "maxspeed": "80"}),
            ([WEST[0], Place(56.17, 10.18), WEST[2]], {"highway": "primary", "maxspeed": "80", "oneway": "yes"}),
            ([WEST[10], Place(56.12, 10.0), Place(56.10, 9.98)], {"highway": "secondary", "oneway": "-1"}),
            (SAMSØ, {"highway": "secondary"}),
            (BORNHOLM, {"highway": "primary"}),
            (ESBJERG, {"highway": "primary"}),
            (FANØ, {"highway": "secondary"}),
            ([ESBJERG[0], FANØ[0]], {"route": "ferry", "duration": "00:12", "motor_vehicle": "yes", "name": "Fanø"}),
        ]
        for place in [place for road, _ in roads for place in road]:
            if place not in numbers:
                numbers[place] = len(numbers) + 1
                writer.add_node(mutable.Node(id=numbers[place], version=1, location=(place.lon, place.lat), tags={}))
        for number, (road, tags) in enumerate(roads, 1):
            writer.add_way(mutable.Way(id=number, version=1, nodes=[numbers[each] for each in road], tags=tags))


def _configuration(folder: Path, port: int) -> Path:
    import valhalla

    tiles = folder / "tiles"
    tiles.mkdir()
    config: dict[str, Any] = valhalla.get_config(tile_extract="", tile_dir=tiles)
    for name in ("admin", "timezone", "landmarks", "traffic_extract"):
        config["mjolnir"].pop(name, None)
    config["httpd"]["service"] |= {
        "listen": f"tcp://127.0.0.1:{port}",
        "loopback": f"ipc://{folder}/loopback",
        "interrupt": f"ipc://{folder}/interrupt",
    }
    for stage in ("loki", "thor", "odin", "meili"):
        config[stage]["service"]["proxy"] = f"ipc://{folder}/{stage}"
    path = folder / "valhalla.json"
    path.write_text(json.dumps(config))
    return path


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether the service came up; asked some times, because it says nothing when it is ready."""
    for _ in range(200):
        if process.poll() is not None:
            return False
        try:
            return httpx.get(f"{url}/status", timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            Event().wait(0.05)
    return False


@pytest.fixture(scope="module")
def valhalla_url() -> Iterator[str]:
    missing = _missing()
    if missing and "valhalla" in os.environ.get("CRM_TEST_REQUIRE", ""):
        pytest.fail(f"CRM_TEST_REQUIRE asks for Valhalla: {missing}")
    if missing:
        pytest.skip(f"NO VALHALLA, the engine is not tested against a real one: {missing}")
    import valhalla

    binaries = Path(valhalla.__file__).with_name("bin")
    folder = Path(tempfile.mkdtemp(prefix="valhalla-"))  # short: a socket's name has little room
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = _configuration(folder, port)
    _write_roads(folder / "roads.osm.pbf")
    subprocess.run(
        [binaries / "valhalla_build_tiles", "-c", config, folder / "roads.osm.pbf"],
        check=True,
        capture_output=True,
        cwd=folder,  # it leaves notes where it stands
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([binaries / "valhalla_service", config, "1"], stdout=log, stderr=log, cwd=folder)
    try:
        assert _answers(f"http://127.0.0.1:{port}", process), (folder / "log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


@pytest.fixture
def engine(valhalla_url: str, engine_at: Make) -> RemoteEngine:
    return engine_at(valhalla_url, wire=Valhalla(), timeout_ms=20_000)


def raw(url: str, origin: Place, destination: Place) -> dict[str, Any]:
    """What Valhalla itself says, asked without our engine."""
    sides = {"sources": [origin], "targets": [destination]}
    asked = {side: [{"lat": each.lat, "lon": each.lon} for each in places] for side, places in sides.items()}
    said = httpx.post(f"{url}/sources_to_targets", json={**asked, "costing": "auto"}, trust_env=False).json()
    cell: dict[str, Any] = said["sources_to_targets"][0][0]
    return cell


def test_kilometres_and_minutes_are_valhallas_own(valhalla_url: str, engine: RemoteEngine) -> None:
    leg, said = engine.leg(AARHUS, FAR), raw(valhalla_url, AARHUS, FAR)
    assert (leg.km, leg.minutes) == (round(said["distance"], 1), ceil(said["time"] / 60) + 5)
    straight = great_circle_km((AARHUS.lat, AARHUS.lon), (FAR.lat, FAR.lon))
    assert straight - 1 < engine.leg(FAR, AARHUS).km < straight + 2
    assert (leg.estimate, leg.ferry, leg.reachable) == (False, None, True)


def test_a_one_way_road_makes_out_and_home_differ(valhalla_url: str, engine: RemoteEngine) -> None:
    """A place on the loop can be reached from the east alone, and left to the west alone."""
    loop, east = Place(56.17, 10.18), WEST[0]
    engine.warm([loop], [east])
    out, home = engine.leg(east, loop), engine.leg(loop, east)
    assert out.km + 1 < home.km
    assert home.km == round(raw(valhalla_url, loop, east)["distance"], 1)


def test_an_unconnected_island_is_an_answer_and_costs_the_others_nothing(engine: RemoteEngine) -> None:
    """This map has no ferry to Samsø: Valhalla refuses the whole table, and the others are asked for again."""
    places = [*WEST[:5], SAMSØ[0], *WEST[20:25], SAMSØ[3]]
    legs = engine.matrix(places, places)
    for i, row in enumerate(legs):
        for j, leg in enumerate(row):
            assert not leg.estimate
            assert leg.reachable == ((places[i] in SAMSØ) == (places[j] in SAMSØ))
    assert not engine.breaker.open


def test_bornholm_is_not_same_day_but_driven_on_itself(engine: RemoteEngine) -> None:
    assert engine.leg(AARHUS, BORNHOLM[0]) == NO_SAME_DAY
    leg = engine.leg(BORNHOLM[0], BORNHOLM[3])
    assert leg.reachable
    assert 3 < leg.km < 5


def test_a_place_off_the_network_is_estimated_alone(valhalla_url: str, engine: RemoteEngine) -> None:
    places = [AARHUS, NOWHERE, FAR]
    table = engine.matrix(places, places)
    assert [[leg.estimate for leg in row] for row in table] == [
        [False, True, False],
        [True, False, True],
        [False, True, False],
    ]
    assert table[0][1].minutes == embedded_engine().leg(AARHUS, NOWHERE).minutes
    assert table[0][2].km == round(raw(valhalla_url, AARHUS, FAR)["distance"], 1)
    with pytest.raises(Unanswered, match="kender ikke stederne"):
        engine.check(AARHUS, NOWHERE)


def test_a_table_over_valhallas_limit_goes_in_portions(valhalla_url: str, engine: RemoteEngine) -> None:
    """70 x 70 pairs; asked for at once, Valhalla would refuse them."""
    legs = engine.matrix(WEST, WEST)
    assert not any(leg.estimate for row in legs for leg in row)
    assert legs[3][66].km == round(raw(valhalla_url, WEST[3], WEST[66])["distance"], 1)
    assert legs[0][69].minutes > legs[0][35].minutes > legs[0][10].minutes


def test_a_ferry_on_the_way_is_named_though_valhallas_table_does_not_tell(
    valhalla_url: str, engine: RemoteEngine
) -> None:
    leg, said = engine.leg(ESBJERG[1], FANØ[1]), raw(valhalla_url, ESBJERG[1], FANØ[1])
    assert said["time"] is not None
    assert leg.ferry == "Esbjerg-Fanø"
    assert leg.minutes >= ceil(said["time"] / 60) + 5
    assert not leg.estimate


def test_the_real_answers_do_not_depend_on_how_they_are_asked_for(
    valhalla_url: str, engine_at: Make, engine: RemoteEngine
) -> None:
    places = [AARHUS, WEST[30], SAMSØ[1], BORNHOLM[1], NOWHERE, Place(56.17, 10.18)]
    warmed = engine_at(valhalla_url, wire=Valhalla(), timeout_ms=20_000)
    warmed.warm(places[:3], places[2:])
    for a in places[:3]:
        for b in places[2:]:
            assert warmed.leg(a, b) == engine.leg(a, b)
            assert warmed.leg(b, a) == engine.leg(b, a)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error_code": 106}),
        (200, {}),
        (200, {"sources_to_targets": [[{"time": 1, "distance": 1}]], "units": "miles"}),
        (200, {"sources_to_targets": [[{"time": 1}]], "units": "kilometers"}),
        (200, {"sources_to_targets": [[{"time": -1, "distance": 1}]], "units": "kilometers"}),
        (200, {"sources_to_targets": [[None]], "units": "kilometers"}),
        (200, {"sources_to_targets": {"distances": [[1]]}, "units": "kilometers"}),
        (200, ["sources_to_targets"]),
    ],
)
def test_what_cannot_be_understood_is_no_answer(status: int, body: object) -> None:
    with pytest.raises(Unanswered):
        Valhalla().read(status, body, 1, 1)


def test_null_is_no_road_and_a_place_off_the_network_is_told_apart_from_it() -> None:
    body = {"sources_to_targets": [[{"time": None, "distance": None}]], "units": "kilometers"}
    assert Valhalla().read(200, body, 1, 1) == [[None]]
    with pytest.raises(OffNetwork):
        Valhalla().read(400, {"error_code": 171, "error": "No suitable edges near location"}, 1, 1)
