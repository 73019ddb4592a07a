"""Who is away on a day, by a leave or by an absence that takes the whole working day, and who stands in for them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import day_bounds
from crm.calendars.models import Absence, WorkingHours
from crm.calendars.rules.hours import Stretch, hours_between, merged, without
from crm.followups.queries.owning import answering
from crm.followups.rules.recipients import stand_in
from crm.people.models import User
from crm.people.queries.leave import on_leave

OFFICE = (9 * 60, 15 * 60)
"""The stretch of a working day an absence must cover for who has no working hours written down."""


def away(session: Session, user_ids: Collection[int], day: date) -> dict[int, int | None]:
    """Those who are away the whole Danish day -> who was named to stand in for them. Two or three queries."""
    found = on_leave(session, user_ids, day)
    return dict.fromkeys(_absent(session, set(user_ids) - set(found), day)) | found


def _absent(session: Session, user_ids: Collection[int], day: date) -> list[int]:
    """Those whose absences cover all their working hours of the day."""
    if not user_ids:
        return []
    begins, ends = day_bounds(day)
    taken: dict[int, list[tuple]] = {}  # type: ignore[type-arg]
    for who, frm, to in session.execute(
        select(Absence.consultant_id, Absence.starts_at, Absence.ends_at).where(
            Absence.consultant_id.in_(user_ids), Absence.starts_at < ends, Absence.ends_at > begins
        )
    ):
        taken.setdefault(who, []).append((frm, to))
    if not taken:
        return []
    hours: dict[int, list[Stretch]] = {}
    for row in session.scalars(select(WorkingHours).where(WorkingHours.consultant_id.in_(taken))):
        hours.setdefault(row.consultant_id, []).append(Stretch(row.weekday, row.starts_minute, row.ends_minute))
    gone = []
    for who, spans in taken.items():
        weekly = hours.get(who) or [Stretch(weekday, *OFFICE) for weekday in range(7)]
        if (work := hours_between(weekly, begins, ends)) and not without(work, merged(spans)):
            gone.append(who)
    return gone


def away_with_substitutes(session: Session, user_ids: Collection[int], day: date) -> dict[int, int | None]:
    """``away``, followed through the substitutes and theirs: two further steps, as far as anybody is asked."""
    found: dict[int, int | None] = {}
    asked = set(user_ids)
    for _step in range(3):
        gone = away(session, asked, day)
        found |= gone
        asked = {number for number in gone.values() if number is not None} - set(found)
        if not asked:
            break
    return found


def substitutes(session: Session, user_ids: Collection[int], day: date) -> dict[int, int | None]:
    """Those of ``user_ids`` who are away -> who is at work in their place that day, None where there is nobody who
    still may see what falls to them."""
    absent = away_with_substitutes(session, user_ids, day)
    named = {number for number in absent.values() if number is not None}
    active = set(session.scalars(answering("regional_lead").where(User.id.in_(named)))) if named else set()
    return {who: stand_in(who, absent, active) for who in user_ids if who in absent}
