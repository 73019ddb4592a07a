"""When to try again: on Danish calling days, within the campaign's hours, spread over the day's parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.base.clock import at, danish, danish_date, is_working_day, next_working_day
from crm.calling.rules.outcomes import Retry
from crm.campaigns.rules import CallingHours, next_opening

PART_STARTS = (8 * 60, 11 * 60, 14 * 60)  # morning, midday, afternoon: minutes of the Danish day


def day_part(moment: datetime) -> int:
    """0 morning (before 11), 1 midday (before 14), 2 afternoon, on the Danish clock."""
    local = danish(moment)
    minute = local.hour * 60 + local.minute
    return sum(minute >= start for start in PART_STARTS[1:])


def next_try(
    campaign: CallingHours,
    retry: Retry,
    called_at: datetime,
    earlier: Iterable[datetime] = (),
    *,
    day_full: bool = False,
) -> datetime:
    """UTC moment of the next try after a call that ended at ``called_at``.

    At least ``retry.pause`` later and within calling hours. When the rule spreads, at the part of the day that the
    tries so far (``earlier``, ends of calls, and this one) have used least, and at another than this one; where the
    hours hold one part alone there is nothing to spread. ``day_full``: no further try on this Danish day. After the
    campaign's last opening no moment fits; then it is simply after the pause, and the claim's own check of the
    dates holds it back.
    """
    earliest = called_at + retry.pause
    if retry.next_day or day_full:
        earliest = max(earliest, at(danish_date(called_at) + timedelta(days=1), 0))
    if not retry.other_part:
        return next_opening(campaign, earliest) or earliest
    part = day_part(called_at)
    wanted = _least_tried(campaign, part, Counter(day_part(moment) for moment in earlier))
    for start, end in _stretches(campaign, danish_date(called_at), part, wanted):
        if max(start, earliest) < end:
            return max(start, earliest)
    return earliest


def calls_today(day_attempts: int, last_called_at: datetime | None, now: datetime) -> int:
    """Calls to an entry on ``now``'s Danish day, of what it remembers of the day of its last one."""
    return day_attempts if last_called_at is not None and danish_date(last_called_at) == danish_date(now) else 0


@dataclass(frozen=True)
class Shift:
    """How far promises are moved: hours on, and working days on (calling days, where the campaign calls any day) at
    the same Danish clock."""

    hours: int = 0
    days: int = 0


def shifted(campaign: CallingHours, due_at: datetime, shift: Shift, now: datetime) -> datetime:
    """A promise's moment moved by ``shift``: later than ``now`` and in calling hours, where the campaign has any."""
    local = danish(due_at)
    day = local.date()
    for _day in range(shift.days):
        day += timedelta(days=1)
        day = day if campaign.calls_any_day else next_working_day(day)
    moved = at(day, local.hour * 60 + local.minute) if shift.days else due_at
    wanted = max(moved + timedelta(hours=shift.hours), now)
    return next_opening(campaign, wanted) or wanted


def _least_tried(campaign: CallingHours, part: int, tried: Counter[int]) -> list[int]:
    """Of the parts that the hours cover, but ``part``, those with the fewest tries; ``part`` when it is alone."""
    covered = _parts_of_day(campaign)
    others = [other for other in covered if other != part] or list(covered)
    fewest = min((tried[other] for other in others), default=0)
    return [other for other in others if tried[other] == fewest]


def _stretches(campaign: CallingHours, day: date, part: int, wanted: list[int]) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of calling time in the wanted parts, from ``day`` to the campaign's end: on the first day by the
    clock, later the part after ``part`` first, so that tries wander."""
    parts = _parts_of_day(campaign)
    first = True
    while wanted and day <= campaign.ends_on:
        if campaign.calls_any_day or is_working_day(day):
            for other in sorted(wanted) if first else sorted(wanted, key=lambda p: (p - part - 1) % 3):
                start, end = parts[other]
                yield at(day, start), at(day, end) if end < 1440 else at(day + timedelta(days=1), 0)
        first = False
        day += timedelta(days=1)


def _parts_of_day(campaign: CallingHours) -> dict[int, tuple[int, int]]:
    """The parts of the day that the hours cover: part -> (from, to). Tries begin at 8 where hours allow."""
    bounds = ((0, PART_STARTS[1]), (PART_STARTS[1], PART_STARTS[2]), (PART_STARTS[2], 1440))
    parts = {}
    for part, (start, end) in enumerate(bounds):
        low, high = max(start, campaign.calls_from), min(end, campaign.calls_to)
        if low < high:
            parts[part] = (max(low, PART_STARTS[0]) if high > PART_STARTS[0] else low, high)
    return parts
