"""A reference taken out of what people wrote around it: notes, wishes, mails, and the texts of rooms above."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.db import Base
from crm.integrations.models import OutboxMessage
from crm.openings.models import Candidacy, Candidate, Opening, Relaxation
from crm.visits.models import Visit

LEFT_OUT = "(slettet)"


@dataclass(frozen=True)
class Trace:
    """``reference`` of somebody who is erased, as it stood; the visits, workplaces and openings where texts may name
    it; since when."""

    reference: str
    since: datetime
    visits: frozenset[int]
    workplaces: frozenset[int]
    openings: frozenset[int]

    def without(self, text: str) -> str:
        """The text without the reference; initials are looked for as they are written, numbers in any case."""
        flags = re.IGNORECASE if any(sign.isdigit() for sign in self.reference) else 0
        return re.sub(rf"(?<!\w){re.escape(self.reference)}(?!\w)", LEFT_OUT, text, flags=flags)


ROOMS: list[Callable[[Session, Trace], None]] = []
"""How rooms above take it out of their texts; each adds its own."""


def of(session: Session, candidate: Candidate) -> Trace:
    there = session.scalars(
        select(Opening)
        .join(Candidacy, Candidacy.opening_id == Opening.id)
        .where(Candidacy.candidate_id == candidate.id)
        .order_by(Opening.id)
    ).all()
    return Trace(
        candidate.reference,
        candidate.created_at,
        frozenset(one.visit_id for one in there),
        frozenset(one.workplace_id for one in there),
        frozenset(one.id for one in there),
    )


def remove(session: Session, trace: Trace) -> None:
    """From the texts of its openings, their visits, agreements and history, and from mails written since."""
    clean(session, trace, Opening, Opening.id.in_(trace.openings), "tasks", "wishes", "hours_note", "starts_note")
    clean(session, trace, Relaxation, Relaxation.opening_id.in_(trace.openings), "was", "now")
    clean(session, trace, Candidacy, Candidacy.opening_id.in_(trace.openings), "offered_words", "answered_words")
    clean(session, trace, Visit, Visit.id.in_(trace.visits), "note", "report_note")
    named = [
        column.icontains(trace.reference, autoescape=True)
        for column in (OutboxMessage.subject, OutboxMessage.body_text)
    ]
    written = (OutboxMessage.created_at >= trace.since) & (named[0] | named[1])
    clean(session, trace, OutboxMessage, written, "subject", "body_text", "body_html", "attachments")
    told = Activity.workplace_id.in_(trace.workplaces) & (Activity.at >= trace.since)
    clean(session, trace, Activity, told, "data")
    for room in ROOMS:
        room(session, trace)
    session.flush()


def clean(session: Session, trace: Trace, kind: type[Base], where: ColumnElement[bool], *names: str) -> None:
    """Take it out of these columns of the rows."""
    for row in session.scalars(select(kind).where(where)):
        for name in names:
            before = getattr(row, name)
            after = _without(trace, before)
            if after != before:
                most = getattr(kind.__table__.columns[name].type, "length", None)
                setattr(row, name, after[:most] if most else after)


def _without(trace: Trace, found: Any) -> Any:
    if isinstance(found, str):
        return trace.without(found)
    if isinstance(found, dict):
        return {name: _without(trace, value) for name, value in found.items()}
    return [_without(trace, value) for value in found] if isinstance(found, list) else found
