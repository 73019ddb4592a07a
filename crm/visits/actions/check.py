"""The last word before a visit is written: under the lock on the consultant's day, from the rows as they are now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from datetime import date, datetime, timedelta
from typing import Any, NoReturn

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.db import is_overlap_error, lock_day
from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.travel.engine import default_engine, embedded_engine
from crm.travel.quiet import without_asking
from crm.visits.queries.days import load_days
from crm.visits.queries.slots import Ask, Person, SlotMaker, board, consultants, search
from crm.visits.rules.day import Day, Verdict, Wish, judge
from crm.visits.rules.slots import Slot, alternatives, clock_text, refusal_fields
from crm.visits.rules.told import as_dict
from crm.visits.rules.words import REFUSED


def warm_day(session: Session, now: datetime, ask: Callable[[], Ask], starts_at: datetime) -> None:
    """Fetch the drives that ``drivable`` asks for, and those of the times it would offer instead: call it before
    ``lock_days`` and before any row is locked, so that nobody waits for a travel engine elsewhere. ``ask`` is not
    called where drives are worked out in this process; what it refuses the action itself refuses again."""
    if default_engine() is embedded_engine():
        return
    with suppress(Refusal):
        wanted = ask()
        board(session, now, wanted, *_around(now, wanted, starts_at))


def lock_days(session: Session, days: Iterable[tuple[int, date]]) -> None:
    """Hold off other writers of these consultants' days, always in the same order, so that two never wait in a ring."""
    for consultant_id, day in sorted(set(days)):
        lock_day(session, consultant_id, day)


def whole_minute(moment: datetime) -> datetime:
    """Visits start on whole minutes. Raises Invalid."""
    if moment.second or moment.microsecond:
        raise Invalid(N_("Et besøg begynder på et helt minut."), errors={"starts_at": N_("skal være et helt minut")})
    return moment


def drivable(session: Session, now: datetime, ask: Ask, consultant_id: int, starts_at: datetime) -> Slot:
    """The time as a slot, judged from the rows as they are. Call under ``lock_days``.

    Raises Refusal overlap, travel, hours or capacity with three alternatives; NotFound for a consultant that does
    not belong to the jobcentre.
    """
    person = consultants(session, [ask.jobcentre_id]).get(consultant_id)
    if person is None:
        raise NotFound(N_("Konsulenten hører ikke til jobcentret."))
    wish = ask.wish(now)
    day = danish_date(starts_at)
    days, weeks = load_days(
        session, [consultant_id], [day], exclude=ask.exclude, holds=ask.holds(now), limits=ask.limits(now)
    )
    found = days.get((consultant_id, day))
    if found is None:
        refuse(session, now, ask, person, Verdict(starts_at, _early(wish, starts_at) or "hours"), None, None)
    verdict = judge(found, wish, starts_at, default_engine())
    slot = SlotMaker(person, wish, weeks, found).one(verdict)
    if verdict.reason is not None:
        refuse(session, now, ask, person, verdict, slot, found)
    return slot


def _early(wish: Wish, starts_at: datetime) -> str | None:
    return "notice" if starts_at < wish.earliest else "horizon" if starts_at > wish.latest else None


def refuse(
    session: Session,
    now: datetime,
    ask: Ask,
    person: Person,
    verdict: Verdict,
    slot: Slot | None,
    day: Day | None,
) -> NoReturn:
    """Raise the refusal with its sentence and three other times."""
    code, message = REFUSED[verdict.reason or "hours"]
    fields: dict[str, Any] = refusal_fields(slot) if slot else {}
    wish = ask.wish(now)
    fields |= {
        "earliest": max(wish.earliest, day.earliest) if day and day.earliest else wish.earliest,
        "latest": min(wish.latest, day.latest) if day and day.latest else wish.latest,
        "taken": _taken(verdict),
    }
    raise Refusal(code, message, extra=others(session, now, ask, person.id, verdict.starts_at), **fields)


def others(
    session: Session, now: datetime, ask: Ask, consultant_id: int, starts_at: datetime, *, locked: bool = True
) -> dict[str, Any]:
    """``alternatives``: up to three bookable times near to the one that was refused. Under a lock no travel engine is
    called: a drive that is not known yet is estimated, and told as an estimate."""
    with without_asking() if locked else nullcontext():
        return _others(session, now, ask, consultant_id, starts_at)


def _others(session: Session, now: datetime, ask: Ask, consultant_id: int, starts_at: datetime) -> dict[str, Any]:
    offer = search(session, now, ask, *_around(now, ask, starts_at))
    if not offer.slots:
        offer = search(session, now, ask, now, now + timedelta(days=ask.campaign.horizon_days))
    return {"alternatives": [as_dict(slot, why) for slot, why in alternatives(offer.slots, starts_at, consultant_id)]}


def _around(now: datetime, ask: Ask, starts_at: datetime) -> tuple[datetime, datetime]:
    """Ten days around a time that was asked for."""
    frm = max(now, starts_at - timedelta(days=3)) if starts_at < ask.wish(now).latest else now
    return frm, frm + timedelta(days=10)


def _taken(verdict: Verdict) -> str:
    stop = verdict.before
    return f"{clock_text(stop.starts_at)}–{clock_text(stop.ends_at)}" if stop else ""


def write(session: Session, change: Callable[[], None], taken: Callable[[], NoReturn]) -> None:
    """Flush a change inside a savepoint; when the database itself refuses the overlap, ``taken`` raises instead."""
    try:
        with session.begin_nested():
            change()
            session.flush()
    except DBAPIError as exc:
        if not is_overlap_error(exc):
            raise
        taken()
