"""What is taken out of an opening's texts before others read them: addresses, numbers, and names. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

HIDDEN = "[…]"
_MAIL = re.compile(r"[^\s@<>()]+\s?(?:@|\(a\)|\[at\])\s?[^\s@<>()]+\.[^\s@<>(),;]+", re.IGNORECASE)
_SITE = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w@.])[\w-]+(?:\.[\w-]+)*\.(?:dk|com|net|org|eu|nu|io)(?![\w-])\S*", re.I
)
_CLOCK = r"(?:[01]?\d|2[0-4])[.:][0-5]\d"
_NUMBER = re.compile(
    r"(?<!\d)(?:"
    r"(?P<kept>\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d{2}|(?:19|20)\d{2}-\d{2}-\d{2}"
    rf"|{_CLOCK}\s?[-–]\s?{_CLOCK}|(?:[01]\d)[0-5]\d\s?[-–]\s?(?:[01]\d|2[0-4])[0-5]\d"
    r"|20\d{2}\s?[-–/]\s?20\d{2})"
    r"|(?:\+|00)?\d(?:[\s./-]?\d){7,9}"
    r")(?!\d)"
)
"""Days, working hours and years stay; other rows of eight to ten digits are telephone, CVR, P or CPR numbers."""
_FORM = re.compile(r"[\s,]+(?:a/s|aps|i/s|k/s|p/s|ivs|amba|a\.m\.b\.a\.?|smba|fmba|v/.*)$", re.IGNORECASE)
_SHORTEST = 3


def without_contact(text: str, names: Iterable[str], people: Collection[str] = ()) -> str:
    """The text without mail addresses, websites, long numbers and these names.

    names: of companies, whatever their case, with or without ApS and A/S. people: their whole names whatever their
    case, and each part of them as it is written, so that »Bodil« is hidden and »per uge« is not.
    """
    text = _SITE.sub(HIDDEN, _MAIL.sub(HIDDEN, text))
    text = _NUMBER.sub(lambda found: found[0] if found["kept"] else HIDDEN, text)
    whole = {name.strip() for name in (*names, *people)}
    whole |= {_FORM.sub("", name.strip()) for name in names}
    text = _hide(text, whole, re.IGNORECASE)
    return _hide(text, {part for name in people for part in name.split()}, re.NOFLAG)


def _hide(text: str, names: Iterable[str], flags: re.RegexFlag) -> str:
    """The longest first; a genitive goes with its name."""
    for name in sorted({name for name in names if len(name) >= _SHORTEST}, key=lambda name: (-len(name), name)):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?:'?s)?(?!\w)", HIDDEN, text, flags=flags)
    return text
