"""Rules of candidates: what a reference may be, consent, the steps of a candidacy, how a placement ends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from crm.base.clock import danish_date
from crm.base.errors import N_
from crm.openings.rules.types import TYPES

CANDIDACY_STATES: dict[str, str] = {
    "offered": N_("Tilbudt os"),
    "refused": N_("Takket nej til"),
    "proposed": N_("Foreslået"),
    "presented": N_("Præsenteret for jobbet"),
    "sent": N_("Sendt til virksomheden"),
    "interview": N_("Til samtale"),
    "hired": N_("Ansat"),
    "ended": N_("Afsluttet"),
}
RUNNING = ("offered", "proposed", "presented", "sent", "interview")
STEPS = ("proposed", "presented", "sent", "interview", "hired")
END_REASONS: dict[str, str] = {
    "company_declined": N_("Virksomheden sagde nej"),
    "candidate_declined": N_("Kandidaten sagde nej"),
    "consent_withdrawn": N_("Kandidaten trak sit samtykke tilbage"),
    "candidate_gone": N_("Kandidaten søger ikke længere gennem os"),
    "hired_elsewhere": N_("Kandidaten blev ansat et andet sted"),
    "opening_closed": N_("Åbningen blev lukket"),
    "offer_withdrawn": N_("Forslaget blev trukket tilbage"),
    "other": N_("Andet"),
}
CHOSEN_REASONS = ("company_declined", "candidate_declined", "other")
"""What a person may give; the others are written by what happened."""
CONSENT_STATES: dict[str, str] = {
    "given": N_("Samtykke givet"),
    "missing": N_("Mangler samtykke"),
    "outdated": N_("Samtykke over et år gammelt"),
    "withdrawn": N_("Samtykke trukket tilbage"),
}
PLACEMENT_ENDS: dict[str, str] = {
    "as_agreed": N_("Perioden løb ud"),
    "company_ended": N_("Virksomheden stoppede det"),
    "candidate_ended": N_("Personen stoppede selv"),
    "other": N_("Andet"),
}
LIMITED = frozenset({"wage_subsidy", "work_placement"})
"""Types that always have a last day."""
OLDEST_CONSENT = timedelta(days=365)
"""Who agreed longer ago is asked again before anybody hears of them."""
CONSENT_DAY = N_("Vælg den dag, samtykket blev givet; den kan ikke ligge efter i dag")
CONSENT_OLD = N_("Samtykket er over et år gammelt. Spørg personen igen")
INTERVIEW_BACK, INTERVIEW_AHEAD = timedelta(days=31), timedelta(days=366)
START_WITHIN = timedelta(days=366)
"""How far a hire's first day may lie from the day it is written, either way: beyond that it is a slip of the year."""
MAX_REFERENCE = 40
MAX_REACH = 240
DEFAULT_REACH = 45
PERSONAL = N_("Det ligner et CPR-nummer, en mailadresse eller et telefonnummer. Brug et sagsnummer eller initialer.")
NAME = N_("Det ligner et navn. Brug et sagsnummer eller initialer, aldrig personens navn.")

_CPR = re.compile(r"(?<!\d)(?:[0-3]\d|[67]\d|[89]\d)(?:0[1-9]|1[0-2])\d\d\s?[-–.]?\s?\d{4}(?!\d)")
_MAIL = re.compile(r"\S+@\S+")
_PHONE = re.compile(r"(?<!\d)(?:(?:\+|00)45[\s.-]?)?[2-9]\d(?:[\s.]?\d\d){3}(?!\d)|\+\d[\d\s]{7,}")
_WORD = re.compile(r"(?<![^\W_])[^\W\d_]+(?![^\W_])")


class HasConsent(Protocol):
    @property
    def consent_on(self) -> date | None: ...
    @property
    def consent_withdrawn_at(self) -> datetime | None: ...


class HasMoments(Protocol):
    @property
    def offered_at(self) -> datetime | None: ...
    @property
    def proposed_at(self) -> datetime | None: ...
    @property
    def presented_at(self) -> datetime | None: ...
    @property
    def sent_at(self) -> datetime | None: ...
    @property
    def interview_at(self) -> datetime | None: ...
    @property
    def hired_at(self) -> datetime | None: ...


@dataclass(frozen=True)
class NewCandidate:
    """The least data needed. ``types``: reporting types wanted, empty for all; ``languages``: ISO keys."""

    reference: str
    occupation: str
    postcode: str
    reach_minutes: int = DEFAULT_REACH
    languages: tuple[str, ...] = ()
    weekly_hours: float | None = None
    types: tuple[str, ...] = ()
    consent_on: date | None = None
    occupation_code: str | None = None


def is_consented(candidate: HasConsent, now: datetime) -> bool:
    """Whether companies may be told of the person now: agreed on a day that has come, within OLDEST_CONSENT, and not
    taken back."""
    return consent_state(candidate, now) == "given"


