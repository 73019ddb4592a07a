"""Take the last outcome back, within ten seconds: the entry as it was, and the rates as if the call never was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.activity import Activity
from crm.base.db import lock_person
from crm.base.errors import N_, NotFound, Refusal
from crm.calling.models import Call, PhoneCall, QueueEntry
from crm.calling.rules import BOOKED, LEASE, UNDO
from crm.companies.actions import lift_do_not_call

TOO_LATE = N_("Det er for sent at fortryde: der er gået mere end 10 sekunder. Udfaldet står, som du gemte det.")
TAKEN = N_("Udfaldet kan ikke fortrydes: en anden har virksomheden nu. Udfaldet står, som du gemte det.")
BY_ITS_VISIT = N_("Et booket besøg fortrydes sammen med sin tid i kalenderen. Intet er ændret.")
WITHDRAWN = N_("Fortrudt af phoneren")


def undo(session: Session, actor: Any, now: datetime, call: Call, *, booked: bool = False) -> QueueEntry:
    """Take the call's outcome back; activity ``calling.undo``.

    The entry gets its columns from ``Call.before`` and is the actor's current claim again, with the note as draft; a
    next entry already in hand becomes the reserved one. A wish not to be called that this call set is withdrawn.
    Doing it twice does it once. ``booked``: the caller withdraws the visit that a booked call made. Raises NotFound
    for another's call and Refusal: ``too_late`` after ``rules.UNDO``, or when somebody else has the entry; ``booked``
    for a booked call whose visit nobody would withdraw.
    """
    lock_person(session, actor.id)
    call, entry = _locked(session, call)
    if call.user_id != actor.id:
        raise NotFound
    if call.undone_at is not None:
        return entry
    if call.outcome == BOOKED and not booked:
        raise Refusal("booked", BY_ITS_VISIT)
    if call.before is None or not call.ended_at <= now <= call.ended_at + UNDO:
        raise Refusal("too_late", TOO_LATE)
    held = entry.claimed_until is not None and entry.claimed_until > now
    if entry.last_called_at != call.ended_at or (held and entry.claimed_by != actor.id):
        raise Refusal("too_late", TAKEN)
    _withdraw_wish(session, actor, now, entry, call)
    _restore(entry, call, actor, now)
    call.undone_at, call.before = now, None
    session.execute(update(PhoneCall).where(PhoneCall.call_id == call.id).values(call_id=None))
    if entry.claimed_by == actor.id:
        put_aside(session, actor.id, now, entry)
    _note(session, actor, now, entry, call)
    session.flush()
    return entry


def put_aside(session: Session, user_id: int, now: datetime, current: QueueEntry) -> None:
    """Make ``current`` the only entry in the user's hands: another held one becomes the reserved next (the one on
    the screen before one that was reserved already), the rest go back to the queue."""
    session.flush()
    held = session.scalars(
        select(QueueEntry)
        .where(QueueEntry.claimed_by == user_id, QueueEntry.id != current.id)
        .order_by(QueueEntry.claimed_at.desc().nulls_last(), QueueEntry.id)
        .with_for_update(of=QueueEntry)
        .execution_options(populate_existing=True)
    ).all()
    live = [entry for entry in held if entry.claimed_until is not None and entry.claimed_until > now]
    for entry in held:
        entry.claimed_at = None
        if entry not in live[:1]:
            entry.claimed_by = entry.claimed_until = None
    session.flush()


def _locked(session: Session, call: Call) -> tuple[Call, QueueEntry]:
    """The call and its entry as they are now, held until the transaction ends."""
    entry = session.execute(
        select(QueueEntry)
        .where(QueueEntry.id == call.entry_id)
        .with_for_update(of=QueueEntry)
        .execution_options(populate_existing=True)
    ).scalar_one()
    session.refresh(call)
    return call, entry


def _restore(entry: QueueEntry, call: Call, actor: Any, now: datetime) -> None:
    """Column by column; what others have written since (order, firm, fit) stays."""
    for name, value in (call.before or {}).items():
        moment = isinstance(value, str) and name.endswith("_at")
        setattr(entry, name, datetime.fromisoformat(value) if moment else value)
    entry.claimed_until = now + LEASE if entry.claimed_by == actor.id else None
    if entry.claimed_by != actor.id:
        entry.claimed_by = entry.claimed_at = None
    entry.draft_note = call.note or entry.draft_note


def _withdraw_wish(session: Session, actor: Any, now: datetime, entry: QueueEntry, call: Call) -> None:
    """The company's wish, when this very call recorded it."""
    workplace = entry.workplace
    session.refresh(workplace, ["do_not_call_at", "do_not_call_by"])
    if workplace.do_not_call_at == call.ended_at and workplace.do_not_call_by == actor.id:
        lift_do_not_call(session, actor, now, workplace, WITHDRAWN)


def _note(session: Session, actor: Any, now: datetime, entry: QueueEntry, call: Call) -> None:
    """The undoing is a fact of its own, and the fact taken back says so (``undone_at``)."""
    finished = select(Activity).where(
        Activity.subject_type == entry.__tablename__,
        Activity.subject_id == entry.id,
        Activity.verb == "calling.finish",
        Activity.at == call.ended_at,
    )
    for fact in session.scalars(finished):
        fact.data = {**fact.data, "undone_at": now.isoformat()}
    where = {"workplace_id": entry.workplace_id, "campaign_id": entry.campaign_id}
    activity.record(session, actor, now, "calling.undo", entry, **where, outcome=call.outcome)
