"""When to try again: on Danish calling days, within the campaign's hours, spread over the day's parts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from crm.base.clock import at, danish, is_working_day
from crm.calling.rules.outcomes import Retry
from crm.campaigns.rules import CallingHours, next_opening

PART_STARTS = (8 * 60, 11 * 60, 14 * 60)  # morning, midday, afternoon: minutes of the Danish day


def day_part(moment: datetime) -> int:
    """0 morning (before 11), 1 midday (before 14), 2 afternoon, on the Danish clock."""
    local = danish(moment)
    minute = local.hour * 60 + local.minute
    return sum(minute >= start for start in PART_STARTS[1:])


def next_try(campaign: CallingHours, retry: Retry, called_at: datetime) -> datetime:
    """UTC moment of the next try after a call that ended at ``called_at``.

    At least ``retry.pause`` later, within calling hours, and (when the rule asks, and the hours hold more
    than one part of the day) at another part of the day than this call. After the campaign's last opening no
    moment fits; then it is simply after the pause, and the claim's own check of the dates holds it back.
    """
    earliest = called_at + retry.pause
    if not retry.other_part:
        return next_opening(campaign, earliest) or earliest
    day = danish(called_at).date()
    if retry.next_day:
        day += timedelta(days=1)
    for start, end in _stretches(campaign, day, day_part(called_at)):
        if max(start, earliest) < end:
            return max(start, earliest)
    return earliest


def _stretches(campaign: CallingHours, day: date, part: int) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of calling time from ``day`` to the campaign's end, without those in ``part`` (unless there
    is no other): on the first day by the clock, later the part after ``part`` first, so that tries wander."""
    parts = _parts_of_day(campaign)
    others = sorted(p for p in parts if p != part) or sorted(parts)
    first = True
    while others and day <= campaign.ends_on:
        if campaign.calls_any_day or is_working_day(day):
            for other in others if first else sorted(others, key=lambda p: (p - part - 1) % 3):
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
