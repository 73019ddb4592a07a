"""When the system makes a follow-up by itself, and what it says. Danish working days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from crm.base.clock import add_working_days, is_working_day, next_working_day
from crm.base.words import LONG_MONTHS
from crm.openings.rules import SHORT
from crm.openings.rules.life import DETAILS

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


def ending_due(ends_on: date, ending_days: int, today: date) -> date:
    """``ending_days`` working days before the last day; the next working day when that has passed."""
    due = add_working_days(ends_on, -ending_days)
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
