"""Where a consultant is during a day: stops. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from crm.travel.places import Place

Span: TypeAlias = tuple[datetime, datetime]
"""Half-open, UTC."""

TAKEN = {"visit": "overlap", "hold": "held"}
"""Kinds of stops that are visits or may become one, and why a time over them cannot be had."""
OVER = {**TAKEN, "busy": "busy", "away": "away"}
"""Why a time over a stop of a kind cannot be had."""
NEAR = timedelta(hours=2)
"""A neighbouring visit this close is the one worth naming."""


@dataclass(slots=True)
class Stop:
    """Where the consultant is, and until when. ``kind``: ``base`` (the day's two ends), ``visit``, ``hold`` (a time
    that is kept for somebody who is talking with the company, until ``lapses``), ``away`` (absence) and ``busy`` (an
    appointment in the consultant's own calendar), both spent at the base as far as anyone knows. ``blur``: more
    minutes of margin because the place is not known well (``places.BLUR``). ``margin``: of the visit's own campaign, in
    minutes: a drive beside it takes the larger of the two."""

    starts_at: datetime
    ends_at: datetime
    place: Place
    town: str
    kind: str = "visit"
    blur: int = 0
    lapses: datetime | None = None
    margin: int = 0

    @property
    def freed(self) -> tuple[datetime, bool]:
        """Of stops that end together a visit says where the consultant is, not the base."""
        return self.ends_at, self.kind != "base"
