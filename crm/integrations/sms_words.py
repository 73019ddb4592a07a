"""What people answer an SMS with: words that stop it, start it again, or ask for help."""

from __future__ import annotations

import phonenumbers

STOP = frozenset({"stop", "stopall", "stop alle", "stop alt", "afmeld", "unsubscribe", "cancel", "end", "quit"})
START = frozenset({"start", "tilmeld", "unstop", "yes"})
HELP = frozenset({"hjælp", "hjaelp", "help", "info"})

STOP_LINE = "Svar STOP, hvis du ikke vil have SMS fra os."
STOPPED = "Du får ikke flere SMS'er fra os. Svar START, hvis du vil have dem igen."
STARTED = "Du får SMS'er fra os igen. Svar STOP for at slippe."
HELPED = (
    "Du får SMS'er om et besøg, I har aftalt med jobcenteret. Ring til den konsulent, der står i mailen. "
    "Svar STOP for ikke at få SMS."
)
UNREAD = (
    "Ingen læser svar på dette nummer. Ring til den konsulent, der står i mailen om besøget. "
    "Svar STOP for ikke at få SMS."
)

# Danish mobile series (the numbering plan; libphonenumber does not tell Danish mobiles from other numbers)
_MOBILE = ("2", "30", "31", "40", "41", "42", "50", "51", "52", "53", "60", "61", "71", "81", "91", "92", "93")


_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_LONG = frozenset("^{}\\[~]|€\f")


def segments(text: str) -> int:
    """How many SMS a text is sent as (3GPP TS 23.038 and 23.040): 160 letters of the GSM alphabet or 70 of any, fewer
    in each when there are several."""
    if all(letter in _GSM or letter in _GSM_LONG for letter in text):
        length, one, several = sum(1 + (letter in _GSM_LONG) for letter in text), 160, 153
    else:
        length, one, several = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else -(-length // several)


def meaning(text: str) -> str:
    """``stop``, ``start``, ``help``, or empty for anything else. Punctuation, case and spaces do not matter."""
    word = " ".join("".join(c if c.isalpha() else " " for c in text.casefold()).split())
    return "stop" if word in STOP else "start" if word in START else "help" if word in HELP else ""


def is_mobile(phone: str | None) -> bool:
    """Whether an SMS can arrive at the number (E.164)."""
    if not phone:
        return False
    if phone.startswith("+45"):
        return len(phone) == 11 and phone[3:].startswith(_MOBILE)
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(phone, None))
    except phonenumbers.NumberParseException:
        return False
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
