"""How well a workplace fits the consultants' coming days: a number from 0 to 1 that the queue is ordered by. Pure.

A phoner offers times best first; a company takes each offered time with even chance. Fit is what the time it takes is
worth on average::

    fit = worth1 / 2 + worth2 / 4 + worth3 / 8 + …        (the best OFFERED times, best first)
    worth = 1/2 ^ (extra minutes of driving / HALVED_BY) * KEEPS ^ (working days from the first day that can be booked)

Why so: a time beside a visit already booked costs next to nothing and is worth nearly 1; half an hour more on the road
halves it, for that is time in which no other company is visited. Each working day further out loses a little: sooner
visits are cancelled less often, and a free day soon is lost when it is not used. The second and third time count
because a company says no to the first, each half as much as the one before. With no time that can be driven it is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, TypeAlias

from crm.travel.places import Leg, Place, TravelEngine
from crm.visits.rules.day import Day, line, openings
from crm.visits.rules.lunch import Lunch, breaks, only
from crm.visits.rules.places import Areas, covers

HALVED_BY = 30
"""Minutes of extra driving that halve what a time is worth."""
KEEPS = 0.97
"""What is left of a time's worth one working day later."""
OFFERED = 6
"""Times that count: more are not read aloud, and the sixth adds at most 1/64."""
APART = 120
"""Minutes between two times with the same consultant that both count as a choice."""
DAYS = 10
"""Working days that are looked at, from the first that can be booked."""
STEP = 30
Minutes: TypeAlias = int
"""Whole minutes since 1970, UTC."""


class Room(NamedTuple):
    """Free time between two stops, whose places are numbers in ``Plan.places``. ``frees`` and ``due``: when the first
    lets go and the second begins; ``replaced``: minutes of the drive that a visit between them replaces; ``hours``:
    the day's working time; ``wait``: working days from the first one looked at; ``margins`` and ``blurs``: of the
    drive from the first and to the second, see ``day.Gap``; ``earliest``, ``latest`` and ``areas``: the consultant's
    wishes; ``lunch``: where this is the only time of the day for it (minutes, not before, not after)."""

    before: int
    after: int
    frees: Minutes
    due: Minutes
    replaced: int
    hours: tuple[tuple[Minutes, Minutes], ...]
    wait: int
    margins: tuple[int, int]
    blurs: tuple[int, int]
    earliest: Minutes
    latest: Minutes
    areas: Areas
    lunch: tuple[int, Minutes, Minutes] | None


@dataclass(frozen=True)
class Asked:
    """A campaign's visit: ``length`` and ``margin`` in minutes, not before and not after."""

    length: int
    margin: int
    earliest: Minutes
    latest: Minutes


@dataclass(frozen=True)
class Plan:
    """All the free time of a jobcentre's consultants in the coming days, worked out once for all its companies."""

    asked: Asked
    places: Sequence[Place]
    rooms: Sequence[Room]

    def fit(self, there: Sequence[Leg], onward: Sequence[Leg], blur: int, postcode: str) -> float:
        """The fit of a workplace; ``there``: the drives from each of ``places`` to it, ``onward``: from it to each."""
        return value(self.worths(there, onward, blur, postcode))

    def worths(self, there: Sequence[Leg], onward: Sequence[Leg], blur: int, postcode: str) -> list[float]:
        """What each time that could be offered is worth; none in a room that cannot be driven to and on from."""
        found: list[float] = []
        asked = self.asked
        for room in self.rooms:
            come, go = there[room.before], onward[room.after]
            if not (come.reachable and go.reachable) or (room.areas and not covers(room.areas, postcode)):
                continue
            first = room.frees + come.minutes + room.margins[0] + max(room.blurs[0], blur)
            last = room.due - go.minutes - room.margins[1] - max(room.blurs[1], blur)
            if first + asked.length <= last and (n := choices(room, asked, first, last, (come.minutes, go.minutes))):
                found += [worth(come.minutes + go.minutes - room.replaced, room.wait)] * n
        return found


def worth(extra: int, wait: int) -> float:
    """What one time is worth, 0 to 1: ``extra`` minutes of driving, ``wait`` working days."""
    near: float = 0.5 ** (max(0, extra) / HALVED_BY)
    soon: float = KEEPS**wait
    return near * soon


