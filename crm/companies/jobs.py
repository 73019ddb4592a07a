"""Work done beside the pages: where workplaces lie."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import read_only_session
from crm.companies.actions.places import Distance, keep_place, wait
from crm.companies.queries import outage, unplaced
from crm.integrations.geocoding import Geocoder
from crm.recurring.actions import apart

log = logging.getLogger("crm.companies")

BATCH = 40
"""Addresses in one run, at most four calls each."""
PAUSE = 0.25
"""Seconds between two addresses, so that the service hardly notices us."""
LONGEST_WAIT = timedelta(hours=1)


def look_up_places(
    sessions: sessionmaker[Session],
    geocoder: Geocoder | None,
    now: datetime,
    distance: Distance,
    first: ColumnElement[bool],
    *,
    batch: int = BATCH,
    pause: float = PAUSE,
) -> int:
    """Look up where workplaces lie whose place is not known well; how many were placed.

    Each address is asked for outside of any transaction and its answer kept in a short one. The first failure ends the
    run; while the service does not answer, runs try one address after ever longer waits. Without a geocoder nothing
    happens. ``first``: a clause on Workplace, whose turn comes before the others'.
    """
    if geocoder is None:
        return 0
    with read_only_session(sessions) as session:
        trouble = outage(session)
        if trouble and now < trouble.last + min(wait(trouble.failed), LONGEST_WAIT):
            return 0
        wanted = {found.workplace_id: found for found in unplaced(session, now, first, batch)}
    answers: list[str] = []

    def one(number: int) -> int:
        if answers[-1:] == ["failed"]:
            return 0
        if answers:
            time.sleep(pause)
        answer = geocoder.look_up(wanted[number].street, wanted[number].postcode)
        answers.append(answer.state)
        if answer.state == "failed":
            log.warning("addresses are not looked up: %s", answer.reason)
        with sessions.begin() as session:
            return int(keep_place(session, now, wanted[number], answer, distance))

    return apart(sessions.begin, wanted, one, job="places", now=now)
