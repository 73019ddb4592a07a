"""The company wants CVs by a day: a promise of ours, which makes, moves and keeps itself by what is sent."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.followups.actions.agreements import agree, fulfil
from crm.followups.actions.telling import lock_open, note, void
from crm.followups.models import FollowUp
from crm.followups.queries.making import others_of
from crm.followups.rules import FollowUpDecision
from crm.followups.rules.making import COVERED_WITHIN, cvs_due, cvs_words
from crm.openings.models import Candidacy, Opening


def make_cvs(session: Session, now: datetime, opening_id: int) -> int:
    """One open follow-up for the CVs an opening lacks: made when the day is told, moved with it, done when enough are
    sent. Its first date stays, and so does a day it was put off to. None where a promise made to the company covers it.
    How many rows changed."""
    found = session.scalar(select(Opening).where(Opening.id == opening_id).with_for_update(of=Opening))
    if found is None:
        return 0
    made = [f for f in others_of(session, "we_owe", opening_id=opening_id) if f.created_by is None]
    there = next((f for f in made if f.state == "open"), None)
    if found.voided_at is not None:
        return _void(session, now, there) if there else 0
    lacking = (1 if found.cvs_wanted is None else found.cvs_wanted) - _sent(session, opening_id)
    if found.state == "closed" or found.cvs_by is None or lacking <= 0:
        enough = lacking <= 0 and found.cvs_wanted != 0
        return _close(session, now, there, "done" if enough else "no_need") if there else 0
    today = danish_date(now)
    due, words = cvs_due(found.cvs_by, today), cvs_words(found.type, found.occupation, lacking)
    if there is not None:
        moved = cvs_due(found.cvs_by, min(there.due_on, today))
        return _move(session, now, there, max(moved, there.due_on) if there.snoozes else moved, words)
    if made or _covered(session, found, due):
        return 0
    decision = FollowUpDecision("jobcentre", due, words, "we_owe")
    agree(session, None, now, found.visit, decision, owner_id=found.consultant_id, opening_id=found.id, tell=False)
    return 1


def _sent(session: Session, opening_id: int) -> int:
    """Candidates the company has been told of, or has met."""
    told = func.coalesce(Candidacy.sent_at, Candidacy.interview_at).is_not(None)
    return session.scalar(select(func.count()).where(Candidacy.opening_id == opening_id, told)) or 0


def _covered(session: Session, opening: Opening, due: date) -> bool:
    """What was promised at the visit by about that day is this: it is not to be counted, or reminded of, twice."""
    promised = session.scalars(
        select(FollowUp.first_due_on).where(
            FollowUp.visit_id == opening.visit_id,
            FollowUp.kind == "we_owe",
            FollowUp.created_by.is_not(None),
            FollowUp.voided_at.is_(None),
        )
    )
    return any(abs((day - due).days) <= COVERED_WITHIN for day in promised)


def _move(session: Session, now: datetime, there: FollowUp, due: date, words: str) -> int:
    if (there.due_on, there.promise) == (due, words):
        return 0
    lock_open(session, there)
    was = there.due_on
    there.due_on, there.promise = due, words
    note(session, None, now, "followups.follow", there, was=was.isoformat())
    session.flush()
    return 1


def _void(session: Session, now: datetime, there: FollowUp) -> int:
    lock_open(session, there)
    void(session, None, now, there)
    session.flush()
    return 1


def _close(session: Session, now: datetime, there: FollowUp, outcome_key: str) -> int:
    fulfil(session, None, now, there, outcome_key=outcome_key)
    return 1
