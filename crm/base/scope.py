"""What part of the data an actor may reach with one permission; rooms load records *through* it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, false, or_, true


@dataclass(frozen=True)
class Scope:
    """The union of what the actor's roles give for one verb. Regions are resolved to their jobcentres."""

    everything: bool = False
    jobcentres: frozenset[int] = field(default_factory=frozenset)
    firms: frozenset[int] = field(default_factory=frozenset)
    own: int | None = None

    @property
    def empty(self) -> bool:
        return not (self.everything or self.jobcentres or self.firms or self.own is not None)

    def clause(self, *, jobcentre: Any = None, firm: Any = None, own: Any = None) -> ColumnElement[bool]:
        """A WHERE clause. Give the columns the record has; a scope kind without a column reaches nothing."""
        if self.everything:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.jobcentres and jobcentre is not None:
            parts.append(jobcentre.in_(self.jobcentres))
        if self.firms and firm is not None:
            parts.append(firm.in_(self.firms))
        if self.own is not None and own is not None:
            parts.append(own == self.own)
        return or_(*parts) if parts else false()
