"""What holds whatever engine answers: islands, ferries, start and stop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm.cli.travel import read_place
from crm.travel.engine import embedded_engine
from crm.travel.places import NO_SAME_DAY
from crm.travel.remote import RemoteEngine, _spot
from crm.travel.sameday import SameDay
from tests.travel.osrm_server import OsrmServer

RULES = SameDay(embedded_engine())
Make = Callable[..., RemoteEngine]


def pair(origin: str, destination: str) -> tuple[tuple[int, int], tuple[int, int]]:
    return _spot(read_place(origin)), _spot(read_place(destination))


@pytest.mark.parametrize("island", ["3700", "3770", "8592", "8799"])
@pytest.mark.parametrize("other", ["1000", "8500", "9940", "55.6;13.0"])
def test_bornholm_and_unconnected_islands_are_never_same_day_whatever_the_engine_says(
    server: OsrmServer, engine_at: Make, island: str, other: str
) -> None:
    """The server drives everywhere; it is not even asked."""
    engine = engine_at(server.url)
    assert engine.leg(read_place(island), read_place(other)) == NO_SAME_DAY
    assert engine.leg(read_place(other), read_place(island)) == NO_SAME_DAY
    assert server.hits == 0


def test_on_bornholm_the_engine_is_asked(server: OsrmServer, engine_at: Make) -> None:
    leg = engine_at(server.url).leg(read_place("3700"), read_place("3740"))
    assert leg.reachable
    assert server.hits == 1


def test_abroad_the_engine_knows_more(server: OsrmServer, engine_at: Make) -> None:
    leg = engine_at(server.url).leg(read_place("1000"), read_place("55.6;13.0"))
    assert leg.reachable
    assert not embedded_engine().leg(read_place("1000"), read_place("55.6;13.0")).reachable


@pytest.mark.parametrize(("origin", "destination"), [("6700", "6720"), ("8300", "8305"), ("5700", "5970")])
def test_a_drive_that_needs_a_ferry_names_it_and_counts_the_waiting(origin: str, destination: str) -> None:
    known = embedded_engine().leg(read_place(origin), read_place(destination))
    quick = RULES.finished(pair(origin, destination), (20.0, 20 * 60.0))
    assert (quick.ferry, quick.minutes) == (known.ferry, known.minutes)
    slow = RULES.finished(pair(origin, destination), (20.0, 200 * 60.0))
    assert (slow.ferry, slow.minutes) == (known.ferry, 205)
    assert RULES.finished(pair(origin, destination), (20.0, 236 * 60.0)) == NO_SAME_DAY


def test_where_there_is_a_road_as_well_kilometres_tell_which_way_was_taken() -> None:
    """Hundested-Rørvig: 25 minutes of water, or 115 km round the fjord."""
    over = RULES.finished(pair("3390", "4581"), (11.0, 40 * 60.0))
    assert over.ferry == "Hundested-Rørvig"
    assert over.minutes >= embedded_engine().leg(read_place("3390"), read_place("4581")).minutes
    round_it = RULES.finished(pair("3390", "4581"), (113.0, 95 * 60.0))
    assert (round_it.ferry, round_it.minutes) == (None, 100)


@pytest.mark.parametrize(("seconds", "minutes"), [(0.0, 5), (0.1, 6), (60.0, 6), (60.1, 7), (3600.0, 65)])
def test_minutes_are_rounded_up(seconds: float, minutes: int) -> None:
    assert RULES.finished(pair("8000", "7400"), (80.0, seconds)).minutes == minutes
