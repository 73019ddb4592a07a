"""Every recurring job of the product, on one page: composition only.

Jobs call verbs; what is due stands in tables, never here. A job must bear being run twice, at any time, and cut short:
the verbs' own unique keys see to that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask

from crm.base.clock import DANISH, Clock, danish_date
from crm.base.errors import N_
from crm.base.settings import Settings
from crm.calendars.jobs import let_go_of_leavers, read_due, read_links, respell_all, seal_anew
from crm.calling.actions import mark_silent, wake
from crm.calling.jobs import end_silent_phones, put_with_firms, put_with_letters, rerank_all
from crm.calling.rules import SOON
from crm.campaigns.queries.called import on_live_list
from crm.companies.jobs import look_up_places
from crm.followups.jobs import nagging
from crm.followups.jobs.asking import ask_companies
from crm.followups.jobs.cvs import cv_deadlines
from crm.followups.jobs.making import follow_visits, missing_details, placement_endings
from crm.integrations.actions import deliver_due
from crm.integrations.mailbox import Mailbox
from crm.openings.jobs import partner_digests
from crm.recurring.actions import Begin
from crm.travel.engine import default_engine
from crm.travel.postcodes import km_from_postcode
from crm.travel.remote import RemoteEngine
from crm.travel.table import forget
from crm.visits.actions import forget_holds
from crm.visits.actions.replies import read_mailbox
from crm.visits.jobs import check_changed, rank_changed, refresh_rooms, take_up_moved
from crm.web.edge import transaction


@dataclass(frozen=True)
class Job:
    """``function`` takes the application and returns how many things it did; ``description`` is the job's name in plain
    Danish, with its English in crm/recurring/en.po."""

    key: str
    trigger: BaseTrigger
    function: Callable[[Flask], int]
    description: str


def _now(app: Flask) -> datetime:
    clock: Clock = app.extensions["crm.clock"]
    return clock.now()


def _begin(app: Flask) -> Begin:
    return lambda: transaction(app)


def _sessions(app: Flask) -> Any:
    return app.extensions["crm.sessions"]


def write_nags(app: Flask) -> int:
    return nagging.run(_begin(app), _now(app))


def deliver(app: Flask) -> int:
    """Mail and SMS; a calendar server that does not answer holds up nobody's mail."""
    ways = {name: way for name, way in app.extensions["crm.adapters"].items() if name != "calendar"}
    return deliver_due(_sessions(app), ways, _now(app))


def calendars(app: Flask) -> int:
    ways = {"calendar": app.extensions["crm.adapters"]["calendar"]}
    return deliver_due(_sessions(app), ways, _now(app))


def caldav(app: Flask) -> int:
    """Reads what is due, and makes proposals of what was found to have been moved."""
    sessions, now = _sessions(app), _now(app)
    done = read_due(sessions, app.extensions["crm.vault"], app.extensions["crm.caldav"], now, workers=8)
    return done + take_up_moved(sessions, _begin(app), now)


def capacity(app: Flask) -> int:
    return refresh_rooms(_sessions(app), _now(app))


def fit(app: Flask) -> int:
    return rank_changed(_sessions(app), _now(app))


def links(app: Flask) -> int:
    """Every link is asked outside of any transaction; what it said is kept in one of its own."""
    return read_links(_sessions(app), app.extensions["crm.vault"], app.extensions["crm.fetcher"], _now(app))


def spell(app: Flask) -> int:
    """Each calendar is spelled out outside of any transaction; those of people who have left are let go first."""
    sessions, now = _sessions(app), _now(app)
    seal_anew(sessions, app.extensions["crm.vault"], now)
    return let_go_of_leavers(sessions, now) + respell_all(sessions, now)


def conflicts(app: Flask) -> int:
    return check_changed(_sessions(app), _now(app))


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
    return put_with_firms(_sessions(app), _begin(app), _now(app))


def away(app: Flask) -> int:
    with transaction(app) as session:
        return mark_silent(session, _now(app))


def due(app: Flask) -> int:
    """A little ahead, so that a claim seldom has to."""
    with transaction(app) as session:
        return wake(session, _now(app) + SOON)


def order(app: Flask) -> int:
    return rerank_all(_sessions(app), _begin(app), _now(app))


def letters(app: Flask) -> int:
    return put_with_letters(_sessions(app), _begin(app), _now(app))


def phones(app: Flask) -> int:
    return end_silent_phones(_sessions(app), _begin(app), app.extensions["crm.telephony"], _now(app))


def places(app: Flask) -> int:
    """The address service is asked outside of any transaction; without one nothing happens."""
    now = _now(app)
    first = on_live_list(danish_date(now))
    return look_up_places(_sessions(app), app.extensions["crm.geocoder"], now, km_from_postcode, first)


