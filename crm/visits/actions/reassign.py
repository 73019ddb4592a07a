"""An absent consultant's visits found another place in one go: all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.calendars.actions import add_absence
from crm.people.models import User
from crm.visits.actions.change import call_off, hold_row, needed, relocate
from crm.visits.actions.check import lock_days, warm_day, whole_minute
from crm.visits.models import Visit
from crm.visits.queries.slots import ask_for_visit

STALE = N_("Besøget hos {company} er ændret imens: det er flyttet, aflyst eller rapporteret. Intet er ændret.")

ABSENT = "Fravær"


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of one visit: another consultant or time, cancelled, or (``keep``) left where it is."""

    visit_id: int
    consultant_id: int | None = None
    starts_at: datetime | None = None
    cancel: bool = False

    @property
    def keep(self) -> bool:
        return not self.cancel and self.starts_at is None


def reassign(
    session: Session,
    actor: User,
    now: datetime,
    consultant_id: int,
    choices: Sequence[Choice],
    reason: str,
    absence: tuple[datetime, datetime] | None = None,
) -> list[Visit]:
    """Carry out every choice for the consultant's visits under one set of locks, each checked against the rows as the
    ones before have left them; the visits that were changed. ``absence``: record it too; half-open, UTC.

    Raises Refusal as ``move`` does, with ``visit_id`` in its extra: nothing is changed then. ``stale`` when a visit
    is no longer the consultant's or no longer booked; Invalid without a reason or a choice.
    """
    reason = needed(reason)
    if len({choice.visit_id for choice in choices}) != len(choices):
        raise Invalid(N_("Et besøg er nævnt to gange. Intet er ændret."))
    wanted = {choice.visit_id: choice for choice in choices if not choice.keep}
    if not wanted and absence is None:
        raise Invalid(N_("Vælg mindst ét besøg, der skal flyttes, overdrages eller aflyses."))
    warm_choices(session, now, wanted)
    with session.begin_nested():
        visits = _held(session, consultant_id, wanted)
        days = _days(consultant_id, visits, wanted)
        lock_days(session, days)
        if absence is not None:
            add_absence(session, actor, now, session.get_one(User, consultant_id), *absence, ABSENT)
        done = []
        for visit in _in_order(consultant_id, visits, wanted):
            try:
                if _carry_out(session, actor, now, visit, wanted[visit.id], reason):
                    done.append(visit)
            except Refusal as refusal:
                refusal.extra["visit_id"] = visit.id
                raise
    return done


def _held(session: Session, consultant_id: int, wanted: dict[int, Choice]) -> list[Visit]:
    """Their rows locked in the order of their numbers, as they are now; all of them still this consultant's."""
    found = {visit.id: visit for visit in session.scalars(select(Visit).where(Visit.id.in_(wanted))).unique()}
    for number in sorted(wanted):
        visit = found.get(number)
        if visit is not None:
            hold_row(session, visit)
        if visit is None or visit.state != "booked" or visit.consultant_id != consultant_id:
            company = visit.workplace.name if visit is not None else ""
            raise Refusal("stale", STALE, extra={"visit_id": number}, company=company)
    return [found[number] for number in sorted(found)]


def _days(consultant_id: int, visits: Sequence[Visit], wanted: dict[int, Choice]) -> list[tuple[int, date]]:
    """Every day that is left or entered."""
    days = [(consultant_id, danish_date(visit.starts_at)) for visit in visits]
    for choice in wanted.values():
        if choice.starts_at is not None:
            days.append((choice.consultant_id or consultant_id, danish_date(whole_minute(choice.starts_at))))
    return days


def _in_order(consultant_id: int, visits: Sequence[Visit], wanted: dict[int, Choice]) -> list[Visit]:
    """What leaves the consultant's days first: it makes room for what stays in them."""

    def stays(visit: Visit) -> bool:
        choice = wanted[visit.id]
        return not choice.cancel and (choice.consultant_id or consultant_id) == consultant_id

    return sorted(visits, key=lambda visit: (stays(visit), visit.starts_at, visit.id))


def _carry_out(session: Session, actor: User, now: datetime, visit: Visit, choice: Choice, reason: str) -> bool:
    """False when the visit lies where it is to lie."""
    if choice.cancel or choice.starts_at is None:
        call_off(session, actor, now, visit, "jobcentre", reason)
        return True
    target = choice.consultant_id or visit.consultant_id
    if (target, choice.starts_at) == (visit.consultant_id, visit.starts_at):
        return False
    relocate(session, actor, now, visit, target, choice.starts_at, reason)
    return True


def warm_choices(session: Session, now: datetime, wanted: Mapping[int, Choice]) -> None:
    """Have the engine fetch the drives before anybody is held off."""
    for visit in session.scalars(select(Visit).where(Visit.id.in_(wanted))).unique():
        choice = wanted[visit.id]
        if choice.starts_at is not None:
            warm_day(session, now, partial(ask_for_visit, visit), choice.starts_at)
