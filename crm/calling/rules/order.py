"""The order in which a tier of the queue is called."""

from __future__ import annotations

from datetime import timedelta

LAST = 1000
UNKNOWN_FIT = 0.5
SOON = timedelta(minutes=10)
"""Entries asleep are woken so long before they are due, so that a claim seldom has to."""


def behind_of(weight: float, fit: float | None, turn: float) -> int:
    """What a tier is ordered by, 0 first to 1000 last.

    weight: 0 keeps the list's order, 1 goes by fit alone. fit: how well the workplace fits free, drivable time, 1 best
    to 0; None, not known, counts as a middle one. turn: the place in the list, 1 first to 0 last. Each is held
    within 0 to 1. ``actions.order`` says the same to the database.
    """
    weight, turn = _share(weight), _share(turn)
    known = UNKNOWN_FIT if fit is None else _share(fit)
    return int(LAST * (weight * (1.0 - known) + (1.0 - weight) * (1.0 - turn)) + 0.5)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
