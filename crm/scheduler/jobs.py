"""Every recurring job of the product, on one page: composition only.

Jobs call verbs; what is due stands in tables, never here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask

from crm.base.clock import DANISH, Clock, danish_date
from crm.base.db import read_only_session
from crm.base.errors import NotFound
from crm.base.settings import Settings
from crm.calendars.jobs import let_go_of_leavers, read_due, read_links, respell_all, seal_anew
from crm.calling.actions import follow_firms, follow_letters, mark_silent, rerank, wake
from crm.calling.actions.order import BATCH
from crm.calling.actions.phone import close_silent
from crm.calling.queries.allotment import out_of_step
from crm.calling.queries.letters import off_letters
from crm.calling.queries.phone import silent_phones
from crm.calling.rules import SOON
from crm.campaigns.queries.called import on_live_list
from crm.companies.jobs import look_up_places
from crm.followups.actions import nag
from crm.integrations.actions import deliver_due
from crm.integrations.mailbox import Mailbox, MailboxFailed
from crm.integrations.telephony import Telephony
from crm.travel.engine import default_engine
from crm.travel.postcodes import km_from_postcode
from crm.travel.remote import RemoteEngine
from crm.travel.table import forget
from crm.visits.actions import forget_holds
from crm.visits.actions.proposals import take_up
from crm.visits.actions.replies import read_mailbox
from crm.visits.jobs import check_changed, rank_changed, refresh_rooms
from crm.visits.queries.proposals import out_of_step as unlike_calendars
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
    """Mail and SMS; a calendar server that does not answer holds up nobody's mail."""
    ways = {name: way for name, way in app.extensions["crm.adapters"].items() if name != "calendar"}
    return deliver_due(app.extensions["crm.sessions"], ways, _now(app))


def calendars(app: Flask) -> int:
    ways = {"calendar": app.extensions["crm.adapters"]["calendar"]}
    return deliver_due(app.extensions["crm.sessions"], ways, _now(app))


def caldav(app: Flask) -> int:
    """Reads what is due, and makes proposals of what was found to have been moved."""
    sessions, now = app.extensions["crm.sessions"], _now(app)
    done = read_due(sessions, app.extensions["crm.vault"], app.extensions["crm.caldav"], now, workers=8)
    with read_only_session(sessions) as session:
        if not unlike_calendars(session, now):
            return done
    with transaction(app) as session:
        return done + take_up(session, now)


def capacity(app: Flask) -> int:
    return refresh_rooms(app.extensions["crm.sessions"], _now(app))


def fit(app: Flask) -> int:
    return rank_changed(app.extensions["crm.sessions"], _now(app))


def links(app: Flask) -> int:
    """Every link is asked outside of any transaction; what it said is kept in one of its own."""
    extensions = app.extensions
    return read_links(extensions["crm.sessions"], extensions["crm.vault"], extensions["crm.fetcher"], _now(app))


def spell(app: Flask) -> int:
    """Each calendar is spelled out outside of any transaction; those of people who have left are let go first."""
    sessions, now = app.extensions["crm.sessions"], _now(app)
    seal_anew(sessions, app.extensions["crm.vault"])
    return let_go_of_leavers(sessions, now) + respell_all(sessions, now)


def conflicts(app: Flask) -> int:
    return check_changed(app.extensions["crm.sessions"], _now(app))


def drives(app: Flask) -> int:
    """What could not be written when it was answered is written first."""
    settings: Settings = app.extensions["crm.settings"]
    engine = default_engine()
    if isinstance(engine, RemoteEngine):
        engine.save()
    with transaction(app) as session:
        return forget(session, _now(app) - timedelta(days=settings.travel_cache_days))


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


def places(app: Flask) -> int:
    """The address service is asked outside of any transaction; without one nothing happens."""
    now, sessions = _now(app), app.extensions["crm.sessions"]
    first = on_live_list(danish_date(now))
    return look_up_places(sessions, app.extensions["crm.geocoder"], now, km_from_postcode, first)


def replies(app: Flask) -> int:
    """A mailbox that does not answer is tried again next time; `crm doctor` says what is wrong with it."""
    mailbox: Mailbox | None = app.extensions["crm.mailbox"]
    try:
        return read_mailbox(mailbox, lambda: transaction(app), _now(app)) if mailbox else 0
    except MailboxFailed as exc:
        log.warning("the mailbox %s is not read: %s", mailbox.name if mailbox else "", exc)
        return 0


# The schedule. Cron is Danish time; holidays are the verbs' matter.
JOBS = (
    Job(
        "nag",
        CronTrigger(day_of_week="mon-fri", hour=7, minute=30, timezone=DANISH),
        write_nags,
        "Write the follow-up reminders that are due",
    ),
    Job("deliver", IntervalTrigger(seconds=15), deliver, "Send what waits in the outbox"),
    Job("calendars", IntervalTrigger(seconds=15), calendars, "Write visits into consultants' own calendars"),
    Job("caldav", IntervalTrigger(minutes=1), caldav, "Read consultants' own calendars by CalDAV"),
    Job("phones", IntervalTrigger(minutes=1), phones, "End telephone calls whose provider fell silent"),
    Job("firms", IntervalTrigger(minutes=1), firms, "Give waiting entries to the firm that calls for their jobcentre"),
    Job("away", IntervalTrigger(minutes=1), away, "Mark phoners who gave no sign of life as away"),
    Job("due", IntervalTrigger(minutes=1), due, "Wake the entries that come due"),
    Job("order", IntervalTrigger(minutes=1), order, "Put campaigns whose weight has changed in the new order"),
    Job("letters", IntervalTrigger(minutes=1), letters, "Let companies wait for their letter, and no longer"),
    Job("fit", IntervalTrigger(minutes=1), fit, "Rank waiting companies by free, drivable time where it has changed"),
    Job("links", IntervalTrigger(minutes=1), links, "Read consultants' own calendars by their links"),
    Job(
        "respell",
        CronTrigger(hour=2, minute=10, timezone=DANISH),
        spell,
        "Spell out recurring appointments that the horizon has reached; let go of the calendars of people who left",
    ),
    Job("places", IntervalTrigger(minutes=1), places, "Look up where companies lie whose place is not known well"),
    Job("conflicts", IntervalTrigger(minutes=1), conflicts, "Find booked visits that a change has left without time"),
    Job("replies", IntervalTrigger(minutes=2), replies, "Read answers to invitations from the mailbox"),
    Job("holds", IntervalTrigger(hours=1), holds, "Forget held times that lapsed long ago"),
    Job(
        "drives",
        CronTrigger(hour=3, minute=20, timezone=DANISH),
        drives,
        "Forget drives that a travel engine answered long ago",
    ),
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
