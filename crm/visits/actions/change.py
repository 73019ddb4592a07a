"""Move, cancel, arrive, and the visit's own part of the report."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid, Refusal
from crm.integrations.actions import withdraw
from crm.people.models import User
from crm.visits.actions import history
from crm.visits.actions.check import drivable, lock_days, others, warm_day, whole_minute, write
from crm.visits.actions.conflicts import recheck, settle_visit
from crm.visits.actions.messages import reminder_key, tell_cancelled, tell_moved
from crm.visits.actions.publish import publish_visit
from crm.visits.models import Visit
from crm.visits.queries.slots import ask_for_visit
from crm.visits.rules.words import MATERIALS, OCCUPYING_STATES, RESULTS, SCHEMES, VisitReport

TAKEN = N_("Tiden er lige blevet taget af en anden. Besøget er ikke flyttet.")
GONE = N_("Bookingen er lige blevet fortrudt, og besøget findes ikke mere. Intet er ændret.")


def move(
    session: Session,
    actor: User | None,
    now: datetime,
    visit: Visit,
    starts_at: datetime,
    reason: str,
    consultant_id: int | None = None,
) -> Visit:
    """Give the visit another time, and perhaps another consultant, who then answers for it. ``actor`` None: the
    company itself, by its link.

    Raises Refusal stale, overlap, travel, hours, capacity (with ``alternatives``); Invalid without a reason.
    """
    starts_at, reason = whole_minute(starts_at), needed(reason)
    warm_day(session, now, lambda: ask_for_visit(visit), starts_at)
    hold_row(session, visit)
    refuse_unless_booked(visit)
    target = consultant_id or visit.consultant_id
    if (target, starts_at) == (visit.consultant_id, visit.starts_at):
        return visit
    lock_days(session, [(visit.consultant_id, danish_date(visit.starts_at)), (target, danish_date(starts_at))])
    return relocate(session, actor, now, visit, target, starts_at, reason)


def relocate(
    session: Session, actor: User | None, now: datetime, visit: Visit, target: int, starts_at: datetime, reason: str
) -> Visit:
    """Move or hand over: what follows the checks of the caller, who holds the visit's row and both days.

    The same time with another consultant is a hand-over. Raises as ``move`` does.
    """
    ask = ask_for_visit(visit)
    slot = drivable(session, now, ask, target, starts_at)
    former, was = session.get_one(User, visit.consultant_id), visit.starts_at

    def change() -> None:
        visit.starts_at, visit.ends_at = slot.starts_at, slot.ends_at
        visit.consultant_id = visit.responsible_id = target
        visit.sequence, visit.arrived_at = visit.sequence + 1, None

    def taken() -> NoReturn:
        raise Refusal("overlap", TAKEN, extra=others(session, now, ask, target, starts_at))

    write(session, change, taken)
    session.expire(visit, ["consultant", "responsible"])
    kind = "hand_over" if was == slot.starts_at else "move"
    times = {"was": was.isoformat(), "to": slot.starts_at.isoformat()}
    history.record(session, actor, now, visit, kind, reason=reason, **times, former_id=former.id, consultant_id=target)
    publish_visit(session, now, visit)
    tell_moved(session, now, visit, former, was, reason)
    settle_visit(session, now, visit)
    recheck(session, now, [(former.id, danish_date(was)), (target, danish_date(visit.starts_at))])
    session.flush()
    return visit


def cancel(session: Session, actor: User | None, now: datetime, visit: Visit, by: str, reason: str) -> Visit:
    """Take the visit out of the calendar; it still counts as booked. ``by``: company or jobcentre; ``actor``
    None: the company itself, by its link.

    Raises Refusal stale when it is no longer booked; Invalid without a reason.
    """
    if by not in ("company", "jobcentre"):
        raise Invalid(N_("Vælg, hvem der aflyser."), errors={"by": N_("Vælg, hvem der aflyser")})
    reason = needed(reason)
    hold_row(session, visit)
    refuse_unless_booked(visit)
    lock_days(session, [(visit.consultant_id, danish_date(visit.starts_at))])
    return call_off(session, actor, now, visit, by, reason)


def call_off(session: Session, actor: User | None, now: datetime, visit: Visit, by: str, reason: str) -> Visit:
    """Cancel: what follows the checks of the caller, who holds the visit's row and its day."""
    former = visit.sequence
    visit.state, visit.sequence = f"cancelled_by_{by}", former + 1
    session.flush()
    history.record(session, actor, now, visit, "cancel", by=by, reason=reason, was=visit.starts_at.isoformat())
    publish_visit(session, now, visit)
    tell_cancelled(session, now, visit, reason, former)
    settle_visit(session, now, visit)
    recheck(session, now, [(visit.consultant_id, danish_date(visit.starts_at))])
    session.flush()
    return visit


