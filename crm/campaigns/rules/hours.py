"""When a campaign may be called: hours of Danish working days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Protocol

from crm.base.clock import at, danish_date, is_working_day


class CallingHours(Protocol):
    """What a campaign says of when it may be called: minutes of the Danish day, half-open, and its dates."""

    state: Any
    starts_on: Any
    ends_on: Any
    calls_from: Any
    calls_to: Any
    calls_any_day: Any


def _opening(campaign: CallingHours, day: date) -> tuple[datetime, datetime] | None:
    """UTC start and end of the day's calling hours; None when the campaign is not called that day."""
    if not campaign.starts_on <= day <= campaign.ends_on:
        return None
    if not (campaign.calls_any_day or is_working_day(day)):
        return None
    start = at(day, campaign.calls_from)
    end = at(day + timedelta(days=1), 0) if campaign.calls_to >= 1440 else at(day, campaign.calls_to)
    return (start, end) if start < end else None


def in_calling_hours(campaign: CallingHours, now: datetime) -> bool:
    """Whether the campaign is open, runs today and has calling hours now, on the Danish clock.

    Working days are Monday to Friday without holidays, unless the campaign calls any day.
    """
    hours = _opening(campaign, danish_date(now)) if campaign.state == "open" else None
    return hours is not None and hours[0] <= now < hours[1]


def next_opening(campaign: CallingHours, now: datetime) -> datetime | None:
    """``now`` when it may be called now, else the next moment (UTC) it may; None when there is none."""
    if campaign.state != "open":
        return None
    day = max(danish_date(now), campaign.starts_on)
    while day <= campaign.ends_on:
        hours = _opening(campaign, day)
        if hours and now < hours[1]:
            return max(now, hours[0])
        day += timedelta(days=1)
    return None
