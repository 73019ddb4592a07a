"""How long a time is held for somebody who is talking. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

LASTS = timedelta(minutes=3)
"""A held time lapses after this long, unless it is prolonged."""
FORGOTTEN = timedelta(days=1)
"""A lapsed hold is kept this long, to tell its phoner when it ran out."""


def seconds_left(until: datetime, now: datetime) -> int:
    """Whole seconds the hold has yet, rounded up; 0 when it has lapsed."""
    left = until - now
    return max(0, -(-left // timedelta(seconds=1)))
