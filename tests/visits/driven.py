"""Visits of one consultant's day, for tests of how it is driven."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from crm.base.clock import at, danish_date
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories import make_visit
from tests.factories.visits import Scene

MARIAGER = (56.6500, 9.9790)
SKOERPING = (56.8360, 9.8930)
RANDERS = (56.4600, 10.0360)
RONNE = (55.1000, 14.7000)
TODAY = danish_date(NOW)  # Tuesday, 10.00


def visit_at(
    scene: Scene, minute: int, *, at_place: tuple[float, float] | None = None, day: int = 0, **fields: Any
) -> Visit:
    """Booked with the scene's first consultant, at a minute of the Danish day so many days from today."""
    entry = scene.entry(held=False, at=at_place, name=fields.pop("name", "Eksempel Blik & Rør ApS"))
    entry.state, entry.final_outcome = "done", "booked"
    if at_place:
        fields |= {"lat": at_place[0], "lon": at_place[1]}
    return make_visit(
        scene.session,
        entry=entry,
        consultant=fields.pop("consultant", scene.consultant),
        starts_at=at(TODAY + timedelta(days=day), minute),
        **fields,
    )
