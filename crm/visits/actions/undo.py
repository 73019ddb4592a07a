"""Take a booking back within ten seconds, before anybody has been told: as if it had never been made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.activity import Activity
from crm.base.clock import danish_date
from crm.base.errors import N_, NotFound, Refusal
from crm.calendars.actions import unpublish
from crm.calling.actions import undo
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import BOOKED
from crm.people.models import User
from crm.visits.actions.check import lock_days
from crm.visits.actions.messages import untell
from crm.visits.actions.publish import uid_of
from crm.visits.models import FitRun, SlotHold, Visit, VisitEvent
from crm.visits.rules.holds import LASTS

TOLD = N_("Bookingen kan ikke fortrydes mere: beskederne om besøget er sendt. Aflys besøget i stedet.")
CHANGED = N_("Bookingen kan ikke fortrydes mere: besøget er ændret siden. Hent siden igen.")


def undo_booking(session: Session, actor: User, now: datetime, call: Call) -> QueueEntry:
    """The visit, its calendar event and the mails that wait are removed; the entry is the actor's claim again, with
    its notes, and the time is held for it. The activity log keeps that it was taken back.

    Raises Refusal ``too_late`` after ``calling.rules.UNDO``, or when a message has left; ``stale`` when the visit
    has been changed since; NotFound for another's call, or one that booked nothing. Doing it twice does it once.
    """
    if call.user_id != actor.id or call.outcome != BOOKED:
        raise NotFound
    if call.undone_at is not None:
        return session.get_one(QueueEntry, call.entry_id)
    entry = undo(session, actor, now, call, booked=True)
    visit = session.scalar(
        select(Visit)
        .where(Visit.queue_entry_id == entry.id, Visit.booked_by == actor.id, Visit.booked_at == call.ended_at)
        .with_for_update(of=Visit)
        .execution_options(populate_existing=True)
    )
    if visit is None or visit.state != "booked" or visit.sequence or visit.arrived_at:
        raise Refusal("stale", CHANGED)
    lock_days(session, [(visit.consultant_id, danish_date(visit.starts_at))])
    if not untell(session, visit):
        raise Refusal("too_late", TOLD)
    unpublish(session, now, uid_of(visit))
    _note(session, actor, now, visit)
    _hold_again(session, actor, now, visit)
    _erase(session, visit)
    session.flush()
    return entry


def _note(session: Session, actor: User, now: datetime, visit: Visit) -> None:
    """The log tells of the taking back, not of a visit that is not there."""
    session.execute(
        delete(Activity).where(
            Activity.verb == "visits.book",
            Activity.subject_type == Visit.__tablename__,
            Activity.subject_id == visit.id,
        )
    )
    activity.record(
        session,
        actor,
        now,
        "visits.undo_booking",
        visit.entry,
        workplace_id=visit.workplace_id,
        campaign_id=visit.campaign_id,
        starts_at=visit.starts_at.isoformat(),
        consultant_id=visit.consultant_id,
    )


def _hold_again(session: Session, actor: User, now: datetime, visit: Visit) -> None:
    """The phoner goes on talking about the same time: nobody takes it meanwhile."""
    session.add(
        SlotHold(
            entry_id=visit.queue_entry_id,
            user_id=actor.id,
            consultant_id=visit.consultant_id,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            lat=visit.lat,
            lon=visit.lon,
            held_at=now,
            until=now + LASTS,
        )
    )
    session.flush()


def _erase(session: Session, visit: Visit) -> None:
    """Rows by statement: the database forgets them, and what had been computed with them is computed again."""
    number, jobcentre = visit.id, visit.jobcentre_id
    session.execute(update(FitRun).where(FitRun.jobcentre_id == jobcentre).values(last_event_id=-1))
    session.execute(delete(VisitEvent).where(VisitEvent.visit_id == number))
    session.execute(delete(Visit).where(Visit.id == number))
