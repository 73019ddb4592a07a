"""iCalendar as lines: unfolding, components, parameters (RFC 5545, 3.1), forgiving of what calendars write in truth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

LONGEST = 20_000_000
"""Characters of one calendar; what is longer is not read."""


class NotACalendar(ValueError):
    """The text is no iCalendar file, or stops in the middle of one."""


class Line(NamedTuple):
    """``NAME;PARAM=value:VALUE``; name and parameters' names in capitals, quotes taken off."""

    name: str
    params: dict[str, str]
    value: str


@dataclass
class Block:
    """A component with its own lines; ``parts`` are the components inside it."""

    name: str
    lines: list[str] = field(default_factory=list)
    parts: list[Block] = field(default_factory=list)

    def read(self, names: Iterable[str]) -> Iterator[Line]:
        """The lines of these names that can be read."""
        wanted = frozenset(names)
        for text in self.lines:
            if name_of(text) in wanted and (line := parsed(text)) is not None:
                yield line


def name_of(text: str) -> str:
    """Name of an unfolded line; empty when it has none."""
    match = re.match(r"[A-Za-z0-9-]+(?=[;:])", text)
    return match[0].upper() if match else ""


def parsed(text: str) -> Line | None:
    """None for a line without a value."""
    quoted, pieces, start = False, [], 0
    for place, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter in ";:" and not quoted:
            pieces.append(text[start:place])
            start = place + 1
            if letter == ":":
                params = dict(piece.split("=", 1) for piece in pieces[1:] if "=" in piece)
                clean = {key.strip().upper(): value.strip().strip('"') for key, value in params.items()}
                return Line(pieces[0].upper(), clean, text[start:].strip())
    return None


def components(text: str) -> list[Block]:
    """What the calendars of a text hold, in order. Raises NotACalendar, also when the text breaks off."""
    top = Block("")
    stack = [top]
    for line in _unfolded(text):
        opening, _, name = line.partition(":")
        kind, name = opening.strip().upper(), name.strip().upper()
        if kind == "BEGIN":
            if len(stack) == 1 and name != "VCALENDAR":
                raise NotACalendar("begins with something else")
            if len(stack) > 20:
                raise NotACalendar("too deep")
            block = Block(name)
            stack[-1].parts.append(block)
            stack.append(block)
        elif kind == "END":
            if len(stack) > 1 and name == stack[-1].name:
                stack.pop()
            elif len(stack) > 2 and name in ("VEVENT", "VCALENDAR"):  # something inside was never closed
                while len(stack) > 1 and stack.pop().name != name:
                    pass
        elif len(stack) > 1:
            stack[-1].lines.append(line)
        elif line.strip():
            raise NotACalendar("text outside of a calendar")
    if not top.parts or len(stack) > 1:
        raise NotACalendar("no calendar, or one that breaks off")
    return [part for calendar in top.parts for part in calendar.parts]


def _unfolded(text: str) -> Iterator[str]:
    if len(text) > LONGEST:
        raise NotACalendar("too long")
    pieces: list[str] = []
    for raw in text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if raw[:1] in (" ", "\t") and pieces:
            pieces.append(raw[1:])
            continue
        if pieces:
            yield "".join(pieces)
        pieces = [raw]
    yield "".join(pieces)
