"""When a consultant's own calendar takes up time: pure, and in bounded work whatever the calendar says.

Days and floating times are Danish. Recurring events keep their wall clock over a clock change; a DURATION in hours is
exact, one in days follows the wall clock, as does the time between DTSTART and DTEND. A wall time that is skipped is
taken an hour on, of a doubled one the first is meant (RFC 5545, 3.3.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from crm.base.clock import day_bounds
from crm.calendars.rules.lines import Block, Line, components
from crm.calendars.rules.lines import NotACalendar as NotACalendar
from crm.calendars.rules.recurrence import Budget, Exhausted
from crm.calendars.rules.series import Part, instances, moment
from crm.calendars.rules.stripped import KEPT
from crm.calendars.rules.stripped import OWN_UID as OWN_UID
from crm.calendars.rules.stripped import stripped as stripped
from crm.calendars.rules.stripped import uids as uids
from crm.calendars.rules.zones import Zones

MOST = 20_000
"""Stretches of one calendar that are kept apart; of more, those that touch are joined."""
MARGIN = timedelta(days=3)
FREE = ("FREE", "WORKINGELSEWHERE")  # the latter is at work, only not at the office: it can be visited from
KINDS = {"TENTATIVE": "BUSY-TENTATIVE", "OOF": "BUSY-UNAVAILABLE"}


@dataclass(frozen=True, slots=True, order=True)
class Taken:
    """A stretch that is taken: UTC, half-open; ``kind``: FBTYPE (RFC 5545, 3.2.9); ``all_day``: Danish days."""

    starts_at: datetime
    ends_at: datetime
    kind: str
    all_day: bool


def expand(text: str, frm: datetime, to: datetime) -> list[Taken]:
    """What is taken in [frm, to), in order, not clipped to it. Raises NotACalendar."""
    return expanded(text, frm, to)[0]


def expanded(text: str, frm: datetime, to: datetime) -> tuple[list[Taken], int]:
    """Like ``expand``, with the number of events that could not be read, or not to their end."""
    blocks, budget = components(text), Budget()
    zones = Zones((block for block in blocks if block.name == "VTIMEZONE"), frm, to, budget)
    found: set[Taken] = set()
    skipped = 0
    for events in _series(block for block in blocks if block.name == "VEVENT"):
        budget.series = Budget.series
        parts, broken = _parts(events, zones)
        skipped += broken
        try:
            for part, start, end in instances(parts, frm - MARGIN, to + MARGIN, budget) if parts else ():
                if (kind := _kind(part)) and (taken := _taken(start, end, kind)):
                    _keep(found, taken, frm, to)
        except (Exhausted, ValueError, KeyError, OverflowError, TypeError):
            skipped += 1
    for block in blocks:
        if block.name == "VFREEBUSY":
            skipped += _free_busy(found, block, zones, frm, to)
    return sorted(found), skipped


def _series(blocks: Iterable[Block]) -> Iterator[list[list[Line]]]:
    """Events that belong together by their UID; our own left out. One without a UID stands alone."""
    known: dict[str, list[list[Line]]] = {}
    for number, block in enumerate(blocks):
        lines = list(block.read(KEPT))
        uid = next((line.value for line in lines if line.name == "UID"), "") or f"\n{number}"
        if not uid.lower().endswith(OWN_UID):
            known.setdefault(uid, []).append(lines)
    yield from known.values()


def _parts(events: list[list[Line]], zones: Zones) -> tuple[list[Part], int]:
    """Those that can be read, and how many cannot: an exception that is broken leaves its instance where it was."""
    parts = []
    for lines in events:
        try:
            parts.append(_part(lines, zones))
        except (ValueError, KeyError, OverflowError):
            continue
    return parts, len(events) - len(parts)


def _part(lines: list[Line], zones: Zones) -> Part:
    """Raises ValueError, KeyError."""
    values = {line.name: line for line in lines}
    start = moment(values["DTSTART"].value, values["DTSTART"].params, zones)
    part = Part(
        start=start,
        end=start,
        uid=values["UID"].value if "UID" in values else "",
        sequence=int(values["SEQUENCE"].value or 0) if "SEQUENCE" in values else 0,
        status=values["STATUS"].value.upper() if "STATUS" in values else "",
        transparent="TRANSP" in values and values["TRANSP"].value.upper() == "TRANSPARENT",
        busy=values["X-MICROSOFT-CDO-BUSYSTATUS"].value.upper() if "X-MICROSOFT-CDO-BUSYSTATUS" in values else "",
    )
    if "DTEND" in values:
        part.until(moment(values["DTEND"].value, values["DTEND"].params, zones))
    else:
        part.lasting(values["DURATION"].value if "DURATION" in values else "")
    for line in lines:
        part.repeat(line, zones)
    return part


def _kind(part: Part) -> str:
    """FBTYPE, empty when no time is taken."""
    if part.transparent or part.status == "CANCELLED" or part.busy in FREE:
        return ""
    return KINDS.get(part.busy) or KINDS.get(part.status) or "BUSY"


def _taken(start: date, end: date, kind: str) -> Taken | None:
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        first, last = day_bounds(start)[0], day_bounds(end)[0]
        return Taken(first, last, kind, True) if first < last else None
    first, last = start.astimezone(UTC), end.astimezone(UTC)
    return Taken(first, last, kind, False) if first < last else None


def _keep(found: set[Taken], taken: Taken, frm: datetime, to: datetime) -> None:
    if taken.starts_at < to and taken.ends_at > frm:
        found.add(taken)
        if len(found) > MOST:
            joined = _joined(found)
            found.clear()
            found.update(joined)


def _joined(found: set[Taken]) -> list[Taken]:
    """Those that touch as one, of the firmest kind in it; when nothing touches, the first half is kept."""
    rows: list[Taken] = []
    for one in sorted(found):
        if rows and one.starts_at <= rows[-1].ends_at:
            last = rows[-1]
            rows[-1] = Taken(last.starts_at, max(last.ends_at, one.ends_at), min(last.kind, one.kind), last.all_day)
        else:
            rows.append(one)
    return rows[: MOST // 2]


def _free_busy(found: set[Taken], block: Block, zones: Zones, frm: datetime, to: datetime) -> int:
    """Periods of a VFREEBUSY by their FBTYPE; how many could not be read."""
    broken = 0
    for line in block.read(("FREEBUSY",)):
        kind = line.params.get("FBTYPE", "BUSY").upper()
        if kind == "FREE":
            continue
        kind = kind if kind in KINDS.values() else "BUSY"  # an unknown type counts as BUSY (RFC 5545, 3.2.9)
        for text in line.value.split(","):
            try:
                part = Part.of_period(text, line.params, zones)
                taken = _taken(part.start, part.end, kind)
            except (ValueError, KeyError, OverflowError):
                broken += 1
                continue
            if taken:
                _keep(found, taken, frm, to)
    return broken
