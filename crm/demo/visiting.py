"""The consultants' side of the small demo: visits held, called off, moved or forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, danish_date, day_bounds
from crm.base.errors import Refusal
from crm.demo import texts
from crm.demo.aftermath import Habits, decision, opening, visit_report
from crm.demo.people import People
from crm.demo.plan import Told
from crm.demo.timetable import moment
from crm.followups.actions import close_visit
from crm.openings.rules import NewOpening
from crm.visits.actions import arrive, cancel, move
from crm.visits.models import Visit
from crm.visits.queries import slots
from crm.visits.rules import Slot

Event = tuple[datetime, Callable[[datetime], None]]
TYPES = (
    ("ordinary", 32),
    ("work_placement", 31),
    ("wage_subsidy", 15),
    ("other", 8),
    ("job_rotation", 8),
    ("adult_apprentice", 5),
    ("upskilling_job", 1),
)
CALLED_OFF, NOBODY = 0.06, 0.025
# how often an opening is told: by jobcentre, in order
OPENNESS = (0.45, 0.36, 0.30, 0.40)


class Visiting:
    """What happens on a day: called before the day is played, so that it sees what has been booked for it."""

    def __init__(self, session: Session, rng: Random, people: People, now: datetime) -> None:
        self.session, self.rng, self.now = session, rng, now
        self.users = {user.id: user for user in people.everyone}
        self.openness = dict(zip((centre.row.id for centre in people.centres), OPENNESS, strict=True))
        self.habits = {centre.row.id: Habits.of(rng) for centre in people.centres}
        self.sloppy = people.centres[-1].consultants[-1].id
        self._all_types = list(dict(TYPES))
        self._rare = [0.0, CALLED_OFF / 2, CALLED_OFF + NOBODY / 2, 0.5, 0.5]  # the first visits end in every way once

    def events(self, day: date) -> list[Event]:
        return [*self._visits(day), *self._changes(day)]

    def _visits(self, day: date) -> list[Event]:
        """One ending for each visit of the day; some stay without a report."""
        start, end = day_bounds(day)
        booked = self.session.scalars(
            select(Visit)
            .where(Visit.state == "booked", Visit.starts_at >= start, Visit.starts_at < end)
            .order_by(Visit.id)
        ).all()
        events: list[Event] = []
        for visit in booked:
            draw = self._rare.pop() if self._rare and day < danish_date(self.now) else self.rng.random()
            unreported = 0.5 if visit.consultant_id == self.sloppy else 0.05
            if day >= add_working_days(danish_date(self.now), -1) and draw > 0.75:
                unreported = 1.0
            after = visit.ends_at + timedelta(minutes=self.rng.choice((4, 6, 9, 15, 40, 95)))
            if draw < CALLED_OFF:
                by = "jobcentre" if draw < CALLED_OFF / 4 else "company"
                when = visit.starts_at - timedelta(minutes=self.rng.randint(25, 50))
                events.append((when, self._called_off(visit, by)))
            elif draw < CALLED_OFF + NOBODY:
                events.append((after, self._report(visit, "nobody_there")))
            elif self.rng.random() >= unreported:
                if self.rng.random() < 0.6:
                    events.append((visit.starts_at - timedelta(minutes=self.rng.randint(-2, 6)), self._arrive(visit)))
                events.append((after, self._report(visit, "held")))
        return events

    def _arrive(self, visit: Visit) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            arrive(self.session, self.users[visit.consultant_id], when, visit)

        return act

    def _called_off(self, visit: Visit, by: str) -> Callable[[datetime], None]:
        reason = self.rng.choice(texts.CANCEL_COMPANY if by == "company" else texts.CANCEL_JOBCENTRE)

        def act(when: datetime) -> None:
            cancel(self.session, self.users[visit.consultant_id], when, visit, by, reason)

        return act

    def _report(self, visit: Visit, result: str) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            rng, habits = self.rng, self.habits[visit.jobcentre_id]
            told = self._openings(visit) if result == "held" else []
            pressed = rng.random() < self._pressed(visit)
            agreed = decision(rng, habits.agreed, visit.starts_at, bool(told))
            close_visit(
                self.session,
                self.users[visit.consultant_id],
                when,
                visit,
                visit_report(rng, result, pressed),
                told,
                agreed,
            )

        return act

    def _pressed(self, visit: Visit) -> float:
        """The phoner who books most is also the one whose companies feel pressed."""
        booker = self.users.get(visit.booked_by or 0)
        return 0.22 if booker is not None and booker.email.startswith("phoner4@") else 0.05

    def _openings(self, visit: Visit) -> list[NewOpening]:
        """None mostly, else one or two; the first ones bring out every type once."""
        rng = self.rng
        if rng.random() >= self.openness[visit.jobcentre_id]:
            return []
        found = []
        for _ in range(rng.choice((1, 1, 1, 2))):
            kind = (
                self._all_types.pop()
                if self._all_types
                else str(rng.choices([key for key, _ in TYPES], [weight for _, weight in TYPES])[0])
            )
            urgent = kind == "ordinary" and rng.random() < 0.25
            found.append(opening(rng, Told(kind, rng.choices((1, 2, 3), (84, 12, 4))[0], urgent), visit.starts_at))
        return found

    def _changes(self, day: date) -> list[Event]:
        """Now and then a visit of the coming days is moved to another time."""
        if self.rng.random() > 0.45:
            return []
        first, last = day_bounds(add_working_days(day, 1))[0], day_bounds(add_working_days(day, 4))[1]
        coming = self.session.scalars(
            select(Visit)
            .where(Visit.state == "booked", Visit.starts_at >= first, Visit.starts_at < last)
            .order_by(Visit.id)
        ).all()
        return [(moment(self.rng, day), self._move(self.rng.choice(coming)))] if coming else []

    def _move(self, visit: Visit) -> Callable[[datetime], None]:
        def act(when: datetime) -> None:
            offer = self._other_times(visit, when)
            if offer and visit.state == "booked":
                chosen = self.rng.choice(offer[:5])
                move(
                    self.session,
                    self.users[visit.consultant_id],
                    when,
                    visit,
                    chosen.starts_at,
                    self.rng.choice(texts.MOVE),
                    chosen.consultant_id,
                )

        return act

    def _other_times(self, visit: Visit, when: datetime) -> list[Slot]:
        try:
            offer = slots(
                self.session,
                when,
                visit.entry,
                visit.starts_at + timedelta(hours=20),
                visit.starts_at + timedelta(days=7),
            )
        except Refusal:
            return []
        return list(offer.slots)
