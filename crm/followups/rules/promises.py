"""What an agreement must hold, when it is due, and what can come of it, all in Danish working days."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from crm.base.clock import is_working_day, next_working_day
from crm.base.errors import N_

# One word for a kind wherever it stands: a plain promise says who owes, the others what they are.
KINDS: dict[str, str] = {
    "we_owe": N_("Vi skylder"),
    "company_owes": N_("Virksomheden skylder"),
    "future_need": N_("Behov senere"),
    "care": N_("Holde kontakten"),
    "placement_ending": N_("Ansættelse udløber"),
    "data_missing": N_("Oplysninger mangler"),
}
AGREED = ("we_owe", "company_owes", "future_need", "care")
"""Kinds that are agreed with a company, and told to it in writing; the others are made by the system, for us alone."""
OWED_BY: dict[str, str] = {"jobcentre": KINDS["we_owe"], "company": KINDS["company_owes"]}
OUTCOMES: dict[str, str] = {
    "done": N_("Gjort som aftalt"),
    "came_back": N_("Virksomheden er vendt tilbage"),
    "opening_told": N_("De har en åbning"),
    "later": N_("Ikke nu, men senere"),
    "permanent": N_("Det blev til fast job"),
    "extended": N_("Ansættelsen er forlænget"),
    "ended": N_("Ansættelsen slutter"),
    "details_in": N_("Oplysningerne er på plads"),
    "not_reached": N_("Fik ikke fat i dem"),
    "no_need": N_("Der er ikke længere brug for det"),
    "other": N_("Noget andet"),
}
"""What came of an agreement; the words are read by whoever looks back."""
FITTING: dict[str, tuple[str, ...]] = {
    "we_owe": ("done", "opening_told", "no_need", "other"),
    "company_owes": ("came_back", "opening_told", "not_reached", "no_need", "other"),
    "future_need": ("done", "opening_told", "later", "not_reached", "no_need"),
    "care": ("done", "opening_told", "later", "not_reached", "no_need"),
    "placement_ending": ("permanent", "extended", "ended", "not_reached", "other"),
    "data_missing": ("details_in", "not_reached", "no_need", "other"),
}
"""The outcomes that fit a kind, the usual one first."""
SPOKEN = frozenset(OUTCOMES) - {"not_reached"}
"""Outcomes after which a next contact was agreed with the company, and is thus told to it."""


def needs_next(kind: str, outcome_key: str) -> bool:
    """Whether "done" must say when the next contact is, or why there is none: a company we keep warm, and whoever was
    not reached, for then nothing has been done yet. Details that lack are asked for again by themselves."""
    return kind == "care" or (outcome_key == "not_reached" and kind != "data_missing")


HORIZON = timedelta(days=3 * 366)
FAR = timedelta(days=42)
MAX_PROMISE = 2000
MAX_REASON = 300


@dataclass(frozen=True)
class FollowUpDecision:
    """Who owes what by when. ``due_on`` is a Danish date, None where it was not said (and is asked for)."""

    owed_by: str
    due_on: date | None
    promise: str
    kind: str


@dataclass(frozen=True)
class NoFollowUp:
    """No next contact, and why."""

    because: str


def problems(
    decision: FollowUpDecision | NoFollowUp | None, earliest: date, *, kinds: Collection[str] = AGREED
) -> dict[str, str]:
    """Field -> Danish message. ``follow_up`` is the field of a decision that is missing altogether.

    earliest: the first day it may be due, the visit's own day where it was agreed there.
    """
    if decision is None:
        return {"follow_up": N_("Skriv, hvad I aftalte, eller hvorfor der ingen opfølgning er")}
    if isinstance(decision, NoFollowUp):
        wrong = _words(decision.because, MAX_REASON, N_("Skriv, hvorfor der ingen opfølgning er"))
        return {"no_follow_up_because": wrong} if wrong else {}
    found: dict[str, str] = {}
    if decision.owed_by not in OWED_BY:
        found["follow_up.owed_by"] = N_("Vælg, hvem der skylder")
    if decision.kind not in kinds:
        found["follow_up.kind"] = N_("Vælg en af slagsene")
    elif (decision.kind, decision.owed_by) in (("we_owe", "company"), ("company_owes", "jobcentre")):
        found["follow_up.kind"] = N_("Passer ikke med, hvem der skylder")
    wrong = _words(decision.promise, MAX_PROMISE, N_("Skriv, hvad I aftalte"))
    if wrong:
        found["follow_up.promise"] = wrong
    missing = N_("Vælg en dato, før du lukker besøget")
    wrong = due_problem(decision.due_on, earliest) if decision.due_on else missing
    if wrong:
        found["follow_up.due_on"] = wrong
    return found


def plain(text: str) -> str:
    """The words as they are kept: browsers send other line ends than programs."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _words(text: str, longest: int, missing: str) -> str | None:
    if not text.strip():
        return missing
    if len(text) > longest:
        return N_("Teksten er for lang")
    return None


def due_problem(due_on: date, earliest: date) -> str | None:
    """Why this date will not do: before ``earliest``, more than three years on, or not a Danish working day.

    A date on a day off is never moved in silence: whoever agreed on it must say which day instead.
    """
    if due_on < earliest:
        return N_("Datoen ligger før besøget")
    if due_on > earliest + HORIZON:
        return N_("Vælg en dato inden for tre år")
    if not is_working_day(due_on):
        return N_("Det er ikke en arbejdsdag. Den næste er {next_working_day}")
    return None


def kind_of(owed_by: str, *, openings: bool, due_on: date | None, visit_day: date) -> str:
    """The kind, where the person only said who, what and when: our promise after a visit without an opening,
    six weeks or more ahead, is a need told for later ("perhaps in June")."""
    if owed_by == "company":
        return "company_owes"
    far = due_on is not None and due_on - visit_day >= FAR
    return "future_need" if far and not openings else "we_owe"


def quick_dates(today: date) -> list[tuple[str, date]]:
    """The choices of the report page: (key, working day) - Friday of next week, two weeks on, 1 March.

    1 March is the next one that lies four weeks ahead or more. A day off gives the working day after it.
    """
    friday = today + timedelta(days=11 - today.weekday())
    marches = (date(today.year + years, 3, 1) for years in range(3))
    march = next(day for day in marches if day - today >= timedelta(days=28))
    chosen: list[tuple[str, date]] = []
    for key, day in (("friday", friday), ("fortnight", today + timedelta(days=14)), ("march", march)):
        day = next_working_day(day)
        if day not in (taken for _key, taken in chosen):
            chosen.append((key, day))
    return chosen
