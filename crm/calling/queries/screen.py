"""What stands around a call: pace, the queue's length, the campaigns to choose from, warnings, facts of other rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.clock import danish_date, day_bounds
from crm.base.scope import Scope
from crm.calling.models import Call, QueueEntry
from crm.calling.queries.allotment import calls_here
from crm.calling.rules import BOOKED
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from crm.companies.models import Workplace
from crm.people.models import Jobcentre

LEFT_MOST = 5000


@dataclass(frozen=True)
class Pace:
    """A phoner's Danish day so far. ``rate``: booked / contacts, None before the first contact."""

    calls: int
    contacts: int
    booked: int

    @property
    def rate(self) -> float | None:
        return self.booked / self.contacts if self.contacts else None


def pace(session: Session, user_id: int, now: datetime) -> Pace:
    return Pace(*session.execute(_today(user_id, now)).one())


def _today(user_id: int, now: datetime) -> Select[int, int, int]:
    start, end = day_bounds(danish_date(now))
    return select(
        func.count(),
        func.count(Call.answer),
        func.count(case((Call.answer == BOOKED, 1))),
    ).where(Call.user_id == user_id, Call.ended_at >= start, Call.ended_at < end, Call.undone_at.is_(None))


def figures(
    session: Session, scope: Scope, user_id: int, now: datetime, campaign_id: int, jobcentre_id: int | None = None
) -> tuple[Pace, int]:
    """The day's pace, and how many are left: entries still to be called in the scope, due or not. One query.

    More than ``LEFT_MOST`` are counted as one more than that: nobody works a queue down by such a number, and the
    figure stands on every company's screen.
    """
    left = select(QueueEntry.id).where(
        QueueEntry.campaign_id == campaign_id,
        QueueEntry.state == "waiting",
        scope.clause(jobcentre=QueueEntry.jobcentre_id, firm=QueueEntry.calling_firm_id),
    )
    if jobcentre_id is not None:
        left = left.where(QueueEntry.jobcentre_id == jobcentre_id)
    counted = select(func.count()).select_from(left.limit(LEFT_MOST + 1).subquery()).scalar_subquery()
    *today, waiting = session.execute(_today(user_id, now).add_columns(counted)).one()
    return Pace(*today), waiting


@dataclass(frozen=True)
class Desk:
    """A jobcentre of a campaign that the phoner may call for, with the entries waiting there."""

    campaign_id: int
    campaign: str
    jobcentre_id: int
    jobcentre: str
    waiting: int
    full: bool


def desks(session: Session, scope: Scope, today: date) -> Sequence[Desk]:
    """Where the scope's firms call: campaigns that are open and not over, by name."""
    waiting = (
        select(func.count())
        .select_from(QueueEntry)
        .where(
            QueueEntry.campaign_id == Participation.campaign_id,
            QueueEntry.jobcentre_id == Participation.jobcentre_id,
            scope.clause(jobcentre=QueueEntry.jobcentre_id, firm=QueueEntry.calling_firm_id),
            QueueEntry.state == "waiting",
        )
        .correlate(Participation)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Campaign.id,
            Campaign.name,
            Jobcentre.id,
            Jobcentre.name,
            waiting,
            Participation.calendars_full_since.is_not(None),
        )
        .join(Participation, Participation.campaign_id == Campaign.id)
        .join(Jobcentre, Jobcentre.id == Participation.jobcentre_id)
        .where(
            Campaign.state == "open",
            Campaign.ends_on >= today,
            or_(scope.clause(jobcentre=Participation.jobcentre_id), calls_here(scope.firms, today)),
        )
        .order_by(Campaign.starts_on.desc(), Campaign.id, Jobcentre.name)
    )
    return [Desk(*row) for row in rows]


@dataclass(frozen=True)
class SameNumber:
    """Another entry in the phoner's reach with the same telephone number."""

    p_number: str
    name: str
    last_called_at: datetime | None


def same_number(session: Session, scope: Scope, entry: QueueEntry, limit: int = 3) -> list[SameNumber]:
    if not entry.phone:
        return []
    rows = session.execute(
        select(Workplace.p_number, Workplace.name, QueueEntry.last_called_at)
        .join(QueueEntry, QueueEntry.workplace_id == Workplace.id)
        .where(
            QueueEntry.phone == entry.phone,
            QueueEntry.workplace_id != entry.workplace_id,
            scope.clause(jobcentre=QueueEntry.jobcentre_id, firm=QueueEntry.calling_firm_id),
        )
        .order_by(QueueEntry.last_called_at.desc().nulls_last(), QueueEntry.id)
        .limit(limit)
    )
    return [SameNumber(*row) for row in rows]


TOLD = (
    "visits.book",
    "visits.move",
    "visits.hand_over",
    "visits.late",
    "visits.cancel",
    "visits.report",
    "visits.reply",
    "openings.log",
)
"""What the phoner is told of what came after the calls; the rooms below write it to the activity log."""


def facts(session: Session, scope: Scope, workplace_id: int, limit: int = 12) -> Sequence[Activity]:
    """Visits and openings at a workplace, newest first, of campaigns that the scope takes part in. A report
    corrected later stands once, as it is now; of a booking that was taken back there is no row."""
    in_reach = select(Participation.campaign_id).where(
        scope.clause(jobcentre=Participation.jobcentre_id, firm=Participation.calling_firm_id)
    )
    rows = session.scalars(
        select(Activity)
        .where(
            Activity.workplace_id == workplace_id,
            Activity.verb.in_(TOLD),
            Activity.campaign_id.in_(in_reach),
        )
        .order_by(Activity.at.desc(), Activity.id.desc())
        .limit(limit * 2)
    ).all()
    found, reported = [], set()
    for row in rows:
        if row.verb == "visits.report":
            if row.subject_id in reported:
                continue
            reported.add(row.subject_id)
        found.append(row)
    return found[:limit]


def legal_basis(session: Session, entry: QueueEntry) -> str | None:
    """The recorded basis for calling protected companies on the entry's own list."""
    return session.scalar(
        select(CallList.legal_basis)
        .join(ListEntry, ListEntry.call_list_id == CallList.id)
        .where(ListEntry.id == entry.list_entry_id)
    )
