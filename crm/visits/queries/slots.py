"""Ranked times for a visit: six queries, whatever the number of consultants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Refusal
from crm.calendars.rules import days_between
from crm.calling.models import QueueEntry
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.people.models import User, UserRole
from crm.travel.engine import Place, default_engine, place_of_postcode
from crm.travel.places import TravelEngine
from crm.visits.models import Visit
from crm.visits.queries.days import Holds, load_days
from crm.visits.rules.day import TAKEN, Day, Verdict, Wish, bookable, turned_down
from crm.visits.rules.slots import Offer, Slot, explained, other_end, rank

LONGEST = timedelta(days=62)
"""A search looks no further than this in one call."""


@dataclass(frozen=True)
class Ask:
    """What is searched for: a place, in a jobcentre's calendars, by a campaign's rules.

    ``exclude``: a visit that is being moved, and ``entry_id``: the entry a time may be held for; neither is in its
    own way.
    """

    jobcentre_id: int
    campaign: Campaign
    place: Place
    exact: bool
    exclude: int | None = None
    notice: bool = True
    entry_id: int | None = None

    def wish(self, now: datetime) -> Wish:
        campaign = self.campaign
        hours = campaign.notice_hours if self.notice else 0
        return Wish(
            self.place,
            self.exact,
            campaign.visit_minutes,
            campaign.margin_minutes,
            now + timedelta(hours=hours),
            now + timedelta(days=campaign.horizon_days),
        )


def place_of(workplace: Workplace) -> tuple[Place, bool]:
    """Where a workplace lies, and whether that is known better than by postcode. Raises Refusal ``no_place``."""
    if workplace.lat is not None and workplace.lon is not None:
        return Place(workplace.lat, workplace.lon), workplace.geo_source == "file"
    place = place_of_postcode(workplace.postcode)
    if place is None:
        raise Refusal(
            "no_place",
            N_(
                "Virksomhedens adresse kan ikke placeres på kortet: postnummer {postcode} kendes "
                "ikke. Ret adressen, og prøv igen."
            ),
            postcode=workplace.postcode,
        )
    return place, False


def ask_for_entry(entry: QueueEntry, *, notice: bool = True) -> Ask:
    place, exact = place_of(entry.workplace)
    return Ask(entry.jobcentre_id, entry.campaign, place, exact, notice=notice, entry_id=entry.id)


def ask_for_visit(visit: Visit) -> Ask:
    """Where and by which rules a booked visit may lie; it is not in its own way, and notice is no matter."""
    place = Place(visit.lat, visit.lon)
    return Ask(visit.jobcentre_id, visit.entry.campaign, place, visit.workplace.geo_source == "file", visit.id, False)


def slots(
    session: Session, now: datetime, entry: QueueEntry, frm: datetime, to: datetime, *, refused: bool = False
) -> Offer:
    """Times for the entry's workplace with its jobcentre's consultants in [frm, to), best first.

    With ``refused`` also every half hour that cannot be had, with the reason. Raises Refusal ``no_place``.
    """
    return search(session, now, ask_for_entry(entry), frm, to, with_refused=refused)


@dataclass(frozen=True)
class Person:
    """Of a consultant what slots show."""

    id: int
    name: str
    initials: str


@dataclass(frozen=True)
class Board:
    """The days of a jobcentre's consultants, loaded once, and what is looked for in them."""

    wish: Wish
    people: Mapping[int, Person]
    days: Mapping[tuple[int, date], Day]
    weeks: Mapping[tuple[int, int, int], int]

    def bookable(self, frm: datetime, to: datetime) -> list[Slot]:
        """Best first."""
        return sorted(self._slots(bookable, frm, to), key=rank)

    def refused(self, frm: datetime, to: datetime) -> list[Slot]:
        """Every half hour that cannot be had, by time."""
        return sorted(self._slots(turned_down, frm, to), key=lambda s: (s.starts_at, s.consultant_id))

    def _slots(
        self,
        judge: Callable[[Day, Wish, TravelEngine], Iterable[Verdict]],
        frm: datetime,
        to: datetime,
    ) -> Iterator[Slot]:
        engine = default_engine()
        first, last = danish_date(frm), danish_date(to)
        for (number, date_), day in self.days.items():
            if first <= date_ <= last:
                makes = SlotMaker(self.people[number], self.wish, self.weeks, day)
                yield from makes.all(v for v in judge(day, self.wish, engine) if frm <= v.starts_at < to)


def board(session: Session, now: datetime, ask: Ask, frm: datetime, to: datetime) -> Board:
    """Load what [frm, to) needs: six queries. No further than the horizon and LONGEST; empty when reversed."""
    wish = ask.wish(now)
    start, end = max(frm, now), min(to, frm + LONGEST, wish.latest + timedelta(days=1))
    people = consultants(session, [ask.jobcentre_id]) if start < end else {}
    if not people:
        return Board(wish, people, {}, {})
    dates = days_between(start, end)
    days, weeks = load_days(session, people, dates, exclude=ask.exclude, holds=Holds(now, ask.entry_id))
    return Board(wish, people, days, weeks)


def search(
    session: Session, now: datetime, ask: Ask, frm: datetime, to: datetime, *, with_refused: bool = False
) -> Offer:
    """The general search behind ``slots``; an empty or reversed span gives an empty offer."""
    found = board(session, now, ask, frm, to)
    frm = max(frm, now)
    return Offer(
        found.bookable(frm, to),
        found.refused(frm, to) if with_refused else [],
        found.wish.earliest,
        found.wish.latest,
        len(found.people),
    )


@dataclass(frozen=True)
class SlotMaker:
    """Turns verdicts on one day into slots."""

    person: Person
    wish: Wish
    weeks: Mapping[tuple[int, int, int], int]
    day: Day

    def all(self, verdicts: Iterable[Verdict]) -> list[Slot]:
        return [self.one(verdict) for verdict in verdicts]

    def one(self, verdict: Verdict) -> Slot:
        ends_at = verdict.starts_at + self.wish.length
        beside, town, at = explained(verdict, ends_at)
        block = other_end(verdict)
        if verdict.reason == "held" and block is not None:
            at = block.starts_at
        return Slot(
            self.person.id,
            self.person.name,
            self.person.initials,
            verdict.starts_at,
            ends_at,
            verdict.before_min,
            verdict.after_min,
            verdict.extra_min,
            verdict.ferry,
            self.weeks.get((self.person.id, *_week(verdict.starts_at)), 0),
            beside,
            town,
            at,
            verdict.reason,
            block.town if block else "",
            verdict.needed_min,
            verdict.available_min,
            self.day.max_visits,
            block is not None and block.kind in TAKEN,
            block.lapses if block is not None and verdict.reason == "held" else None,
        )


def _week(moment: datetime) -> tuple[int, int]:
    return danish_date(moment).isocalendar()[:2]


def consultants(session: Session, jobcentre_ids: Collection[int]) -> dict[int, Person]:
    """Active consultants of these jobcentres as plain values: one query."""
    rows = session.execute(
        select(User.id, User.name, User.initials)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role == "consultant", UserRole.jobcentre_id.in_(jobcentre_ids), User.active)
        .order_by(User.id)
        .distinct()
    )
    return {row.id: Person(*row) for row in rows}
