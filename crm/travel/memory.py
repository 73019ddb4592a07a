"""Drives kept in the process: the latest asked stay, each until its own hour."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

from crm.travel.places import Leg
from crm.travel.wire import Pair

PAIRS = 100_000


class Memory:
    """``until`` and ``now`` are seconds on one clock. Safe among threads."""

    def __init__(self, pairs: int = PAIRS) -> None:
        self._pairs, self._lock = pairs, Lock()
        self._legs: OrderedDict[Pair, tuple[Leg, float]] = OrderedDict()

    def find(self, pairs: Iterable[Pair], now: float) -> dict[Pair, Leg]:
        """Those that are known and not out of date."""
        found: dict[Pair, Leg] = {}
        with self._lock:
            for pair in pairs:
                kept = self._legs.get(pair)
                if kept is not None and kept[1] > now:
                    self._legs.move_to_end(pair)
                    found[pair] = kept[0]
        return found

    def keep(self, legs: Mapping[Pair, Leg], until: float) -> None:
        with self._lock:
            for pair, leg in legs.items():
                self._legs[pair] = leg, until
                self._legs.move_to_end(pair)
            while len(self._legs) > self._pairs:
                self._legs.popitem(last=False)
