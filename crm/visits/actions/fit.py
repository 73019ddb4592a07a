"""Write how well companies fit the coming days: short, and only what has changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from crm.base.db import insert_for
from crm.calling.actions import set_fit
from crm.visits.models import FitRun
from crm.visits.queries.fit import Ranking, Wanted


def save_fits(session: Session, now: datetime, wanted: Wanted, rows: Iterable[tuple[int, float]]) -> int:
    """Put some of a ranking's changed fits in the queue's order; how many changed."""
    return set_fit(session, now, wanted.campaign_id, rows)


def note_run(session: Session, now: datetime, found: Ranking) -> None:
    """Remember when a ranking was made, and from which visits, so that it is made again when they have changed."""
    values = {
        "ran_at": now,
        "last_event_id": found.last_event_id,
        "entries": found.entries,
        "seconds": round(found.seconds, 3),
    }
    statement = insert_for(session, FitRun).values(**found.wanted._asdict(), **values)
    session.execute(statement.on_conflict_do_update(index_elements=["campaign_id", "jobcentre_id"], set_=values))
