"""Conflicts: raised when a booked visit no longer fits its day, settled when it does, or when somebody accepts it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base.clock import danish_date, day_bounds
from crm.base.errors import N_, Invalid, Refusal
from crm.people.models import User
from crm.visits.actions import history
from crm.visits.actions.check import lock_days
from crm.visits.actions.tell_conflict import tell_conflict
from crm.visits.models import ConflictCheck, Visit, VisitConflict
from crm.visits.queries.changed import STATE, Due
from crm.visits.queries.conflicts import examine
from crm.visits.rules.conflicts import Trouble


def check_day(session: Session, now: datetime, consultant_id: int, day: date) -> int:
    """Judge every booked visit of the day that has not begun; raise, change and settle conflicts by what was found.

    How many were raised. Doing it again changes nothing. Whom a raised one concerns is told once.
    """
    lock_days(session, [(consultant_id, day)])
    found = examine(session, now, consultant_id, [day])
    for conflict, how in found.settled:
        conflict.settled_at, conflict.settled_how = now, how
    for conflict in found.lapsed:
        conflict.signature = ""
    for conflict, trouble in found.altered:
        _describe(conflict, conflict.visit, trouble)
    session.flush()
    return sum(_raise(session, now, visit, trouble) for visit, trouble in _free(session, found.raised))


def _free(session: Session, raised: list[tuple[Visit, Trouble]]) -> Iterable[tuple[Visit, Trouble]]:
    """Those whose row nobody is changing at this moment: who does leaves a fact behind, and the day is looked at
    again. Waiting for the row under the day's lock could wait for ever."""
    if not raised:
        return []
    rows = select(Visit.id).where(Visit.id.in_([visit.id for visit, _ in raised]))
    free = set(session.scalars(rows.with_for_update(read=True, key_share=True, skip_locked=True)))
    return [one for one in raised if one[0].id in free]


def _raise(session: Session, now: datetime, visit: Visit, trouble: Trouble) -> int:
    conflict = VisitConflict(visit_id=visit.id, found_at=now)
    _describe(conflict, visit, trouble)
    session.add(conflict)
    session.flush()
    tell_conflict(session, now, conflict)
    session.flush()
    return 1


def _describe(conflict: VisitConflict, visit: Visit, trouble: Trouble) -> None:
    conflict.reason, conflict.data = trouble.reason, trouble.data
    conflict.signature = trouble.signature(visit.starts_at, visit.consultant_id)


def settle_visit(session: Session, now: datetime, visit: Visit) -> None:
    """The visit was moved, handed over or cancelled: what stood in its way no longer does."""
    session.flush()
    session.execute(
        update(VisitConflict)
        .where(VisitConflict.visit_id == visit.id, VisitConflict.settled_at.is_(None))
        .values(settled_at=now, settled_how="changed"),
        execution_options={"synchronize_session": "fetch"},
    )


def recheck(session: Session, now: datetime, days: Iterable[tuple[int, date]]) -> None:
    """After a change under the lock of these consultants' days: look again at those that have open conflicts. The
    others wait for the job."""
    session.flush()
    for consultant_id, day in sorted(set(days)):
        start, end = day_bounds(day)
        found = session.scalar(
            select(VisitConflict.id)
            .join(VisitConflict.visit)
            .where(
                VisitConflict.settled_at.is_(None),
                Visit.consultant_id == consultant_id,
                Visit.starts_at >= start,
                Visit.starts_at < end,
            )
            .limit(1)
        )
        if found is not None:
            check_day(session, now, consultant_id, day)


def accept(session: Session, actor: User, now: datetime, conflict: VisitConflict, because: str) -> VisitConflict:
    """It will do all the same: settled, and not raised again until what stands in the way is another.

    Raises Refusal ``stale`` when it is settled already; Invalid without a reason.
    """
    because = because.strip()[:300]
    if not because:
        raise Invalid(N_("Skriv, hvorfor det går alligevel."), errors={"because": N_("Grund mangler")})
    visit = conflict.visit
    # The visit's row before its day, as everybody who changes it does: the history's row waits for it.
    session.execute(select(Visit.id).where(Visit.id == visit.id).with_for_update())
    session.refresh(visit, ["consultant_id", "starts_at", "state", "responsible_id"])
    lock_days(session, [(visit.consultant_id, danish_date(visit.starts_at))])
    session.refresh(conflict, ["settled_at", "signature", "reason"])
    if conflict.settled_at is not None:
        raise Refusal("stale", N_("Konflikten er allerede løst. Intet er ændret."))
    conflict.settled_at, conflict.settled_how = now, "accepted"
    conflict.settled_by, conflict.accepted_because = actor.id, because
    history.record(
        session, actor, now, visit, "accept", reason=because, conflict=conflict.reason, conflict_id=conflict.id
    )
    session.flush()
    return conflict


def note_check(session: Session, now: datetime, due: Due) -> None:
    """Remember how far the log has been read, and settle what is over."""
    state = session.get(ConflictCheck, STATE) or ConflictCheck(id=STATE)
    state.last_activity_id, state.gaps, state.ran_at = due.last_activity_id, due.gaps, now
    session.add(state)
    settle_over(session, now, due.over)
    session.flush()


def settle_over(session: Session, now: datetime, numbers: Collection[int]) -> None:
    """Conflicts whose visit has begun or is no longer booked. What somebody is writing at this moment is left to
    them, or to the next time."""
    if numbers:
        free = select(VisitConflict.id).where(VisitConflict.id.in_(numbers)).with_for_update(skip_locked=True)
        session.execute(
            update(VisitConflict)
            .where(VisitConflict.id.in_(session.scalars(free).all()), VisitConflict.settled_at.is_(None))
            .values(settled_at=now, settled_how="over"),
            execution_options={"synchronize_session": "fetch"},
        )