def replies(app: Flask) -> int:
    """A mailbox that does not answer fails the job, which says so, and is tried again next time."""
    mailbox: Mailbox | None = app.extensions["crm.mailbox"]
    return read_mailbox(mailbox, _begin(app), _now(app)) if mailbox else 0


def endings(app: Flask) -> int:
    return placement_endings(_begin(app), _now(app))


def details(app: Flask) -> int:
    """By the hour: what has been filled in is asked for no longer."""
    return missing_details(_begin(app), _now(app))


def cvs(app: Flask) -> int:
    return cv_deadlines(_begin(app), _now(app))


def with_visit(app: Flask) -> int:
    return follow_visits(_begin(app), _now(app))


def ask(app: Flask) -> int:
    return ask_companies(_begin(app), _now(app))


def board(app: Flask) -> int:
    return partner_digests(_begin(app), _now(app))


def _daily(hour: int, minute: int, days: str = "*") -> CronTrigger:
    """A time on the Danish clock; holidays are the verbs' matter."""
    return CronTrigger(day_of_week=days, hour=hour, minute=minute, timezone=DANISH)


_MINUTE = IntervalTrigger(minutes=1)
_MORNING = CronTrigger(day_of_week="mon-fri", hour=7, minute="30,50", timezone=DANISH)
"""The second time is for what was set aside at the first; nobody gets a second mail."""

# The schedule: one line a job.
JOBS = (
    Job("nag", _MORNING, write_nags, N_("Rykker for aftaler og skriver hver persons mail om morgenen")),
    Job("deliver", IntervalTrigger(seconds=15), deliver, N_("Sender mails og SMS'er fra udbakken")),
    Job("calendars", IntervalTrigger(seconds=15), calendars, N_("Skriver besøg i konsulenternes egne kalendere")),
    Job("caldav", _MINUTE, caldav, N_("Læser konsulenternes egne kalendere over CalDAV")),
    Job("phones", _MINUTE, phones, N_("Afslutter telefonopkald, som udbyderen er tavs om")),
    Job("firms", _MINUTE, firms, N_("Giver virksomheder i kø til det firma, der ringer for jobcentret")),
    Job("away", _MINUTE, away, N_("Melder phonere væk, der ikke giver livstegn")),
    Job("due", _MINUTE, due, N_("Vækker virksomheder i køen, når deres tid kommer")),
    Job("order", _MINUTE, order, N_("Lægger køen i ny orden, når en kampagnes vægt er ændret")),
    Job("letters", _MINUTE, letters, N_("Lader virksomheder vente på deres brev, og ikke længere")),
    Job("fit", _MINUTE, fit, N_("Ordner ventende virksomheder efter ledig tid og køretid")),
    Job("links", _MINUTE, links, N_("Læser konsulenternes egne kalendere gennem deres link")),
    Job("respell", _daily(2, 10), spell, N_("Skriver gentagne aftaler ud og slipper fratrådtes kalendere")),
    Job("places", _MINUTE, places, N_("Slår adresser op for virksomheder, hvis sted er ukendt")),
    Job("conflicts", _MINUTE, conflicts, N_("Finder besøg, som en ændring har taget tiden fra")),
    Job("replies", IntervalTrigger(minutes=2), replies, N_("Læser svar på invitationer fra postkassen")),
    Job("holds", IntervalTrigger(hours=1), holds, N_("Glemmer reserverede tider, der er udløbet for længst")),
    Job("drives", _daily(3, 20), drives, N_("Glemmer gamle svar om køretid")),
    Job("capacity", IntervalTrigger(minutes=5), capacity, N_("Lukker køen for fulde kalendere og åbner den igen")),
    Job("endings", _daily(6, 30), endings, N_("Laver opfølgning på ansættelser, der snart udløber")),
    Job(
        "details",
        CronTrigger(hour="6-20", minute=40, timezone=DANISH),
        details,
        N_("Spørger til åbningers oplysninger"),
    ),
    Job(
        "cvs", CronTrigger(hour="6-20", minute=45, timezone=DANISH), cvs, N_("Minder om CV'er, virksomheder venter på")
    ),
    Job("with_visit", _daily(6, 50), with_visit, N_("Lader aftaler følge med besøg, der er givet videre")),
    Job("ask", _daily(8, 30, "mon-fri"), ask, N_("Spørger virksomheder, om det, vi lovede, er sket")),
    Job("board", _daily(7, 30, "mon-fri"), board, N_("Skriver tavlens mail til partnere")),
)
