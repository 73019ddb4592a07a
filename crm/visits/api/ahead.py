"""Drives that a request will need are fetched before it begins to write: nobody waits for a travel engine elsewhere.

On SQLite a request that may write holds the only writer from its first statement; on PostgreSQL the lock on a
consultant's day comes later, and the actions warm up before it themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from flask import request
from sqlalchemy.orm import Session

from crm.calling.models import QueueEntry
from crm.travel.engine import default_engine, embedded_engine
from crm.travel.quiet import without_asking
from crm.visits.actions import Choice
from crm.visits.actions.check import warm_day
from crm.visits.actions.reassign import warm_choices
from crm.visits.models import Visit
from crm.visits.queries import Ask, ask_for_entry, ask_for_visit
from crm.web.edge import READING, aside, now
from crm.web.permit import actor


def fetch_for_entry(entry: QueueEntry, starts_at: datetime) -> None:
    """What booking or holding a time for the entry asks for."""
    number, notice, moment = entry.id, actor().has_role("phoner"), now()

    def ask(session: Session) -> Ask:
        return ask_for_entry(session.get_one(QueueEntry, number), notice=notice)

    if _far():
        aside(lambda session: warm_day(session, moment, lambda: ask(session), starts_at))


def fetch_for_visit(visit: Visit, starts_at: datetime) -> None:
    """What moving the visit to a time, or handing it over, asks for."""
    number, moment = visit.id, now()

    def ask(session: Session) -> Ask:
        return ask_for_visit(session.get_one(Visit, number))

    if _far():
        aside(lambda session: warm_day(session, moment, lambda: ask(session), starts_at))


def fetch_for_choices(choices: Sequence[Choice]) -> None:
    """What a plan for several visits asks for."""
    moment = now()
    if _far():
        aside(lambda session: warm_choices(session, moment, {one.visit_id: one for one in choices}))


def while_writing() -> AbstractContextManager[None]:
    """For what a page shows after a refusal: no engine is called in a request that may write."""
    return nullcontext() if request.method in READING else without_asking()


def _far() -> bool:
    return default_engine() is not embedded_engine()
