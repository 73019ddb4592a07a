"""Which promises were kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """``due`` promises whose first date has passed, or that were done on it; ``kept`` done on or before it, ``late``
    done after it. What is put off counts from its first date; what is not yet due counts nowhere."""

    due: int
    kept: int
    late: int