def value(worths: Iterable[float]) -> float:
    """The fit of a workplace with these times, to three decimals. It never falls when a time is added or improved."""
    best = sorted(worths, reverse=True)[:OFFERED]
    total: float = sum(each * 0.5 ** (n + 1) for n, each in enumerate(best))
    return round(total, 3)


def choices(room: Room, asked: Asked, frm: Minutes, to: Minutes, drives: tuple[int, int]) -> int:
    """How many starts well apart the room has between ``frm`` and ``to``, which the drives (margin included) leave."""
    first = max(frm, room.earliest)
    last = min(to - asked.length, room.latest)
    plain = len(room.hours) == 1 and room.lunch is None
    count, after = 0, first
    for opens, closes in room.hours:
        start = -(-max(opens, after) // STEP) * STEP
        until = min(closes - asked.length, last)
        if plain:
            return 1 + (until - start) // APART if start <= until else 0
        while start <= until:
            if _driven(room, start, start + asked.length, frm, to) and _eats(room, start, start + asked.length, drives):
                count, after = count + 1, start + APART
                start = after
            else:
                start += STEP
    return count


def _driven(room: Room, start: Minutes, end: Minutes, frm: Minutes, to: Minutes) -> bool:
    """A break in the hours is not driven in: see ``day.judge``."""
    return frm <= start - _pauses(room.hours, room.frees, start) and end + _pauses(room.hours, end, room.due) <= to


def _eats(room: Room, start: Minutes, end: Minutes, drives: tuple[int, int]) -> bool:
    """Whether the only time for lunch is left beside the visit: see ``lunch.Lunch.fits``."""
    if room.lunch is None:
        return True
    length, opens, closes = room.lunch
    return any(
        max(min(to - drive, closes) - max(frm, opens), min(to, closes) - max(frm + drive, opens)) >= length
        for frm, to, drive in ((room.frees, start, drives[0]), (end, room.due, drives[1]))
    )


def _pauses(hours: Sequence[tuple[Minutes, Minutes]], frm: Minutes, to: Minutes) -> int:
    gaps = ((closed, opens) for (_, closed), (opens, _) in zip(hours, hours[1:], strict=False))
    return sum(max(0, min(opens, to) - max(closed, frm)) for closed, opens in gaps)


def plan(days: Mapping[tuple[int, date], Day], asked: Asked, engine: TravelEngine) -> Plan:
    """The free time of these consultants' days (by consultant and day); days that are full or without hours have
    none."""
    numbers: dict[Place, int] = {}
    waits = {day: n for n, day in enumerate(sorted({day for _, day in days}))}
    latest = moment(asked.latest)
    rooms = []
    for (_, date_), day in days.items():
        hours = tuple((minutes(opens), minutes(closes)) for opens, closes in day.hours)
        within = (
            max(asked.earliest, minutes(day.earliest)) if day.earliest else asked.earliest,
            min(asked.latest, minutes_before(day.latest)) if day.latest else asked.latest,
        )
        meals = breaks(day.lunch, line(day), engine.leg) if day.lunch and day.hours else []
        for before, after in openings(day, timedelta(minutes=asked.length + 2 * asked.margin), latest):
            rooms.append(
                Room(
                    numbers.setdefault(before.place, len(numbers)),
                    numbers.setdefault(after.place, len(numbers)),
                    minutes(before.ends_at),
                    minutes_before(after.starts_at),
                    engine.leg(before.place, after.place).minutes,
                    hours,
                    waits[date_],
                    (max(before.margin, asked.margin), max(after.margin, asked.margin)),
                    (before.blur, after.blur),
                    *within,
                    day.areas,
                    _in_minutes(day.lunch) if day.lunch and only(meals, before.ends_at) else None,
                )
            )
    return Plan(asked, list(numbers), rooms)


def _in_minutes(lunch: Lunch) -> tuple[int, Minutes, Minutes]:
    return int(lunch.length.total_seconds() // 60), minutes(lunch.opens), minutes(lunch.closes)


def minutes(when: datetime) -> Minutes:
    """Whole minutes, rounded up: a time that has begun is not to be had."""
    return -int(-when.timestamp() // 60)


def minutes_before(when: datetime) -> Minutes:
    """Whole minutes, rounded down."""
    return int(when.timestamp() // 60)


def moment(number: Minutes) -> datetime:
    return datetime.fromtimestamp(number * 60, UTC)
