"""The details of an opening that come now or later, and what they must hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any

from crm.base.errors import N_
from crm.base.types import parse_email, parse_phone
from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.types import MAX_CVS, MAX_WISHES

MAX_TASKS = 4000
MAX_HOURS = 60
LENGTHS = {"occupation": 200, "hours_note": 120, "starts_note": 60, "contact_name": 200, "contact_title": 120}
WORDS: dict[str, str] = {
    "occupation": N_("stilling"),
    "own_type_id": N_("type"),
    "tasks": N_("opgaver"),
    "weekly_hours": N_("timer"),
    "hours_note": N_("timer"),
    "starts_on": N_("start"),
    "starts_note": N_("start"),
    "languages": N_("sprog"),
    "wishes": N_("ønsker"),
    "cvs_wanted": N_("antal CV'er"),
    "cvs_by": N_("frist for CV'er"),
    "scheme": N_("ordning"),
    "contact_name": N_("kontakt"),
    "contact_title": N_("kontakt"),
    "contact_phone": N_("kontakt"),
    "contact_email": N_("kontakt"),
}
PRIVATE = frozenset({"contact_name", "contact_title", "contact_phone", "contact_email"})
"""Of a person: the log says that they changed, not what they were."""
_PARSERS: dict[str, Callable[[str], str]] = {"contact_phone": parse_phone, "contact_email": parse_email}


@dataclass(frozen=True)
class Details:
    """``cvs_wanted`` CVs by ``cvs_by``; 0: none are wanted. ``languages``: keys of LANGUAGES. ``scheme``: key of
    visits.rules.SCHEMES. Dates are Danish."""

    occupation: str = ""
    own_type_id: int | None = None
    tasks: str = ""
    weekly_hours: float | None = None
    hours_note: str = ""
    starts_on: date | None = None
    starts_note: str = ""
    languages: tuple[str, ...] = ()
    wishes: str = ""
    cvs_wanted: int | None = None
    cvs_by: date | None = None
    scheme: str | None = None
    contact_name: str = ""
    contact_title: str = ""
    contact_phone: str | None = None
    contact_email: str | None = None

    @classmethod
    def of(cls, opening: Any) -> Details:
        """As they stand on an opening."""
        found = {field.name: getattr(opening, field.name) for field in fields(cls)}
        return cls(**{**found, "languages": tuple(found["languages"])})

    def values(self) -> dict[str, Any]:
        """For the opening's columns: languages once each and in the list's order."""
        return {**asdict(self), "languages": [key for key in LANGUAGES if key in self.languages]}

    def written(self) -> str:
        """As JSON, for a page to send back what it was opened with."""
        return json.dumps(self.plain(), ensure_ascii=False)

    def plain(self) -> dict[str, Any]:
        """``values`` with days as ISO."""
        return {name: _plain(value) for name, value in self.values().items()}

    @classmethod
    def read(cls, text: str) -> Details | None:
        """What ``written`` gave; None for anything else."""
        try:
            found = json.loads(text)
            for name in ("starts_on", "cvs_by"):
                found[name] = date.fromisoformat(found[name]) if found[name] else None
            return cls(**{**found, "languages": tuple(found["languages"])})
        except (ValueError, TypeError, KeyError, RecursionError):
            return None


def merged(seen: Details, told: Details, current: Details) -> tuple[Details, list[str]]:
    """Who saw ``seen`` and tells ``told`` changed what differs between them, and nothing else: the details with that,
    and the fields that somebody else has changed to something else meanwhile."""
    was, wants, now = seen.values(), {**told.values(), "languages": list(told.languages)}, current.values()
    mine = [name for name in was if not _alike(wants[name], was[name])]
    clash = [name for name in mine if not _alike(now[name], was[name]) and not _alike(now[name], wants[name])]
    return replace(current, **{name: getattr(told, name) for name in mine}), clash


def _alike(one: Any, other: Any) -> bool:
    """Line ends and outer blanks come and go with browsers."""
    return bool(_bare(one) == _bare(other))


def _bare(value: Any) -> Any:
    if isinstance(value, str):
        value = value.replace("\r\n", "\n").strip()
    elif isinstance(value, list):
        value = sorted(value, key=str)
    return None if value in ("", []) else value


def tidy(details: Details) -> Details:
    """Numbers and addresses as they are kept; call it when ``problems`` found none."""
    phone, mail = details.contact_phone, details.contact_email
    return replace(
        details,
        contact_phone=parse_phone(phone) if phone else None,
        contact_email=parse_email(mail) if mail else None,
    )


def problems(details: Details, schemes: Mapping[str, str]) -> dict[str, str]:
    """Field -> Danish message; empty when they can be kept."""
    found = _too_long(details)
    if details.weekly_hours is not None and not 0 < details.weekly_hours <= MAX_HOURS:
        found["weekly_hours"] = N_("Skriv timer om ugen, højst 60")
    if set(details.languages) - set(LANGUAGES):
        found["languages"] = N_("Vælg blandt sprogene")
    if details.scheme is not None and details.scheme not in schemes:
        found["scheme"] = N_("Vælg en af ordningerne")
    if details.cvs_wanted is not None and not 0 <= details.cvs_wanted <= MAX_CVS:
        found["cvs_wanted"] = N_("Skriv et antal fra 0 til 99")
    for name in ("starts_on", "cvs_by"):
        day = getattr(details, name)
        if day is not None and not 2000 <= day.year <= 2100:
            found[name] = N_("Vælg en dato")
    for name, parse in _PARSERS.items():
        try:
            if text := getattr(details, name):
                parse(text)
        except ValueError as wrong:
            found[name] = str(wrong)
    if not details.contact_name and (details.contact_phone or details.contact_email or details.contact_title):
        found["contact_name"] = N_("Skriv, hvem det er")
    return found


def _too_long(details: Details) -> dict[str, str]:
    messages = {60: N_("Skriv højst 60 tegn"), 120: N_("Skriv højst 120 tegn"), 200: N_("Skriv højst 200 tegn")}
    found = {name: messages[most] for name, most in LENGTHS.items() if len(getattr(details, name)) > most}
    for name, most in (("wishes", MAX_WISHES), ("tasks", MAX_TASKS)):
        if len(getattr(details, name)) > most:
            found[name] = N_("Skriv højst 4000 tegn")
    return found


def changed(before: Details, after: Details) -> dict[str, list[Any]]:
    """Field -> [was, is] of what differs, for the log: dates as ISO, nothing of a person."""
    was, now = before.values(), after.values()
    return {
        name: [] if name in PRIVATE else [_plain(was[name]), _plain(now[name])]
        for name in was
        if was[name] != now[name]
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
