"""The wish for lunch: some minutes free of visits, own appointments and driving within a stretch of the day. Pure.

Between two stops the consultant drives once. Lunch is eaten before the drive or after it, whichever leaves more of the
window. The margin of a drive is not counted: it is for what nobody foresees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from crm.travel.places import Leg, Place
from crm.visits.rules.stops import Stop

Span: TypeAlias = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Lunch:
    """``length`` of free time is wished for between ``opens`` and ``closes``, UTC, of one day."""

    length: timedelta
    opens: datetime
    closes: datetime

    def fits(self, frm: datetime, to: datetime, drive: int) -> bool:
        """Whether lunch can be eaten between two stops with a drive of so many minutes between them; a gap that
        reaches outside the window is cut to it."""
        drives = timedelta(minutes=drive)
        before = min(to - drives, self.closes) - max(frm, self.opens)
        after = min(to, self.closes) - max(frm + drives, self.opens)
        return before >= self.length or after >= self.length

    def could_fit(self, frm: datetime, to: datetime) -> bool:
        """Whether it would without any drive: asked first, for a drive has to be worked out."""
        return min(to, self.closes) - max(frm, self.opens) >= self.length


def breaks(lunch: Lunch, line: Iterable[Stop], leg: Callable[[Place, Place], Leg]) -> list[Span]:
    """The gaps of a day in which lunch can be eaten. ``line``: the stops by start, the base at both ends. Time before
    the first and after the last is free as well."""
    found: list[Span] = []
    before: Stop | None = None
    for after in line:
        frees = before.ends_at if before else lunch.opens
        if frees < after.starts_at and lunch.could_fit(frees, after.starts_at):
            drive = leg(before.place, after.place) if before else None
            if drive is None or (drive.reachable and lunch.fits(frees, after.starts_at, drive.minutes)):
                found.append((frees, after.starts_at))
        if before is None or after.freed >= before.freed:
            before = after
    if before and lunch.could_fit(before.ends_at, lunch.closes):
        found.append((before.ends_at, lunch.closes))
    return found


def only(breaks: Iterable[Span], moment: datetime) -> bool:
    """Whether the gap around the moment is the only one in which lunch can be eaten. False when there is none at all:
    a wish that cannot be kept anyway keeps nobody out."""
    rows = list(breaks)
    return len(rows) == 1 and rows[0][0] <= moment < rows[0][1]
