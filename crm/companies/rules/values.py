"""One cell at a time: cleaning, and the parsers of register columns. They raise ValueError with a Danish reason."""

from __future__ import annotations

import re

from crm.base.errors import N_
from crm.base.types import parse_cvr, parse_email, parse_p_number, parse_phone, parse_postcode
from crm.companies.rules.industry import known_division

DENMARK = ((54.4, 57.9), (7.9, 15.4))
"""Latitudes and longitudes (WGS 84) that hold the whole country with Bornholm."""

MAX_EMPLOYEES = 1_000_000
_ZERO_DECIMALS = re.compile(r"(\d+)[.,]0{1,2}")
_THOUSANDS = re.compile(r"\d{1,3}([. ]\d{3})+")
_PLAIN_PHONE = re.compile(r"(?:\+45|0045)?([2-9]\d{7})")
_TEXT_FORMULA = re.compile(r'="([^"]*)"')
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff\ufffe\uffff\ud800-\udfff]"
)
_MARKS = ("'", "=")
_YES = frozenset({"1", "ja", "j", "true", "sand", "x", "yes", "y"})
_NO = frozenset({"", "0", "nej", "n", "false", "falsk", "no", "-"})


def storable(cell: str) -> str:
    """Without the characters that a database or a spreadsheet cannot hold (NUL, control characters, half pairs)."""
    return cell if cell.isprintable() else _UNPRINTABLE.sub("", cell)


def clean(cell: str) -> str:
    """Storable, on one line, trimmed; without the marks with which spreadsheets and our correction files keep text
    as text (``="0800"``, and an apostrophe before ``= + - @``)."""
    if not cell.isprintable():
        cell = " ".join(storable(cell).split())
    cell = cell.strip()
    if cell[:1] in _MARKS:
        if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@"):
            cell = cell[1:]
        if text := _TEXT_FORMULA.fullmatch(cell):
            cell = text[1].strip()
    return cell


def _plain_number(raw: str) -> str:
    """``12345678.0`` as spreadsheets and data frames write it, without its decimals."""
    whole = _ZERO_DECIMALS.fullmatch(raw)
    return whole[1] if whole else raw


def cvr_number(raw: str) -> str:
    """Eight plain digits take a short way that gives what parse_cvr gives."""
    if len(raw) == 8 and raw.isascii() and raw.isdigit():
        a, b, c, d, e, f, g, h = raw.encode()
        if (2 * a + 7 * b + 6 * c + 5 * d + 4 * e + 3 * f + 2 * g + h - 48 * 30) % 11 == 0 and a != 48:
            return raw
    return parse_cvr(_plain_number(raw))


def p_number(raw: str) -> str:
    """Ten plain digits take a short way that gives what parse_p_number gives."""
    if len(raw) == 10 and raw.isascii() and raw.isdigit() and raw[0] != "0":
        return raw
    return parse_p_number(_plain_number(raw))


def postcode(raw: str) -> str:
    return parse_postcode(_plain_number(raw))


def name(raw: str) -> str:
    if not raw:
        raise ValueError(N_("Navn mangler"))
    if raw[0] == "=":
        raise ValueError(N_("Cellen er en formel, ikke et navn"))
    if len(raw) > 300:
        raise ValueError(N_("Navn er længere end 300 tegn"))
    if not (raw[0].isalnum() or any(char.isalnum() for char in raw)):
        raise ValueError(N_("Navn har hverken bogstaver eller tal"))
    return raw


def municipality_code(raw: str, known: frozenset[str]) -> str:
    """Danmarks Statistik's code without leading zero, among ``known``: both 0101 and 101 give 101."""
    if not raw:
        raise ValueError(N_("Kommunekode mangler"))
    digits = _plain_number(raw)
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(N_("Kommunekode skal være et tal, for eksempel 0101"))
    code = digits.lstrip("0")
    if code not in known:
        raise ValueError(N_("Kommunekoden findes ikke"))
    return code


def free_text(raw: str, limit: int) -> str:
    """Street, city: anything that fits and is no formula."""
    if raw[:1] == "=":
        raise ValueError(N_("Cellen er en formel, ikke en værdi"))
    if len(raw) > limit:
        raise ValueError(N_("Teksten er længere end {limit} tegn"))
    return raw


def industry_code(raw: str, version: str) -> str:
    """Six digits of a known division; a spreadsheet may have dropped the leading zero, dots are allowed."""
    digits = re.sub(r"[.\s]", "", _plain_number(raw))
    if re.fullmatch(r"[1-9]\d{4}", digits):
        digits = "0" + digits
    if not re.fullmatch(r"[0-9]{6}", digits):
        raise ValueError(N_("Branchekode skal have 6 cifre"))
    if not known_division(digits, version):
        raise ValueError(N_("Branchekoden findes ikke i {version}"))
    return digits


def employees(raw: str) -> int:
    """A whole number from 0; ``1.250`` is one thousand two hundred and fifty, ``12,0`` is twelve."""
    digits = re.sub(r"[. ]", "", raw) if _THOUSANDS.fullmatch(raw) else _plain_number(raw)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise ValueError(N_("Antal ansatte skal være et helt tal"))
    if int(digits) > MAX_EMPLOYEES:
        raise ValueError(N_("Antal ansatte er for stort til at være rigtigt"))
    return int(digits)


def phone(raw: str) -> str:
    """E.164. Plain Danish numbers take a short way that gives what parse_phone gives."""
    if len(raw) > 40:
        raise ValueError(N_("Telefonnummeret kan ikke læses"))
    plain = _PLAIN_PHONE.fullmatch(_plain_number(raw.replace(" ", "")))
    return f"+45{plain[1]}" if plain else parse_phone(raw)


def email(raw: str) -> str:
    return parse_email(raw)


def yes_or_no(raw: str) -> bool:
    """``ja nej 1 0 true false x``; empty is no."""
    word = _plain_number(raw).casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(N_("Reklamebeskyttelse skal være ja eller nej; virksomheden står nu som beskyttet"))


def contact_name(raw: str) -> str:
    """A person's name: at least two letters, no address, no number."""
    plain = raw.replace(" ", "")
    if plain.isalpha() and len(plain) >= 2 and len(raw) <= 200:
        return raw
    letters = sum(char.isalpha() for char in raw)
    if len(raw) > 200 or letters < 2 or letters * 2 < len(raw) or "@" in raw or raw[0] == "=":
        raise ValueError(N_("Kontaktpersonens navn kan ikke læses"))
    return raw


def coordinates(lat: str, lon: str) -> tuple[float, float]:
    """WGS 84 degrees inside Denmark; decimal comma or point."""
    if not lat or not lon:
        raise ValueError(N_("Koordinater skal have både lat og lon"))
    try:
        point = float(lat.replace(",", ".")), float(lon.replace(",", "."))
    except ValueError as exc:
        raise ValueError(N_("Koordinaterne er ikke tal")) from exc
    for value, (low, high) in zip(point, DENMARK, strict=True):
        if not low <= value <= high:
            raise ValueError(N_("Koordinaterne ligger uden for Danmark"))
    return point
