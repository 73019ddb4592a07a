"""A campaign's own outcomes and reasons as its manager writes them: rows of text, checked into rules' data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crm.base.errors import N_, Invalid
from crm.calling.rules.outcomes import (
    BOOKED,
    CALL_BACK,
    DECLINED,
    OUTCOMES,
    PERMANENT,
    REACHED,
    REASONS,
    UNREACHED,
    Outcome,
    Reason,
    Retry,
)

SCREEN_KEYS = frozenset("pv?0123456789")
"""Keys the phoner's screen has given away: pause, the script's next step, the list of keys, answers and reasons."""
ALWAYS_ON = frozenset((BOOKED, DECLINED, "do_not_call"))
"""What can always happen in a call: a visit, a no, and the wish that everybody must be able to have recorded."""
LONGEST_PAUSE, MOST_TRIES, MOST_OUTCOMES, MOST_REASONS = timedelta(days=60), 50, 24, 9
UNITS = {"minutes": N_("minutter"), "hours": N_("timer"), "days": N_("dage"), "next_day": N_("næste dag")}
_MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60, "next_day": 0}


@dataclass(frozen=True)
class Meaning:
    """What an outcome does, as one choice: its flags fit together. retried: comes again after a pause."""

    label: str
    group: str
    human: bool = False
    answer: str | None = None
    unworkable: bool = False
    do_not_call: bool = False
    retried: bool = False

    @property
    def final(self) -> bool:
        return self.answer is not None or self.unworkable


PROMISE = "promise"
MEANINGS: dict[str, Meaning] = {
    "again": Meaning(N_("Ingen kontakt, prøves igen"), UNREACHED, retried=True),
    "later": Meaning(N_("Kontakt, prøves igen"), REACHED, human=True, retried=True),
    "no": Meaning(N_("Kontakt, siger nej"), REACHED, human=True, answer=DECLINED),
    "yes": Meaning(N_("Kontakt, siger ja"), REACHED, human=True, answer=BOOKED),
    "nobody": Meaning(N_("Ingen at ringe til"), PERMANENT, unworkable=True),
    "unsuited": Meaning(N_("Kontakt, passer ikke"), PERMANENT, human=True, unworkable=True),
    "never": Meaning(N_("Vil ikke ringes op"), PERMANENT, human=True, unworkable=True, do_not_call=True),
    PROMISE: Meaning(N_("Genopkald"), REACHED, human=True),
}
OWN_MEANINGS = tuple(key for key in MEANINGS if key != PROMISE)


def meaning_of(outcome: Outcome) -> str:
    """Key of MEANINGS whose flags the outcome has."""
    if outcome.key == CALL_BACK:
        return PROMISE
    if outcome.answer:
        return "yes" if outcome.answer == BOOKED else "no"
    if outcome.do_not_call:
        return "never"
    if outcome.unworkable:
        return "unsuited" if outcome.human else "nobody"
    return "later" if outcome.human else "again"


@dataclass(frozen=True)
class OutcomeRow:
    """An outcome as typed. key: empty for a new one. state: ``on``, ``off`` or ``remove``."""

    key: str = ""
    label_da: str = ""
    label_en: str = ""
    letter: str = ""
    meaning: str = "again"
    after: str = ""
    unit: str = "hours"
    spread: bool = False
    max_tries: str = ""
    position: str = ""
    state: str = "on"

    @property
    def blank(self) -> bool:
        """A row for a new outcome that nobody has filled in."""
        return not (self.key or self.label_da or self.label_en or self.letter)

    @classmethod
    def of(cls, outcome: Outcome, position: int) -> OutcomeRow:
        after, unit = _said(outcome.retry)
        return cls(
            outcome.key,
            outcome.label,
            outcome.label_en,
            outcome.letter,
            meaning_of(outcome),
            after,
            unit,
            outcome.retry is not None and outcome.retry.other_part,
            str(outcome.max_tries or ""),
            str(position),
            "on" if outcome.active else "off",
        )


@dataclass(frozen=True)
class ReasonRow:
    """A reason as typed; as OutcomeRow."""

    key: str = ""
    label_da: str = ""
    label_en: str = ""
    position: str = ""
    state: str = "on"

    @property
    def blank(self) -> bool:
        return not (self.key or self.label_da or self.label_en)

    @classmethod
    def of(cls, reason: Reason, position: int) -> ReasonRow:
        return cls(reason.key, reason.label, reason.label_en, str(position), "on" if reason.active else "off")


def _said(retry: Retry | None) -> tuple[str, str]:
    """A pause in its largest whole unit."""
    if retry is None:
        return "", "hours"
    minutes = round(retry.pause.total_seconds() / 60)
    if retry.next_day:
        return "", "next_day"
    unit = next(name for name in ("days", "hours", "minutes") if minutes % _MINUTES[name] == 0)
    return str(minutes // _MINUTES[unit]), unit


def outcome_of(row: OutcomeRow, errors: dict[str, str] | None = None) -> Outcome:
    """The outcome a row says; what is wrong with its numbers is added to ``errors`` by field."""
    errors = {} if errors is None else errors
    locked = OUTCOMES.get(row.key)
    key = meaning_of(locked) if locked else row.meaning
    if key not in MEANINGS or (key == PROMISE and not locked):
        errors["meaning"] = N_("Vælg en betydning")
        key = "again"
    meaning = MEANINGS[key]
    retry = _retry(row, errors) if meaning.retried else None
    return Outcome(
        row.key,
        row.label_da,
        row.label_en,
        row.letter,
        meaning.group,
        human=meaning.human,
        final=meaning.final,
        answer=meaning.answer,
        unworkable=meaning.unworkable,
        do_not_call=meaning.do_not_call,
        retry=retry,
        max_tries=_max_tries(row, errors) if meaning.retried else None,
        active=row.state == "on",
    )


def _retry(row: OutcomeRow, errors: dict[str, str]) -> Retry:
    if row.unit == "next_day":
        return Retry(next_day=True, other_part=row.spread)
    minutes = int(row.after) * _MINUTES.get(row.unit, 60) if re.fullmatch(r"\d{1,5}", row.after) else 0
    if not 0 < minutes <= LONGEST_PAUSE.total_seconds() // 60:
        errors["after"] = N_("Skriv et tal fra 1; højst 60 dage")
        minutes = 60
    return Retry(timedelta(minutes=minutes), other_part=row.spread)


def _max_tries(row: OutcomeRow, errors: dict[str, str]) -> int | None:
    if not row.max_tries:
        return None
    if not re.fullmatch(r"\d{1,2}", row.max_tries) or not 1 <= int(row.max_tries) <= MOST_TRIES:
        errors["max_tries"] = N_("Skriv 1 til 50, eller lad feltet stå tomt")
        return None
    return int(row.max_tries)


def check_sets(
    outcomes: Sequence[OutcomeRow], reasons: Sequence[ReasonRow], used: Collection[str], given: Collection[str]
) -> tuple[list[Outcome], list[Reason]]:
    """The rows as data, in their order; blank rows and those to be removed left out.

    used, given: keys that calls have; they are not removed. Raises Invalid with every error at once, each under
    ``field-row`` (``letter-3``; ``reason_da-0`` for reasons), rows counted from 0.
    """
    errors: dict[str, str] = {}
    made = _ordered(outcomes, used, errors, "", _one_outcome)
    told = _ordered(reasons, given, errors, "reason_", _one_reason)
    _check_outcomes(made, errors)
    _check_reasons(told, errors)
    if errors:
        raise Invalid(N_("Intet er gemt. Ret de markerede felter, og gem igen."), errors=errors)
    taken = {row.key for row in outcomes} | set(OUTCOMES)
    spoken = {row.key for row in reasons} | set(REASONS)
    return [_keyed(one, taken, 20) for _at, one in made], [_keyed(one, spoken, 40) for _at, one in told]


def _ordered(rows: Sequence[Any], used: Collection[str], errors: dict[str, str], prefix: str, make: Any) -> list[Any]:
    """(row number, outcome or reason), in the order their positions ask for."""
    found = []
    for number, row in enumerate(rows):
        if row.blank:
            continue
        wrong: dict[str, str] = {}
        if row.state == "remove":
            if row.key not in used and (prefix or row.key not in OUTCOMES):
                continue
            wrong["state"] = N_("Er brugt i opkald og kan kun slås fra")
        position = int(row.position) if re.fullmatch(r"\d{1,4}", row.position) else 0 if row.position else 9999
        if row.position and not re.fullmatch(r"\d{1,4}", row.position):
            wrong["position"] = N_("Skriv et tal")
        made = make(row, wrong)
        errors.update({f"{prefix}{field}-{number}": text for field, text in wrong.items()})
        found.append((position, number, made))
    return [(number, made) for _position, number, made in sorted(found, key=lambda one: one[:2])]


def _one_outcome(row: OutcomeRow, wrong: dict[str, str]) -> Outcome:
    if not 1 <= len(row.label_da) <= 40:
        wrong["label_da"] = N_("Skriv en tekst på højst 40 tegn")
    if len(row.label_en) > 40:
        wrong["label_en"] = N_("Højst 40 tegn")
    if not re.fullmatch(r"[a-zæøå]", row.letter):
        wrong["letter"] = N_("Skriv ét bogstav, a til å")
    elif row.letter in SCREEN_KEYS:
        wrong["letter"] = N_("Bruges af skærmen. Vælg et andet bogstav")
    if row.key in ALWAYS_ON and row.state != "on":
        wrong["state"] = N_("Kan ikke slås fra")
    return outcome_of(row, wrong)


def _one_reason(row: ReasonRow, wrong: dict[str, str]) -> Reason:
    if not 1 <= len(row.label_da) <= 60:
        wrong["da"] = N_("Skriv en tekst på højst 60 tegn")
    if len(row.label_en) > 60:
        wrong["en"] = N_("Højst 60 tegn")
    return Reason(row.key, row.label_da, row.label_en, row.state == "on")


def _check_outcomes(made: Sequence[tuple[int, Outcome]], errors: dict[str, str]) -> None:
    if len(made) > MOST_OUTCOMES:
        errors["outcomes"] = N_("Der er højst plads til 24 udfald.")
    on = [(number, one) for number, one in made if one.active]
    letters = Counter(one.letter for _number, one in on)
    labels = Counter(one.label.casefold() for _number, one in on)
    for number, one in on:
        if letters[one.letter] > 1:
            errors.setdefault(f"letter-{number}", N_("To udfald har samme tast"))
        if labels[one.label.casefold()] > 1:
            errors.setdefault(f"label_da-{number}", N_("To udfald har samme tekst"))


def _check_reasons(told: Sequence[tuple[int, Reason]], errors: dict[str, str]) -> None:
    on = [(number, one) for number, one in told if one.active]
    if not 1 <= len(on) <= MOST_REASONS:
        errors["reasons"] = N_("Der skal være 1 til 9 grunde, der er slået til: de vælges med tasterne 1 til 9.")
    labels = Counter(one.label.casefold() for _number, one in on)
    for number, one in on:
        if labels[one.label.casefold()] > 1:
            errors.setdefault(f"reason_da-{number}", N_("To grunde har samme tekst"))


def _keyed(one: Any, taken: set[str], longest: int) -> Any:
    """With a key of its own, made of the Danish label, when it is new."""
    if one.key:
        return one
    plain = one.label.lower().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "own"
    stem = stem if stem[0].isalpha() else f"x{stem}"
    tails = ("", *(f"_{number}" for number in range(2, 1000)))
    key = next(key for tail in tails if (key := stem[: longest - len(tail)].strip("_") + tail) not in taken)
    taken.add(key)
    return type(one)(**{**one.__dict__, "key": key})
