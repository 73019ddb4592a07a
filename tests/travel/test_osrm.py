"""OSRM over HTTP: answers, portions, places off the network, and everything a server may say instead of an answer."""

from collections.abc import Callable
from math import ceil

import pytest

from crm.travel.asking import rectangles
from crm.travel.engine import Place, embedded_engine
from crm.travel.osrm import Osrm
from crm.travel.places import NO_SAME_DAY
from crm.travel.remote import RemoteEngine
from crm.travel.wire import Unanswered
from tests.travel.osrm_server import OsrmServer, metres_and_seconds, point, town

AARHUS, HERNING, VIBORG, RANDERS = map(town, ("8000", "7400", "8800", "8900"))
JUTLAND = [AARHUS, HERNING, VIBORG, RANDERS]

Make = Callable[..., RemoteEngine]


def grid(count: int) -> list[Place]:
    """Places on the heath between Herning and Viborg, about a kilometre apart."""
    return [Place(56.10 + 0.01 * (i % 15), 9.00 + 0.02 * (i // 15)) for i in range(count)]


def minutes(a: Place, b: Place) -> int:
    return ceil(round(metres_and_seconds(point(a), point(b))[1] / 60, 6)) + 5


def test_a_drive_is_the_servers_seconds_rounded_up_with_starting_and_stopping(
    server: OsrmServer, engine_at: Make
) -> None:
    leg = engine_at(server.url).leg(AARHUS, HERNING)
    metres, seconds = metres_and_seconds(point(AARHUS), point(HERNING))
    assert (leg.km, leg.minutes) == (round(metres / 1000, 1), ceil(seconds / 60) + 5)
    assert (leg.reachable, leg.estimate, leg.ferry) == (True, False, None)


def test_the_address_may_have_a_path_of_its_own(server: OsrmServer, engine_at: Make) -> None:
    engine_at(f"{server.url}/maps/").leg(AARHUS, HERNING)
    assert server.paths[0].startswith("/maps/table/v1/driving/10.")


def test_a_matrix_is_one_request_with_each_place_once(server: OsrmServer, engine_at: Make) -> None:
    legs = engine_at(server.url).matrix(JUTLAND, JUTLAND)
    assert server.hits == 1
    assert server.tables == [(4, 4)]
    assert [[leg.minutes for leg in row] for row in legs] == [
        [5 if a is b else minutes(a, b) for b in JUTLAND] for a in JUTLAND
    ]


def test_out_and_home_differ_and_warming_fetches_both(server: OsrmServer, engine_at: Make) -> None:
    engine = engine_at(server.url)
    engine.warm([AARHUS], [HERNING, VIBORG])
    asked = server.hits
    out, home = engine.leg(AARHUS, HERNING), engine.leg(HERNING, AARHUS)
    assert (out.minutes, home.minutes) == (minutes(AARHUS, HERNING), minutes(HERNING, AARHUS))
    assert out.minutes > home.minutes  # against the wind
    engine.leg(VIBORG, AARHUS)
    engine.matrix([AARHUS], [HERNING, VIBORG])
    assert (server.hits, asked) == (2, 2)


def test_no_road_is_an_answer(server: OsrmServer, engine_at: Make) -> None:
    server.walls = {(point(AARHUS), point(HERNING))}
    engine = engine_at(server.url)
    assert engine.leg(AARHUS, HERNING) == NO_SAME_DAY
    assert engine.leg(HERNING, AARHUS).reachable
    assert not engine.breaker.open
    server.mood = "NoTable"
    assert engine.leg(VIBORG, RANDERS) == NO_SAME_DAY


@pytest.mark.parametrize("count", [60, 130])
def test_a_large_table_goes_in_portions_and_each_cell_is_right(server: OsrmServer, engine_at: Make, count: int) -> None:
    places = grid(count)
    legs = engine_at(server.url).matrix(places, places)
    assert server.hits == len(server.tables) == (1 if count <= 100 else 6)
    for a, row in zip(places, legs, strict=True):
        for b, leg in zip(places, row, strict=True):
            assert leg.minutes == (5 if a == b else minutes(a, b))


def test_a_server_with_a_smaller_limit_is_asked_for_less(server: OsrmServer, engine_at: Make) -> None:
    server.limit = 25
    places = grid(40)
    engine = engine_at(server.url)
    legs = engine.matrix(places, places)
    assert not any(leg.estimate for row in legs for leg in row)
    assert all(len(set(table)) >= 1 and max(table) <= 25 for table in server.tables)


@pytest.mark.parametrize("off", [[0], [7], [0, 1], [3, 11, 19], list(range(20))])
def test_places_off_the_network_cost_the_others_nothing(server: OsrmServer, engine_at: Make, off: list[int]) -> None:
    places = grid(20)
    server.off = {point(places[i]) for i in off}
    engine = engine_at(server.url)
    legs = engine.matrix(places, places)
    for i, row in enumerate(legs):
        for j, leg in enumerate(row):
            if i != j:
                assert leg.estimate == (i in off or j in off)
                assert leg.minutes == (
                    embedded_engine().leg(places[i], places[j]).minutes
                    if leg.estimate
                    else minutes(places[i], places[j])
                )
    assert not engine.breaker.open


def test_a_place_off_the_network_is_not_asked_for_again(server: OsrmServer, engine_at: Make) -> None:
    places = grid(6)
    server.off = {point(places[2])}
    engine = engine_at(server.url)
    engine.matrix(places, places)
    asked = server.hits
    assert engine.leg(places[2], AARHUS).estimate
    assert server.hits == asked


@pytest.mark.parametrize(
    "mood",
    [
        "500",
        "garbage",
        "redirect",
        "InvalidQuery",
        "InvalidValue",
        "NotImplemented",
        '{"code": "Ok"}',
        '{"code": "Ok", "durations": [[1.0]], "distances": null}',
        '{"code": "Ok", "durations": [[-1.0]], "distances": [[1.0]]}',
        '{"code": "Ok", "durations": [[NaN]], "distances": [[1.0]]}',
        '{"code": "Ok", "durations": [["7"]], "distances": [[1.0]]}',
        '{"code": "Ok", "durations": [[true]], "distances": [[1.0]]}',
        '{"code": "Ok", "durations": [[1.0, 2.0]], "distances": [[1.0, 2.0]]}',
        '{"code": ["Ok"]}',
        "{}",
    ],
)
def test_whatever_is_no_answer_leads_to_a_marked_estimate(server: OsrmServer, engine_at: Make, mood: str) -> None:
    server.mood = mood
    engine = engine_at(server.url)
    leg, known = engine.leg(AARHUS, HERNING), embedded_engine().leg(AARHUS, HERNING)
    assert (leg.km, leg.minutes, leg.ferry, leg.reachable) == (known.km, known.minutes, known.ferry, known.reachable)
    assert leg.estimate
    assert engine.breaker.open
    with pytest.raises(Unanswered):
        engine.check(AARHUS, HERNING)


def test_a_server_that_never_answers_is_left_in_time(server: OsrmServer, engine_at: Make) -> None:
    server.mood = "silent"
    assert engine_at(server.url, timeout_ms=150).leg(AARHUS, HERNING).estimate


def test_a_server_that_is_not_there(engine_at: Make) -> None:
    with OsrmServer() as gone:
        url = gone.url
    engine = engine_at(url)
    assert engine.leg(AARHUS, HERNING).estimate
    with pytest.raises(Unanswered, match="kan ikke nås"):
        engine.check(AARHUS, HERNING)


def test_a_garbled_answer_in_a_row_of_portions_keeps_the_portions_before_it(
    server: OsrmServer, engine_at: Make
) -> None:
    places = grid(130)
    answer = server.answer

    def dies_at_the_third(path: str) -> tuple[int, bytes]:
        server.mood = "garbage" if server.hits >= 2 else ""
        return answer(path)

    server.answer = dies_at_the_third  # type: ignore[method-assign]
    legs = engine_at(server.url).matrix(places, places)
    estimates = sum(leg.estimate for row in legs for leg in row)
    assert server.hits == 3
    assert 0 < estimates < 130 * 130 - 130


def test_a_request_reads_as_osrm_documents_it() -> None:
    request = Osrm().request([(561500, 102000), (560000, 90000)], [(560000, 90000)])
    assert request.body is None
    assert request.path == (
        "/table/v1/driving/10.2000,56.1500;9.0000,56.0000?sources=0;1&destinations=1"
        "&annotations=duration,distance&radiuses=5000;5000&generate_hints=false"
    )


def test_rectangles_ask_for_what_is_missing_and_little_else() -> None:
    a, b, c, new = (1, 1), (2, 2), (3, 3), (9, 9)
    square = {(x, y) for x in (a, b, c) for y in (a, b, c) if x != y}
    assert rectangles(square) == [([a, b, c], [a, b, c])]
    cross = {(new, x) for x in (a, b, c)} | {(x, new) for x in (a, b, c)}
    assert sorted(rectangles(cross)) == [([a, b, c], [new]), ([new], [a, b, c])]
    assert rectangles([]) == []
