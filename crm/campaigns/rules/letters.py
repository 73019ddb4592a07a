"""Letters before the calls: who is left out and why, how batches are dealt over dates, when calling opens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from crm.base.clock import add_working_days, at, is_working_day, next_working_day
from crm.base.errors import N_
from crm.campaigns.rules.hours import CallingHours

# Why a company on the list gets no letter, in the order in which a reason is found; the key is stored.
LETTER_LEFT_OUT: dict[str, str] = {
    "struck": N_("Streget ud af listen"),
    "do_not_call": N_("Har bedt om ikke at blive kontaktet"),
    "protected": N_("Reklamebeskyttet uden hjemmel"),
    "called": N_("Er allerede ringet op i kampagnen"),
    "no_address": N_("Mangler en brugbar postadresse"),
    "returned": N_("Post til adressen kommer retur"),
}
RETURN_REASONS: dict[str, str] = {
    "moved": N_("Flyttet"),
    "unknown": N_("Ukendt på adressen"),
    "closed": N_("Ophørt"),
    "other": N_("Andet"),
}
EVERY: dict[str, str] = {
    "day": N_("hver arbejdsdag"),
    "week": N_("hver uge"),
    "fortnight": N_("hver anden uge"),
}
MOST_BATCHES = 60
_NOWHERE = frozenset(
    {"ukendt", "ukendt adresse", "adresse ukendt", "adressebeskyttet", "beskyttet adresse", "uden fast bopæl"}
)


class Mailing(CallingHours, Protocol):
    """A campaign's calling hours, and how many days after the letter calling opens."""

    letter_days: Any


@dataclass(frozen=True)
class Candidate:
    """An entry without a letter under way. ``left_out``: key of LETTER_LEFT_OUT, None when it can have one."""

    entry_id: int
    left_out: str | None


@dataclass
class Portion:
    """A batch to be: its day, the entries that get a letter, and those passed over on the way with the reason."""

    mailed_on: date
    letters: list[int] = field(default_factory=list)
    left_out: list[tuple[int, str]] = field(default_factory=list)

    @property
    def reasons(self) -> dict[str, int]:
        """Key of LETTER_LEFT_OUT -> how many, in its order."""
        return in_order(Counter(reason for _entry, reason in self.left_out))


def in_order(counts: dict[str, int]) -> dict[str, int]:
    """The counts in the order of LETTER_LEFT_OUT, without zeros."""
    return {key: counts[key] for key in LETTER_LEFT_OUT if counts.get(key)}


def usable_address(street: str, postcode: str, city: str) -> bool:
    """Whether a letter can be addressed: a street or box in letters, a Danish postcode (0800-9990) and a town."""
    where = " ".join(street.casefold().split())
    return (
        re.search(r"[^\W\d_]", where) is not None
        and where not in _NOWHERE
        and re.fullmatch(r"\d{4}", postcode) is not None
        and 800 <= int(postcode) <= 9990
        and bool(city.strip())
    )


def why_left_out(
    *,
    struck: bool,
    do_not_call: bool,
    protected: bool,
    basis: bool,
    called: bool,
    returned: bool,
    street: str,
    postcode: str,
    city: str,
) -> str | None:
    """The first key of LETTER_LEFT_OUT that fits; None when a letter may be sent.

    ``basis``: somebody has recorded a legal basis on the list, so that protected companies may have mail.
    """
    tests = {
        "struck": struck,
        "do_not_call": do_not_call,
        "protected": protected and not basis,
        "called": called,
        "no_address": not usable_address(street, postcode, city),
        "returned": returned,
    }
    return next((key for key in LETTER_LEFT_OUT if tests[key]), None)


def mailing_days(first_on: date, every: str) -> Iterator[date]:
    """``first_on`` as it is, then the following days of ``every``: working days all, each later than the last."""
    yield first_on
    day, step = first_on, 0
    while True:
        step += 1
        if every == "day":
            day = add_working_days(day, 1)
        else:
            day = next_working_day(first_on + timedelta(weeks=step * (2 if every == "fortnight" else 1)))
        yield day


def deal(
    candidates: Iterable[Candidate],
    first_on: date,
    *,
    amount: int | None = None,
    per: int | None = None,
    every: str = "week",
) -> list[Portion]:
    """Batches in the list's order: the first ``amount`` (None: all) that can have a letter, ``per`` (None: all) a day.

    Whom the reading passes over stands in the batch that is being filled; those behind the last letter are only
    taken along when nobody who could have one is left. Without a single letter there are no batches.
    """
    days = mailing_days(first_on, every)
    made: list[Portion] = []
    passed: list[tuple[int, str]] = []
    sent = 0
    for one in candidates:
        if one.left_out:
            passed.append((one.entry_id, one.left_out))
            continue
        if sent == amount:
            return made
        if not made or len(made[-1].letters) == per:
            made.append(Portion(next(days)))
        made[-1].letters.append(one.entry_id)
        made[-1].left_out += passed
        passed = []
        sent += 1
    if made:
        made[-1].left_out += passed
    return made


def letter_opens(campaign: Mailing, mailed_on: date) -> datetime | None:
    """UTC moment at which those who got a letter on ``mailed_on`` may be called: ``calls_from`` of the first calling
    day at least ``letter_days`` Danish calendar days later; None when the campaign has ended by then."""
    day = max(mailed_on + timedelta(days=campaign.letter_days), campaign.starts_on)
    while day <= campaign.ends_on:
        if campaign.calls_any_day or is_working_day(day):
            return at(day, campaign.calls_from)
        day += timedelta(days=1)
    return None
