"""A jobcentre to book in by many at once: the numbers of its people and companies, for workers of any process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from sqlalchemy.orm import Session

from tests.factories import make_user
from tests.factories.calling import make_phoner
from tests.factories.visits import make_scene

THURSDAY = date(2026, 11, 26)


@dataclass(frozen=True)
class World:
    """Numbers only. A lead and a phoner for every worker. ``shifts``: calendars change under the visits."""

    consultants: tuple[int, ...]
    leads: tuple[int, ...]
    phoners: tuple[int, ...]
    entries: tuple[int, ...]
    days: tuple[date, ...]
    shifts: bool = False


def arrange(
    session: Session,
    *,
    workers: int,
    consultants: int = 2,
    entries: int = 24,
    days: tuple[date, ...] = (THURSDAY,),
    shifts: bool = False,
) -> World:
    """A jobcentre in Hobro, and companies up to half an hour around it."""
    chance = Random(4)
    scene = make_scene(session, consultants=consultants, max_visits=8, horizon_days=90)
    made = World(
        tuple(one.id for one in scene.consultants),
        tuple(make_user(session, "jobcentre_lead", jobcentre=scene.jobcentre).id for _ in range(workers)),
        tuple(make_phoner(session, scene.participation).id for _ in range(workers)),
        tuple(
            scene.entry(at=(56.64 + chance.uniform(-0.2, 0.2), 9.79 + chance.uniform(-0.25, 0.25)), held=False).id
            for _ in range(entries)
        ),
        days,
        shifts,
    )
    session.commit()
    return made
