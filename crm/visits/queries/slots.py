"""Ranked times for a visit: six queries, whatever the number of consultants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
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
from crm.visits.models import SlotWeights, Visit
from crm.visits.queries.days import Holds, Limits, load_days, warm
from crm.visits.rules.day import TAKEN, Day, Verdict, Wish, bookable, turned_down
from crm.visits.rules.places import WORST, blur, blur_at, covers
from crm.visits.rules.slots import Offer, Slot, explained, other_end, rank
from crm.visits.rules.weights import EVEN, Weights, days_ahead

LONGEST = timedelta(days=62)
"""A search looks no further than this in one call."""


@dataclass(frozen=True)
class Ask:
    """What is searched for: a place, in a jobcentre's calendars, by a campaign's rules.

    ``blur``: see ``rules.places``. ``exclude``: a visit that is being moved, and ``entry_id``: the entry a time may be
    held for; neither is in its own way. ``postcode``: the place's, for the consultants' areas, which do not count for
    the one who has the visit already (``keeps``). Without ``notice`` neither the campaign's nor the consultants'.
    """

    jobcentre_id: int
    campaign: Campaign
    place: Place
    blur: int
    postcode: str
    exclude: int | None = None
    notice: bool = True
    entry_id: int | None = None
    keeps: int | None = None

    def wish(self, now: datetime) -> Wish:
        campaign = self.campaign
        hours = campaign.notice_hours if self.notice else 0
        return Wish(
            self.place,
            self.blur,
            campaign.visit_minutes,
            campaign.margin_minutes,
            now + timedelta(hours=hours),
            now + timedelta(days=campaign.horizon_days),
            self.postcode,
        )

    def limits(self, now: datetime) -> Limits:
        return Limits(now, self.notice, self.keeps)

    def holds(self, now: datetime) -> Holds:
        return Holds(now, self.entry_id)


def place_of(workplace: Workplace) -> tuple[Place, int]:
    """Where a workplace lies, and the minutes of margin it takes because that is not known well. Raises Refusal
    ``no_place``."""
    if workplace.lat is not None and workplace.lon is not None:
        return Place(workplace.lat, workplace.lon), blur(workplace.geo_source)
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
    return place, WORST


def ask_for_entry(entry: QueueEntry, *, notice: bool = True) -> Ask:
    place, vague = place_of(entry.workplace)
    postcode = entry.workplace.postcode
    return Ask(entry.jobcentre_id, entry.campaign, place, vague, postcode, notice=notice, entry_id=entry.id)


def ask_for_visit(visit: Visit) -> Ask:
    """Where and by which rules a booked visit may lie; it is not in its own way, and notice is no matter."""
    place = Place(visit.lat, visit.lon)
    company = visit.workplace
    return Ask(
        visit.jobcentre_id,
        visit.entry.campaign,
        place,
        blur_at((visit.lat, visit.lon), company.lat, company.lon, company.geo_source),
        company.postcode,
        visit.id,
        False,
        keeps=visit.consultant_id,
    )


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
    """The days of a jobcentre's consultants, loaded once, and what is looked for in them. ``ahead``: working days from
    now to each day."""

    wish: Wish
    people: Mapping[int, Person]
    days: Mapping[tuple[int, date], Day]
    weeks: Mapping[tuple[int, int, int], int]
    weights: Weights = EVEN
    ahead: Mapping[date, int] = field(default_factory=dict)

    def bookable(self, frm: datetime, to: datetime) -> list[Slot]:
        """Best first."""
        return sorted(self._slots(bookable, frm, to), key=rank)

    def refused(self, frm: datetime, to: datetime) -> list[Slot]:
        """Every half hour that cannot be had, by time."""
        return sorted(self._slots(turned_down, frm, to), key=lambda s: (s.starts_at, s.consultant_id))

    def outside(self) -> list[Person]:
        """Consultants who wish for no visits where this one would be, by name."""
        wished = {who: day.areas for (who, _), day in self.days.items()}
        found = [self.people[who] for who, areas in wished.items() if not covers(areas, self.wish.postcode)]
        return sorted(found, key=lambda person: person.name)

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
                makes = SlotMaker(
                    self.people[number], self.wish, self.weeks, day, self.weights, self.ahead.get(date_, 0)
                )
                yield from makes.all(v for v in judge(day, self.wish, engine) if frm <= v.starts_at < to)


def board(session: Session, now: datetime, ask: Ask, frm: datetime, to: datetime) -> Board:
    """Load what [frm, to) needs: six queries. No further than the horizon and LONGEST; empty when reversed. The drives
    are fetched as well, where that takes a journey: not to be called while a lock is held, unless they are known."""
    wish = ask.wish(now)
    start, end = max(frm, now), min(to, frm + LONGEST, wish.latest + timedelta(days=1))
    people, weights = team(session, ask.jobcentre_id) if start < end else ({}, EVEN)
    if not people:
        return Board(wish, people, {}, {})
    dates = days_between(start, end)
    days, weeks = load_days(session, people, dates, exclude=ask.exclude, holds=ask.holds(now), limits=ask.limits(now))
    warm(days, ask.place)
    return Board(wish, people, days, weeks, weights, days_ahead(danish_date(now), dates))


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
        found.weights,
    )


@dataclass(frozen=True)
class SlotMaker:
    """Turns verdicts on one day into slots. ``ahead``: working days from now to the day."""

    person: Person
    wish: Wish
    weeks: Mapping[tuple[int, int, int], int]
    day: Day
    weights: Weights = EVEN
    ahead: int = 0

    def all(self, verdicts: Iterable[Verdict]) -> list[Slot]:
        return [self.one(verdict) for verdict in verdicts]

    def one(self, verdict: Verdict) -> Slot:
        ends_at = verdict.starts_at + self.wish.length
        beside, town, at = explained(verdict, ends_at)
        block = other_end(verdict)
        held = verdict.reason == "held" and block is not None
        visits = self.weeks.get((self.person.id, *_week(verdict.starts_at)), 0)
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
            visits,
            beside,
            town,
            block.starts_at if held and block else at,
            verdict.reason,
            block.town if block else "",
            verdict.needed_min,
            verdict.available_min,
            self.day.max_visits,
            block is not None and block.kind in TAKEN,
            block.lapses if held and block else None,
            self.weights.fairness_min * visits,
            self.weights.earliness_min * self.ahead,
            self.day.lunch,
            self.day.areas,
            self.wish.postcode,
            verdict,
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


def team(session: Session, jobcentre_id: int) -> tuple[dict[int, Person], Weights]:
    """A jobcentre's active consultants, and how it weighs its times: one query."""
    rows = session.execute(
        select(User.id, User.name, User.initials, SlotWeights.fairness_min, SlotWeights.earliness_min)
        .join(UserRole, UserRole.user_id == User.id)
        .outerjoin(SlotWeights, SlotWeights.jobcentre_id == UserRole.jobcentre_id)
        .where(UserRole.role == "consultant", UserRole.jobcentre_id == jobcentre_id, User.active)
        .order_by(User.id)
        .distinct()
    ).all()
    weights = Weights(rows[0].fairness_min or 0, rows[0].earliness_min or 0) if rows else EVEN
    return {row.id: Person(row.id, row.name, row.initials) for row in rows}, weights
