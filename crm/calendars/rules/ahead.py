"""What calendars say, read before anything is written: a calendar may take seconds to spell out, and
nobody is to wait for the database meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm.calendars.rules.busy import NotACalendar, Taken, expanded, stripped

HORIZON = timedelta(days=180)
PAST = timedelta(days=1)


@dataclass
class Ahead:
    """``kept``: text -> what may be kept of it, None where it is no calendar. ``taken``: that -> when it takes up time
    around ``now``. ``skipped``: appointments that made no sense. What is not in it is worked out when asked."""

    now: datetime
    kept: dict[str, str | None] = field(default_factory=dict)
    taken: dict[str, list[Taken]] = field(default_factory=dict)
    skipped: int = 0

    def keep(self, text: str) -> str | None:
        if text not in self.kept:
            try:
                self.kept[text] = stripped(text)
            except NotACalendar:
                self.kept[text] = None
        return self.kept[text]

    def spell(self, kept: str) -> list[Taken]:
        if kept not in self.taken:
            self.taken[kept], skipped = expanded(kept, self.now - PAST, self.now + HORIZON) if kept else ([], 0)
            self.skipped += skipped
        return self.taken[kept]


def read_ahead(now: datetime, texts: Iterable[str], known: Collection[str] = ()) -> Ahead:
    """``known``: what is kept already and need not be spelled out again."""
    ahead = Ahead(now)
    for text in texts:
        kept = ahead.keep(text)
        if kept is not None and kept not in known:
            ahead.spell(kept)
    return ahead
