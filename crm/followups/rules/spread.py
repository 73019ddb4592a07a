"""How the work of somebody who is away is shared out among colleagues."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Group = TypeVar("Group", bound=Hashable)


def spread(groups: Mapping[Group, int], people: Sequence[int]) -> dict[Group, int]:
    """group -> person: each group (a company, with the number of things to do) whole to one of ``people``, evenly.

    The largest first, each to whoever has got least so far; the same every time it is asked. Nobody is left with more
    than the others by more than the largest group. Without people nothing is shared out.
    """
    if not people:
        return {}
    load = dict.fromkeys(people, 0)
    found: dict[Group, int] = {}
    for group, size in sorted(groups.items(), key=lambda item: -item[1]):
        least = min(load, key=lambda person: load[person])
        found[group] = least
        load[least] += size
    return found