def arrive(session: Session, actor: User, now: datetime, visit: Visit) -> Visit:
    """The consultant is there; the first time counts."""
    hold_row(session, visit)
    refuse_unless_booked(visit)
    if visit.arrived_at is None:
        visit.arrived_at = now
        history.record(session, actor, now, visit, "arrive")
        session.flush()
    return visit


def report(session: Session, actor: User, now: datetime, visit: Visit, report: VisitReport) -> Visit:
    """The visit's own part of the report; a second report corrects the first and keeps the history.

    Raises Invalid for unknown keys and for a visit reported as held before it begins, Refusal overlap when the
    time of a visit that had been reported cancelled has been given to another.
    """
    _check_report(now, visit, report)
    hold_row(session, visit)
    lock_days(session, [(visit.consultant_id, danish_date(visit.starts_at))])
    before = visit.state

    def change() -> None:
        visit.state = report.result
        visit.pressed = report.pressed if report.result == "held" else None
        visit.schemes, visit.materials = list(report.schemes), list(report.materials)
        visit.report_note, visit.no_follow_up_because = report.note.strip(), report.no_follow_up_because
        visit.reported_at, visit.reported_by = now, actor.id

    def taken() -> NoReturn:
        raise Refusal("overlap", N_("Et andet besøg har fået tiden imens. Rapporten er ikke gemt."))

    write(session, change, taken)
    history.record(session, actor, now, visit, "report", result=report.result, before=before, pressed=visit.pressed)
    if (before in OCCUPYING_STATES) != (report.result in OCCUPYING_STATES):
        withdraw(session, reminder_key(visit, visit.sequence))
        visit.sequence += 1
    publish_visit(session, now, visit)
    session.flush()
    return visit


def _check_report(now: datetime, visit: Visit, report: VisitReport) -> None:
    errors: dict[str, str] = {}
    if report.result not in RESULTS:
        errors["result"] = N_("Vælg, hvordan besøget gik")
    elif report.result in ("held", "nobody_there") and now < visit.starts_at:
        errors["result"] = N_("Besøget er ikke begyndt endnu")
    if set(report.schemes) - set(SCHEMES):
        errors["schemes"] = N_("Vælg ordninger fra listen")
    if set(report.materials) - set(MATERIALS):
        errors["materials"] = N_("Vælg materiale fra listen")
    if report.result == "held" and report.pressed is None:
        errors["pressed"] = N_("Vælg, om virksomheden følte sig presset")
    if errors:
        raise Invalid(N_("Rapporten er ikke gemt. Ret felterne og prøv igen."), errors=errors)


def needed(reason: str) -> str:
    """The reason, trimmed. Raises Invalid without one."""
    text = reason.strip()
    if not text:
        raise Invalid(N_("Skriv en grund; begge parter får den at vide."), errors={"reason": N_("Grund mangler")})
    return text[:300]


def hold_row(session: Session, visit: Visit) -> None:
    """Lock the row and see it as it is now. Raises Refusal ``stale`` when its booking was taken back.

    Always before the days (``lock_days``), and of several visits in the order of their numbers: two never wait in a
    ring.
    """
    held = session.execute(select(Visit.id).where(Visit.id == visit.id).with_for_update())
    if held.scalar() is None:
        raise Refusal("stale", GONE)
    session.refresh(
        visit,
        ["state", "sequence", "starts_at", "ends_at", "consultant_id", "responsible_id", "arrived_at", "reported_at"],
    )


def refuse_unless_booked(visit: Visit) -> None:
    """Raises Refusal ``stale`` once it is cancelled or reported."""
    if visit.state != "booked":
        raise Refusal("stale", N_("Besøget er allerede aflyst eller rapporteret. Intet er ændret."))
