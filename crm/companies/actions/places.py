"""Keep what looking up a workplace's address came to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.companies.models import Geocoding, Workplace
from crm.companies.queries import Unplaced
from crm.companies.rules.place import FARTHEST_KM, LOOKED_UP
from crm.integrations.geocoding import Answer

Distance = Callable[[str, float, float], float | None]
"""Kilometres from a postcode's place to a point in WGS 84 degrees; None for a postcode nobody knows."""

BACKOFF = (5, 15, 60, 240, 720, 1440)
"""Minutes to the next try of a workplace whose look-up failed, and of any while the service does not answer."""
AGAIN = timedelta(days=90)
"""When an address without a certain answer is looked up again: new houses come into the register."""


def wait(failed: int) -> timedelta:
    """How long to leave the service in peace after so many failures in a row."""
    return timedelta(minutes=BACKOFF[min(failed, len(BACKOFF)) - 1]) if failed else timedelta()


def keep_place(session: Session, now: datetime, wanted: Unplaced, answer: Answer, distance: Distance) -> bool:
    """Write the answer down; True when it placed the workplace.

    Nothing is written when the workplace is gone, has another address by now or has been given coordinates. A place
    far from the postcode counts as unclear. Booked visits keep the place they were booked with.
    """
    workplace = session.scalar(select(Workplace).where(Workplace.id == wanted.workplace_id).with_for_update())
    if workplace is None or workplace.geo_source == "file" or asked_for(workplace) != wanted.asked:
        return False
    state = answer.state
    if state == "found" and (distance(wanted.postcode, answer.lat, answer.lon) or 0.0) > FARTHEST_KM:
        state = "unclear"
    known = session.get(Geocoding, workplace.id) or Geocoding(workplace_id=workplace.id, tries=0)
    again = known.asked == wanted.asked and known.state == "failed"
    if state == "found":
        workplace.lat, workplace.lon, workplace.geo_source = answer.lat, answer.lon, answer.precision
    elif workplace.geo_source in LOOKED_UP:  # it lay by an address that it has no longer
        workplace.lat = workplace.lon = None
        workplace.geo_source = "none"
    known.asked, known.state, known.matched, known.at = wanted.asked, state, answer.matched[:500], now
    known.tries = (known.tries if again else 0) + 1
    known.next_at = None if state == "found" else now + (wait(known.tries) if state == "failed" else AGAIN)
    session.add(known)
    session.flush()
    return state == "found"


def asked_for(workplace: Workplace) -> str:
    """The address as one line, as ``queries.unplaced`` spells it."""
    return f"{workplace.street}, {workplace.postcode} {workplace.city}"
