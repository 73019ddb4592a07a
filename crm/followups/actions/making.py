"""Follow-ups that make, move and close themselves: a placement's end, an opening's missing details. For us alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.campaigns.models import Campaign
from crm.followups.actions.agreements import agree, fulfil
from crm.followups.actions.endings import end_placement
from crm.followups.actions.hand_over import follow_visit
from crm.followups.actions.telling import note, void
from crm.followups.models import FollowUp
from crm.followups.queries.making import others_of
from crm.followups.rules import FollowUpDecision
from crm.followups.rules.making import details_todo, ending_due, ending_words, is_near
from crm.openings.models import Opening, Placement


def make_ending(session: Session, now: datetime, placement_id: int) -> int:
    """One open follow-up for a placement that runs out: made when that is near, moved with the placement's last day,
    done when the placement is ended or goes on without an end, taken back with it. A placement of which it was said
    that it ends is over on its last day. How many rows changed."""
    found = session.scalar(select(Placement).where(Placement.id == placement_id).with_for_update(of=Placement))
    if found is None:
        return 0
    made = others_of(session, "placement_ending", placement_id=placement_id)
    there = next((f for f in made if f.state == "open"), None)
    if found.voided_at is not None or found.opening.voided_at is not None:
        return _void(session, now, there) if there else 0
    if found.state == "ended" or found.ends_on is None:
        came = "extended" if found.state != "ended" else "permanent" if found.permanent else "ended"
        return _close(session, now, there, came) if there else 0
    words = ending_words(found.type, found.ends_on)
    today = danish_date(now)
    days = session.scalar(select(Campaign.ending_days).where(Campaign.id == found.campaign_id)) or 0
    due = ending_due(found.starts_on, found.ends_on, days, today)
    if there is not None:
        return _move(session, now, there, FollowUpDecision("jobcentre", due, words, "placement_ending"))
    if any(f.promise == words and f.done_by for f in made) or not is_near(due, today):
        return int(bool(made) and end_placement(session, None, now, made[-1]))
    _make(session, now, found.opening, FollowUpDecision("jobcentre", due, words, "placement_ending"), found.id)
    return 1


def make_missing(session: Session, now: datetime, opening_id: int) -> int:
    """One open follow-up for an opening whose details lack: made with the telling, done by itself when nothing lacks
    any more or the opening is closed. How many rows changed."""
    found = session.scalar(select(Opening).where(Opening.id == opening_id).with_for_update(of=Opening))
    if found is None:
        return 0
    made = others_of(session, "data_missing", opening_id=opening_id)
    todo = details_todo(found, made, danish_date(now))
    if todo is None:
        return 0
    if todo.what == "make":
        _make(session, now, found, FollowUpDecision("jobcentre", todo.due, todo.words, "data_missing"))
        return 1
    there = next(f for f in made if f.state == "open")
    if todo.what == "void":
        return _void(session, now, there)
    if todo.what == "close":
        return _close(session, now, there, todo.outcome)
    there.promise = todo.words
    session.flush()
    return 0


def follow(session: Session, now: datetime, follow_up_id: int) -> int:
    """The agreement of a visit that went to another consultant goes with it."""
    return follow_visit(session, now, session.get_one(FollowUp, follow_up_id))


def _make(
    session: Session, now: datetime, opening: Opening, decision: FollowUpDecision, placement_id: int | None = None
) -> None:
    agree(
        session,
        None,
        now,
        opening.visit,
        decision,
        owner_id=opening.consultant_id,
        opening_id=opening.id,
        placement_id=placement_id,
        tell=False,
    )


def _move(session: Session, now: datetime, there: FollowUp, decision: FollowUpDecision) -> int:
    """To the new last day; nothing where the day is the same, put off or not."""
    if there.promise == decision.promise or decision.due_on is None:
        return 0
    session.refresh(there, with_for_update={"of": FollowUp})
    was = there.due_on
    there.promise = decision.promise
    there.due_on = there.first_due_on = decision.due_on
    note(session, None, now, "followups.follow", there, was=was.isoformat())
    session.flush()
    return 1


def _void(session: Session, now: datetime, there: FollowUp) -> int:
    session.refresh(there, with_for_update={"of": FollowUp})
    void(session, None, now, there)
    session.flush()
    return 1


def _close(session: Session, now: datetime, there: FollowUp, outcome_key: str) -> int:
    fulfil(session, None, now, there, outcome_key=outcome_key)
    return 1
