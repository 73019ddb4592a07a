"""What is taken out of an opening's texts before others read them: addresses, numbers, and names. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from crm.openings.rules.occupations import code_of

HIDDEN = "[…]"
_DOT = r"(?:\.|\s?(?:\((?:dot|punktum|prik)\)|\[dot\])\s?)"
_MAIL = re.compile(
    rf"[^\s@<>()]+\s?(?:(?:@|\(a\)|\[a\])\s?[^\s@<>()]+?{_DOT}[^\s@<>(),;]+"
    rf"|(?:\((?:at|snabel-?a)\)|\[at\])\s?[^\s@<>(),;]+(?:{_DOT}[^\s@<>(),;]+)*)",
    re.IGNORECASE,
)
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
_AGAIN = re.compile(rf"{re.escape(HIDDEN)}(?: {re.escape(HIDDEN)})+")
_SHORTEST = 3
_WORD_OF_ITS_OWN = 5
"""A shorter name is hidden as it is written alone, or in capitals: »Glad« of a company, not »glad« of a person."""
_PLAIN = frozenset(
    re.findall(
        r"\w+",
        """
    afdeling alle ande auto bageri bar bilerne butik butikken byens byg byggeri cafe cafeen café center centret
    dan danmark danmarks dansk danske den det din erhverv fabrik fabrikken fisk fond forening foreningen
    friskole frisør gamle gruppen gård gården handel herning hos hotel hotellet hus huset industri institution
    jylland jysk jyske kirke klinik kommune kommunens konsulent kro kroen køkken lager landbrug landbrugs lille
    maskin maskiner maskinfabrik mejeri montage møbler nord norden nordic nordisk nordjylland nordjyllands
    nordjysk ny plejehjem produktion rengøring restaurant restauranten salg salon selskab selskabet selvejende
    service skole skolen skov smede smedje smedjen spedition sport store supermarked syd teknik the transport
    træ tømrer vand vest vores vvs værksted værkstedet øst
    """,
    )
)
"""Words that half the companies are called by: hiding them would hide the text."""
_NAMES = re.compile(r"(?<!\w)[A-ZÆØÅÖÄÉ][a-zæøåöäé]+(?:(?: [A-ZÆØÅ]\.)?[ -][A-ZÆØÅÖÄÉ][a-zæøåöäé]+)+(?!\w)")


def without_contact(
    text: str, names: Iterable[str], people: Collection[str] = (), streets: Iterable[str] = (), town: str = ""
) -> str:
    """The text without mail addresses, websites, long numbers and these names.

    names: of companies, whatever their case, with or without ApS and A/S; and their first word that is no trade, no
    common word and not the ``town``. people: their whole names whatever their case, and each part of them as it is
    written, so that »Bodil« is hidden and »per uge« is not. streets: with or without the number of the house.
    """
    names = list(names)
    text = _SITE.sub(HIDDEN, _MAIL.sub(HIDDEN, text))
    text = _NUMBER.sub(lambda found: found[0] if found["kept"] else HIDDEN, text)
    text = _hide_streets(text, streets)
    whole = {name.strip() for name in (*names, *people)}
    for name in names:
        whole |= _leading(_FORM.sub("", name.strip()), town)
    short = {name for name in whole if len(name) < _WORD_OF_ITS_OWN}
    text = _hide(text, whole - short, re.IGNORECASE)
    parts = {part for name in people for part in name.split()}
    text = _hide(text, parts | short | {name.upper() for name in short}, re.NOFLAG)
    return _AGAIN.sub(HIDDEN, text)


def contact_in(text: str) -> bool:
    """Whether a mail address or a row of digits as long as a telephone number stands in it."""
    return bool(_MAIL.search(text)) or any(not found["kept"] for found in _NUMBER.finditer(text))


def like_names(texts: Iterable[str]) -> list[str]:
    """Capitalised words that follow each other, each once: what may be somebody's name, for whoever shares to look
    at. What begins a sentence is among them."""
    return list(dict.fromkeys(found[0] for text in texts for found in _NAMES.finditer(text)))


def _leading(name: str, town: str) -> set[str]:
    """The parts of a company's name that point to it: its first word that others are not called by, and what stands
    around that."""
    words = re.findall(r"\S+", name)
    for place, word in enumerate(words):
        bare = word.strip(".,&+-/()'\"")
        if len(bare) < _SHORTEST or bare.isdigit() or _is_plain(bare, town):
            continue
        ends = range(place + 1, len(words) + 1)
        return {name, bare, *(" ".join(words[start:end]) for start in (0, place) for end in ends)}
    return {name}


def _is_plain(word: str, town: str) -> bool:
    said = word.casefold()
    return said in _PLAIN or said in town.casefold().split() or code_of(word) is not None


def _hide_streets(text: str, streets: Iterable[str]) -> str:
    for street in streets:
        name = re.split(r"\s+\d|,", street.strip(), maxsplit=1)[0].strip()
        if len(name) >= _SHORTEST:
            text = re.sub(
                rf"(?<!\w){re.escape(name)}(?!\w)(?:\s+\d+\s?[A-Za-z]?(?!\w))?", HIDDEN, text, flags=re.IGNORECASE
            )
    return text


def _hide(text: str, names: Iterable[str], flags: re.RegexFlag) -> str:
    """The longest first; a genitive goes with its name."""
    for name in sorted({name for name in names if len(name) >= _SHORTEST}, key=lambda name: (-len(name), name)):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?:'?s)?(?!\w)", HIDDEN, text, flags=flags)
    return text
