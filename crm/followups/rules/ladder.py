"""The ladder of nags and the morning they are due, all in Danish working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from crm.base.clock import LAST_MINUTE as LAST_MINUTE
from crm.base.clock import MORNING, add_working_days, danish, is_working_day, next_working_day, working_days_between
from crm.base.clock import may_tell as may_tell

NAG_MINUTE = MORNING


@dataclass(frozen=True)
class Step:
    """``after`` working days past the due date (before it when negative): to the owner, perhaps with the lead copied,
    to the lead, or to the region as a figure."""

    key: str
    after: int
    to_lead: bool = False
    copy_lead: bool = False
    to_region: bool = False


@dataclass(frozen=True)
class Ladder:
    """A campaign's reminders in working days: ``before`` the due date (0: none), on the day, and after it."""

    before: int = 1
    overdue: int = 2
    lead: int = 5
    region: int = 10

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Lowest first. Each lies after the one before."""
        first = (Step("before", -self.before),) if self.before else ()
        return (
            *first,
            Step("due", 0),
            Step("overdue", self.overdue, copy_lead=True),
            Step("escalated", self.lead, to_lead=True),
            Step("region", self.region, to_region=True),
        )

    def problems(self) -> dict[str, int]:
        """The fields that do not lie after the step before them -> the least they may be."""
        least = {"overdue": 1, "lead": self.overdue + 1, "region": self.lead + 1}
        return {name: lowest for name, lowest in least.items() if getattr(self, name) < lowest}


STANDARD = Ladder()
LADDER = STANDARD.steps
ORDER = tuple(step.key for step in LADDER)
"""The keys of all steps, lowest first, whatever a campaign has set."""


def overdue_days(due_on: date, today: date) -> int:
    """Working days past the due date; 0 on the day and before it. A Saturday adds none."""
    return max(0, working_days_between(next_working_day(due_on), today))


def nag_day(now: datetime) -> date:
    """The last working day whose 07.30 (Danish) has come: what was due by then is due now."""
    local = danish(now)
    today = local.date()
    has_come = is_working_day(today) and local.hour * 60 + local.minute >= NAG_MINUTE
    return today if has_come else add_working_days(today, -1)


def step_on(due_on: date, day: date, ladder: Ladder = STANDARD) -> Step | None:
    """The highest step reached on the working day ``day``; None before the first.

    A late start thus writes one nag, the one that fits, not one for each step that was missed.
    """
    start = next_working_day(due_on)
    reached = [step for step in ladder.steps if add_working_days(start, step.after) <= day]
    return reached[-1] if reached else None


def thresholds(day: date, ladder: Ladder = STANDARD) -> list[tuple[Step, date]]:
    """For a query: highest step first, each with the latest due date that has reached it on the working day ``day``."""
    return [(step, reached_until(day, step.after)) for step in reversed(ladder.steps)]


def reached_until(day: date, after: int) -> date:
    """The latest due date that lies ``after`` working days or more back on the working day ``day``."""
    return add_working_days(day, -after)


UNANSWERED = ("unanswered", "unanswered_lead")
"""The steps by which a company's correction that nobody answers is reminded of, lowest first."""


def unanswered_steps(said_on: date, day: date, overdue: int, lead: int) -> list[Step]:
    """Those reached on the working day ``day`` for what the company wrote on ``said_on``: to the owner with the lead
    copied, then to the lead, as many working days after it as they hear of an agreement past its date."""
    steps = (Step(UNANSWERED[0], overdue, copy_lead=True), Step(UNANSWERED[1], lead, to_lead=True))
    start = next_working_day(said_on)
    return [step for step in steps if add_working_days(start, step.after) <= day]


def missed(ladder: Ladder, step: str, written: str | None) -> tuple[Step, ...]:
    """The steps that a nag of ``step`` stands for: itself and those between it and the last one ``written``."""
    ranks = {key: rank for rank, key in enumerate(ORDER)}
    floor = ranks[written] if written else -1
    return tuple(one for one in ladder.steps if floor < ranks[one.key] <= ranks[step])
