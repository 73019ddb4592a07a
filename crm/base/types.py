"""Value types: parsed once at the border, correct from there on. ``parse`` raises ValueError with a Danish reason."""

from __future__ import annotations

import re

import phonenumbers
from stdnum.dk import cvr as _cvr

from crm.base.errors import N_


def parse_cvr(raw: str) -> str:
    """Eight digits with a valid modulus-11 check digit (CVR numbers, Erhvervsstyrelsen)."""
    digits = re.sub(r"[\s.\-]", "", raw or "").upper().removeprefix("DK")
    if not digits:
        raise ValueError(N_("CVR-nummer mangler"))
    if not re.fullmatch(r"\d{8}", digits):
        raise ValueError(N_("CVR-nummer skal have 8 cifre"))
    if not _cvr.is_valid(digits):
        raise ValueError(N_("CVR-nummerets kontrolciffer passer ikke"))
    return digits


def parse_p_number(raw: str) -> str:
    """Ten digits; P-numbers begin with 1 and carry no check digit."""
    digits = re.sub(r"[\s.\-]", "", raw or "")
    if not digits:
        raise ValueError(N_("P-nummer mangler"))
    if not re.fullmatch(r"[1-9]\d{9}", digits):
        raise ValueError(N_("P-nummer skal have 10 cifre"))
    return digits


def parse_postcode(raw: str) -> str:
    """Four digits, 0800-9999; a spreadsheet may have dropped the leading zero."""
    digits = re.sub(r"^(DK)?[\s\-]*", "", (raw or "").strip().upper())
    if not digits:
        raise ValueError(N_("Postnummer mangler"))
    if re.fullmatch(r"\d{3}", digits):
        digits = "0" + digits
    if not re.fullmatch(r"\d{4}", digits) or int(digits) < 800:
        raise ValueError(N_("Postnummer skal have 4 cifre"))
    return digits


def parse_phone(raw: str) -> str:
    """E.164, Danish numbers assumed where no country code is given."""
    try:
        number = phonenumbers.parse(raw, "DK")
    except phonenumbers.NumberParseException as exc:
        raise ValueError(N_("Telefonnummeret kan ikke læses")) from exc
    if not phonenumbers.is_possible_number(number):
        raise ValueError(N_("Telefonnummeret har ikke det rigtige antal cifre"))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def format_phone(e164: str | None) -> str:
    """``12 34 56 78`` for Danish numbers, international form for others, empty for none."""
    if not e164:
        return ""
    try:
        number = phonenumbers.parse(e164, "DK")
    except phonenumbers.NumberParseException:
        return e164
    if number.country_code == 45:
        digits = str(number.national_number)
        return " ".join(digits[i : i + 2] for i in range(0, len(digits), 2))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


_EMAIL = re.compile(r"[^@\s,;<>\"']+@[^@\s,;<>\"'.]+(\.[^@\s,;<>\"'.]+)+")


def parse_email(raw: str) -> str:
    """A plain address with one @ and a dotted domain, lower-cased domain; at most 254 characters (RFC 5321)."""
    text = (raw or "").strip()
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise ValueError(N_("E-mailadressen kan ikke læses"))
    local, domain = text.rsplit("@", 1)
    return f"{local}@{domain.lower()}"


def format_cvr(cvr: str) -> str:
    """``12 34 56 78``"""
    return " ".join(cvr[i : i + 2] for i in range(0, len(cvr), 2))
