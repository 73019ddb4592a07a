"""Recurring events and their exceptions, spelled out with ``recurring_ical_events`` over our own bounded rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from icalendar import vDuration
from recurring_ical_events import Series  # type: ignore[import-untyped]
from recurring_ical_events.adapters import EventAdapter  # type: ignore[import-untyped]

from crm.base.clock import DANISH
from crm.calendars.rules.lines import Line
from crm.calendars.rules.recurrence import Budget, Rule
from crm.calendars.rules.zones import Zones

MOST_DATES = 5_000
"""Dates of one RDATE or EXDATE that are read."""
DAY = timedelta(days=1)


def moment(text: str, params: dict[str, str], zones: Zones) -> date:
    """A date, or an aware time: floating ones are Danish. Raises ValueError."""
    match = re.fullmatch(r"([0-9]{8})(?:T([0-9]{6})(Z?))?", text.strip(), re.I)
    if match is None:
        raise ValueError("no time")
    day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    if not 1900 <= day.year <= 2200:
        raise ValueError("no year of ours")
    if match[2] is None:
        return day
    clock = time(int(match[2][:2]), int(match[2][2:4]), min(59, int(match[2][4:])))
    zone = UTC if match[3] else zones.zone(params["TZID"]) if params.get("TZID") else DANISH
    return datetime.combine(day, clock, zone)


@dataclass(eq=False)
class Part:
    """One VEVENT: an event, the core of a series or an exception of it. ``length``: its DURATION where it has one."""

    start: date
    end: date
    uid: str = ""
    sequence: int = 0
    status: str = ""
    transparent: bool = False
    busy: str = ""
    length: timedelta | None = None
    rules: list[str] = field(default_factory=list)
    rdates: list[Any] = field(default_factory=list)
    exdates: list[date] = field(default_factory=list)
    replaces: date | None = None
    onwards: bool = False

    @classmethod
    def of_period(cls, text: str, params: dict[str, str], zones: Zones) -> Part:
        """Start and end, or start and duration (RFC 5545, 3.3.9). Raises ValueError."""
        first, _, last = text.partition("/")
        start = moment(first, params, zones)
        part = cls(start=start, end=start)
        if last.lstrip("+-").upper().startswith("P"):
            part.lasting(last)
        else:
            part.until(moment(last, params, zones))
        return part

    @property
    def all_day(self) -> bool:
        return not isinstance(self.start, datetime)

    def until(self, end: date) -> None:
        """Raises ValueError for an end before the start; a day that ends as it begins is one day."""
        if isinstance(end, datetime) != isinstance(self.start, datetime):
            raise ValueError("a day and a time")
        if self.all_day and end <= self.start:
            end = self.start + DAY
        if isinstance(end, datetime) and isinstance(self.start, datetime):
            if end.astimezone(UTC) < self.start.astimezone(UTC):
                raise ValueError("ends before it starts")
            if end.tzinfo is not self.start.tzinfo:
                end = end.astimezone(self.start.tzinfo)
        self.end = end

    def lasting(self, text: str) -> None:
        """DURATION; without one a day lasts a day and a time takes none. Raises ValueError."""
        self.length = duration(text) if text else DAY if self.all_day else timedelta()
        if self.length < timedelta():
            raise ValueError("a duration below nothing")
        if self.all_day and not self.length:
            self.length = DAY
        self.end = exactly(self.start, self.length)

    def repeat(self, line: Line, zones: Zones) -> None:
        """Take in what a line says about recurrence. Raises ValueError."""
        if line.name == "RRULE":
            self.rules.append(line.value.upper())
        elif line.name == "RECURRENCE-ID":
            self.replaces = moment(line.value, line.params, zones)
            self.onwards = line.params.get("RANGE", "").upper() == "THISANDFUTURE"
        elif line.name == "EXDATE":
            self.exdates += [moment(text, line.params, zones) for text in line.value.split(",")[:MOST_DATES] if text]
        elif line.name == "RDATE":
            for text in line.value.split(",")[:MOST_DATES]:
                if "/" in text:
                    period = Part.of_period(text, line.params, zones)
                    self.rdates.append((period.start, period.end))
                elif text:
                    self.rdates.append(moment(text, line.params, zones))

    @property
    def recurs(self) -> bool:
        return bool(self.rules or self.rdates)

    def get(self, name: str, default: Any = None) -> Any:
        """As ``recurring_ical_events`` asks a component."""
        if name == "RECURRENCE-ID" and self.replaces is not None:
            params = {"RANGE": "THISANDFUTURE"} if self.onwards else {}
            return SimpleNamespace(dt=self.replaces, params=params)
        return default

    def __contains__(self, name: str) -> bool:
        return {"RRULE": bool(self.rules), "RDATE": bool(self.rdates), "EXDATE": bool(self.exdates)}.get(name, False)


class Adapter(EventAdapter):  # type: ignore[misc]
    """A part as ``recurring_ical_events`` reads it."""

    def __init__(self, part: Part, budget: Budget) -> None:
        super().__init__(part)
        self.budget = budget

    raw_start = property(lambda self: self._component.start)
    raw_end = property(lambda self: self._component.end)
    uid = property(lambda self: self._component.uid)
    sequence = property(lambda self: self._component.sequence)
    rrules = property(lambda self: self._component.rules)
    rdates = property(lambda self: self._component.rdates)
    exdates = property(lambda self: self._component.exdates)


class Bounded(Series):  # type: ignore[misc]
    """A series whose rules are ours."""

    class RecurrenceRules(Series.RecurrenceRules):  # type: ignore[misc]
        """The core of a series."""

        def create_rule_with_start(self, rule_string: str) -> Rule:
            return Rule(rule_string, self.start, self.core.budget)


def instances(parts: Sequence[Part], frm: datetime, to: datetime, budget: Budget) -> Iterator[tuple[Part, date, date]]:
    """(which part says so, start, end) of every instance around [frm, to]. Raises ValueError, Exhausted."""
    if len(parts) == 1 and not parts[0].recurs and parts[0].replaces is None:
        yield parts[0], parts[0].start, parts[0].end
        return
    series = Bounded([Adapter(part, budget) for part in parts])
    for occurrence in series.between(frm, to):
        budget.spend()
        part: Part = occurrence._adapter._component
        start, end = occurrence.start, occurrence.end
        if part.length is not None and end - start == part.end - part.start:
            end = exactly(start, part.length)
        yield part, start, end


def duration(text: str) -> timedelta:
    """Raises ValueError."""
    read: timedelta = vDuration.from_ical(text.upper())  # type: ignore[no-untyped-call]
    return read


def exactly(start: date, length: timedelta) -> date:
    """Days on the wall clock, hours in truth (RFC 5545, 3.3.6)."""
    if not isinstance(start, datetime):
        return start + max(DAY, timedelta(days=length.days + bool(length.seconds)))
    days, rest = timedelta(days=length.days), timedelta(seconds=length.seconds)
    wall = start + days
    return (wall.astimezone(UTC) + rest).astimezone(start.tzinfo) if rest else wall
