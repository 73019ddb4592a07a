"""Definitions, margins, weeks, and how figures are written: pure."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from crm.base.clock import at, danish_date
from crm.base.errors import N_

Z95 = 1.959963984540054
SMALL_N = 25
"""Rates on fewer than this are greyed: their interval is about forty points wide, too wide to compare."""

GROUPS: dict[str, str] = {
    "region": N_("Region"),
    "jobcentre": N_("Jobcenter"),
    "firm": N_("Phonerfirma"),
    "phoner": N_("Phoner"),
    "consultant": N_("Konsulent"),
    "industry": N_("Branche"),
    "week": N_("Uge"),
}


@dataclass(frozen=True)
class Definition:
    """What a figure means. ``version`` rises when the meaning changes; it is shown and exported with the figure."""

    key: str
    version: int
    name: str
    text: str


DEFINITIONS: dict[str, Definition] = {
    d.key: d
    for d in (
        Definition(
            "reach",
            1,
            N_("Kontaktet af listen"),
            N_(
                "Virksomheder med endeligt svar (booket eller nej tak) af alle på de godkendte lister. "
                "Ubesvarede opkald er ikke kontakt."
            ),
        ),
        Definition(
            "booking_rate",
            1,
            N_("Booket af kontaktede"),
            N_(
                "Bookede af kontaktede (bookede + nej tak). En virksomhed tæller én gang i kampagnen, med sit seneste "
                "endelige svar; et besøg, der senere flyttes eller aflyses, er stadig booket."
            ),
        ),
        Definition(
            "held_rate",
            1,
            N_("Afholdt af bookede"),
            N_("Bookede virksomheder, hvor besøget er holdt. Resten ligger frem i tiden eller er aflyst."),
        ),
        Definition(
            "opening_rate",
            1,
            N_("Åbninger pr. 100 besøg"),
            N_("Åbninger af holdte besøg. En åbning med 3 pladser tæller 3, så tallet kan være over 100."),
        ),
        Definition(
            "opening_share",
            1,
            N_("Besøg med åbning"),
            N_("Holdte besøg med mindst én åbning. Lavere end åbninger pr. 100 besøg, fordi ét besøg kan give flere."),
        ),
        Definition(
            "pressed_rate",
            1,
            N_("Pressede besøg"),
            N_("Holdte besøg, hvor virksomheden følte sig presset til at sige ja, af dem, hvor det er noteret."),
        ),
        Definition(
            "cancelled_company_rate",
            1,
            N_("Aflyst af virksomheden"),
            N_("Besøg, som virksomheden har aflyst, af de bookede besøg, der er afholdt, aflyst eller forgæves."),
        ),
        Definition(
            "cancelled_jobcentre_rate",
            1,
            N_("Aflyst af jobcentret"),
            N_("Besøg, som jobcentret har aflyst, af de bookede besøg, der er afholdt, aflyst eller forgæves."),
        ),
        Definition(
            "nobody_rate",
            1,
            N_("Ingen til stede"),
            N_("Besøg, hvor ingen tog imod, af de bookede besøg, der er afholdt, aflyst eller forgæves."),
        ),
        Definition(
            "kept_rate",
            1,
            N_("Opfølgning holdt"),
            N_(
                "Opfølgninger gjort senest på den først aftalte frist, af dem, hvis frist er nået. En udsat frist "
                "tæller fra den første. Jobcentrets og virksomhedens opfølgninger tælles hver for sig."
            ),
        ),
    )
}


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


def in_danish_order(text: str) -> str:
    """A sort key: a to z, then æ ø å (aa as å)."""
    return text.lower().replace("aa", "å").translate(str.maketrans("æøå", "{|}"))


def parse_week(text: str) -> date:
    """The Monday of ``2026-W36``. Raises ValueError with a Danish reason."""
    found = re.fullmatch(r"(\d{4})-W(\d{1,2})", text.strip().upper())
    try:
        if not found or not 1990 <= int(found[1]) <= 2100:
            raise ValueError(text)
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError as exc:
        raise ValueError(N_("Skriv ugen som 2026-W36")) from exc


def week_key(day: date) -> str:
    """``2026-W36``"""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def week_starts(first: datetime, last: datetime) -> list[date]:
    """Mondays of the Danish weeks from the one of ``first`` to the one of ``last``, both with."""
    day = danish_date(first)
    day -= timedelta(days=day.weekday())
    return [day + timedelta(weeks=n) for n in range((danish_date(last) - day).days // 7 + 1)]


def week_bounds(frm: date | None, to: date | None) -> tuple[datetime | None, datetime | None]:
    """UTC start of the week of Monday ``frm`` and end of the week of Monday ``to``."""
    return (at(frm, 0) if frm else None), (at(to + timedelta(weeks=1), 0) if to else None)


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: str | int | float | None) -> str:
    """A cell for Danish spreadsheets: decimal comma; text that a spreadsheet would run as a formula gets a ``'``."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return str(round(value, 6)).replace(".", ",") if isinstance(value, float) else str(value)


def csv_file(head: Sequence[str], rows: Sequence[Sequence[str | int | float | None]]) -> bytes:
    """UTF-8 with BOM, semicolons, CRLF: opens rightly by a double click in Danish Excel."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")
