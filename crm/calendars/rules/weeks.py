"""ISO weeks as pages name them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from crm.base.clock import danish_date, day_bounds


def week_of(text: str | None) -> date | None:
    """The Monday of an ISO week of this century such as ``2026-W48``; None for anything else."""
    match = re.fullmatch(r"(20[0-9][0-9])-W([0-9][0-9])", text or "")
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else None
    except ValueError:
        return None


def week_name(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def week_bounds(monday: date) -> tuple[datetime, datetime]:
    """UTC start of the Monday and of the next."""
    return day_bounds(monday)[0], day_bounds(monday + timedelta(days=7))[0]


def monday_of(moment: datetime) -> date:
    """The Monday of the Danish week of a moment."""
    day = danish_date(moment)
    return day - timedelta(days=day.weekday())
