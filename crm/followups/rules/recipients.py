"""Who is to know of a step of the ladder: the owner, whoever stands in for them, the leads, the region."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from crm.followups.rules.ladder import Step

ROLES = ("owner", "substitute", "lead", "region", "copy")
"""Why a person is told, the nearest first: who is several things is told once, as the first of them."""


@dataclass(frozen=True)
class People:
    """Ids of people. ``absent``: away today -> who was named to stand in, if anybody. ``leads`` and ``regional``: by
    jobcentre, both active only."""

    active: Collection[int]
    absent: Mapping[int, int | None]
    leads: Mapping[int, Sequence[int]]
    regional: Mapping[int, Sequence[int]]

    def at_work(self, who: int) -> bool:
        return who in self.active and who not in self.absent

    def in_place_of(self, who: int) -> int | None:
        return stand_in(who, self.absent, self.active)


def stand_in(who: int, absent: Mapping[int, int | None], active: Collection[int]) -> int | None:
    """The substitute who is at work, or that one's substitute; nobody further, and never the person themselves."""
    seen = {who}
    for _step in range(2):
        following = absent.get(who)
        if following is None or following in seen:
            return None
        seen.add(following)
        if following in active and following not in absent:
            return following
        who = following
    return None


def recipients(steps: Sequence[Step], owner: int, jobcentre: int, people: People) -> dict[int, str]:
    """Person -> role, for a nag that stands for ``steps`` (lowest first): the one it is for, who is at work, first.

    Who is away stands here as well, to be told on coming back. Empty when nobody at work can be told: it waits.
    """
    found: dict[int, str] = {}
    for step in reversed(steps):
        for who, role in _of_step(step, owner, jobcentre, people).items():
            nearer = who not in found or ROLES.index(role) < ROLES.index(found[who])
            found[who] = role if nearer else found[who]
    present = [who for who in found if people.at_work(who)]
    if not present:
        return {}
    return {present[0]: found[present[0]], **found}


def _of_step(step: Step, owner: int, jobcentre: int, people: People) -> dict[int, str]:
    if step.to_region:
        region = _with_stand_ins(people.regional.get(jobcentre, ()), people)
        if any(people.at_work(who) for who in region):
            return dict.fromkeys(region, "region")
        return _answering(owner, jobcentre, people) | dict.fromkeys(region, "region")
    if step.to_lead:
        return _answering(owner, jobcentre, people)
    found = _owner(owner, jobcentre, people)
    if step.copy_lead:
        for who in _with_stand_ins(people.leads.get(jobcentre, ()), people):
            found.setdefault(who, "copy")
    return found


def _owner(owner: int, jobcentre: int, people: People) -> dict[int, str]:
    if people.at_work(owner):
        return {owner: "owner"}
    if owner not in people.active:
        return _answering(owner, jobcentre, people)
    other = people.in_place_of(owner)
    instead = {other: "substitute"} if other is not None else _answering(owner, jobcentre, people)
    return {**instead, owner: "owner"}


def _answering(owner: int, jobcentre: int, people: People) -> dict[int, str]:
    """The leads; where none is at work the region's; where there is nobody else the owner."""
    found: dict[int, str] = {}
    for place in (people.leads, people.regional):
        others = _with_stand_ins([who for who in place.get(jobcentre, ()) if who != owner], people)
        found |= {who: "lead" for who in others if who != owner and who not in found}
        if any(people.at_work(who) for who in found):
            return found
    return found | ({owner: "owner"} if owner in people.active else {})


def _with_stand_ins(chosen: Iterable[int], people: People) -> list[int]:
    """Those at work, then - where none of them is - who stands in for them, then those who are away."""
    chosen = list(chosen)
    present = [who for who in chosen if people.at_work(who)]
    others = [] if present else [one for who in chosen if (one := people.in_place_of(who)) is not None]
    return list(dict.fromkeys([*present, *others, *chosen]))
