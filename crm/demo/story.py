"""The story of one jobcentre in the reference campaign: who was called when, visited, told, and what came after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import TypeVar

from crm.base.clock import add_working_days, at, danish_date
from crm.base.types import parse_phone
from crm.demo import names, texts
from crm.demo.aftermath import Aftermath, Habits
from crm.demo.bulk import Bulk
from crm.demo.people import Centre
from crm.demo.plan import CentrePlan, Told
from crm.demo.rows import Entry, Row
from crm.demo.timetable import VISIT, Diary, moment
from crm.people.models import User
from crm.visits.rules import ContactDetails

UNWORKABLE = (("wrong_number", 40), ("closed_down", 25), ("outside_target", 25), ("do_not_call", 10))
UNREACHED = (("no_answer", 58), ("voicemail", 27), ("busy", 15))
ATTEMPTS = ((0, 48), (1, 30), (2, 15), (3, 7))
CANCELLED_BY_COMPANY, CANCELLED_BY_JOBCENTRE, NOBODY_THERE = 0.075, 0.025, 0.015


@dataclass(frozen=True)
class Calendar:
    """The days on which was called, with how much on each, and where the product's clock stands."""

    now: datetime
    days: Sequence[date]
    weights: Sequence[float]
    last_visit: date


@dataclass(frozen=True)
class Ending:
    """How the calling of one entry ended, and on which of the calling days (its index)."""

    outcome: str
    day: int


