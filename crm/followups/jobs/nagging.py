"""The morning's reminders: nags in portions and each person's digest, with the board's news, each in a transaction of
its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crm.followups.actions.digests import announce_board, pass_on, write_digest
from crm.followups.actions.nags import CHUNK, remind_of_answers, write_nags
from crm.followups.queries.digests import people_to_tell
from crm.followups.queries.nags import due_nags
from crm.followups.queries.unanswered import due_answers
from crm.followups.rules import may_tell, nag_day
from crm.recurring.actions import Begin, each, reading
from crm.recurring.models import SetAside

log = logging.getLogger("crm.followups")

JOB = "nag"
DIGESTS = "nag_digest"
ANSWERS = "nag_answer"
"""What is set aside stands under these names: follow-ups under the first and the last, people under the second."""
MOST = 50_000
"""As many are written in one run; the rest in the next."""
FIRST = {"passing on": pass_on, "the board": announce_board}
"""What is done before the first digest; set aside under these names beside the people."""


class NobodyToTell(Exception):
    """A nag that waits: the owner, the leads and the region's leads are all away or gone."""


def run(begin: Begin, now: datetime) -> int:
    """Write what is due at ``now`` and tell people of it; how many nags were written.

    A follow-up or a person that fails, or that nobody can be told of, is set aside with its error, is tried again
    later, and stops none of the others.
    """
    with reading(begin) as session:
        aside = sorted(int(item) for item in session.scalars(_set_aside(JOB)))
        due = [one.id for one in due_nags(session, nag_day(now), limit=MOST) if one.id not in set(aside)]
    written = each(begin, aside, lambda session, number: _one(session, now, number), job=JOB, now=now)
    for start in range(0, len(due), CHUNK):
        written += _portion(begin, now, due[start : start + CHUNK])
    written += _answers(begin, now)
    if may_tell(now):
        _tell(begin, now)
    return written


def _answers(begin: Begin, now: datetime) -> int:
    """Of what companies corrected and nobody has answered."""
    with reading(begin) as session:
        due = [one.id for one in due_answers(session, nag_day(now))]
    return each(
        begin,
        due,
        lambda session, number: remind_of_answers(session, now, only=number),
        job=ANSWERS,
        now=now,
        complete=True,
    )


def _portion(begin: Begin, now: datetime, ids: Sequence[int]) -> int:
    """Many in one transaction; where one of them fails, each in its own."""
    try:
        with begin() as session:
            portion = write_nags(session, now, ids=ids)
    except Exception as exc:
        log.warning("a portion of nags failed; each is tried by itself: %s", type(exc).__name__)
        return each(begin, ids, lambda session, number: _one(session, now, number), job=JOB, now=now)
    if portion.waiting:
        each(begin, portion.waiting, lambda session, number: _one(session, now, number), job=JOB, now=now)
    return portion.written


def _one(session: Session, now: datetime, follow_up_id: int) -> int:
    portion = write_nags(session, now, ids=[follow_up_id])
    if portion.waiting:
        raise NobodyToTell(f"follow-up {follow_up_id}: neither owner nor leads nor the region's leads are at work")
    return portion.written


def _tell(begin: Begin, now: datetime) -> None:
    """Each person's digest; who was set aside and has nothing to be told any more is forgotten."""
    each(begin, FIRST, lambda session, what: FIRST[what](session, now), job=DIGESTS, now=now)
    with reading(begin) as session:
        waiting = set(people_to_tell(session, nag_day(now)))
        aside = {int(item) for item in session.scalars(_set_aside(DIGESTS)) if item not in FIRST}

    def tell(session: Session, user_id: int) -> int:
        return int(user_id in waiting and write_digest(session, now, user_id))

    each(begin, sorted(waiting | aside), tell, job=DIGESTS, now=now)


def _set_aside(job: str) -> Select[str]:
    return select(SetAside.item).where(SetAside.job == job)
