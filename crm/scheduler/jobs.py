"""Every recurring job of the product, on one page: composition only.

Jobs call verbs; what is due stands in tables, never here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask

from crm.base.clock import DANISH, Clock
from crm.base.db import read_only_session
from crm.base.errors import NotFound
from crm.calling.actions import follow_firms, follow_letters, mark_silent, rerank, wake
from crm.calling.actions.order import BATCH
from crm.calling.actions.phone import close_silent
from crm.calling.queries.allotment import out_of_step
from crm.calling.queries.letters import off_letters
from crm.calling.queries.phone import silent_phones
from crm.calling.rules import SOON
from crm.followups.actions import nag
from crm.integrations.actions import deliver_due
from crm.integrations.telephony import Telephony
from crm.visits.actions import forget_holds, refresh_capacity
from crm.visits.jobs import rank_changed
from crm.web.edge import transaction

log = logging.getLogger("crm.scheduler")


@dataclass(frozen=True)
class Job:
    """``function`` takes the application and returns how many things it did."""

    key: str
    trigger: BaseTrigger
    function: Callable[[Flask], int]
    description: str


def write_nags(app: Flask) -> int:
    with transaction(app) as session:
        return nag(session, _now(app))


def deliver(app: Flask) -> int:
    return deliver_due(app.extensions["crm.sessions"], app.extensions["crm.adapters"], _now(app))


def capacity(app: Flask) -> int:
    with transaction(app) as session:
        return refresh_capacity(session, _now(app))


def fit(app: Flask) -> int:
    return rank_changed(app.extensions["crm.sessions"], _now(app))


def holds(app: Flask) -> int:
    with transaction(app) as session:
        return forget_holds(session, _now(app))


def firms(app: Flask) -> int:
    """Looks without the writer's lock first: nearly always nothing has changed."""
    with read_only_session(app.extensions["crm.sessions"]) as session:
        if not out_of_step(session, _now(app)):
            return 0
    with transaction(app) as session:
        return follow_firms(session, _now(app))


def away(app: Flask) -> int:
    with transaction(app) as session:
        return mark_silent(session, _now(app))


def due(app: Flask) -> int:
    """A little ahead, so that a claim seldom has to."""
    with transaction(app) as session:
        return wake(session, _now(app) + SOON)


def order(app: Flask) -> int:
    """In portions: until one is committed, claims pass over its entries."""
    moved, portion = 0, BATCH
    while portion == BATCH:
        with transaction(app) as session:
            portion = rerank(session, _now(app))
        moved += portion
    return moved


def letters(app: Flask) -> int:
    """Looked up without a lock first: nearly always every entry is as its letter says."""
    with read_only_session(app.extensions["crm.sessions"]) as session:
        if not off_letters(session, _now(app)):
            return 0
    with transaction(app) as session:
        return follow_letters(session, _now(app))


def phones(app: Flask) -> int:
    """The provider is asked outside of any transaction: nothing waits for it."""
    telephony: Telephony = app.extensions["crm.telephony"]
    with app.extensions["crm.sessions"]() as session:
        silent = [(phone.id, phone.sid or phone.parent_sid) for phone in silent_phones(session, _now(app))]
    closed = 0
    for phone_id, sid in silent:
        try:
            reported = telephony.report(sid) if sid else None
        except OSError as exc:
            log.warning("the telephone provider does not answer: %s", exc)
            continue
        with transaction(app) as session:
            closed += close_silent(session, _now(app), phone_id, reported)
    return closed


# The schedule. Cron is Danish time; holidays are the verbs' matter.
JOBS = (
    Job(
        "nag",
        CronTrigger(day_of_week="mon-fri", hour=7, minute=30, timezone=DANISH),
        write_nags,
        "Write the follow-up reminders that are due",
    ),
    Job("deliver", IntervalTrigger(seconds=15), deliver, "Send what waits in the outbox"),
    Job("phones", IntervalTrigger(minutes=1), phones, "End telephone calls whose provider fell silent"),
    Job("firms", IntervalTrigger(minutes=1), firms, "Give waiting entries to the firm that calls for their jobcentre"),
    Job("away", IntervalTrigger(minutes=1), away, "Mark phoners who gave no sign of life as away"),
    Job("due", IntervalTrigger(minutes=1), due, "Wake the entries that come due"),
    Job("order", IntervalTrigger(minutes=1), order, "Put campaigns whose weight has changed in the new order"),
    Job("letters", IntervalTrigger(minutes=1), letters, "Let companies wait for their letter, and no longer"),
    Job("fit", IntervalTrigger(minutes=1), fit, "Rank waiting companies by free, drivable time where it has changed"),
    Job("holds", IntervalTrigger(hours=1), holds, "Forget held times that lapsed long ago"),
    Job("capacity", IntervalTrigger(minutes=5), capacity, "Close the queues of full calendars, open the others"),
)


def run_job(app: Flask, key: str) -> int:
    """Run one job now; what it did. Raises NotFound for an unknown key, and whatever the job raises."""
    job = next((job for job in JOBS if job.key == key), None)
    if job is None:
        raise NotFound
    done = job.function(app)
    if done:
        log.info("job %s: %s", key, done)
    return done


def _now(app: Flask) -> datetime:
    clock: Clock = app.extensions["crm.clock"]
    return clock.now()
