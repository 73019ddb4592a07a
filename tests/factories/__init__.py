"""One function per model: ``make_x(session, **what matters to the test)`` adds, flushes and returns a row.

Give what the test is about; the rest gets plain, valid values. Each function makes the rows it hangs on when they
are not given.
"""

from tests.factories.core import (
    make_campaign,
    make_firm,
    make_jobcentre,
    make_participation,
    make_queue_entry,
    make_script,
    make_user,
    make_visit,
    make_workplace,
    valid_cvr,
)

__all__ = [
    "make_campaign",
    "make_firm",
    "make_jobcentre",
    "make_participation",
    "make_queue_entry",
    "make_script",
    "make_user",
    "make_visit",
    "make_workplace",
    "valid_cvr",
]
