"""A person's reference in what people wrote: what surely names the person, what may, and which texts a room keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from markupsafe import escape
from sqlalchemy import ColumnElement, String, cast, or_, select
from sqlalchemy.orm import Session

from crm.base.db import Base
from crm.base.scope import Scope

Change = Callable[[str], str]
LEFT_OUT = "(slettet)"
_DASH = "[-‐‑‒–−]"
_SIGN, _NEVER = re.compile(r"[^\W_]"), re.compile(r"(?!)")
_AROUND = 40
_ENOUGH = 8
"""Letters beside the reference that make a copied line known again wherever it stands."""


@dataclass(frozen=True)
class Mention:
    """``reference``: a case number (with a figure in it: unique, in any case of letters) or initials (as written)."""

    reference: str

    @property
    def unique(self) -> bool:
        return any(sign.isdigit() for sign in self.reference)

    @cached_property
    def _sure(self) -> re.Pattern[str]:
        """The reference as a word, also in the genitive and in compounds (``AB's``, ``ABs``, ``AB-kandidaten``); not a
        piece of a longer one (``F-204``, ``AB-12``, ``K-AB``), of an address or of a host's name."""
        words = r"\s+".join(re.escape(part).replace(r"\-", _DASH) for part in self.reference.split())
        if not _SIGN.search(self.reference):
            return _NEVER
        longer = rf"{_DASH}(?-i:[A-ZÆØÅ0-9])|[/._]\d|@" + ("" if self.unique else "|[.][a-zæøå]")
        flags = re.IGNORECASE if self.unique else 0
        return re.compile(rf"(?<![^\W_])(?<![^\W_][-‐‑‒–−@]){words}(?=(?:['’]?(?-i:s))?(?![^\W_]))(?!{longer})", flags)

    @cached_property
    def _like(self) -> re.Pattern[str]:
        """As people also write it: other case, other or no signs between its parts."""
        runs = re.findall(r"[^\W\d_]+|\d+" if self.unique else r"[^\W_]", self.reference)
        if not runs:
            return _NEVER
        loose = r"[\W_]{0,2}".join(runs)
        return re.compile(rf"(?<![^\W_]){loose}(?=(?:['’]?s)?(?![^\W_]))", re.IGNORECASE)

    def without(self, text: str) -> str:
        return self._sure.sub(LEFT_OUT, text)

    def without_all(self, text: str) -> str:
        """Also what only may name the person: for texts that somebody has looked at."""
        return self._like.sub(LEFT_OUT, self.without(text))

    def excerpts(self, text: str, *, like: bool) -> list[str]:
        """What stands around each place; ``like``: also around those that only may name the person."""
        found = [*self._sure.finditer(text), *(self._like.finditer(text) if like else ())]
        return [_around(text, *span) for span in sorted({one.span() for one in found})]

    def near(self, column: Any) -> ColumnElement[bool]:
        """Rows among which those with the reference are: what the database can tell quickly."""
        runs = re.findall(r"\d+" if self.unique else r"[^\W_]+", self.reference)
        sign = max(runs, key=len, default="")
        text = cast(column, String)
        return or_(*(text.icontains(form, autoescape=True) for form in {sign, json.dumps(sign)[1:-1]}))


def _around(text: str, start: int, end: int) -> str:
    left, right = max(0, start - _AROUND), min(len(text), end + _AROUND)
    shown = " ".join(text[left:right].split())
    return ("…" if left else "") + shown + ("…" if right < len(text) else "")


@dataclass(frozen=True)
class Ties:
    """Records that a person is tied to: openings, the visits they came from, the queue entries of these; for a
    reference that nobody else has, those of the same companies too, with their workplaces."""

    openings: frozenset[int] = frozenset()
    visits: frozenset[int] = frozenset()
    entries: frozenset[int] = frozenset()
    workplaces: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Texts:
    """Columns of a table in which people write. ``tied``: its rows that belong to a person's records; ``reach``: those
    that a scope may be shown. ``called``: Danish msgid; ``page``: kind and id of the record on whose page it stands."""

    kind: type[Base]
    names: tuple[str, ...]
    tied: Callable[[Ties], ColumnElement[bool]]
    reach: Callable[[Scope], ColumnElement[bool]]
    called: str
    page: Callable[[Any], tuple[str, int]]

    def rows(self, session: Session, *where: ColumnElement[bool]) -> list[Any]:
        """Newest first."""
        return list(session.scalars(select(self.kind).where(*where).order_by(self.kind.__table__.c.id.desc())))

    def near(self, mention: Mention) -> ColumnElement[bool]:
        """Rows among which those that name the person are."""
        return or_(*(mention.near(getattr(self.kind, name)) for name in self.names))

    def words(self, row: Any) -> Iterator[str]:
        for name in self.names:
            yield from strings(getattr(row, name))


@dataclass
class Cleaning:
    """One erasing as it goes on. ``lines``: what was written and what is left of it, so that copies of a line are found
    wherever it was copied to."""

    mention: Mention
    lines: dict[str, str] = field(default_factory=dict)

    def clean(self, session: Session, row: Any, names: Iterable[str], change: Change) -> bool:
        """Change these columns of a row, which is held from now on; whether anything was to be changed."""
        names = [name for name in names if applied(getattr(row, name), change) != getattr(row, name)]
        if not names:
            return False
        session.flush()
        session.refresh(row, with_for_update={"of": type(row)})
        for name in names:
            before = getattr(row, name)
            after = applied(before, change)
            most = getattr(row.__table__.columns[name].type, "length", None)
            setattr(row, name, after[:most] if most and isinstance(after, str) else after)
        return True

    def remember(self, words: Iterable[str], change: Change) -> None:
        """Lines that are about to be changed; short ones could be anybody's."""
        for line in {line.strip() for text in words for line in text.splitlines()}:
            if (left := change(line)) != line and len(re.findall(r"\w", left.replace(LEFT_OUT, ""))) >= _ENOUGH:
                self.lines[line] = left

    def copied(self, text: str) -> str:
        """A text that was made from others, without the person where it repeats their lines."""
        for line, left in sorted(self.lines.items(), key=lambda pair: -len(pair[0])):
            text = text.replace(line, left)
        return text

    def copied_html(self, text: str) -> str:
        for line, left in sorted(self.lines.items(), key=lambda pair: -len(pair[0])):
            text = text.replace(str(escape(line)), str(escape(left)))
        return text


def strings(value: Any) -> Iterator[str]:
    """All texts in a column's value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def applied(value: Any, change: Change) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: applied(one, change) for name, one in value.items()}
    return [applied(one, change) for one in value] if isinstance(value, list) else value
