"""When a target of booked visits is reached at the pace of the last working days: pure, and honest when it cannot say.

The pace is the mean of the last ``DAYS`` whole Danish working days on which the lists could be called. The range is
what chance and uneven days leave open in 80 of 100 cases: the sum of ``n`` days varies at least as a count does
(Poisson), and more when the days themselves differ more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crm.base.clock import add_working_days, is_working_day, working_days_between

DAYS = 10
FEWEST_DAYS = 3
FEWEST_BOOKINGS = 5
FURTHEST = 2000
"""Working days; what lies beyond is no forecast."""
Z80 = 1.2815515655446004


@dataclass(frozen=True)
class Forecast:
    """state: ``no_target``, ``reached``, ``over`` (the campaign ended without), ``nobody`` (there is nobody to call),
    ``short`` (fewer to call than visits lacking), ``few_days``, ``few_bookings``, ``standing`` (no bookings lately),
    ``expected`` (on ``day``) or ``late`` (not before the campaign ends).

    pace: bookings a working day. ``earliest``/``latest``: the 80 % range of ``day``; ``latest`` None when it may not
    be reached in time. by_end: bookings expected by the campaign's last day.
    """

    state: str
    booked: int
    target: int | None
    pace: float | None = None
    day: date | None = None
    earliest: date | None = None
    latest: date | None = None
    by_end: int | None = None


def pace_days(today: date, begun: date) -> list[date]:
    """The last ``DAYS`` Danish working days before ``today``, from ``begun`` on; oldest first."""
    days = [add_working_days(today, -n) for n in range(DAYS, 0, -1)]
    return [day for day in days if day >= begun]


def forecast(
    booked: int,
    booked_today: int,
    target: int | None,
    daily: Sequence[int],
    today: date,
    ends_on: date,
    workable: int | None = None,
) -> Forecast:
    """``booked``: until now, today's ``booked_today`` with; ``daily``: bookings on each of ``pace_days``;
    ``workable``: companies that may still be called, None when that is not counted."""
    total = sum(daily)
    pace = total / len(daily) if len(daily) >= FEWEST_DAYS else None
    why = _why_not(booked, target, pace, total, today > ends_on, workable)
    if why or not target or pace is None:
        return Forecast(why, booked, target or None, pace)
    slow, fast = _range(daily)

    def reached(speed: float) -> date | None:
        return _day(booked, booked_today, target, speed, today)

    day, earliest, latest = reached(pace), reached(fast), reached(slow)
    by_end = _by(booked, booked_today, pace, today, ends_on)
    late = day is None or day > ends_on
    return Forecast(
        "late" if late else "expected",
        booked,
        target,
        pace,
        None if late else day,
        earliest if earliest and earliest <= ends_on else None,
        latest if latest and latest <= ends_on else None,
        by_end,
    )


def _why_not(booked: int, target: int | None, pace: float | None, total: int, over: bool, workable: int | None) -> str:
    """The state in which no day can be told; empty when one can."""
    if not target:
        return "no_target"
    if booked >= target:
        return "reached"
    if over:
        return "over"
    if workable is not None and workable < target - booked:
        return "short" if workable else "nobody"
    if pace is None:
        return "few_days"
    if total < FEWEST_BOOKINGS:
        return "few_bookings" if total else "standing"
    return ""


def _range(daily: Sequence[int]) -> tuple[float, float]:
    """The pace's 80 % range: the score interval of a count, widened by how uneven the days are."""
    n, total = len(daily), sum(daily)
    mean = total / n
    spread = sum((one - mean) ** 2 for one in daily) / (n - 1)
    uneven = max(1.0, spread / mean)
    z2 = Z80 * Z80 * uneven
    reach = math.sqrt(z2 * (total + z2 / 4))
    return max(0.0, (total + z2 / 2 - reach) / n), (total + z2 / 2 + reach) / n


def _today_ends(booked: int, booked_today: int, pace: float, today: date) -> float:
    """Bookings when today is over: what is there, or a usual day's, whichever is more."""
    return max(float(booked), booked - booked_today + pace) if is_working_day(today) else float(booked)


def _day(booked: int, booked_today: int, target: int, pace: float, today: date) -> date | None:
    """The working day on which the target is reached; None beyond every calendar."""
    left = target - _today_ends(booked, booked_today, pace, today)
    if left <= 0:
        return today
    days = left / pace if pace > 0 else math.inf
    return add_working_days(today, math.ceil(days - 1e-9)) if days <= FURTHEST else None


def _by(booked: int, booked_today: int, pace: float, today: date, last: date) -> int:
    """Whole bookings expected by the end of ``last``."""
    return int(_today_ends(booked, booked_today, pace, today) + pace * working_days_between(today, last) + 1e-9)