class Story:
    """Plays one jobcentre's events into the bulk path. Every figure of its plan comes out exactly."""

    def __init__(
        self,
        bulk: Bulk,
        rng: Random,
        centre: Centre,
        plan: CentrePlan,
        calendar: Calendar,
        phoners: Sequence[User],
        region: User,
    ) -> None:
        self.bulk, self.rng, self.centre, self.plan, self.calendar = bulk, rng, centre, plan, calendar
        self.phoners, self.region = phoners, region
        self.diary = Diary([user.id for user in centre.consultants])
        self.users = {user.id: user for user in centre.consultants}
        self.habits = Habits.of(rng)

    def play(self, entries: Sequence[Entry], told: Iterator[list[Told]]) -> None:
        """``entries``: those that can be called, in the order of the queue. ``told``: openings, one visit at a time."""
        visits = [
            visit
            for entry, ending in zip(entries, self._endings(len(entries)), strict=False)
            if (visit := self._calls(entry, ending)) is not None
        ]
        self._visits(visits, told)

    def _endings(self, entries: int) -> list[Ending]:
        """An ending for each entry that was called, in the queue's order; calling reached them day by day."""
        rng, plan = self.rng, self.plan
        contacted = plan.booked + plan.declined
        outcomes = ["booked"] * plan.booked + ["declined"] * plan.declined
        room = entries - contacted
        outcomes += rng.choices(*_parts(UNWORKABLE), k=min(room // 4, round(contacted * 0.07)))
        outcomes += ["waiting"] * min(room // 2, round(contacted * 0.12))
        rng.shuffle(outcomes)
        count = len(self.calendar.days)
        reached = sorted(rng.choices(range(count), self.calendar.weights, k=len(outcomes)))
        return [
            Ending(
                outcome,
                rng.randrange(max(0, count - 12), count)
                if outcome == "waiting"
                else min(count - 1, day + rng.choice((0, 0, 0, 1, 2))),
            )
            for outcome, day in zip(outcomes, reached, strict=True)
        ]

    def _calls(self, entry: Entry, ending: Ending) -> Row | None:
        """The entry's calls up to its ending; the visit, when there is one."""
        rng = self.rng
        attempts = rng.choices(*_parts(ATTEMPTS))[0] + (ending.outcome == "waiting")
        day, earlier = ending.day, []
        for _attempt in range(attempts - (ending.outcome == "waiting")):
            day -= rng.choice((1, 1, 2, 3))
            earlier.append(day)
        for index in (index for index in reversed(earlier) if index >= 0):
            self._try_again(entry, self.calendar.days[index], self.calendar.days[index + 1])
        today = self.calendar.days[ending.day]
        if ending.outcome == "waiting":
            self._try_again(entry, today, add_working_days(danish_date(self.calendar.now), rng.choice((0, 1, 1, 2, 4))))
            return None
        started, ended = self._span(today, 100 if ending.outcome != "booked" else 260)
        phoner = self._phoner()
        if ending.outcome == "booked":
            return self._book(entry, phoner, started, ended)
        if ending.outcome == "declined":
            self.bulk.call(
                entry,
                phoner,
                started,
                ended,
                "declined",
                reason=texts.decline_reason(rng),
                note=rng.choice(texts.DECLINE_NOTES),
            )
        else:
            self.bulk.call(entry, phoner, started, ended, ending.outcome)
        return None

    def _span(self, day: date, seconds: int) -> tuple[datetime, datetime]:
        started = moment(self.rng, day)
        return started, started + timedelta(seconds=self.rng.randint(seconds // 3, seconds * 2))

    def _phoner(self) -> User:
        """Mostly one phoner calls for a jobcentre (evaluation 2013, section 2)."""
        return self.phoners[0] if len(self.phoners) == 1 or self.rng.random() < 0.7 else self.rng.choice(self.phoners)

    def _try_again(self, entry: Entry, day: date, back_on: date) -> None:
        """A call without an answer to the offer: nobody there, or "ring later" on ``back_on``."""
        rng = self.rng
        started, ended = self._span(day, 45)
        if rng.random() < 0.12:
            self.bulk.call(
                entry,
                self._phoner(),
                started,
                ended,
                "call_back",
                mine=rng.random() < 0.6,
                call_back_at=at(back_on, rng.randrange(9 * 60, 15 * 60 + 30, 15)),
                note=rng.choice(texts.CALL_BACK_NOTES),
            )
        else:
            outcome = rng.choices(*_parts(UNREACHED))[0]
            note = rng.choice(texts.VOICEMAIL_NOTES) if outcome == "voicemail" else ""
            self.bulk.call(entry, self._phoner(), started, ended, outcome, note=note)

    def _book(self, entry: Entry, phoner: User, started: datetime, ended: datetime) -> Row:
        lead = self.rng.choices((2, 3, 4, 5, 7, 9), (10, 20, 25, 20, 15, 10))[0]
        found = self.diary.place(self.rng, danish_date(ended), self.calendar.last_visit, lead)
        if found is None:
            raise RuntimeError(f"{self.centre.row.name} has too few consultants for its visits")
        consultant, starts_at = found
        return self.bulk.book(
            entry,
            phoner,
            started,
            ended,
            self.users[consultant],
            starts_at,
            starts_at + VISIT,
            self._contact(entry),
            self.rng.choice(texts.BOOK_NOTES),
        )

    def _contact(self, entry: Entry) -> ContactDetails:
        """Mostly the register's person; else whoever took the telephone."""
        rng = self.rng
        known = next(iter(entry.contacts.values()), None)
        name = known["name"] if known and rng.random() < 0.8 else names.person(rng)
        phone = parse_phone(names.phone(rng)) if rng.random() < 0.5 else None
        mailbox = f"{names.slug(name.split(' ')[0])}@{names.slug(entry.name)[:40]}.example"
        email = mailbox if rng.random() < 0.7 else None
        return ContactDetails(name, rng.choice(names.TITLES), phone, email)

    def _visits(self, visits: Sequence[Row], told: Iterator[list[Told]]) -> None:
        """Some are cancelled; of those that are over, the plan's number is held and reported, older ones likelier."""
        rng, now = self.rng, self.calendar.now
        over = sorted(
            (visit for visit in visits if visit["ends_at"] + timedelta(hours=1) < now),
            key=lambda visit: visit["starts_at"] + timedelta(days=rng.uniform(-20, 20)),
        )
        after = Aftermath(self.bulk, rng, self.habits, now, self.users, self.centre.lead, self.region)
        spare = len(over) - self.plan.held
        fallen = rng.sample(
            over, min(spare, round(len(over) * (CANCELLED_BY_COMPANY + CANCELLED_BY_JOBCENTRE + NOBODY_THERE)))
        )
        left_out = {visit["id"] for visit in fallen}
        held = [visit for visit in over if visit["id"] not in left_out][: self.plan.held]
        for visit in held:
            after.held(visit, next(told))
        for visit in fallen:
            after.fell_through(visit)
        coming = [visit for visit in visits if visit["starts_at"] > now + timedelta(hours=20)]
        for visit in rng.sample(coming, round(len(coming) * 0.03)):
            after.cancelled_ahead(visit)


Value = TypeVar("Value", str, int)


def _parts(weighted: Sequence[tuple[Value, int]]) -> tuple[list[Value], list[int]]:
    return [value for value, _ in weighted], [weight for _, weight in weighted]
