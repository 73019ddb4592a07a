"""Where the waiting entries of a queue stand, each in one place: the board's columns from why-dry's reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

HELD_BY = frozenset({"claimed", "reserved"})
LATER = frozenset({"call_back_later", "letter_wait", "retry_later", "not_due", "day_cap", "same_number"})
READY = frozenset({None, "calling_hours", "call_back_other"})


@dataclass
class Standing:
    """Entries that wait. ``ready``: may be called now, within the calling hours (also those promised to one phoner).
    ``later``: come by themselves. ``held``: in phoners' hands. ``full``: wait for room in the consultants' calendars.
    ``stopped``: come only when somebody does something; by reason (a key of WHY_DRY)."""

    ready: int = 0
    later: int = 0
    held: int = 0
    full: int = 0
    stopped: dict[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        return self.ready + self.later + self.held + self.full + sum(self.stopped.values())

    @property
    def workable(self) -> int:
        """What may still be called without anybody doing something first."""
        return self.ready + self.later + self.held + self.full

    def add(self, counts: Mapping[str, int] | Mapping[str | None, int]) -> Standing:
        """Counts by reason, None for what is offered."""
        for reason, count in counts.items():
            if reason in READY:
                self.ready += count
            elif reason in LATER:
                self.later += count
            elif reason in HELD_BY:
                self.held += count
            elif reason == "capacity":
                self.full += count
            else:
                self.stopped[str(reason)] = self.stopped.get(str(reason), 0) + count
        return self

    def __iadd__(self, other: Standing) -> Standing:
        self.ready += other.ready
        self.later += other.later
        self.held += other.held
        self.full += other.full
        return self.add(other.stopped)


def summed(parts: Iterable[Standing]) -> Standing:
    """The parts together."""
    whole = Standing()
    for one in parts:
        whole += one
    return whole
