"""What holds whatever engine is asked: who cannot be reached the same day, and which drive needs a ferry.

The embedded engine knows the lands of Denmark, their bridges and their ferries; an engine over HTTP knows roads and
speeds. A road engine may well find the night ferry to Bornholm, and its table never says that a ferry is part of
the way.
"""

from __future__ import annotations

from functools import cache
from math import ceil

from crm.travel.engine import EmbeddedEngine
from crm.travel.network import network
from crm.travel.places import NO_SAME_DAY, Leg, Place
from crm.travel.rules import SAME_DAY_FERRY_MIN, START_STOP_MIN
from crm.travel.wire import Answer, Pair, Spot, degrees

START_STOP = ceil(START_STOP_MIN)
HERE = Leg(0.0, START_STOP, None, True)
"""Two visits at one place: only starting and stopping, as the embedded engine has it."""


class SameDay:
    """The rules, by what ``known`` knows."""

    def __init__(self, known: EmbeddedEngine) -> None:
        self.known = known

    def settled(self, pair: Pair) -> Leg | None:
        """The drive when no engine need be asked for it: the same place, or never the same day. Else None.

        Never the same day is a pair on two lands that the embedded engine joins neither by road nor by ferry within
        its limit, and a land without any way off it (Bornholm, Anholt) to everywhere else, abroad too.
        """
        if pair[0] == pair[1]:
            return HERE
        origin, destination = place_of(pair[0]), place_of(pair[1])
        if not (_on_earth(origin) and _on_earth(destination)):
            return NO_SAME_DAY
        if self.known.leg(origin, destination).reachable:
            return None
        lands = {self.known.land_of(origin), self.known.land_of(destination)}
        if len(lands) == 2 and (None not in lands or lands & _lonely()):
            return NO_SAME_DAY
        return None

    def finished(self, pair: Pair, answer: Answer) -> Leg:
        """The drive by the engine's answer.

        Minutes are the engine's seconds rounded up, plus the product's START_STOP_MIN: an engine's clock runs from
        kerb to kerb, and finding the car, parking and reaching the door take the time they take in the embedded
        engine. No answer (None) is no same-day drive. Where the way takes a ferry, the ferry's name is the embedded
        engine's and the minutes are the longer of the two, because road engines know no waiting; over 240 minutes
        such a way is no same-day drive where there is no road.
        """
        if answer is None:
            return NO_SAME_DAY
        km, seconds = answer
        minutes = ceil(round(seconds / 60, 6)) + START_STOP
        known, road = self._ferry(pair, km)
        if known is None:
            return Leg(round(km, 1), minutes, None, True)
        minutes = max(minutes, known.minutes)
        if minutes > SAME_DAY_FERRY_MIN and not road:
            return NO_SAME_DAY
        return Leg(round(km, 1), minutes, known.ferry, True)

    def _ferry(self, pair: Pair, km: float) -> tuple[Leg | None, bool]:
        """The embedded engine's ferry leg when the engine must have taken it, and whether there is a road as well.

        Where both exist, kilometres tell: nearer to those of the ferry's way than to those of the road round.
        """
        origin, destination = place_of(pair[0]), place_of(pair[1])
        known = self.known.leg(origin, destination)
        if known.ferry is None:
            return None, True
        road = self.known.by_road(origin, destination)
        if road.reachable and km >= (known.km + road.km) / 2:
            return None, True
        return known, road.reachable


def place_of(spot: Spot) -> Place:
    return Place(*degrees(spot))


def _on_earth(place: Place) -> bool:
    return -90 <= place.lat <= 90 and -180 <= place.lon <= 180


@cache
def _lonely() -> frozenset[str | None]:
    """Lands that neither a bridge nor a ferry of the tables leaves."""
    net = network()
    lonely: set[str | None] = set()
    for land, nodes in net.on_land.items():
        here = set(nodes)
        if all(edge.to in here for node in nodes for edge in net.graph[node]):
            lonely.add(land)
    return frozenset(lonely)
