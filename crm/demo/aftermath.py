"""What came after a booking: held with openings and an agreement, cancelled, nobody there; agreements kept or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from crm.base.clock import add_working_days, at, danish_date, next_working_day
from crm.demo import texts
from crm.demo.bulk import Bulk
from crm.demo.plan import Told
from crm.demo.rows import Row
from crm.demo.timetable import moment
from crm.followups.rules import LADDER, FollowUpDecision, NoFollowUp
from crm.openings.rules import NewOpening
from crm.people.models import User
from crm.visits.rules import MATERIALS, SCHEMES, VisitReport


@dataclass(frozen=True)
class Habits:
    """How a jobcentre differs from the next: share of visits with an agreement, kept in time, kept late, pressed."""

    agreed: float
    on_time: float
    late: float
    pressed: float

    @classmethod
    def of(cls, rng: Random) -> Habits:
        return cls(rng.uniform(0.55, 0.85), rng.uniform(0.35, 0.75), rng.uniform(0.08, 0.25), rng.uniform(0.02, 0.14))


def opening(rng: Random, told: Told, visit_day: datetime) -> NewOpening:
    """An opening with an occupation and, now and then, wishes and CVs by a date."""
    by = next_working_day(danish_date(visit_day) + timedelta(days=rng.randint(7, 30))) if rng.random() < 0.3 else None
    return NewOpening(
        told.type,
        told.positions,
        told.akutjob,
        rng.choice(texts.OCCUPATIONS[told.type]),
        rng.choice(texts.WISHES),
        rng.randint(1, 5) if by else None,
        by,
    )


def visit_report(rng: Random, result: str, pressed: bool | None) -> VisitReport:
    if result != "held":
        return VisitReport(result)
    schemes = tuple(sorted(rng.sample(sorted(SCHEMES), rng.randint(1, 4))))
    materials = tuple(sorted(rng.sample(sorted(MATERIALS), rng.randint(0, 3))))
    return VisitReport("held", pressed, schemes, materials, rng.choice(texts.REPORT_NOTES))


def decision(rng: Random, agreed: float, starts_at: datetime, openings: bool) -> FollowUpDecision | NoFollowUp:
    """What was agreed at the end of a visit; needs told for later lie months ahead."""
    if rng.random() >= agreed + (0.12 if openings else 0):
        return NoFollowUp(rng.choice(texts.NO_FOLLOW_UP))
    day = danish_date(starts_at)
    kind = rng.choices(("we_owe", "company_owes", "future_need", "care"), (52, 18, 0 if openings else 20, 10))[0]
    ahead = rng.randint(60, 160) if kind in ("future_need", "care") else rng.randint(5, 28)
    return FollowUpDecision(
        "company" if kind == "company_owes" else "jobcentre",
        next_working_day(day + timedelta(days=ahead)),
        rng.choice(texts.PROMISES[kind]),
        kind,
    )


class Aftermath:
    """Reports visits through the bulk path and settles what was agreed."""

    def __init__(
        self,
        bulk: Bulk,
        rng: Random,
        habits: Habits,
        now: datetime,
        users: Mapping[int, User],
        lead: User,
        region: User,
    ) -> None:
        self.bulk, self.rng, self.habits, self.now, self.users = bulk, rng, habits, now, users
        self.lead, self.region = lead, region

    def held(self, visit: Row, told: Sequence[Told]) -> None:
        rng = self.rng
        by = self.users[visit["consultant_id"]]
        report = visit_report(rng, "held", rng.random() < self.habits.pressed)
        openings = [opening(rng, one, visit["starts_at"]) for one in told]
        agreed = decision(rng, self.habits.agreed, visit["starts_at"], bool(told))
        follow_up = self.bulk.report(visit, by, self._reported(visit), report, openings, agreed)
        if follow_up is not None:
            self._after(follow_up, by)

    def _reported(self, visit: Row) -> datetime:
        """Within minutes, that evening, or days later; never after now."""
        rng = self.rng
        ends_at: datetime = visit["ends_at"]
        late = timedelta(minutes=rng.randint(3, 50)) if rng.random() < 0.7 else timedelta(hours=rng.randint(3, 90))
        return min(ends_at + late, self.now - timedelta(minutes=2))

    def _after(self, follow_up: Row, by: User) -> None:
        """Done in time, done late, or still open; open ones past their day have been nagged about."""
        rng, due = self.rng, follow_up["due_on"]
        draw = rng.random()
        if draw < self.habits.on_time:
            day = add_working_days(due, -rng.choice((0, 0, 1, 2, 3)))
        elif draw < self.habits.on_time + self.habits.late:
            day = add_working_days(due, rng.choice((1, 2, 3, 5, 8)))
        else:
            day = None
        when = moment(rng, max(day, danish_date(follow_up["created_at"]))) if day else None
        done = when if when and follow_up["created_at"] < when < self.now else None
        self._nags(follow_up, done)
        if done:
            self.bulk.fulfil(follow_up, by, done, rng.choice(texts.OUTCOMES))

    def _nags(self, follow_up: Row, done: datetime | None) -> None:
        """Each step at 07.30 of its working day, while it was open (followups.rules.LADDER)."""
        start = next_working_day(follow_up["due_on"])
        for step in LADDER:
            written = at(add_working_days(start, step.after), 7 * 60 + 30)
            if written < min(done or self.now, self.now - timedelta(days=1)) and written > follow_up["created_at"]:
                to = self.region.id if step.to_region else self.lead.id if step.to_lead else follow_up["owner_id"]
                self.bulk.nag(follow_up, step.key, written, to)

    def fell_through(self, visit: Row) -> None:
        """Called off beforehand by either side, or nobody was there."""
        rng, by = self.rng, self.users[visit["consultant_id"]]
        before = max(visit["booked_at"] + timedelta(hours=1), visit["starts_at"] - timedelta(hours=rng.randint(2, 40)))
        kind = rng.choices(("company", "jobcentre", "nobody"), (65, 22, 13))[0]
        if kind == "nobody":
            told = decision(rng, 0.6, visit["starts_at"], openings=False)
            report = visit_report(rng, "nobody_there", None)
            follow_up = self.bulk.report(visit, by, self._reported(visit), report, [], told)
            if follow_up is not None:
                self._after(follow_up, by)
        else:
            reasons = texts.CANCEL_COMPANY if kind == "company" else texts.CANCEL_JOBCENTRE
            self.bulk.cancel(visit, by, before, kind, rng.choice(reasons))

    def cancelled_ahead(self, visit: Row) -> None:
        """A visit still to come that the company has called off."""
        when = max(visit["booked_at"] + timedelta(minutes=20), self.now - timedelta(hours=self.rng.randint(1, 30)))
        self.bulk.cancel(
            visit,
            self.users[visit["consultant_id"]],
            min(when, self.now - timedelta(minutes=1)),
            "company",
            self.rng.choice(texts.CANCEL_COMPANY),
        )
