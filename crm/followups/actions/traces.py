"""Agreements, and what companies answered to them, without the reference of a candidate who is erased."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.followups.models import Answer, FollowUp
from crm.openings.actions import traces


def remove(session: Session, trace: traces.Trace) -> None:
    """Of the visits its openings came from; notices and calendars show the agreement's own words."""
    theirs = FollowUp.visit_id.in_(trace.visits)
    traces.clean(session, trace, FollowUp, theirs, "promise", "outcome", "snooze_reason", "no_next_because")
    answered = Answer.follow_up_id.in_(select(FollowUp.id).where(theirs))
    traces.clean(session, trace, Answer, answered, "words", "reply")


traces.ROOMS.append(remove)
