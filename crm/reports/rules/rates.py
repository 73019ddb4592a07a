"""Margins, and how rates are written: pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from crm.reports.rules.definitions import FEW_PEOPLE, Definition

Z95 = 1.959963984540054
SMALL_N = 25
"""Rates on fewer than this are greyed: their interval is about forty points wide, too wide to compare."""


def wilson(numerator: int, denominator: int) -> tuple[float, float] | None:
    """The 95 % interval of a share (Wilson 1927): 0 <= numerator <= denominator. None without a denominator."""
    if denominator <= 0:
        return None
    p, z2 = numerator / denominator, Z95 * Z95
    middle = p + z2 / (2 * denominator)
    reach = Z95 * math.sqrt(p * (1 - p) / denominator + z2 / (4 * denominator * denominator))
    scale = 1 + z2 / denominator
    low = 0.0 if numerator == 0 else max(0.0, (middle - reach) / scale)
    high = 1.0 if numerator == denominator else min(1.0, (middle + reach) / scale)
    return low, high


def interval(numerator: int, denominator: int) -> tuple[float, float] | None:
    """Wilson's interval; for more events than units (openings of visits) the score interval of a count."""
    if numerator <= denominator:
        return wilson(numerator, denominator)
    if denominator <= 0:
        return None
    middle, reach = numerator + Z95 * Z95 / 2, Z95 * math.sqrt(numerator + Z95 * Z95 / 4)
    return (middle - reach) / denominator, (middle + reach) / denominator


@dataclass(frozen=True)
class Rate:
    """A figure with what it stands on. ``denominator`` None: there is no sensible one, and the rate prints as -."""

    group: str
    numerator: int
    denominator: int | None
    key: int | str | None = None

    @property
    def rate(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        return interval(self.numerator, self.denominator) if self.denominator else None

    @property
    def low(self) -> float | None:
        return self.bounds[0] if self.bounds else None

    @property
    def high(self) -> float | None:
        return self.bounds[1] if self.bounds else None

    @property
    def small(self) -> bool:
        return (self.denominator or 0) < SMALL_N


@dataclass(frozen=True)
class RateTable:
    """One definition by one grouping (``by`` None: the total alone). The total is summed from what the rows hold."""

    definition: Definition
    as_of: datetime
    rows: Sequence[Rate]
    total: Rate
    by: str | None = None


def percent(numerator: int, denominator: int | None, decimals: int = 1) -> str | None:
    """The ratio in per cent, half rounded up as reports print it: ``17.5``; None without a denominator."""
    if not denominator:
        return None
    exact = Decimal(100 * numerator) / Decimal(denominator)
    return str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def pct(rate: Rate, decimals: int = 1) -> str:
    """``31,3 %`` or -."""
    share = percent(rate.numerator, rate.denominator, decimals)
    return f"{share.replace('.', ',')} %" if share else "-"


def points(rate: Rate) -> str:
    """``55,4``: openings per 100 visits."""
    return (percent(rate.numerator, rate.denominator) or "-").replace(".", ",")


def margin(rate: Rate, unit: str = " %") -> str:
    """``30,8–31,8 %``"""
    if rate.low is None or rate.high is None:
        return ""
    return f"{rate.low * 100:.1f}–{rate.high * 100:.1f}{unit}".replace(".", ",")


def distinct(rate: Rate, reference: float | None) -> str:
    """``high`` or ``low`` when the whole interval lies beside the reference, else empty; small n never stand out."""
    if reference is None or rate.small or rate.low is None or rate.high is None:
        return ""
    return "high" if rate.low > reference else "low" if rate.high < reference else ""


def sample_margin(n: int, population: int) -> float | None:
    """How far a share told by ``n`` of ``population`` may lie from the truth, at worst and at 95 %, with the correction
    for a finite population: 422 of 10,500 give 0.0467. None without anybody asked."""
    if n <= 0 or population < n:
        return None
    if population == 1:
        return 0.0
    return Z95 * math.sqrt(0.25 / n) * math.sqrt((population - n) / (population - 1))


def suppressed(people: Sequence[int]) -> list[bool]:
    """Which cells of a column must not be shown, by the people each rests on: 1 to 4; and, where one alone would be
    told by the total, the smallest of the others too."""
    few = [0 < count < FEW_PEOPLE for count in people]
    if few.count(True) == 1:
        others = [(count, place) for place, count in enumerate(people) if count >= FEW_PEOPLE]
        if others:
            few[min(others)[1]] = True
    return few
