"""Companies on the jobcentre's own waiting list that spare time reaches: three queries, and two for how calls are
said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from crm.base.clock import danish_date, day_bounds
from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.calling.models import Call, QueueEntry
from crm.campaigns.models import Campaign
from crm.companies.models import Contact, Workplace
from crm.people.models import User
from crm.travel.engine import Place, default_engine
from crm.visits.models import Visit
from crm.visits.rules.places import blur
from crm.visits.rules.spare import Box, Fit, Opening, box, fit

JUDGED = 50
"""So many companies are driven to in thought, those nearest the middle of the way first."""


class Waiting(NamedTuple):
    """A company that waits to be called, with what is needed to look in on it. ``phone`` E.164."""

    entry_id: int
    workplace_id: int
    campaign_id: int
    name: str
    street: str
    postcode: str
    city: str
    industry_code: str | None
    industry_version: str
    employees: int | None
    lat: float
    lon: float
    geo_source: str
    phone: str | None
    last_called_at: datetime | None

    @property
    def place(self) -> Place:
        return Place(self.lat, self.lon)


@dataclass(frozen=True)
class Proposal:
    waiting: Waiting
    fit: Fit


@dataclass(frozen=True)
class LastCall:
    """The newest call about an entry; ``by``: who made it."""

    ended_at: datetime
    campaign_id: int
    outcome: str
    reason: str | None
    note: str
    by: str


def proposals(session: Session, scope: Scope, now: datetime, opening: Opening, limit: int) -> list[Proposal]:
    """Companies in reach that can be looked in on within the opening, least extra driving first: one query."""
    found = _waiting(session, scope, now, box(opening))
    engine, places = default_engine(), [one.place for one in found]
    engine.warm([opening.origin, opening.goal], places)
    fitting = [
        Proposal(one, how)
        for one in found
        if (how := fit(opening, one.place, engine, blur(one.geo_source))) is not None
    ]
    fitting.sort(key=lambda one: (one.fit.extra_min, one.fit.there.minutes, one.waiting.entry_id))
    once = {one.waiting.workplace_id: one for one in reversed(fitting)}  # a company may wait in several campaigns
    return [one for one in fitting if once[one.waiting.workplace_id] is one][:limit]


def waiting_entry(session: Session, scope: Scope, now: datetime, entry_id: int) -> QueueEntry:
    """One that may be looked in on. Raises NotFound outside the scope, and where somebody else is quicker."""
    found = session.scalar(
        select(QueueEntry)
        .join(Campaign, Campaign.id == QueueEntry.campaign_id)
        .join(Workplace, Workplace.id == QueueEntry.workplace_id)
        .where(QueueEntry.id == entry_id, *_free(scope, now))
    )
    if found is None:
        raise NotFound
    return found


def _waiting(session: Session, scope: Scope, now: datetime, within: Box) -> list[Waiting]:
    q, w, middle = QueueEntry, Workplace, within.middle
    across = cos(radians(middle.lat))
    away = (w.lat - middle.lat) * (w.lat - middle.lat) + (w.lon - middle.lon) * (w.lon - middle.lon) * across * across
    rows = session.execute(
        select(
            q.id,
            w.id,
            q.campaign_id,
            w.name,
            w.street,
            w.postcode,
            w.city,
            w.industry_code,
            w.industry_version,
            w.employees,
            w.lat,
            w.lon,
            w.geo_source,
            func.coalesce(q.phone, w.phone),
            q.last_called_at,
        )
        .join(Campaign, Campaign.id == q.campaign_id)
        .join(w, w.id == q.workplace_id)
        .where(
            w.lat.between(within.south, within.north),
            w.lon.between(within.west, within.east),
            *_free(scope, now),
        )
        .order_by(away, q.id)
        .limit(JUDGED)
    )
    return [Waiting._make(row) for row in rows]


def _free(scope: Scope, now: datetime) -> list[ColumnElement[bool]]:
    """Waiting on a list of an open campaign; not protected, in nobody's hands, not called today, without a visit to
    come in any campaign."""
    q, today = QueueEntry, danish_date(now)
    coming = aliased(Visit)
    return [
        scope.clause(jobcentre=q.jobcentre_id),
        q.state == "waiting",
        Campaign.state == "open",
        Campaign.starts_on <= today,
        Campaign.ends_on >= today,
        Workplace.do_not_call_at.is_(None),
        ~Workplace.advertising_protected,
        or_(q.claimed_until.is_(None), q.claimed_until <= now),
        or_(q.last_called_at.is_(None), q.last_called_at < day_bounds(today)[0]),
        ~exists().where(coming.workplace_id == Workplace.id, coming.state == "booked"),
    ]


def last_calls(session: Session, entry_ids: Collection[int]) -> Mapping[int, LastCall]:
    """By entry; one query."""
    newest = (
        select(func.max(Call.id)).where(Call.entry_id.in_(entry_ids), Call.undone_at.is_(None)).group_by(Call.entry_id)
    )
    rows = session.execute(
        select(Call.entry_id, Call.ended_at, QueueEntry.campaign_id, Call.outcome, Call.reason, Call.note, User.name)
        .join(QueueEntry, QueueEntry.id == Call.entry_id)
        .join(User, User.id == Call.user_id)
        .where(Call.id.in_(newest))
    )
    return {row[0]: LastCall(row[1], row[2], row[3], row[4], row[5], row[6]) for row in rows}


def contacts(session: Session, workplace_ids: Collection[int]) -> Mapping[int, Contact]:
    """The person to ask for at each workplace: the newest whom somebody has spoken with, else the register's; one
    query."""
    rows: Sequence[Contact] = session.scalars(
        select(Contact)
        .where(Contact.workplace_id.in_(workplace_ids))
        .order_by(Contact.source == "register", Contact.id)
    ).all()
    found: dict[int, Contact] = {}
    for row in rows:
        known = found.get(row.workplace_id)
        if known is None or (known.source != "register" and row.source != "register"):
            found[row.workplace_id] = row
    return found
