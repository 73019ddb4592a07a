"""Returned mail as people type or load it: P-numbers, and perhaps why each letter came back. Pure."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field

from crm.campaigns.rules.letters import RETURN_REASONS
from crm.companies.rules.columns import COLUMNS, folded
from crm.companies.rules.csv_file import DELIMITERS, encoding_of

_P_HEADERS = {folded(word) for word in ("p_number", COLUMNS["p_number"][0], *COLUMNS["p_number"][1])}
_WHY_HEADERS = {"årsag", "grund", "returårsag", "returgrund", "reason"}
_WHY = {folded(word): key for key, label in RETURN_REASONS.items() for word in (key, label)}
_WHY |= {"ukendt": "unknown", "lukket": "closed", "fraflyttet": "moved"}
LONGEST = 60


@dataclass
class Returned:
    """``numbers``: P-number -> key of RETURN_REASONS or None where the list does not say. ``unread``: what is none."""

    numbers: dict[str, str | None] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def read_numbers(text: str) -> Returned:
    """P-numbers separated by anything; spaces within a number are forgiven when it has a line of its own."""
    found = Returned()
    for line in text.splitlines():
        whole = _digits(line)
        if whole:
            found.numbers[whole] = None
            continue
        for word in re.split(r"[\s,;]+", line.strip()):
            if number := _digits(word):
                found.numbers[number] = None
            elif word:
                found.unread.append(word[:LONGEST])
    return found


def read_file(data: bytes) -> Returned:
    """The list that came back, as CSV in any usual encoding: the exported file with only those rows, or P-numbers.

    Without a header the number is the row's cell of ten digits. A row without one is told by its line.
    """
    encoding, errors = encoding_of(data)
    text = data.decode(encoding, errors)
    found = Returned()
    number_at = why_at = None
    for line, row in enumerate(csv.reader(text.splitlines(), delimiter=_delimiter(text)), start=1):
        heads = [folded(cell) for cell in row]
        if number_at is None and any(head in _P_HEADERS for head in heads):
            number_at = next(place for place, head in enumerate(heads) if head in _P_HEADERS)
            why_at = next((place for place, head in enumerate(heads) if head in _WHY_HEADERS), None)
            continue
        if not any(cell.strip() for cell in row):
            continue
        number = _number(row, number_at)
        if number:
            why = row[why_at] if why_at is not None and why_at < len(row) else ""
            found.numbers[number] = _WHY.get(folded(why))
        else:
            found.unread.append(f"{line}: {' '.join(row)}"[:LONGEST])
    return found


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(DELIMITERS, key=first.count)


def _number(row: list[str], place: int | None) -> str | None:
    if place is not None:
        return _digits(row[place]) if place < len(row) else None
    return next((number for cell in row if (number := _digits(cell))), None)


def _digits(text: str) -> str | None:
    """A P-number: ten digits, the first not 0."""
    bare = re.sub(r"[\s.\-']", "", text)
    return bare if re.fullmatch(r"[1-9][0-9]{9}", bare) else None
