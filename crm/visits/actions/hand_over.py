"""Hand a visit over: another consultant of the jobcentre comes at the same time, and answers for it from then on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Refusal
from crm.people.models import User
from crm.visits.actions.change import hold_row, needed, refuse_unless_booked, relocate
from crm.visits.actions.check import lock_days, warm_day
from crm.visits.models import Visit
from crm.visits.queries.slots import ask_for_visit


def hand_over(session: Session, actor: User, now: datetime, visit: Visit, to_consultant_id: int, reason: str) -> Visit:
    """The same time with another consultant; both and the company are told, and the former one's event ends.

    Raises Refusal stale, overlap, travel, hours, capacity (with ``alternatives``) as ``move`` does, ``same`` when the
    consultant has the visit already; Invalid without a reason; NotFound for a consultant of another jobcentre.
    """
    reason = needed(reason)
    warm_day(session, now, lambda: ask_for_visit(visit), visit.starts_at)
    hold_row(session, visit)
    refuse_unless_booked(visit)
    if to_consultant_id == visit.consultant_id:
        raise Refusal("same", N_("Konsulenten har allerede besøget. Vælg en anden. Intet er ændret."))
    day = danish_date(visit.starts_at)
    lock_days(session, [(visit.consultant_id, day), (to_consultant_id, day)])
    return relocate(session, actor, now, visit, to_consultant_id, visit.starts_at, reason)
