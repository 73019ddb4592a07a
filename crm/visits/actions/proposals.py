"""A consultant moved or deleted a visit in a calendar of their own: that is a proposal. The visit stays where it is,
and so does what they did, until somebody says yes or no."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Refusal
from crm.calendars.actions.copies import settle
from crm.people.models import User
from crm.visits.actions.change import move
from crm.visits.actions.mail import write_mail
from crm.visits.actions.publish import uid_of
from crm.visits.models import MoveProposal, Visit
from crm.visits.queries.proposals import Change, all_open, changes, is_live

MAIL_WITHIN = timedelta(hours=48)
"""Further ahead the pages are enough; a visit so soon is told by mail."""
REASON = "Konsulenten har måttet flytte besøget."
GONE = N_("Forslaget gælder ikke længere: besøget eller din kalender er ændret imens. Intet er flyttet.")


def take_up(session: Session, now: datetime, visit_id: int) -> int:
    """Make a proposal of what the consultant has done with the visit in their calendars, and let lapse what no longer
    holds; how many were made. The visit's row is held first, as ``accept`` holds it: nobody settles a proposal or moves
    the visit while it is looked at."""
    session.execute(select(Visit.id).where(Visit.id == visit_id).with_for_update())
    session.expire_all()
    found = {one.source_id: one for one in changes(session, now, visit_id)}
    taken = False
    for proposal in all_open(session, visit_id):
        change = found.get(proposal.source_id or 0)
        if change is not None and change.starts_at == proposal.starts_at:
            taken = True
        else:
            proposal.state, proposal.settled_at = "lapsed", now
    session.flush()
    if taken or not found:
        return 0
    _propose(session, now, next(iter(found.values())))
    return 1


def _propose(session: Session, now: datetime, change: Change) -> None:
    visit = change.visit
    proposal = MoveProposal(
        visit_id=visit.id,
        source_id=change.source_id,
        starts_at=change.starts_at,
        ends_at=change.ends_at,
        made_at=now,
    )
    session.add(proposal)
    session.flush()
    soonest = min(visit.starts_at, change.starts_at or visit.starts_at)
    if soonest - now <= MAIL_WITHIN:
        consultant = session.get_one(User, visit.consultant_id)
        parts = {"visit": visit, "workplace": visit.workplace, "consultant": consultant, "proposal": proposal}
        write_mail(session, now, visit, f"proposal:{proposal.id}", consultant.email, "visit_proposal", parts)


def accept(session: Session, actor: User, now: datetime, proposal: MoveProposal) -> Visit:
    """Move the visit to where the consultant has put it: the same check as any move, and everybody is told.

    Raises Refusal ``stale`` when it no longer holds, and what ``move`` raises.
    """
    visit = _waiting(session, proposal)
    if proposal.starts_at is None:
        raise Refusal("stale", GONE)
    move(session, actor, now, visit, proposal.starts_at, REASON)
    _settle(session, actor, now, proposal, "accepted")
    return visit


def refuse(session: Session, actor: User, now: datetime, proposal: MoveProposal) -> Visit:
    """The visit stays; our time is written over theirs in the calendar. Raises Refusal ``stale``."""
    visit = _waiting(session, proposal)
    settle(session, now, uid_of(visit), visit.consultant_id)
    _settle(session, actor, now, proposal, "refused")
    activity.record(
        session,
        actor,
        now,
        "visits.refuse_proposal",
        visit,
        workplace_id=visit.workplace_id,
        campaign_id=visit.campaign_id,
        starts_at=proposal.starts_at.isoformat() if proposal.starts_at else None,
    )
    return visit


def _waiting(session: Session, proposal: MoveProposal) -> Visit:
    """The proposal's visit, both rows held. Raises Refusal ``stale`` once it is settled or lapsed."""
    session.execute(select(Visit.id).where(Visit.id == proposal.visit_id).with_for_update())
    session.refresh(proposal, with_for_update=True)
    if not is_live(session, proposal.id):
        raise Refusal("stale", GONE)
    return proposal.visit


def _settle(session: Session, actor: User, now: datetime, proposal: MoveProposal, state: str) -> None:
    proposal.state, proposal.settled_at, proposal.settled_by = state, now, actor.id
    session.flush()
