"""The company wants CVs by a day: a promise of ours, which makes, moves and keeps itself by what is sent."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.followups.actions.agreements import agree, fulfil
from crm.followups.actions.telling import lock_open, note, void
from crm.followups.models import FollowUp
from crm.followups.queries.cvs import cvs_sent, promised_at_visits
from crm.followups.queries.making import others_of
from crm.followups.rules import FollowUpDecision
from crm.followups.rules.making import cvs_todo
from crm.openings.models import Opening


def make_cvs(session: Session, now: datetime, opening_id: int) -> int:
    """One open follow-up for the CVs an opening lacks: made when the day is told, moved with it, done when enough are
    sent. Its first date stays, and so does a day it was put off to. None where a promise made to the company covers it.
    How many rows changed."""
    found = session.scalar(select(Opening).where(Opening.id == opening_id).with_for_update(of=Opening))
    if found is None:
        return 0
    made = [f for f in others_of(session, "we_owe", opening_id=opening_id) if f.created_by is None]
    sent, promised = cvs_sent(session, [opening_id]), promised_at_visits(session, [found.visit_id])
    today = danish_date(now)
    todo = cvs_todo(found, made, sent.get(opening_id, 0), promised.get(found.visit_id, ()), today)
    if todo is None:
        return 0
    if todo.what == "make":
        decision = FollowUpDecision("jobcentre", todo.due, todo.words, "we_owe")
        agree(session, None, now, found.visit, decision, owner_id=found.consultant_id, opening_id=found.id, tell=False)
        return 1
    there = next(f for f in made if f.state == "open")
    if todo.what == "void":
        return _void(session, now, there)
    if todo.what == "close":
        return _close(session, now, there, todo.outcome)
    return _move(session, now, there, todo.due or there.due_on, todo.words)


def _move(session: Session, now: datetime, there: FollowUp, due: date, words: str) -> int:
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
