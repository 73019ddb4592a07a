"""An engine over HTTP as the rest of the product sees it: memory, table, one matrix call, else an estimate."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from crm.travel.asking import Asker
from crm.travel.breaker import Breaker
from crm.travel.engine import EmbeddedEngine
from crm.travel.memory import Memory
from crm.travel.places import Leg, Place
from crm.travel.quiet import quiet
from crm.travel.sameday import SameDay, place_of
from crm.travel.table import LegTable
from crm.travel.wire import Answer, Pair, Spot, Unanswered

log = logging.getLogger("crm.travel")

ESTIMATE_S = 120.0
"""An estimate is kept in memory this long: longer than a search, so that none goes out twice for the same drive."""

OFF_S = 3600.0
"""A place off the network is not asked for again within the hour."""


class RemoteEngine:
    """OSRM or Valhalla behind the Protocol. Safe among threads.

    A drive is looked for in the process, then in the table, then asked for. What the engine cannot answer (it is
    dead, slow, talks nonsense, or does not know the place) is worked out by ``embedded`` and marked as an estimate;
    estimates are never written down; see ``quiet`` for work in which nobody is asked. ``now`` tells the product's time;
    ``days`` is how long an answer holds.
    Coordinates count to four decimals, as in the embedded engine. The drive out may differ from the drive home.
    """

    def __init__(
        self,
        asker: Asker,
        embedded: EmbeddedEngine,
        table: LegTable | None = None,
        *,
        days: int = 90,
        breaker: Breaker | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.asker, self.breaker, self.table = asker, breaker or Breaker(), table
        self._embedded, self._rules = embedded, SameDay(embedded)
        self._keep, self._now = timedelta(days=days), now
        self._memory = Memory()
        self._off: dict[Spot, float] = {}
        self._off_lock = Lock()

    @property
    def name(self) -> str:
        return self.asker.wire.name

    def leg(self, origin: Place, destination: Place) -> Leg:
        pair = _spot(origin), _spot(destination)
        return self._legs((pair,))[pair]

    def matrix(self, origins: Sequence[Place], destinations: Sequence[Place]) -> list[list[Leg]]:
        starts, goals = [_spot(place) for place in origins], [_spot(place) for place in destinations]
        legs = self._legs({(start, goal) for start in starts for goal in goals})
        return [[legs[start, goal] for goal in goals] for start in starts]

    def warm(self, origins: Sequence[Place], destinations: Sequence[Place]) -> None:
        """Fetch the drives there and back; nothing in a stretch ``without_asking``."""
        if quiet():
            return
        starts, goals = {_spot(place) for place in origins}, {_spot(place) for place in destinations}
        there = {(start, goal) for start in starts for goal in goals}
        self._legs(there | {(goal, start) for start, goal in there})
        self.save()

    def save(self) -> None:
        """Write what could not be written when it was answered."""
        if self.table is not None and self.table.waiting:
            self.table.keep({}, self._now())

    def check(self, origin: Place, destination: Place) -> Leg:
        """Ask the engine itself, past every cache. Raises Unanswered."""
        pair = _spot(origin), _spot(destination)
        found: dict[Pair, Answer] = {}
        self.asker.ask([pair], found)
        if pair not in found:
            raise Unanswered("motoren kender ikke stederne; dækker dens kort Danmark?")
        return self._rules.finished(pair, found[pair])

    def _legs(self, pairs: Collection[Pair]) -> dict[Pair, Leg]:
        now = self._now()
        found = self._memory.find(pairs, now.timestamp())
        if len(found) < len(pairs):
            found |= self._find([pair for pair in pairs if pair not in found], now)
        return found

    def _find(self, pairs: Iterable[Pair], now: datetime) -> dict[Pair, Leg]:
        settled: dict[Pair, Leg] = {}
        rest: list[Pair] = []
        for pair in pairs:
            leg = self._rules.settled(pair)
            if leg is None:
                rest.append(pair)
            else:
                settled[pair] = leg
        self._memory.keep(settled, (now + self._keep).timestamp())
        kept = self._kept(rest, now)
        asked = {} if quiet() else self._asked([pair for pair in rest if pair not in kept], now)
        guessed = self._guessed([pair for pair in rest if pair not in kept and pair not in asked], now)
        return settled | kept | asked | guessed

    def _kept(self, pairs: Collection[Pair], now: datetime) -> dict[Pair, Leg]:
        if self.table is None or not pairs:
            return {}
        found = self.table.find(pairs, now - self._keep)
        for pair, (leg, asked_at) in found.items():
            self._memory.keep({pair: leg}, (asked_at + self._keep).timestamp())
        return {pair: leg for pair, (leg, _) in found.items()}

    def _asked(self, pairs: Collection[Pair], now: datetime) -> dict[Pair, Leg]:
        """What the engine itself answers now; nothing while it rests after a failure."""
        known = self._known_places(pairs, now)
        if not known or not self.breaker.admits():
            return {}
        answers: dict[Pair, Answer] = {}
        try:
            off = self.asker.ask(known, answers)
            self.breaker.worked()
            with self._off_lock:
                self._off |= dict.fromkeys(off, now.timestamp() + OFF_S)
        except Unanswered as exc:
            self.breaker.failed()
            log.warning("%s at %s: %s; drives are estimated meanwhile", self.name, self.asker.host, exc)
        wanted = set(pairs)
        legs = {pair: self._rules.finished(pair, answer) for pair, answer in answers.items() if pair in wanted}
        self._memory.keep(legs, (now + self._keep).timestamp())
        if self.table is not None and legs:
            self.table.keep(legs, now)
        return legs

    def _guessed(self, pairs: Iterable[Pair], now: datetime) -> dict[Pair, Leg]:
        legs = {
            pair: replace(self._embedded.leg(place_of(pair[0]), place_of(pair[1])), estimate=True) for pair in pairs
        }
        if not quiet():
            self._memory.keep(legs, now.timestamp() + ESTIMATE_S)
        return legs

    def _known_places(self, pairs: Iterable[Pair], now: datetime) -> list[Pair]:
        with self._off_lock:
            self._off = {spot: until for spot, until in self._off.items() if until > now.timestamp()}
            return [(a, b) for a, b in pairs if a not in self._off and b not in self._off]


def _spot(place: Place) -> Spot:
    return round(place.lat * 10_000), round(place.lon * 10_000)
