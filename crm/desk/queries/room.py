"""What a jobcentre has room for, and who carries the load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from crm.base.clock import at, danish_date
from crm.base.scope import Scope
from crm.calendars.queries import free, profiles
from crm.campaigns.models import CallList, Campaign, Participation
from crm.desk.rules import fits, week_of
from crm.followups.models import FollowUp
from crm.people.models import User
from crm.people.queries import consultants_of
from crm.visits.models import Visit
from crm.visits.rules import OCCUPYING_STATES

WEEKS = 6


@dataclass(frozen=True)
class Week:
    monday: date
    booked: int
    capacity: int

    @property
    def number(self) -> int:
        return self.monday.isocalendar()[1]


@dataclass(frozen=True)
class Load:
    """One consultant. ``late``: open follow-ups whose day has passed; ``unreported``: visits over without a report."""

    consultant: User
    this_week: int
    next_week: int
    ahead: int
    unreported: int
    late: int
    capacity: int


@dataclass(frozen=True)
class Room:
    weeks: Sequence[Week]
    loads: Sequence[Load]

    @property
    def left(self) -> int:
        return sum(max(week.capacity - week.booked, 0) for week in self.weeks)


def room(session: Session, scope: Scope, now: datetime) -> Room:
    """The coming six weeks of the scope's consultants, in seven queries. Capacity: what working hours without
    absences hold (the campaign's visit and margin; drive not counted), at most the consultant's visits a day."""
    people = consultants_of(session, list(scope.jobcentres))
    ids = [person.id for person in people]
    first = week_of(danish_date(now))
    frm, to = at(first, 0), at(first + timedelta(weeks=WEEKS), 0)
    minutes = _visit_minutes(session, scope)
    known, spans = profiles(session, ids), free(session, ids, frm, to)
    held = {who: fits(spans.get(who, []), minutes, known[who].max_visits_a_day) for who in ids if who in known}
    booked = _booked(session, ids, frm, to)
    mondays = [first + timedelta(weeks=n) for n in range(WEEKS)]
    weeks = [
        Week(
            monday,
            sum(count for (_who, day), count in booked.items() if week_of(day) == monday),
            sum(count for days in held.values() for day, count in days.items() if week_of(day) == monday),
        )
        for monday in mondays
    ]
    return Room(weeks, _loads(session, people, now, booked, held))


def _visit_minutes(session: Session, scope: Scope) -> int:
    """Length and margin of the open campaigns the jobcentres take part in; an hour without one."""
    found = session.scalar(
        select(func.max(Campaign.visit_minutes + Campaign.margin_minutes))
        .join(Participation, Participation.campaign_id == Campaign.id)
        .where(Campaign.state == "open", Participation.jobcentre_id.in_(scope.jobcentres))
    )
    return int(found or 60)


def _booked(session: Session, ids: Sequence[int], frm: datetime, to: datetime) -> dict[tuple[int, date], int]:
    found: dict[tuple[int, date], int] = {}
    for who, starts_at in session.execute(
        select(Visit.consultant_id, Visit.starts_at).where(
            Visit.consultant_id.in_(ids),
            Visit.starts_at >= frm,
            Visit.starts_at < to,
            Visit.state.in_(OCCUPYING_STATES),
        )
    ):
        key = who, danish_date(starts_at)
        found[key] = found.get(key, 0) + 1
    return found


def _loads(
    session: Session,
    people: Sequence[User],
    now: datetime,
    booked: dict[tuple[int, date], int],
    held: dict[int, dict[date, int]],
) -> list[Load]:
    ids, first = [person.id for person in people], week_of(danish_date(now))
    visits, late = _open_visits(session, ids, now), _late(session, ids, danish_date(now))

    def in_week(counts: dict[date, int], monday: date) -> int:
        return sum(count for day, count in counts.items() if week_of(day) == monday)

    made = []
    for person in people:
        mine = {day: count for (who, day), count in booked.items() if who == person.id}
        ahead, over = visits.get(person.id, (0, 0))
        made.append(
            Load(
                person,
                in_week(mine, first),
                in_week(mine, first + timedelta(weeks=1)),
                ahead,
                over,
                late.get(person.id, 0),
                in_week(held.get(person.id, {}), first),
            )
        )
    return made


def _open_visits(session: Session, ids: Sequence[int], now: datetime) -> dict[int, tuple[int, int]]:
    """Consultant -> booked visits that lie ahead, and those that are over without a report."""
    ahead, over = (func.count(case((when, 1))) for when in (Visit.ends_at >= now, Visit.ends_at < now))
    rows = session.execute(
        select(Visit.consultant_id, ahead, over)
        .where(Visit.consultant_id.in_(ids), Visit.state == "booked")
        .group_by(Visit.consultant_id)
    )
    return {who: (coming, unreported) for who, coming, unreported in rows}


def _late(session: Session, ids: Sequence[int], today: date) -> dict[int, int]:
    """Consultant -> follow-ups over their date."""
    open_ = and_(FollowUp.state == "open", FollowUp.voided_at.is_(None), FollowUp.due_on < today)
    rows = session.execute(
        select(FollowUp.owner_id, func.count()).where(FollowUp.owner_id.in_(ids), open_).group_by(FollowUp.owner_id)
    )
    return dict(rows.all())


def lists(session: Session, scope: Scope, limit: int = 20) -> Sequence[CallList]:
    """The jobcentres' lists of open campaigns, those awaiting approval first."""
    return session.scalars(
        select(CallList)
        .join(Participation, Participation.id == CallList.participation_id)
        .join(Campaign, Campaign.id == Participation.campaign_id)
        .where(Campaign.state == "open", scope.clause(jobcentre=Participation.jobcentre_id))
        .order_by(CallList.state.desc(), CallList.id.desc())
        .limit(limit)
    ).all()
