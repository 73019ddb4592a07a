"""Segments, strike reasons and the random order of a list."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm.base.errors import N_, Invalid
from crm.base.types import parse_postcode

# What counts as having been in contact with a workplace ("not contacted for N months"): a call in which
# somebody answered for it, or a visit that took place. No answer, busy and voicemail are not contacts.
CONTACT_OUTCOMES = ("booked", "declined", "call_back", "outside_target")
# A partner: a workplace where a visit was held within this many months.
PARTNER_MONTHS = 24
BASIS_MINIMUM = 20
LARGEST_SAMPLE = 1_000_000

# Why a jobcentre takes a company off its list; the key is stored, the label shown.
STRIKE_REASONS: dict[str, str] = {
    "contact": N_("Fast kontakt"),
    "visit": N_("Har besøg i forvejen"),
    "closed": N_("Ophørt i CVR"),
    "unsuited": N_("Passer ikke til indsatsen"),
    "case": N_("Igangværende sag"),
    "own": N_("Kommunens egen arbejdsplads"),
    "do_not_call": N_("Har bedt om ikke at blive ringet op"),
    "other": N_("Anden grund"),
}
# Written by approval alone; nobody picks it.
PICKED_REASONS = tuple(key for key in STRIKE_REASONS if key != "do_not_call")


@dataclass(frozen=True)
class Filters:
    """A segment's conditions, all optional. ``industries``: section keys of ``companies.rules.SECTIONS``.

    A workplace whose size is not known falls out as soon as a size limit is set. ``sample``: that many drawn
    at random of those left. ``exclude_partners``: no visit held within ``PARTNER_MONTHS``.
    """

    industries: tuple[str, ...] = ()
    min_employees: int | None = None
    max_employees: int | None = None
    postcodes: tuple[str, ...] = ()
    not_contacted_months: int | None = None
    exclude_partners: bool = False
    sample: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "industries": list(self.industries),
            "min_employees": self.min_employees,
            "max_employees": self.max_employees,
            "postcodes": list(self.postcodes),
            "not_contacted_months": self.not_contacted_months,
            "exclude_partners": self.exclude_partners,
            "sample": self.sample,
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Filters:
        """From a stored mapping; what is missing in it is no condition."""
        return cls(
            industries=tuple(saved.get("industries") or ()),
            min_employees=saved.get("min_employees"),
            max_employees=saved.get("max_employees"),
            postcodes=tuple(saved.get("postcodes") or ()),
            not_contacted_months=saved.get("not_contacted_months"),
            exclude_partners=bool(saved.get("exclude_partners")),
            sample=saved.get("sample"),
        )


def check_filters(filters: Filters, sections: Iterable[str]) -> None:
    """Raises Invalid naming each field that cannot be used."""
    errors: dict[str, str] = {}
    if set(filters.industries) - set(sections):
        errors["industries"] = N_("Vælg brancher fra listen")
    if any(not re.fullmatch(r"\d{4}", code) for code in filters.postcodes):
        errors["postcodes"] = N_("Et postnummer har 4 cifre")
    low, high = filters.min_employees, filters.max_employees
    if (low is not None and low < 0) or (high is not None and high < 0):
        errors["min_employees"] = N_("Antal ansatte kan ikke være negativt")
    elif low is not None and high is not None and low > high:
        errors["max_employees"] = N_("Det højeste antal er lavere end det mindste")
    if filters.not_contacted_months is not None and not 1 <= filters.not_contacted_months <= 120:
        errors["not_contacted_months"] = N_("Skriv 1 til 120 måneder")
    if filters.sample is not None and not 1 <= filters.sample <= LARGEST_SAMPLE:
        errors["sample"] = N_("Udsnittet skal være på mindst 1")
    if errors:
        raise Invalid(N_("Vilkårene kan ikke bruges. Ret felterne; listen er ikke ændret."), errors=errors)


def parse_postcodes(raw: str) -> tuple[str, ...]:
    """Postcodes of a text such as ``8700, 8732 8740``, in order, each once.

    Raises ValueError with a Danish reason.
    """
    codes = [parse_postcode(part) for part in re.split(r"[\s,;]+", raw.strip()) if part]
    return tuple(dict.fromkeys(codes))


def months_before(day: date, months: int) -> date:
    """The same day of the month that many months earlier, or that month's last day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (first_of_next - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def draw_key(seed: int, p_number: str) -> int:
    """The workplace's place in the random order of ``seed``: the same on every database, machine and day."""
    return int.from_bytes(hashlib.blake2b(f"{seed}:{p_number}".encode(), digest_size=8).digest(), "big")
