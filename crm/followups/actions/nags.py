"""Write the nags that are due, one row for each (follow-up, step, due date), ever, and tell people in one digest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base.db import insert_for, insert_new
from crm.followups.actions.digests import announce_board, pass_on, write_digest
from crm.followups.models import Nag, Notice
from crm.followups.queries.digests import people_to_tell
from crm.followups.queries.nags import Due, due_nags, people_of
from crm.followups.queries.unanswered import due_answers
from crm.followups.rules import may_tell, nag_day
from crm.followups.rules.recipients import recipients

CHUNK = 200


@dataclass(frozen=True)
class Portion:
    """``found`` follow-ups were looked at, the last one ``last_id``; ``written`` nags; ``waiting``: nobody at work can
    be told of them, so they wait for somebody."""

    found: int
    last_id: int
    written: int
    waiting: tuple[int, ...]


def nag(session: Session, now: datetime) -> int:
    """Write whatever is due at ``now``: each follow-up's highest step whose 07.30 has come; how many.

    Running it again, or twice at once, writes nothing more: the rows are unique, the notices go with them, and a
    person gets one digest a day, on working days from 07.30 until 16.00.
    """
    written, last = 0, 0
    while (portion := write_nags(session, now, after_id=last)).found:
        written, last = written + portion.written, portion.last_id
    written += remind_of_answers(session, now)
    if may_tell(now):
        pass_on(session, now)
        announce_board(session, now)
        for user_id in people_to_tell(session, nag_day(now)):
            write_digest(session, now, user_id)
    return written


def write_nags(
    session: Session, now: datetime, *, ids: Collection[int] | None = None, after_id: int = 0, limit: int = CHUNK
) -> Portion:
    """One portion of what is due (of ``ids`` alone, where they are given), each nag with the notices of it."""
    day = nag_day(now)
    found = due_nags(session, day, ids=ids, after_id=after_id, limit=limit)
    if not found:
        return Portion(0, after_id, 0, ())
    addressed = _addressed(session, found, day)
    written = _write(session, now, addressed, "nag")
    return Portion(len(found), found[-1].id, written, tuple(due.id for due, to in addressed.values() if not to))


def remind_of_answers(session: Session, now: datetime, *, only: int | None = None) -> int:
    """Remind of what companies corrected and nobody has answered, at 07.30 as of agreements; how many reminders.
    ``only``: of this agreement alone. Where nobody is at work who can be told, it waits."""
    day = nag_day(now)
    found = due_answers(session, day, only=only)
    if not found:
        return 0
    return _write(session, now, _addressed(session, found, day), "answer")


def _addressed(session: Session, found: Sequence[Due], day: date) -> dict[int, tuple[Due, dict[int, str]]]:
    people = people_of(session, {due.owner_id for due in found}, {due.jobcentre_id for due in found}, day)
    return {due.id: (due, recipients(due.steps, due.owner_id, due.jobcentre_id, people)) for due in found}


def _write(session: Session, now: datetime, addressed: dict[int, tuple[Due, dict[int, str]]], kind: str) -> int:
    """The nags of those that somebody can be told of, each with its notices; how many were not there."""
    new = insert_nags(session, now, [(due, next(iter(to))) for due, to in addressed.values() if to])
    notices = [
        {
            "user_id": user_id,
            "follow_up_id": follow_up_id,
            "kind": kind,
            "role": role,
            "nag_id": nag_id,
            "created_at": now,
        }
        for nag_id, follow_up_id in new
        for user_id, role in addressed[follow_up_id][1].items()
    ]
    insert_new(session, Notice, notices, ("nag_id", "user_id"))
    return len(new)


def insert_nags(session: Session, now: datetime, addressed: Sequence[tuple[Due, int]]) -> list[tuple[int, int]]:
    """(nag, follow-up) of those that were not there: another writer's are passed over by the table's own key."""
    rows: list[dict[str, Any]] = [
        {
            "follow_up_id": due.id,
            "step": due.step.key,
            "due_on": due.due_on,
            "written_at": now,
            "recipient_id": recipient_id,
        }
        for due, recipient_id in addressed
    ]
    if not rows:
        return []
    statement = insert_for(session, Nag).on_conflict_do_nothing(index_elements=["follow_up_id", "step", "due_on"])
    written = session.execute(statement.values(rows).returning(Nag.id, Nag.follow_up_id))
    return [(nag_id, follow_up_id) for nag_id, follow_up_id in written]
