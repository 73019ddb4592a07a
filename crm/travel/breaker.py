"""A dead engine costs one time-out, not one for every drive."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic

REST_S = 30.0


class Breaker:
    """Nobody is let through for ``rest_s`` seconds after a failure; then one tries, and the others go on resting until
    that one has come back. ``clock`` counts seconds and never runs backwards. Safe among threads."""

    def __init__(self, rest_s: float = REST_S, clock: Callable[[], float] = monotonic) -> None:
        self._rest, self._clock, self._lock = rest_s, clock, Lock()
        self._until: float | None = None

    @property
    def open(self) -> bool:
        """Whether the last attempt failed."""
        return self._until is not None

    def admits(self) -> bool:
        """Whether the caller may try now; tell the outcome by ``worked`` or ``failed``."""
        with self._lock:
            if self._until is None:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._rest
            return True

    def worked(self) -> None:
        with self._lock:
            self._until = None

    def failed(self) -> None:
        with self._lock:
            self._until = self._clock() + self._rest
