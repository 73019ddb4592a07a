"""Occupations as one says them in Danish, with their DISCO-08 codes (Danmarks Statistik's Danish edition of ISCO-08).

The list is our own (crm/openings/data/occupations.csv: code, title, other words for it); whatever is not in it can
always be written as free text.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.resources import files

_ALIKE = {4: 1.0, 3: 0.7, 2: 0.4, 1: 0.1}
_HEAD = re.compile(r"[,/(;:]|\s-\s|\s(?:til|i|på|med|for|hos|ved|og|eller|som)\s", re.IGNORECASE)
_NEAR = 0.82


@dataclass(frozen=True)
class Occupation:
    """``code``: four digits of DISCO-08, the unit group; ``title``: as one says it."""

    code: str
    title: str


@dataclass(frozen=True)
class _Entry:
    """``said``: the title, folded; ``order``: 0 for a group's first title, more for the other words for it."""

    occupation: Occupation
    said: str
    order: int


def find(text: str, limit: int = 8) -> list[Occupation]:
    """Occupations that fit what was typed so far, the best first; case, accents and order of the words do not matter.
    With no hit at all, those spelt nearly so."""
    asked = fold(text)
    if not asked:
        return []
    ranked: list[tuple[float, _Entry]] = [
        (rank, entry) for entry in _entries() if (rank := _rank(entry.said, asked)) is not None
    ]
    if not ranked and len(asked) >= 4:
        ranked = [(-near, entry) for entry in _entries() if (near := _near(entry.said, asked))]
    ranked.sort(key=lambda one: (one[0], min(one[1].order, 1), len(one[1].said), one[1].said))
    return [entry.occupation for _order, entry in ranked[:limit]]


@lru_cache(maxsize=4096)
def code_of(text: str) -> str | None:
    """The code where the text names an occupation of the list, also in the plural or with more words after it
    (``Tømrere til sæsonen``); None for free text."""
    known = _codes()
    for words in (text, _HEAD.split(text.strip(), maxsplit=1)[0]):
        folded = fold(words)
        for said in (folded, folded.removesuffix("e"), folded.removesuffix("r"), folded.removesuffix("er")):
            if said and said in known:
                return known[said]
    return None


def title_of(code: str | None) -> str | None:
    """The first title of a code in the list."""
    return next((e.occupation.title for e in _entries() if e.occupation.code == code and e.order == 0), None)


def alike(a: str | None, b: str | None) -> float:
    """How near two codes lie, 0 to 1, by the leading digits they share: the same unit group 1, minor group 0.7,
    sub-major group 0.4, major group 0.1. 0 where one of them is not known."""
    if not a or not b:
        return 0.0
    shared = 0
    for one, other in zip(a[:4], b[:4], strict=False):
        if one != other:
            break
        shared += 1
    return _ALIKE.get(shared, 0.0)


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Without case, accents and signs: ``Grøntsags-gartner`` and ``groentsagsgartner`` are one."""
    plain = text.casefold().replace("æ", "ae").replace("ø", "o")
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))
    plain = plain.replace("aa", "a").replace("oe", "o")
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain.replace("-", "")).split())


def _rank(said: str, asked: str) -> int | None:
    """Lower is better; None for no fit."""
    if said == asked:
        return 0
    if said.startswith(asked):
        return 1
    parts = asked.split()
    words = said.split()
    if all(any(word.startswith(part) for word in words) for part in parts):
        return 2
    return 3 if len(asked) >= 3 and all(part in said for part in parts) else None


def _near(said: str, asked: str) -> float:
    """1 for the same word; 0 beyond what a slip of the finger explains."""
    near = SequenceMatcher(None, said[: len(asked) + 1], asked).ratio()
    return near if near >= _NEAR else 0.0


@cache
def _entries() -> tuple[_Entry, ...]:
    with files("crm.openings").joinpath("data/occupations.csv").open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    return tuple(
        _Entry(Occupation(row["code"], said[:1].upper() + said[1:]), fold(said), order)
        for row in rows
        for order, said in enumerate((row["title"], *filter(None, row["also"].split("|"))))
    )


@cache
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in sorted(_entries(), key=lambda one: min(one.order, 1)):
        found.setdefault(entry.said, entry.occupation.code)
    return found
