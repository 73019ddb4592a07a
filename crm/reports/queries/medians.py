"""Medians taken by the database, for each group and for the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

WHOLE = object()
"""Stands for all groups together where a group's key is asked for."""


def medians(session: Session, facts: Any, measures: Sequence[str]) -> dict[tuple[str, Any], dict[str, Any]]:
    """By (part, group key) and by (part, ``WHOLE``): measure -> median, where there is one. ``facts``: a subquery with
    ``part``, ``group_key`` and the measures. One query."""
    parts = [_middle(facts, measure, whole) for measure in measures for whole in (0, 1)]
    found: dict[tuple[str, Any], dict[str, Any]] = {}
    for measure, whole, part, key, value in session.execute(union_all(*parts)):
        found.setdefault((part, WHOLE if whole else key), {})[measure] = float(value)
    return found


def _middle(facts: Any, measure: str, whole: int) -> Any:
    """The value in the middle; of an even number of them the mean of the two."""
    value, apart = facts.c[measure], [facts.c.part, *([] if whole else [facts.c.group_key])]
    place = func.row_number().over(partition_by=apart, order_by=value)
    count = func.count().over(partition_by=apart)
    columns = (facts.c.part, facts.c.group_key, value.label("value"), place.label("place"), count.label("n"))
    ranked = select(*columns).where(value.is_not(None)).subquery()
    key = func.min(ranked.c.group_key) if whole else ranked.c.group_key
    middle = select(literal(measure), literal(whole), ranked.c.part, key, func.avg(ranked.c.value)).where(
        ranked.c.place * 2 >= ranked.c.n, ranked.c.place * 2 <= ranked.c.n + 2
    )
    return middle.group_by(ranked.c.part, *([] if whole else [ranked.c.group_key]))
