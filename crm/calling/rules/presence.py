"""When a phoner who gives no sign of life is taken to be away."""

from __future__ import annotations

from datetime import datetime, timedelta

SILENT_CALLING = timedelta(minutes=5)
SILENT_PAUSED = timedelta(hours=2)
"""A pause was said with its reason, and a machine may sleep meanwhile: it is believed for longer."""


def presence_now(state: str, since: datetime, seen_at: datetime, now: datetime) -> tuple[str, datetime]:
    """What the phoner is doing, and since when: as last said, or ``away`` since the last sign of life."""
    silent = {"calling": SILENT_CALLING, "paused": SILENT_PAUSED}.get(state)
    return ("away", seen_at) if silent is not None and now - seen_at > silent else (state, since)
