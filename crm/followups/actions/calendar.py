"""Agreements in their owner's calendar, where the owner wishes it: as tasks, or as notes of a whole day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, cast, literal, select
from sqlalchemy.orm import Session

from crm.base.clock import day_bounds
from crm.base.signed import outside
from crm.calendars.actions import publish, unpublish
from crm.calendars.models import CalendarEvent
from crm.followups.models import FollowUp, ReminderWishes
from crm.followups.rules import KINDS


def uid_of(follow_up: FollowUp) -> str:
    return f"followup-{follow_up.id}@jobaabner"


def show(session: Session, now: datetime, follow_up: FollowUp) -> None:
    """Bring the owner's calendar in step with the agreement; the same again changes nothing.

    A task that is done stays as done; a note of a day that is done goes. One that is taken back, or whose owner wishes
    no such thing (any more), or that went to another, leaves the calendar without a trace.
    """
    uid = uid_of(follow_up)
    wishes = session.get(ReminderWishes, follow_up.owner_id)
    wished = wishes.calendar if wishes is not None else "none"
    wanted = follow_up.voided_at is None and (wished == "todo" or (wished == "event" and follow_up.state == "open"))
    owners = set(session.scalars(select(CalendarEvent.consultant_id).where(CalendarEvent.uid == uid)))
    if owners - ({follow_up.owner_id} if wanted else set()):
        unpublish(session, now, uid)
    if not wanted:
        return
    start, end = day_bounds(follow_up.due_on)
    publish(
        session,
        now,
        uid=uid,
        consultant_id=follow_up.owner_id,
        starts_at=start,
        ends_at=end,
        summary=f"{KINDS[follow_up.kind]}: {follow_up.workplace.name}",  # calendars are Danish, as mails are
        description=_words(follow_up),
        kind="todo" if wished == "todo" else "note",
        all_day=True,
        completed_at=follow_up.done_at if follow_up.state == "done" else None,
    )


def _words(follow_up: FollowUp) -> str:
    return f"{follow_up.promise}\n{outside().base_url}/followups/{follow_up.id}"


def show_all(session: Session, now: datetime, user_id: int) -> int:
    """After a person's wish has changed: all that are open, or stand in the calendar; how many were looked at."""
    uid = literal("followup-") + cast(FollowUp.id, String) + literal("@jobaabner")
    there = select(CalendarEvent.id).where(CalendarEvent.uid == uid, CalendarEvent.consultant_id == user_id).exists()
    found = session.scalars(
        select(FollowUp).where(FollowUp.owner_id == user_id, (FollowUp.state == "open") | there).order_by(FollowUp.id)
    ).all()
    for follow_up in found:
        show(session, now, follow_up)
    return len(found)
