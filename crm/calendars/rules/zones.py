"""Time zones as calendars name them: IANA names, Windows names, and zones that a file describes itself."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from crm.base.clock import DANISH
from crm.calendars.rules.lines import Block
from crm.calendars.rules.recurrence import Budget, Exhausted, Rule


class Zones:
    """The zones of one calendar. A name that nobody knows is taken as Danish time."""

    def __init__(self, blocks: Iterable[Block], frm: datetime, to: datetime, budget: Budget) -> None:
        self._frm, self._to, self._budget = frm - timedelta(days=800), to + timedelta(days=400), budget
        self._described: dict[str, Block] = {}
        for block in blocks:
            for line in block.read(("TZID",)):
                self._described.setdefault(line.value, block)
        self._made: dict[str, tzinfo] = {}

    def zone(self, name: str) -> tzinfo:
        """A known name means what it means everywhere; else the file's own description counts."""
        if name not in self._made:
            known = known_zone(name)
            block = self._described.get(name)
            if known is None and block is not None:
                known = described(block, self._frm, self._to, self._budget)
            self._made[name] = known or DANISH
        return self._made[name]


@lru_cache(maxsize=512)
def known_zone(name: str) -> tzinfo | None:
    """By its IANA name (also at the end of a path, as some calendars write it) or its Windows name."""
    if name.upper() in ("UTC", "GMT", "Z", "ETC/UTC", "ETC/GMT"):
        return UTC
    plain = WINDOWS_TO_OLSON.get(name, name).strip("/")
    parts = plain.split("/")
    for first in range(len(parts)):
        tail = "/".join(parts[first:])
        if tail in available() and (first == 0 or "/" in tail):
            return ZoneInfo(tail)
    return None


@lru_cache(maxsize=1)
def available() -> frozenset[str]:
    return frozenset(available_timezones())


class Described(tzinfo):
    """Offsets from a VTIMEZONE: which one holds from which wall time on."""

    def __init__(self, changes: list[tuple[datetime, timedelta]], before: timedelta) -> None:
        self._offsets = [before, *(offset for _, offset in changes)]
        former = list(zip(changes, self._offsets, strict=False))
        self._walls = [wall for wall, _ in changes]
        self._again = [wall - max(timedelta(), was - offset) for (wall, offset), was in former]
        self._utc = [wall - max(was, offset) for (wall, offset), was in former]

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """Of a doubled hour the first, the second by ``fold``."""
        if moment is None:
            return self._offsets[0]
        return self._offsets[bisect_right(self._again if moment.fold else self._walls, moment.replace(tzinfo=None))]

    def fromutc(self, moment: datetime) -> datetime:
        """Python's own looks the offset up at the wrong hour, an hour or two before and after a change."""
        utc = moment.replace(tzinfo=None)
        wall = (utc + self._offsets[bisect_right(self._utc, utc)]).replace(tzinfo=self)
        return wall if wall.utcoffset() == wall.replace(tzinfo=None) - utc else wall.replace(fold=1)

    def dst(self, moment: datetime | None) -> timedelta:
        return timedelta()

    def tzname(self, moment: datetime | None) -> str:
        return "described"


def described(block: Block, frm: datetime, to: datetime, budget: Budget) -> tzinfo | None:
    """The zone of a VTIMEZONE, right from ``frm`` to ``to``; None when it says nothing that can be read."""
    changes: list[tuple[datetime, timedelta]] = []
    before: list[tuple[datetime, timedelta]] = []
    for part in block.parts:
        try:
            lines = list(part.read(("DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO")))
            values = {line.name: line.value for line in lines}
            start = _wall(values["DTSTART"])
            was, is_now = _offset(values["TZOFFSETFROM"]), _offset(values["TZOFFSETTO"])
            onsets = [start]
            for line in lines:
                if line.name == "RDATE":
                    onsets += [_wall(text) for text in line.value.split(",")[:500]]
            if "RRULE" in values:
                budget.series = Budget.series
                rule = Rule(values["RRULE"], start, budget)
                onsets += rule.between(frm.replace(tzinfo=None), to.replace(tzinfo=None))
        except (KeyError, ValueError, OverflowError, Exhausted):
            continue
        # a wall time that is skipped counts with the offset before the change (RFC 5545, 3.3.5)
        changes += [(onset + max(timedelta(), is_now - was), is_now) for onset in onsets]
        before.append((start, was))
    return Described(sorted(changes), min(before)[1]) if changes else None


def _wall(text: str) -> datetime:
    """A naive wall time. Raises ValueError."""
    return datetime.fromisoformat(text[:15])


def _offset(text: str) -> timedelta:
    match = re.fullmatch(r"([+-])([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])?", text)
    if match is None:
        raise ValueError("no offset")
    span = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    return -span if match[1] == "-" else span
