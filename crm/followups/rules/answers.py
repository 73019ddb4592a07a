"""What a company may answer to an agreement by its link, and how the agreement stands in its eyes. Pure."""

from __future__ import annotations

import hashlib
from datetime import date

from crm.base.clock import is_working_day
from crm.base.errors import N_
from crm.followups.rules.promises import HORIZON, OWED_BY

MAX_WORDS = 1000
STANDINGS = {
    "open": N_("Aftalen gælder"),
    "moved": N_("Aftalen gælder, med en ny dato"),
    "late": N_("Datoen er passeret"),
    "done": N_("Sket"),
    "withdrawn": N_("Gælder ikke længere"),
    "replaced": N_("Erstattet af en ny aftale"),
}
"""An agreement as the company sees it."""
LIVE = ("open", "moved", "late")


def standing(
    *, state: str, voided: bool, replaced: bool, due_on: date, first_due_on: date, owed_by: str, today: date
) -> str:
    """Key of STANDINGS. What we owe is late when its day has passed; what the company owes is never held up to it."""
    if voided:
        return "replaced" if replaced else "withdrawn"
    if state == "done":
        return "done"
    if due_on < today and owed_by == "jobcentre":
        return "late"
    return "moved" if due_on != first_due_on else "open"


def stamp(promise: str, due_on: date, owed_by: str, *written: object) -> str:
    """What was shown, in short: an answer to an agreement that has changed meanwhile is no answer to it. ``written``:
    the correction that waited then; a later one is not to be overwritten unseen."""
    return _short(f"{owed_by}|{due_on.isoformat()}|{promise}") + (_short(repr(written)) if written else "")


def same_agreement(seen: str, now: str) -> bool:
    """Whether the two stamps are of the same agreement, whatever was written to it."""
    return seen[:SHORT] == now[:SHORT]


SHORT = 16


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:SHORT]


def may_say_kept(*, state: str, voided: bool, owed_by: str, due_on: date, asked: bool, today: date) -> bool:
    """Whether it makes sense to ask the company if it has happened: we owed it, and it is due, done or asked for."""
    return owed_by == "jobcentre" and not voided and (state == "done" or asked or due_on < today)


def correction_problems(words: str, due_on: date | None, owed_by: str | None, today: date) -> dict[str, str]:
    """Field -> Danish message; a correction says at least one of the three."""
    found: dict[str, str] = {}
    if not words.strip() and due_on is None and owed_by is None:
        found["words"] = N_("Skriv, hvad I aftalte, eller vælg en anden dato")
    elif len(words) > MAX_WORDS:
        found["words"] = N_("Teksten er for lang")
    if due_on is not None and (wrong := day_problem(due_on, today)):
        found["due_on"] = wrong
    if owed_by is not None and owed_by not in OWED_BY:
        found["owed_by"] = N_("Vælg, hvem der skulle gøre det")
    return found


def day_problem(due_on: date, today: date) -> str | None:
    """Why the day will not do as a new one."""
    if due_on < today:
        return N_("Vælg i dag eller en senere dag")
    if due_on > today + HORIZON:
        return N_("Vælg en dato inden for tre år")
    return None if is_working_day(due_on) else N_("Det er ikke en arbejdsdag. Den næste er {next_working_day}")


def kind_for(kind: str, owed_by: str) -> str:
    """The kind that fits when the other side turns out to owe it; what lies ahead stays what it is."""
    if kind in ("we_owe", "company_owes"):
        return "company_owes" if owed_by == "company" else "we_owe"
    return kind