def consent_state(candidate: HasConsent, now: datetime) -> str:
    """Key of CONSENT_STATES."""
    if candidate.consent_withdrawn_at is not None:
        return "withdrawn"
    today = danish_date(now)
    if candidate.consent_on is None or candidate.consent_on > today:
        return "missing"
    return "given" if candidate.consent_on >= today - OLDEST_CONSENT else "outdated"


def consent_day_problem(on: date, today: date) -> str | None:
    """Why a consent of this day cannot be kept, or None. Danish dates."""
    if not date(2000, 1, 1) <= on <= today:
        return CONSENT_DAY
    return CONSENT_OLD if on < today - OLDEST_CONSENT else None


def personal(text: str) -> bool:
    """Whether the text holds what looks like a CPR number (DDMMYY-XXXX), a mail address or a telephone number."""
    return bool(_CPR.search(text) or _MAIL.search(text) or _PHONE.search(text))


def looks_like_name(reference: str) -> bool:
    """Whether a reference looks like a person's name: words of letters that are longer than initials."""
    words = _WORD.findall(reference)
    if any(sign.isdigit() for sign in reference):
        return sum(len(word) >= 3 for word in words) >= 2
    return sum(map(len, words)) > 5 or any(len(word) >= 3 and word[1:].islower() for word in words)


def problems(told: NewCandidate, today: date, *, postcode_known: bool, languages: Iterable[str]) -> dict[str, str]:
    """Field -> Danish message; empty when the candidate can be kept. ``today``: Danish date."""
    found = {"reference": wrong} if (wrong := _wrong_reference(told.reference)) else {}
    if not told.occupation.strip():
        found["occupation"] = N_("Skriv, hvad personen søger arbejde som")
    elif len(told.occupation) > 200:
        found["occupation"] = N_("Skriv højst 200 tegn")
    elif personal(told.occupation):
        found["occupation"] = PERSONAL
    if not postcode_known:
        found["postcode"] = N_("Skriv et dansk postnummer")
    if not 1 <= told.reach_minutes <= MAX_REACH:
        found["reach_minutes"] = N_("Skriv minutter fra 1 til 240")
    if told.weekly_hours is not None and not 0 < told.weekly_hours <= 60:
        found["weekly_hours"] = N_("Skriv timer om ugen, højst 60")
    if set(told.types) - set(TYPES):
        found["types"] = N_("Vælg blandt typerne")
    if set(told.languages) - set(languages):
        found["languages"] = N_("Vælg blandt sprogene")
    if told.consent_on is not None and (wrong := consent_day_problem(told.consent_on, today)):
        found["consent_on"] = wrong
    return found


def _wrong_reference(reference: str) -> str | None:
    if not reference.strip():
        return N_("Skriv et sagsnummer eller initialer")
    if len(reference) > MAX_REFERENCE:
        return N_("Skriv højst 40 tegn")
    if personal(reference):
        return PERSONAL
    return NAME if looks_like_name(reference) else None


def furthest(candidacy: HasMoments) -> str:
    """The state its moments tell of: where an ended or corrected candidacy stands."""
    moments = {
        "hired": candidacy.hired_at,
        "interview": candidacy.interview_at,
        "sent": candidacy.sent_at,
        "presented": candidacy.presented_at,
        "proposed": candidacy.proposed_at,
    }
    reached = next((state for state, moment in moments.items() if moment is not None), None)
    return reached or ("offered" if candidacy.offered_at is not None else "proposed")


def goes_to(state: str, step: str) -> str:
    """The state after a step: never backwards, so that a job shown late stays a fact beside what came before it."""
    return step if STEPS.index(step) > (STEPS.index(state) if state in STEPS else -1) else state


def is_interview_day(at: datetime, now: datetime) -> bool:
    """Whether an interview may be noted for this moment: written down some weeks late, or planned ahead."""
    return now - INTERVIEW_BACK <= at <= now + INTERVIEW_AHEAD


def placement_problems(type: str, starts_on: date | None, ends_on: date | None, today: date) -> dict[str, str]:
    """Field -> Danish message of a hire's dates and type. ``today``: Danish date."""
    found: dict[str, str] = {}
    if type not in TYPES:
        found["type"] = N_("Vælg en af typerne")
    if starts_on is None:
        found["starts_on"] = N_("Vælg den første dag")
    elif abs(starts_on - today) > START_WITHIN:
        found["starts_on"] = N_("Vælg en første dag højst et år fra i dag")
    if ends_on is None and type in LIMITED:
        found["ends_on"] = N_("Løntilskud og praktik har altid en sidste dag. Vælg den.")
    elif ends_on is not None and (ends_on.year > 2100 or (starts_on is not None and ends_on < starts_on)):
        found["ends_on"] = N_("Den sidste dag kan ikke ligge før den første")
    return found
