"""The consultant's day: visits, own time and the drives between them; seven queries whatever it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from crm.base.clock import at, danish_date, day_bounds
from crm.calendars.models import CalendarWishes
from crm.calendars.queries import absences, weekly_hours
from crm.calendars.queries.wishes import DayBase, base_on, busy_between
from crm.calendars.rules import Span, hours_between
from crm.campaigns.models import Campaign
from crm.people.models import User
from crm.travel.engine import Place, default_engine
from crm.visits.models import Visit
from crm.visits.queries.days import Holds, held_stops
from crm.visits.rules.places import blur_at
from crm.visits.rules.route import Halt, Lunch, Route, beside, route
from crm.visits.rules.stops import Stop
from crm.visits.rules.words import OCCUPYING_STATES


@dataclass(frozen=True)
class Taken:
    """An absence (with its title) or an own appointment of the day (without). ``over``: it lies over a visit."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    title: str
    over: bool


@dataclass(frozen=True)
class DayPlan:
    """A consultant's day as it is driven. ``next`` is the first visit not over yet, on the day itself only.

    ``base`` None: none is known, so only the drives between visits are. ``bookers``: who booked the visits, by id.
    ``following``: the day of the next visit after this day. ``kept``: the route with the times as stops that are held
    for somebody who is talking with a company: nothing else is to be done in them.
    """

    day: date
    base: DayBase | None
    visits: Sequence[Visit]
    route: Route
    next: Visit | None
    hours: Sequence[Span]
    taken: Sequence[Taken]
    following: date | None
    bookers: dict[int, str]
    kept: Route

    @property
    def unreported(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.state == "booked"]

    @property
    def place(self) -> Place | None:
        """Where the day begins and ends."""
        return Place(self.base.lat, self.base.lon) if self.base else None


def day_plan(session: Session, consultant: User, day: date, now: datetime) -> DayPlan:
    """The day with drives and leave-by times. A cancelled visit is no stop of it."""
    start, end = day_bounds(day)
    found, margins, bookers = _visits(session, consultant, start, end)
    base = base_on(session, consultant.id, day)
    hours = hours_between(weekly_hours(session, consultant.id), start, end)
    visits = [_halt(visit, margins[visit.id]) for visit in found]
    apart, taken = _taken(session, consultant, base, visits, hours, (start, end), now)
    place = Place(base.lat, base.lon) if base else None
    halts = sorted((*visits, *apart), key=lambda halt: halt.starts_at)
    lunch = _lunch(day, base.wishes if base else None)
    held = [_held(stop) for _, stop in held_stops(session, [consultant.id], (start, end), Holds(now))]
    line = sorted((*halts, *held), key=lambda halt: halt.starts_at)
    _warm(place, line)
    driven = route(place, halts, default_engine(), lunch=lunch)
    kept = route(place, line, default_engine(), lunch=lunch) if held else driven
    upcoming_now = next_of(found, now) if day == danish_date(now) else None
    following = _next_day(session, consultant, end)
    return DayPlan(day, base, found, driven, upcoming_now, hours, taken, following, bookers, kept)


def _warm(base: Place | None, line: Sequence[Halt]) -> None:
    """An engine over HTTP is asked for all the drives at once."""
    places = list(dict.fromkeys((*([base] if base else []), *(halt.place for halt in line))))
    default_engine().warm(places, places)


def _visits(
    session: Session, consultant: User, start: datetime, end: datetime
) -> tuple[list[Visit], dict[int, int], dict[int, str]]:
    """The day's visits, the margin of each one's campaign, and who booked them."""
    booker = aliased(User)
    rows = session.execute(
        select(Visit, Campaign.margin_minutes, booker.name)
        .join(Campaign, Campaign.id == Visit.campaign_id)
        .outerjoin(booker, booker.id == Visit.booked_by)
        .where(
            Visit.consultant_id == consultant.id,
            Visit.state.in_(OCCUPYING_STATES),
            Visit.starts_at >= start,
            Visit.starts_at < end,
        )
        .order_by(Visit.starts_at)
    ).all()
    bookers = {visit.booked_by: name for visit, _, name in rows if visit.booked_by and name}
    return [visit for visit, _, _ in rows], {visit.id: margin for visit, margin, _ in rows}, bookers


def _halt(visit: Visit, margin: int) -> Halt:
    place, company, done = Place(visit.lat, visit.lon), visit.workplace, visit.state != "booked"
    blur = blur_at((visit.lat, visit.lon), company.lat, company.lon, company.geo_source)
    return Halt("visit", place, visit.starts_at, visit.ends_at, visit, done, margin, blur)


def _held(stop: Stop) -> Halt:
    return Halt("hold", stop.place, stop.starts_at, stop.ends_at, None, False, stop.margin, stop.blur)


def _taken(
    session: Session,
    consultant: User,
    base: DayBase | None,
    visits: Sequence[Halt],
    hours: Sequence[Span],
    day: Span,
    now: datetime,
) -> tuple[list[Halt], list[Taken]]:
    """Absences and own appointments: as stops where they are ones, and as what the page tells of them."""
    rows = [("away", row.starts_at, row.ends_at, row.title) for row in absences(session, consultant.id, *day)]
    own = busy_between(session, consultant.id, *day)
    rows += [("busy", row.starts_at, row.ends_at, "") for row in own]
    place = Place(base.lat, base.lon) if base else Place(0.0, 0.0)
    halts = [
        Halt(kind, place, max(start, day[0]), min(end, day[1]), title, end <= now) for kind, start, end, title in rows
    ]
    apart, over = beside(visits, halts, hours)
    told = [Taken(h.kind, h.starts_at, h.ends_at, h.ref or "", h in over) for h in halts]
    return (apart if base else []), sorted(told, key=lambda one: one.starts_at)


def _lunch(day: date, wishes: CalendarWishes | None) -> Lunch | None:
    if wishes is None or not wishes.lunch_minutes:
        return None
    return Lunch(wishes.lunch_minutes, at(day, wishes.lunch_from), at(day, min(wishes.lunch_to, 1439)))


def next_of(found: Sequence[Visit], now: datetime) -> Visit | None:
    """The first visit that is not over; after the last one, where the consultant still is without a report."""
    booked = [visit for visit in found if visit.state == "booked"]
    ahead = (visit for visit in booked if visit.ends_at > now)
    return next(ahead, None) or next((visit for visit in reversed(booked) if visit.arrived_at), None)


def _next_day(session: Session, consultant: User, end: datetime) -> date | None:
    following = session.scalar(
        select(func.min(Visit.starts_at)).where(
            Visit.consultant_id == consultant.id, Visit.state == "booked", Visit.starts_at >= end
        )
    )
    return danish_date(following) if following else None
