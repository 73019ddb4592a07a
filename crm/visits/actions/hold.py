"""Keep a time for the phoner who is talking with the company: checked as a booking is, and gone by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import N_, Refusal
from crm.calling.models import QueueEntry
from crm.people.models import User
from crm.visits.actions.check import drivable, lock_days, warm_day, whole_minute
from crm.visits.actions.entry import own_entry, refuse_protected
from crm.visits.models import SlotHold, Visit
from crm.visits.queries.slots import ask_for_entry
from crm.visits.rules.holds import FORGOTTEN, LASTS
from crm.visits.rules.words import OCCUPYING_STATES

NOT_YOURS = N_("Virksomheden er ikke din lige nu, så ingen tid kan holdes. Det, du har skrevet, er her stadig.")


def hold(
    session: Session, actor: User, now: datetime, entry: QueueEntry, consultant_id: int, starts_at: datetime
) -> SlotHold:
    """Keep the time for the entry the actor has in hand, for ``LASTS`` from now; a former choice is let go.

    Until then it is taken for everybody else who searches, holds, books or moves; it ends earlier when the entry
    leaves the actor's hands. The same time again prolongs it. Raises Refusal as ``book`` does, and ``stale`` without
    a claim: nothing is changed then, so that a former choice stays held.
    """
    starts_at, notice = whole_minute(starts_at), actor.has_role("phoner")
    warm_day(session, now, lambda: ask_for_entry(entry, notice=notice), starts_at)
    own_entry(session, actor, now, entry)
    if entry.claimed_by != actor.id or entry.claimed_at is None:
        raise Refusal("stale", NOT_YOURS)
    refuse_protected(session, entry)
    ask = ask_for_entry(entry, notice=notice)
    lock_days(session, [(consultant_id, danish_date(starts_at))])
    with lost(session, entry, consultant_id, starts_at):
        slot = drivable(session, now, ask, consultant_id, starts_at)
    # Locked: another window of the phoner's may let it go meanwhile.
    found = session.get(SlotHold, entry.id, populate_existing=True, with_for_update=True) or SlotHold(entry_id=entry.id)
    if (found.user_id, found.consultant_id, found.starts_at) != (actor.id, consultant_id, starts_at):
        found.held_at = now
    found.user_id, found.consultant_id = actor.id, consultant_id
    found.starts_at, found.ends_at = slot.starts_at, slot.ends_at
    found.lat, found.lon, found.until = ask.place.lat, ask.place.lon, now + LASTS
    session.add(found)
    session.flush()
    return found


def prolong(session: Session, actor: User, now: datetime, entry: QueueEntry) -> SlotHold:
    """Keep the held time for another ``LASTS``, also when it has just lapsed and is still free.

    Raises Refusal ``stale`` when the actor holds none, and otherwise as ``hold`` does.
    """
    # its values alone: the row may be let go by another window before it is held again
    held = select(SlotHold.consultant_id, SlotHold.starts_at)
    found = session.execute(held.where(SlotHold.entry_id == entry.id, SlotHold.user_id == actor.id)).one_or_none()
    if found is None:
        raise Refusal("stale", N_("Ingen tid holdes. Vælg en tid igen."))
    return hold(session, actor, now, entry, found.consultant_id, found.starts_at)


def release_hold(session: Session, actor: User, now: datetime, entry: QueueEntry) -> bool:
    """Let the actor's held time go; False when there was none."""
    return _removed(session, delete(SlotHold).where(SlotHold.entry_id == entry.id, SlotHold.user_id == actor.id)) == 1


def drop_hold(session: Session, entry_id: int) -> None:
    """What was held for the entry is booked, or no longer wanted."""
    _removed(session, delete(SlotHold).where(SlotHold.entry_id == entry_id))


def forget_holds(session: Session, now: datetime) -> int:
    """Remove holds that lapsed long ago; until then they tell their phoner when they did. How many went."""
    return _removed(session, delete(SlotHold).where(SlotHold.until < now - FORGOTTEN))


def _removed(session: Session, statement: Any) -> int:
    session.flush()
    result = session.execute(statement, execution_options={"synchronize_session": "fetch"})
    return cast("CursorResult[Any]", result).rowcount


@contextmanager
def lost(session: Session, entry: QueueEntry, consultant_id: int, starts_at: datetime) -> Iterator[None]:
    """A refusal because of others says what became of the time: extra ``hold`` with ``lapsed_at``, when a hold of it
    for this entry ran out (None: it was not held), and ``taken_at``, when somebody took it; ISO 8601."""
    try:
        yield
    except Refusal as refusal:
        if refusal.code in ("overlap", "travel", "capacity"):
            refusal.extra["hold"] = _story(session, entry, consultant_id, starts_at)
        raise


def _story(session: Session, entry: QueueEntry, consultant_id: int, starts_at: datetime) -> dict[str, str | None]:
    own = session.get(SlotHold, entry.id)
    was_held = own is not None and (own.consultant_id, own.starts_at) == (consultant_id, starts_at)
    ends_at = starts_at + timedelta(minutes=entry.campaign.visit_minutes)
    booked = session.scalar(
        select(Visit.booked_at)
        .where(
            Visit.consultant_id == consultant_id,
            Visit.state.in_(OCCUPYING_STATES),
            Visit.starts_at < ends_at,
            Visit.ends_at > starts_at,
        )
        .order_by(Visit.booked_at.desc())
        .limit(1)
    )
    held = session.scalar(
        select(SlotHold.held_at)
        .where(
            SlotHold.consultant_id == consultant_id,
            SlotHold.entry_id != entry.id,
            SlotHold.starts_at < ends_at,
            SlotHold.ends_at > starts_at,
        )
        .order_by(SlotHold.held_at.desc())
        .limit(1)
    )
    taken = booked or held
    return {
        "lapsed_at": own.until.isoformat() if own is not None and was_held else None,
        "taken_at": taken.isoformat() if taken else None,
    }
