"""What other jobcentres and partners see of a shared opening, and what a proposal must hold. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm.base.errors import N_
from crm.openings.rules import candidates
from crm.openings.rules.board_masking import HIDDEN, without_contact
from crm.openings.rules.candidates import NewCandidate
from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.occupations import code_of

MAX_WORDS = 1000
OLDEST_CONSENT = timedelta(days=365)
"""Who agreed longer ago is asked again before somebody new hears of them."""
OFFER_WITHDRAWN = "offer_withdrawn"
"""``ended_because`` of a proposal its proposer took back before it was answered."""
SOUGHT: dict[int, str] = {
    30: N_("højst 30 min."),
    45: N_("højst 45 min."),
    60: N_("højst 1 time"),
    90: N_("højst 1½ time"),
}
"""Minutes from the jobcentre that the board can be narrowed to."""
_CPR = re.compile(r"(?<!\d)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}\s?[-–]?\s?\d{4}(?!\d)")


@dataclass(frozen=True)
class Card:
    """A shared opening as its receivers see it: nothing of the company's people, its name only where it is told."""

    opening_id: int
    type: str
    own_type: str
    akutjob: bool
    positions: int
    occupation: str
    occupation_code: str | None
    tasks: str
    weekly_hours: float | None
    hours_note: str
    starts_on: date | None
    starts_note: str
    languages: tuple[str, ...]
    wishes: str
    cvs_wanted: int | None
    cvs_by: date | None
    postcode: str
    town: str
    company: str | None
    jobcentre: str
    consultant: str
    consultant_email: str
    closed: bool


def card(opening: Any, jobcentre: str, *, names_company: bool | None = None) -> Card:
    """What is shown of an opening. names_company: None as the opening says. What tells of the company's people,
    or of itself where it is not named, is taken out of the texts."""
    named = opening.names_company if names_company is None else names_company
    company = str(opening.workplace.name)
    firms = [] if named else [company, str(opening.workplace.company.name)]
    people = [opening.contact_name, opening.visit.contact_name or ""]
    return Card(
        opening.id,
        opening.type,
        opening.own_type.name if opening.own_type else "",
        opening.akutjob,
        opening.positions,
        _trade(opening.occupation, [*firms, *people]),
        opening.occupation_code,
        without_contact(opening.tasks, firms, people),
        opening.weekly_hours,
        without_contact(opening.hours_note, firms, people),
        opening.starts_on,
        without_contact(opening.starts_note, firms, people),
        tuple(opening.languages),
        without_contact(opening.wishes, firms, people),
        opening.cvs_wanted,
        opening.cvs_by,
        opening.workplace.postcode,
        opening.workplace.city,
        company if named else None,
        jobcentre,
        opening.consultant.name,
        opening.consultant.email,
        opening.state != "open" or opening.voided_at is not None,
    )


def _trade(occupation: str, names: list[str]) -> str:
    """A company may be called after its trade: »Bager« of Bager ApS stays."""
    shown = without_contact(occupation, names)
    return occupation if shown == HIDDEN and code_of(occupation) else shown


def problems(told: NewCandidate, today: date, *, agreed: bool, words: str, postcode_known: bool) -> dict[str, str]:
    """Field -> Danish message; empty when the candidate can be proposed on a board. agreed: the proposer says that
    the person has agreed to be told of, on ``told.consent_on``; ``today``: Danish date."""
    found = candidates.problems(told, today, postcode_known=postcode_known, languages=LANGUAGES)
    if consent := consent_problem(told.consent_on, today):
        found["consent_on"] = consent
    if not agreed:
        found["agreed"] = N_("Sæt kryds, når personen har sagt ja. Uden samtykke kan forslaget ikke sendes")
    if wrong := words_problem(words):
        found["words"] = wrong
    return found


def words_problem(words: str) -> str | None:
    """Why the words that go with a proposal, or with the answer to it, cannot be used, or None."""
    if len(words) > MAX_WORDS:
        return N_("Skriv højst 1000 tegn")
    if _CPR.search(words):
        return N_("Der står noget, der ligner et CPR-nummer. Tag det ud")
    return None


def consent_problem(consent_on: date | None, today: date) -> str | None:
    """Why the date of a consent cannot be used, or None."""
    if consent_on is None:
        return N_("Skriv den dato, personen sagde ja")
    if consent_on > today:
        return N_("Datoen ligger ude i fremtiden")
    if consent_on < today - OLDEST_CONSENT:
        return N_("Samtykket er over et år gammelt. Spørg personen igen")
    return None


def tidy(reference: str) -> str:
    """A reference as it is kept: without spaces around, one space between."""
    return " ".join(reference.split())


STANDINGS: dict[str, tuple[str, str]] = {
    "offered": ("warn", N_("Venter på svar")),
    "refused": ("", N_("Nej tak")),
    "proposed": ("good", N_("Ja tak, er kandidat")),
    "presented": ("good", N_("Har hørt om jobbet")),
    "sent": ("good", N_("Sendt til virksomheden")),
    "interview": ("good", N_("Til samtale")),
    "hired": ("good", N_("Ansat")),
    "closed": ("", N_("Åbningen er lukket")),
    "taken_back": ("", N_("Trukket tilbage af jer")),
    "ended": ("", N_("Gik ikke videre")),
}
"""What became of a proposal, for who made it: tone of the badge, and words."""


def standing(state: str, ended_because: str | None, *, answered: bool) -> str:
    """Key of STANDINGS. A proposal that ended with its opening before anybody answered is told as closed."""
    if state != "ended":
        return state if state in STANDINGS else "ended"
    if ended_because == OFFER_WITHDRAWN:
        return "taken_back"
    return "ended" if answered else "closed"
