"""What a consultant wishes of bookings: areas as postcodes, lunch, notice. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from crm.base.errors import N_
from crm.travel.postcodes import postcodes, row_of_postcode

Area: TypeAlias = tuple[str, str]
"""First and last postcode, both included."""

MOST_AREAS = 40
LONGEST_LUNCH = 120
MOST_NOTICE_HOURS = 24 * 14
FURTHEST_DAYS = 180
_AREA = re.compile(r"(\d{4})(?:\s*(?:-|–|—|til)\s*(\d{4}))?")


class NotAreas(ValueError):
    """A list of postcodes that cannot be used: ``message`` is a Danish msgid, filled from ``part``."""

    def __init__(self, message: str, part: str) -> None:
        super().__init__(message)
        self.message, self.part = message, part


@dataclass(frozen=True, slots=True)
class Named:
    """An area with its towns: of its first and last known postcode; ``count``: so many are known in it."""

    first: str
    last: str
    first_town: str
    last_town: str
    count: int


def parse_areas(text: str) -> list[Area]:
    """``9000-9999, 7700`` as areas in order, those that meet joined; empty for no text. Raises NotAreas."""
    parts = [part.strip() for part in re.split(r"[,;\n]", text or "") if part.strip()]
    if len(parts) > MOST_AREAS:
        raise NotAreas(N_("Skriv højst 40 områder."), "")
    areas = []
    for part in parts:
        match = _AREA.fullmatch(part)
        if match is None:
            raise NotAreas(N_("»{part}« er ikke et postnummer. Skriv fx 9000-9999, 7700."), part[:40])
        first, last = match[1], match[2] or match[1]
        if last < first:
            raise NotAreas(N_("»{part}«: det første postnummer skal være det laveste."), part[:40])
        areas.append((first, last))
    unknown = unknown_area(areas)
    if unknown is not None:
        said = unknown[0] if unknown[0] == unknown[1] else f"{unknown[0]}-{unknown[1]}"
        raise NotAreas(N_("»{part}« dækker intet postnummer, der kendes."), said)
    return joined(areas)


def joined(areas: Iterable[Area]) -> list[Area]:
    """In order; areas that overlap or follow each other directly become one."""
    result: list[Area] = []
    for first, last in sorted(areas):
        if result and int(first) <= int(result[-1][1]) + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result


def unknown_area(areas: Iterable[Sequence[str]]) -> Area | None:
    """The first area without a known postcode (or that is none at all), None when each has one."""
    for first, last in areas:
        if not (_AREA.fullmatch(first) and _AREA.fullmatch(last)) or not _known(first, last):
            return first, last
    return None


def _known(first: str, last: str) -> list[str]:
    inside = sorted(code for code in postcodes() if first <= code <= last)
    if not inside and row_of_postcode(first) is not None:  # a street of the inner city has no row of its own
        return [first]
    return inside


def named(area: Sequence[str]) -> Named:
    """The area with the towns at its ends, as the page says it back."""
    first, last = area
    inside = _known(first, last)
    towns = [row.place if (row := row_of_postcode(code)) else "" for code in (inside or [first])]
    return Named(first, last, towns[0], towns[-1], len(inside))


def written(areas: Iterable[Sequence[str]]) -> str:
    """As it is typed: ``7700, 9000-9999``."""
    return ", ".join(first if first == last else f"{first}-{last}" for first, last in areas)


def wish_problems(
    *, lunch_minutes: Any, lunch_from: Any, lunch_to: Any, notice_hours: Any, horizon_days: Any, areas: Any
) -> dict[str, str]:
    """What cannot be used, by field (Danish msgids); empty when all can. Minutes of the Danish day."""
    errors: dict[str, str] = {}
    if not 0 <= lunch_minutes <= LONGEST_LUNCH:
        errors["lunch_minutes"] = N_("Frokosten kan vare fra 0 til 120 minutter.")
    elif not 0 <= lunch_from < lunch_to <= 1440:
        errors["lunch_to"] = N_("Frokosttiden skal slutte efter, at den begynder.")
    elif lunch_from + lunch_minutes > lunch_to:
        errors["lunch_to"] = N_("Frokosten kan ikke nås mellem de to klokkeslæt. Gør tidsrummet længere.")
    if not 0 <= notice_hours <= MOST_NOTICE_HOURS:
        errors["notice_hours"] = N_("Varslet kan være fra 0 til 336 timer.")
    if horizon_days is not None and not 1 <= horizon_days <= FURTHEST_DAYS:
        errors["horizon_days"] = N_("Vælg mellem 1 og 180 dage, eller lad feltet stå tomt.")
    elif horizon_days is not None and "notice_hours" not in errors and notice_hours >= horizon_days * 24:
        errors["horizon_days"] = N_("Med det varsel og den grænse er der ingen dage tilbage at booke.")
    if len(areas) > MOST_AREAS or unknown_area(areas) is not None:
        errors["areas"] = N_("Et af områderne dækker intet postnummer, der kendes.")
    return errors
