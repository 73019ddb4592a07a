"""When the system makes a follow-up by itself, and what it says. Danish working days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from crm.base.clock import add_working_days, danish_date, is_working_day, next_working_day
from crm.base.words import LONG_MONTHS
from crm.openings.rules import SHORT
from crm.openings.rules.life import DETAILS, missing

AHEAD = 10
"""Working days before its due date that an ending placement's follow-up is made: early enough to be planned."""
DETAILS_WITHIN = 3
"""Working days after the telling within which an opening's details are to be known."""
AGAIN_AFTER = 5
"""Working days after somebody said "done" though details still lack, until they are asked for again."""
COVERED_WITHIN = 4
"""Days between a promise made at the visit and the day CVs are wanted, for the two to be the same."""
LATE = timedelta(days=30)
"""Older openings and endings are left alone, so that a late start is no flood."""


ENDS = {"permanent": True, "ended": False}
"""What can come of the talk, with which a placement is over on its last day -> whether it became an ordinary job."""


def ending_due(starts_on: date, ends_on: date, ending_days: int, today: date) -> date:
    """``ending_days`` working days before the last day, but not before half of a short one has passed; the next working
    day when that has passed."""
    due = add_working_days(ends_on, -ending_days)
    half = next_working_day(starts_on + (ends_on - starts_on) / 2)
    if due < half <= ends_on:
        due = half
    return due if due >= today else next_working_day(today)


def is_near(due: date, today: date) -> bool:
    """Whether the time has come to make it."""
    return today >= add_working_days(due, -AHEAD)


def reaches(today: date, ending_days: int) -> date:
    """The latest last day of a placement that may be near on ``today``; generous, for a query."""
    return add_working_days(today, AHEAD + ending_days) + timedelta(days=7)


def ending_words(type_: str, ends_on: date) -> str:
    """Written for ourselves, in Danish like every promise; the same for the same end, so that it is made once."""
    return (
        f"Evaluering og fast job? {SHORT[type_]} slutter {ends_on.day}. {LONG_MONTHS[ends_on.month - 1]} {ends_on.year}"
    )


def details_due(told_on: date, today: date) -> date:
    """Three working days after the telling; the next working day when that has passed."""
    due = add_working_days(told_on, DETAILS_WITHIN)
    return due if due >= today else next_working_day(today)


def details_words(type_: str, occupation: str, lacking: Sequence[str]) -> str:
    """``Oplysninger om løntilskud, kok: opgaver, timer``."""
    what = ", ".join(part for part in (SHORT[type_].lower(), occupation) if part)
    return f"Oplysninger om {what}: {', '.join(DETAILS[key] for key in lacking)}"


def cvs_due(by: date, earliest: date) -> date:
    """The working day on which CVs must leave to be there ``by``; the next one from ``earliest`` when that is over."""
    due = by if is_working_day(by) else add_working_days(by, -1)
    return due if due >= earliest else next_working_day(earliest)


def cvs_words(type_: str, occupation: str, lacking: int) -> str:
    """``Sende 2 CV'er: ordinært job, kok``."""
    what = ", ".join(part for part in (SHORT[type_].lower(), occupation) if part)
    name = "CV" if lacking == 1 else "CV'er"
    return f"Sende {lacking} {name}: {what}"


class Todo(NamedTuple):
    """What an opening's follow-up needs. ``what``: ``make``, ``change`` (to ``due`` and ``words``), ``close`` (with
    ``outcome``) or ``void``."""

    what: str
    due: date | None = None
    words: str = ""
    outcome: str = ""


def details_todo(opening: Any, made: Sequence[Any], today: date) -> Todo | None:
    """What is to be done about an opening's lacking details; None for nothing. ``made``: what was made for it before
    and not taken back, oldest first."""
    there = next((one for one in made if one.state == "open"), None)
    lacking = missing(opening)
    if opening.voided_at is not None:
        return Todo("void") if there else None
    if not lacking or opening.state == "closed":
        return Todo("close", outcome="no_need" if lacking else "details_in") if there else None
    words = details_words(opening.type, opening.occupation, lacking)
    if there is not None:
        return Todo("change", words=words) if there.promise != words else None
    if made and made[-1].done_at is not None:
        rest = add_working_days(danish_date(made[-1].done_at), AGAIN_AFTER)
        if made[-1].outcome_key == "no_need" or today < rest:
            return None
    return Todo("make", details_due(danish_date(opening.created_at), today), words)


def cvs_todo(opening: Any, made: Sequence[Any], sent: int, promised: Iterable[date], today: date) -> Todo | None:
    """What is to be done about the CVs an opening lacks; None for nothing. ``made`` as for details; ``sent``: of how
    many the company has heard; ``promised``: first dates of what was promised to the company at the visit, one of which
    by about that day is this promise: it is not to be counted, or reminded of, twice."""
    there = next((one for one in made if one.state == "open"), None)
    if opening.voided_at is not None:
        return Todo("void") if there else None
    lacking = (1 if opening.cvs_wanted is None else opening.cvs_wanted) - sent
    if opening.state == "closed" or opening.cvs_by is None or lacking <= 0:
        enough = lacking <= 0 and opening.cvs_wanted != 0
        return Todo("close", outcome="done" if enough else "no_need") if there else None
    due, words = cvs_due(opening.cvs_by, today), cvs_words(opening.type, opening.occupation, lacking)
    if there is not None:
        moved = cvs_due(opening.cvs_by, min(there.due_on, today))
        moved = max(moved, there.due_on) if there.snoozes else moved
        return Todo("change", moved, words) if (there.due_on, there.promise) != (moved, words) else None
    if made or any(abs((day - due).days) <= COVERED_WITHIN for day in promised):
        return None
    return Todo("make", due, words)
