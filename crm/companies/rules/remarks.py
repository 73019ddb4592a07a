"""What an import has to say of a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SHOWN_VALUE = 200


@dataclass(frozen=True, slots=True)
class Remark:
    """``kind``: reject (the row is set aside), warning (the row goes in without the value), note (of the file).

    ``reason`` is a Danish msgid, filled from ``fields``. ``row`` counts as a spreadsheet does: the header is row 1.
    """

    row: int
    kind: str
    column: str
    value: str
    reason: str
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The reason in Danish."""
        return self.reason.format(**self.fields) if self.fields else self.reason


def shown(value: str) -> str:
    """A value short enough for a table."""
    return value if len(value) <= SHOWN_VALUE else value[: SHOWN_VALUE - 1] + "…"
