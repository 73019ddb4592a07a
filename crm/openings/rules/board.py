"""What other jobcentres and partners see of a shared opening, and what a proposal must hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.base.errors import N_
from crm.openings.rules import candidates
from crm.openings.rules.board_masking import HIDDEN, contact_in, like_names, without_contact
from crm.openings.rules.candidates import CONSENT_OLD, OLDEST_CONSENT, NewCandidate
from crm.openings.rules.languages import LANGUAGES
from crm.openings.rules.occupations import code_of

MAX_WORDS = 1000
OFFER_WITHDRAWN = "offer_withdrawn"
"""``ended_because`` of a proposal its proposer took back before it was answered."""
SOUGHT: dict[int, str] = {
    30: N_("højst 30 min."),
    45: N_("højst 45 min."),
    60: N_("højst 1 time"),
    90: N_("højst 1½ time"),
}
"""Minutes from the jobcentre that the board can be narrowed to."""


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
    late: bool = False
    """The day by which CVs were wanted has passed."""


def card(opening: Any, jobcentre: str, *, names_company: bool | None = None, today: date | None = None) -> Card:
    """What is shown of an opening. names_company: None as the opening says. today: Danish date, for ``late``.

    What tells of the company's people, or of itself where it is not named, is taken out of the texts.
    """
    named = opening.names_company if names_company is None else names_company
    there = opening.workplace
    firms = [] if named else [str(there.name), str(there.company.name)]
    people = [opening.contact_name, opening.visit.contact_name or "", *(one.name for one in there.contacts)]

    def shown(text: str) -> str:
        return without_contact(text, firms, people, [] if named else [there.street], there.city)

    return Card(
        opening.id,
        opening.type,
        opening.own_type.name if opening.own_type else "",
        opening.akutjob,
        opening.positions,
        _trade(opening.occupation, shown(opening.occupation)),
        opening.occupation_code,
        shown(opening.tasks),
        opening.weekly_hours,
        shown(opening.hours_note),
        opening.starts_on,
        shown(opening.starts_note),
        tuple(opening.languages),
        shown(opening.wishes),
        opening.cvs_wanted,
        opening.cvs_by,
        there.postcode,
        there.city,
        str(there.name) if named else None,
        jobcentre,
        opening.consultant.name,
        opening.consultant.email,
        opening.state != "open" or opening.voided_at is not None,
        today is not None and is_late(opening, today),
    )


def is_late(opening: Any, today: date) -> bool:
    """Whether the day by which CVs were wanted has passed: such an opening stands after the others."""
    return opening.cvs_by is not None and opening.cvs_by < today


def _trade(occupation: str, shown: str) -> str:
    """A company may be called after its trade: »Bager« of Bager ApS stays."""
    return occupation if shown == HIDDEN and code_of(occupation) else shown


def doubtful(card: Card) -> list[str]:
    """What still looks like a name in a card's texts; the company's own, where it is told, aside."""
    texts = (card.occupation, card.tasks, card.hours_note, card.starts_note, card.wishes)
    return [name for name in like_names(texts) if name not in (card.company or "")]


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
    if candidates.personal(words) or contact_in(words):
        return N_("Der står noget, der ligner et CPR-nummer, en mailadresse eller et telefonnummer. Tag det ud")
    return None


def consent_problem(consent_on: date | None, today: date) -> str | None:
    """Why the date of a consent cannot be used, or None."""
    if consent_on is None:
        return N_("Skriv den dato, personen sagde ja")
    if consent_on > today:
        return N_("Datoen ligger ude i fremtiden")
    if consent_on < today - OLDEST_CONSENT:
        return CONSENT_OLD
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
    "consent_withdrawn": ("", N_("Samtykket er trukket tilbage")),
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
    if ended_because == "consent_withdrawn":
        return ended_because
    return "closed" if not answered and ended_because in (None, "opening_closed") else "ended"
