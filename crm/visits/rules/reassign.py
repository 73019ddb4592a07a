"""Another consultant or time for each visit of somebody who is away: a plan that can be driven as a whole. Pure.

Same time with a colleague first, for then the company notices least; of those the one with least extra driving, then
with the fewest visits that week. The visit with the fewest such colleagues chooses first, or the last one who could
come might be given away. What is left gets the nearest other time, with a colleague or with the same consultant once
back; else it is cancelled. Each choice counts as taken for those after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from crm.base.clock import danish_date
from crm.travel.places import TravelEngine
from crm.visits.rules.day import Day, Stop, Verdict, Wish, bookable, judge

OTHER_TIMES = 6
"""Other times offered for a visit, the nearest first."""
KINDS = ("same_time", "other_time", "cancel", "keep")
Days = Mapping[tuple[int, date], Day]
Weeks = Mapping[tuple[int, int, int], int]


@dataclass(frozen=True, slots=True)
class Task:
    """A visit that needs another place: where it lies now, and its own ``stop`` there."""

    ref: int
    starts_at: datetime
    wish: Wish
    stop: Stop


@dataclass(frozen=True, slots=True)
class Option:
    """One way out for a visit. Drives in minutes."""

    kind: str
    consultant_id: int | None = None
    starts_at: datetime | None = None
    before_min: int = 0
    after_min: int = 0
    extra_min: int = 0
    ferry: str | None = None

    @property
    def key(self) -> str:
        """The value of the drop-down: ``cancel``, ``keep`` or ``<consultant>|<ISO>``."""
        return f"{self.consultant_id}|{self.starts_at.isoformat()}" if self.starts_at else self.kind


CANCEL, KEEP = Option("cancel"), Option("keep")


@dataclass(frozen=True, slots=True)
class Proposal:
    """``chosen`` and what else there is, each drivable beside what is proposed for the other visits."""

    ref: int
    chosen: Option
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class Field:
    """Who may take over: ``days`` without the visits to be placed. ``away``: the one who is away, bookable again from
    ``back_on``. ``soonest``: no other time before the present one lies earlier than this."""

    days: Days
    weeks: Weeks
    away: int
    back_on: date
    soonest: datetime

    def with_stop(self, task: Task, option: Option) -> Field:
        """The same with a choice taken."""
        if option.consultant_id is None or option.starts_at is None:
            return self
        who, start = option.consultant_id, option.starts_at
        key, week = (who, danish_date(start)), (who, *danish_date(start).isocalendar()[:2])
        stop = replace(task.stop, starts_at=start, ends_at=start + task.wish.length)
        day = self.days[key]
        stops = sorted((*day.stops, stop), key=lambda one: one.starts_at)
        return replace(
            self,
            days={**self.days, key: replace(day, stops=stops)},
            weeks={**self.weeks, week: self.weeks.get(week, 0) + 1},
        )

    def load(self, option: Option) -> int:
        """Visits the consultant has that week."""
        if option.consultant_id is None or option.starts_at is None:
            return 0
        return self.weeks.get((option.consultant_id, *danish_date(option.starts_at).isocalendar()[:2]), 0)


def plan(field: Field, tasks: Sequence[Task], engine: TravelEngine) -> list[Proposal]:
    """A proposal for each task, by start. The same rows give the same plan."""
    chosen: dict[int, tuple[Task, Option]] = {}
    taken, left = field, sorted(tasks, key=lambda task: (task.starts_at, task.ref))
    while left:
        same = {task.ref: same_time(taken, task, engine) for task in left}
        able = [task for task in left if same[task.ref]]
        if not able:
            break
        task = min(able, key=lambda one: (len(same[one.ref]), one.starts_at, one.ref))
        chosen[task.ref] = task, same[task.ref][0]
        taken, left = taken.with_stop(*chosen[task.ref]), [one for one in left if one is not task]
    for task in left:
        chosen[task.ref] = task, next(iter(other_times(taken, task, engine)), CANCEL)
        taken = taken.with_stop(*chosen[task.ref])
    return [_proposal(field, chosen, ref, engine) for ref in sorted(chosen, key=lambda one: chosen[one][0].starts_at)]


def _proposal(field: Field, chosen: Mapping[int, tuple[Task, Option]], ref: int, engine: TravelEngine) -> Proposal:
    """What else could be chosen for this one, were the others to go as proposed."""
    for number, (task, option) in chosen.items():
        if number != ref:
            field = field.with_stop(task, option)
    task, option = chosen[ref]
    found = [*same_time(field, task, engine), *other_times(field, task, engine)]
    option = next((one for one in found if one.key == option.key), option)  # its drives beside all the others
    first = [] if option in found or option is CANCEL else [option]
    return Proposal(ref, option, [*first, *found, CANCEL, KEEP])


def same_time(field: Field, task: Task, engine: TravelEngine) -> list[Option]:
    """Colleagues who can come at the very time, best first."""
    day = danish_date(task.starts_at)
    found = []
    for (who, date_), one in sorted(field.days.items(), key=lambda item: item[0]):
        if date_ == day and who != field.away:
            verdict = judge(one, task.wish, task.starts_at, engine)
            if verdict.reason is None:
                found.append(_option("same_time", who, verdict))
    return sorted(found, key=lambda option: (option.extra_min, field.load(option), option.consultant_id))


def other_times(field: Field, task: Task, engine: TravelEngine) -> list[Option]:
    """The nearest other times, day by day outwards until there are enough; none sooner than a company can be told of,
    unless it lies after the present one."""
    found: list[Option] = []
    now_on = danish_date(task.starts_at)
    distance = None
    for who, date_ in sorted(field.days, key=lambda key: (abs((key[1] - now_on).days), key)):
        if len(found) >= OTHER_TIMES and abs((date_ - now_on).days) != distance:
            break
        distance = abs((date_ - now_on).days)
        if who != field.away or date_ >= field.back_on:
            found += _on(field, task, who, date_, engine)
    return sorted(found, key=lambda option: _near(field, task, option))[:OTHER_TIMES]


def _on(field: Field, task: Task, who: int, date_: date, engine: TravelEngine) -> Iterator[Option]:
    for verdict in bookable(field.days[who, date_], task.wish, engine):
        start = verdict.starts_at
        if start > task.starts_at or (start < task.starts_at and start >= field.soonest):
            yield _option("other_time", who, verdict)


def _near(field: Field, task: Task, option: Option) -> tuple[float, int, int, int]:
    apart = abs(((option.starts_at or task.starts_at) - task.starts_at).total_seconds())
    return apart, option.extra_min, field.load(option), option.consultant_id or 0


def _option(kind: str, who: int, verdict: Verdict) -> Option:
    return Option(kind, who, verdict.starts_at, verdict.before_min, verdict.after_min, verdict.extra_min, verdict.ferry)
