"""Moments as programs write them in addresses and bodies. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from crm.base.clock import day_bounds


def this_century(moment: datetime) -> datetime:
    """In UTC. Raises ValueError outside 2000-2100."""
    if not 2000 <= moment.year <= 2100:
        raise ValueError("lies outside 2000-2100")
    return moment.astimezone(UTC)


def day_or_moment(value: Any) -> Any:
    """A bare date means Danish midnight; a + that came unescaped in an address is meant as a +."""
    if isinstance(value, str):
        text = value.strip().replace(" ", "+")
        if len(text) == 10 and 2000 <= int(text[:4] if text[:4].isdigit() else 0) <= 2100:
            try:
                return day_bounds(date.fromisoformat(text))[0]
            except ValueError:
                return value
        return text
    return value
