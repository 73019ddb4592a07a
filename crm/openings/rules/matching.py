"""How well a candidate fits an opening: a score of five points, and why, in words.

Each point lies between 0 and 1 and grows with nothing but its own facts; the score is their weighted sum. So whoever is
better on one point and equal on the rest never ranks lower. Where a place is unknown nobody can say whether they reach
it: such a pair stands after all who do, and is never left out for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from crm.base.errors import N_
from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.occupations import alike, code_of, fold
from crm.openings.rules.types import SHORT

WEIGHTS = {"occupation": 50, "area": 20, "languages": 14, "hours": 8, "types": 8}
NEAR_OCCUPATION = 0.4
"""From here on two occupations are near enough to propose one for the other (the same sub-major group of DISCO-08)."""
UNKNOWN_HOURS = 0.7
FAR = 0.5
UNKNOWN_PLACES: dict[str, str] = {
    "candidate": N_("køretid ukendt: ret kandidatens postnummer"),
    "workplace": N_("køretid ukendt: skriv arbejdsstedets adresse eller postnummer"),
    "both": N_("køretid ukendt: ret både kandidatens og arbejdsstedets postnummer"),
}
"""Whose place is unknown, as a reason that says what to do."""

_SMALL = frozenset({"og", "eller", "til", "i", "pa", "med", "som", "for", "job", "arbejde", "medarbejder"})


@dataclass(frozen=True)
class Wanted:
    """What an opening asks for."""

    occupation: str = ""
    code: str | None = None
    languages: tuple[str, ...] = ()
    weekly_hours: float | None = None
    type: str = "ordinary"


@dataclass(frozen=True)
class Person:
    """What a candidate brings. ``minutes``: the drive to the workplace, None when it cannot be made or a place is
    unknown; ``unknown``: whose, a key of UNKNOWN_PLACES."""

    occupation: str = ""
    code: str | None = None
    minutes: int | None = None
    reach_minutes: int = 45
    languages: tuple[str, ...] = ()
    weekly_hours: float | None = None
    types: tuple[str, ...] = ()
    unknown: str = ""


@dataclass(frozen=True)
class Reason:
    """One point in words: a Danish msgid with its fields. ``words``: msgids that are translated and joined as the field
    ``words``. ``good``: it speaks for the candidate."""

    good: bool
    message: str
    fields: tuple[tuple[str, Any], ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fit:
    """``score``: 0 to 100. ``related``: the occupation is near enough to be proposed; True where none is asked for.
    ``reach``: whether they reach the work; None where a place is unknown."""

    score: float
    points: tuple[tuple[str, float], ...]
    reasons: tuple[Reason, ...]
    related: bool
    reach: bool | None = True


def fit(wanted: Wanted, person: Person) -> Fit:
    """How well the person fits."""
    points = {
        "occupation": occupation_point(wanted, person),
        "area": area_point(person),
        "languages": languages_point(wanted, person),
        "hours": hours_point(wanted, person),
        "types": 1.0 if not person.types or wanted.type in person.types else 0.0,
    }
    score = sum(WEIGHTS[name] * point for name, point in points.items())
    asked = bool(wanted.occupation or wanted.code)
    return Fit(
        round(score, 6),
        tuple(points.items()),
        tuple(_reasons(wanted, person, points)),
        not asked or points["occupation"] >= NEAR_OCCUPATION,
        None if person.unknown else person.minutes is not None and person.minutes <= person.reach_minutes,
    )


Item = TypeVar("Item")


def ranked(fits: Iterable[tuple[Item, Fit, int]]) -> list[tuple[Item, Fit]]:
    """Best first; those of whom a place is unknown right after the last who reaches the work, the best of them first.
    The number beside each (an id) settles ties, so that the order of what came in does not matter."""
    order = [(item, found) for item, found, _id in sorted(fits, key=lambda one: (-one[1].score, one[2]))]
    known = [one for one in order if one[1].reach is not None]
    after = max((place for place, one in enumerate(known, 1) if one[1].reach), default=0)
    return [*known[:after], *(one for one in order if one[1].reach is None), *known[after:]]


def occupation_point(wanted: Wanted, person: Person) -> float:
    """The nearer of the two: by code, and by the words that were written."""
    by_code = alike(wanted.code or code_of(wanted.occupation), person.code or code_of(person.occupation))
    return max(by_code, words_alike(wanted.occupation, person.occupation))


def words_alike(a: str, b: str) -> float:
    """Share of the longer text's words that the other has too, 0 to 1; a word of four letters or more counts where it
    begins or ends the other one (``lager`` and ``lagermedarbejder``) as three quarters."""
    ours, theirs = _words(a), _words(b)
    if not ours or not theirs:
        return 0.0
    few, many = sorted((ours, theirs), key=len)
    met = sum(max(_word_alike(one, other) for other in many) for one in few)
    return met / max(len(few), len(many))


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in re.split(r"\s+", fold(text)) if word and word not in _SMALL)


def _word_alike(a: str, b: str) -> float:
    if a == b:
        return 1.0
    short, long = sorted((a, b), key=len)
    return 0.75 if len(short) >= 4 and (long.startswith(short) or long.endswith(short)) else 0.0


def area_point(person: Person) -> float:
    """1 on the spot, half at the edge of what they reach, 0 at twice that, and where it cannot be driven or said."""
    if person.minutes is None:
        return 0.0
    return max(0.0, 1.0 - FAR * person.minutes / max(person.reach_minutes, 1))


def languages_point(wanted: Wanted, person: Person) -> float:
    """The share of the needed languages they speak; 1 where none is needed."""
    needed = set(wanted.languages)
    return len(needed & set(person.languages)) / len(needed) if needed else 1.0


def hours_point(wanted: Wanted, person: Person) -> float:
    """1 for the same hours, falling to 0 at 20 hours apart; unknown ones lie between."""
    if wanted.weekly_hours is None or person.weekly_hours is None:
        return UNKNOWN_HOURS
    return max(0.0, 1.0 - abs(wanted.weekly_hours - person.weekly_hours) / 20)


def _reasons(wanted: Wanted, person: Person, points: dict[str, float]) -> Iterable[Reason]:
    if wanted.occupation or wanted.code:
        yield _occupation_reason(points["occupation"])
    yield _area_reason(person)
    yield from _language_reasons(wanted, person)
    if wanted.weekly_hours is not None and person.weekly_hours is not None:
        if abs(wanted.weekly_hours - person.weekly_hours) <= 2:
            yield Reason(True, N_("timerne passer"))
        else:
            yield Reason(False, N_("vil have {hours} timer"), (("hours", said_hours(person.weekly_hours)),))
    if points["types"] == 0:
        yield Reason(False, N_("søger ikke {words}"), words=(SHORT.get(wanted.type, wanted.type),))


def _occupation_reason(point: float) -> Reason:
    if point >= 1:
        return Reason(True, N_("samme fag"))
    if point >= 0.7:
        return Reason(True, N_("nært beslægtet fag"))
    if point >= NEAR_OCCUPATION:
        return Reason(True, N_("beslægtet fag"))
    return Reason(False, N_("andet fag"))


def _area_reason(person: Person) -> Reason:
    if person.unknown:
        return Reason(False, UNKNOWN_PLACES[person.unknown])
    if person.minutes is None:
        return Reason(False, N_("kan ikke nå frem"))
    if person.minutes <= person.reach_minutes:
        return Reason(True, N_("{minutes} min"), (("minutes", person.minutes),))
    return Reason(
        False, N_("{minutes} min, når højst {reach}"), (("minutes", person.minutes), ("reach", person.reach_minutes))
    )


def _language_reasons(wanted: Wanted, person: Person) -> Iterable[Reason]:
    lacking = [key for key in LANGUAGES if key in wanted.languages and key not in person.languages]
    spoken = [key for key in LANGUAGES if key in wanted.languages and key in person.languages]
    if lacking:
        yield Reason(False, N_("mangler {words}"), words=_named(lacking))
    elif spoken:
        yield Reason(True, N_("taler {words}"), words=_named(spoken))


def _named(keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(LANGUAGES[key] for key in keys)


def said_hours(hours: float) -> str:
    """``37`` or ``32,5``."""
    return f"{hours:g}".replace(".", ",")
