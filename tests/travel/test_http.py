"""An engine over HTTP from inside the product: memory, fall-back, breaker, threads."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.travel.asking import Asker
from crm.travel.breaker import Breaker
from crm.travel.engine import Place, embedded_engine
from crm.travel.memory import Memory
from crm.travel.osrm import Osrm
from crm.travel.places import Leg
from crm.travel.remote import RemoteEngine
from tests.travel.osrm_server import OsrmServer, Ticking, point, town

AARHUS, HERNING, VIBORG, RANDERS = map(town, ("8000", "7400", "8800", "8900"))
TOWNS = [AARHUS, HERNING, VIBORG, RANDERS]
BORNHOLM, SAMSØ, MALMÖ = Place(55.1, 14.7), Place(55.83, 10.6), Place(55.6, 13.0)

Make = Callable[..., RemoteEngine]


def test_a_dead_engine_costs_one_question_until_it_has_rested(
    server: OsrmServer, clock: Ticking, engine_at: Make
) -> None:
    server.mood = "500"
    engine = engine_at(server.url)
    assert engine.leg(AARHUS, HERNING).estimate
    assert all(engine.leg(a, b).estimate for a in TOWNS for b in TOWNS if a != b)
    assert server.hits == 1
    clock.on(seconds=31)
    assert engine.leg(Place(56.2, 9.1), HERNING).estimate
    assert engine.leg(Place(56.2, 9.2), HERNING).estimate
    assert server.hits == 2  # one trial
    clock.on(seconds=31)
    server.mood = ""
    assert not engine.leg(Place(56.2, 9.3), HERNING).estimate
    assert not engine.leg(Place(56.2, 9.4), HERNING).estimate


def test_a_large_search_with_a_dead_engine_is_one_question(server: OsrmServer, engine_at: Make) -> None:
    server.mood = "500"
    engine = engine_at(server.url)
    places = [Place(56.0 + i / 100, 9.5) for i in range(120)]
    engine.warm(places, places)
    assert server.hits == 1
    assert engine.matrix(places[:2], places[2:4])[0][0].estimate


def test_a_search_that_was_warmed_does_not_go_out_again_though_the_engine_comes_back(
    server: OsrmServer, clock: Ticking, engine_at: Make
) -> None:
    server.mood = "500"
    engine = engine_at(server.url)
    engine.warm(TOWNS, TOWNS)
    server.mood = ""
    clock.on(seconds=60)
    assert engine.leg(AARHUS, HERNING).estimate
    assert server.hits == 1
    clock.on(seconds=61)
    assert not engine.leg(AARHUS, HERNING).estimate


def test_an_answer_in_memory_holds_as_long_as_the_settings_say(
    server: OsrmServer, clock: Ticking, engine_at: Make
) -> None:
    engine = engine_at(server.url)
    engine.leg(AARHUS, HERNING)
    clock.on(days=89)
    engine.leg(AARHUS, HERNING)
    assert server.hits == 1
    clock.on(days=2)
    engine.leg(AARHUS, HERNING)
    assert server.hits == 2


def test_only_what_is_missing_is_asked_for(server: OsrmServer, engine_at: Make) -> None:
    engine = engine_at(server.url)
    engine.warm(TOWNS, TOWNS)
    engine.warm([Place(56.3, 9.5)], TOWNS)
    assert sorted(server.tables) == [(1, 4), (4, 1), (4, 4)]


def test_a_place_to_itself_and_no_places_at_all_ask_nobody(server: OsrmServer, engine_at: Make) -> None:
    engine = engine_at(server.url)
    engine.warm([], TOWNS)
    assert engine.matrix([], []) == []
    assert engine.leg(AARHUS, AARHUS) == embedded_engine().leg(AARHUS, AARHUS)
    assert server.hits == 0


def test_two_threads_that_warm_the_same_drives_have_the_same_answers(server: OsrmServer, engine_at: Make) -> None:
    engine, start = engine_at(server.url), Barrier(4)
    places = [Place(56.0 + i / 50, 9.0 + i / 40) for i in range(20)]
    seen: list[list[list[Leg]]] = []

    def work() -> None:
        start.wait()
        engine.warm(places, places)
        seen.append(engine.matrix(places, places))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert all(each == seen[0] for each in seen)
    assert not any(leg.estimate for row in seen[0] for leg in row)
    assert 1 <= server.hits <= 4


SPOTS = [*TOWNS, BORNHOLM, Place(55.13, 14.9), SAMSØ, MALMÖ, Place(56.6, 9.9), Place(55.0, 9.4), Place(120.0, 9.0)]


@given(st.lists(st.sampled_from(SPOTS), max_size=6), st.lists(st.sampled_from(SPOTS), max_size=6), st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_answers_do_not_depend_on_whether_they_were_warmed(
    server: OsrmServer, origins: list[Place], goals: list[Place], dead: bool
) -> None:
    """With a place off the network and two that no road joins among them."""
    server.mood = "500" if dead else ""
    server.off = {point(Place(55.0, 9.4))}
    server.walls = {(point(AARHUS), point(VIBORG))}
    single, warmed, whole = (
        RemoteEngine(Asker(Osrm(), server.url, 5000), embedded_engine(), now=Ticking().now) for _ in range(3)
    )
    warmed.warm(origins, goals)
    asked = server.hits
    table = whole.matrix(origins, goals)
    for i, origin in enumerate(origins):
        for j, goal in enumerate(goals):
            assert single.leg(origin, goal) == warmed.leg(origin, goal) == table[i][j]
            assert single.leg(goal, origin) == warmed.leg(goal, origin)
    before = server.hits
    assert [[warmed.leg(a, b) for b in goals] for a in origins] == table
    assert asked <= before == server.hits


@pytest.mark.parametrize("attempts", [1, 3])
def test_the_breaker_lets_one_through_at_a_time(attempts: int) -> None:
    clock = Ticking()
    breaker = Breaker(30, clock.seconds)
    assert breaker.admits()
    for _ in range(attempts):
        breaker.failed()
        assert not breaker.admits()
        clock.on(seconds=30)
        assert [breaker.admits() for _ in range(3)] == [True, False, False]
    breaker.worked()
    assert [breaker.admits() for _ in range(3)] == [True, True, True]


def test_memory_forgets_what_was_asked_longest_ago() -> None:
    memory, leg = Memory(pairs=2), Leg(1.0, 6, None, True)
    one, two, three = (((i, i), (0, 0)) for i in (1, 2, 3))
    memory.keep({one: leg, two: leg}, until=10)
    memory.find([one], now=0)
    memory.keep({three: leg}, until=10)
    assert set(memory.find([one, two, three], now=0)) == {one, three}
    assert memory.find([one], now=10) == {}
