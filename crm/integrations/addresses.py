"""A Danish address taken apart, and whether two street names mean the same street. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The number stands after the name, has at most three digits and perhaps a letter; "Christian 10.s Vej" has none there.
_NUMBER = re.compile(r"(?<=\s)0*(?P<digits>[1-9]\d{0,2})\s?(?P<letter>[A-Za-zÆØÅæøå]?)(?![\w.])(?!\s*\.)")
_PERSON = re.compile(r"^\s*(c\s*/\s*o|co/|att\b|v/)", re.IGNORECASE)
_POSTCODE = re.compile(r"^(?P<postcode>\d{4})\s+\S")


@dataclass(frozen=True, slots=True)
class Address:
    """Street name, house number (``12B``; empty when there is none) and postcode."""

    street: str
    number: str
    postcode: str

    @property
    def digits(self) -> int:
        """The number without its letter; 0 when there is none."""
        return int(re.sub(r"\D", "", self.number) or 0)


def taken_apart(street: str, postcode: str) -> Address:
    """The parts of a register's street line. Floor and door are left out, and so are people (``c/o …``, ``att …``):
    what is not needed to find the place is not passed on. An empty street name when none is left."""
    parts = [part for part in street.split(",") if part.strip() and not _PERSON.match(part)]
    line = " ".join(re.split(r"\bc\s*/\s*o\b", parts[0], flags=re.IGNORECASE)[0].split()) if parts else ""
    found = _NUMBER.search(line)
    if found is None:
        return Address(line, "", postcode)
    return Address(line[: found.start()].strip(), found["digits"] + found["letter"].upper(), postcode)


def of_title(title: str) -> Address | None:
    """An address as the register words it: ``Nørregade 1, 2. th, 6000 Kolding``; None without a postcode."""
    parts = [part.strip() for part in title.split(",")]
    found = _POSTCODE.match(parts[-1])
    if found is None or len(parts) < 2:
        return None
    return taken_apart(parts[0], found["postcode"])


def same_street(one: str, other: str) -> bool:
    """Whether two names are one street's: letter case, ``aa``/``å``, spaces, hyphens and abbreviations (``Gl.``) aside.
    An empty name is no street's."""
    if not _plain(one) or not _plain(other):
        return False
    if _plain(one) == _plain(other):
        return True
    ours, theirs = _words(one), _words(other)
    return len(ours) == len(theirs) and all(_same_word(a, b) for a, b in zip(ours, theirs, strict=True))


def _plain(text: str) -> str:
    return "".join(re.findall(r"\w+", text.casefold().replace("å", "aa").replace("é", "e")))


def _words(text: str) -> list[str]:
    return text.replace(".", ". ").replace("-", " ").split()


def _same_word(one: str, other: str) -> bool:
    a, b = _plain(one), _plain(other)
    if a == b:
        return True
    short, full = (a, b) if one.endswith(".") else (b, a) if other.endswith(".") else ("", "")
    return bool(short) and short[0] == full[0] and len(short) < len(full)
