"""The product's clock and Danish local time. ``now`` is read here at an edge and passed on as an argument."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from crm.base.errors import ConfigurationError

DANISH = ZoneInfo("Europe/Copenhagen")


class Clock:
    """System time, or a clock that starts at ``start`` (ISO 8601 with offset) and runs on from there."""

    def __init__(self, start: str = "") -> None:
        self.shifted = bool(start)
        self._shift = timedelta()
        if start:
            try:
                moment = datetime.fromisoformat(start)
            except ValueError as exc:
                raise ConfigurationError(
                    f"CRM_CLOCK={start!r} is not an ISO 8601 time, such as 2026-11-24T10:00:00+01:00."
                ) from exc
            if moment.tzinfo is None:
                raise ConfigurationError(f"CRM_CLOCK={start!r} lacks an offset, such as +01:00.")
            self._shift = moment - datetime.now(UTC)

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC) + self._shift


def danish(moment: datetime) -> datetime:
    """The same moment on the Danish clock."""
    return moment.astimezone(DANISH)


def danish_date(moment: datetime) -> date:
    return moment.astimezone(DANISH).date()


def at(day: date, minute_of_day: int) -> datetime:
    """UTC moment of a Danish wall-clock minute (0-1439) on ``day``.

    A minute that the spring change skips is taken an hour on; of the doubled autumn hour the first is meant.
    """
    wall = datetime.combine(day, time(minute_of_day // 60, minute_of_day % 60), DANISH)
    return wall.astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """UTC start and end of the Danish day: 23, 24 or 25 hours."""
    return at(day, 0), at(day + timedelta(days=1), 0)


@lru_cache(maxsize=64)
def danish_holidays(year: int) -> frozenset[date]:
    """Public holidays and the customary closing days of Danish public offices (5 June, 24 and 31 December)."""
    import holidays

    public = set(holidays.country_holidays("DK", years=year))
    return frozenset(public | {date(year, 6, 5), date(year, 12, 24), date(year, 12, 31)})


def is_working_day(day: date) -> bool:
    """Monday to Friday, not a Danish holiday."""
    return day.weekday() < 5 and day not in danish_holidays(day.year)


MORNING = 7 * 60 + 30  # 07.30 on the Danish clock
LAST_MINUTE = 16 * 60
"""A scheduler that stood still in the morning catches up until 16.00, while people can still act on it. What it finds
later, by night or on a day off, is told the next working morning."""


def may_tell(now: datetime) -> bool:
    """Whether the morning's mails may be written: on a working day from 07.30 until ``LAST_MINUTE``, Danish time."""
    local = danish(now)
    return is_working_day(local.date()) and MORNING <= local.hour * 60 + local.minute < LAST_MINUTE


def add_working_days(day: date, count: int) -> date:
    """The ``count``-th working day after ``day`` (before it for a negative count); 0 gives ``day`` itself."""
    step = timedelta(days=1 if count >= 0 else -1)
    left = abs(count)
    while left:
        day += step
        if is_working_day(day):
            left -= 1
    return day


def next_working_day(day: date) -> date:
    """``day`` itself when it is a working day, else the first one after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def working_days_between(start: date, end: date) -> int:
    """Working days after ``start`` up to and with ``end``; negative when ``end`` lies before ``start``."""
    if end < start:
        return -working_days_between(end, start)
    days = (end - start).days
    return sum(1 for n in range(1, days + 1) if is_working_day(start + timedelta(days=n)))
