"""Finish a call with its outcome, once, however often the same answer arrives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.db import lock_person
from crm.base.errors import N_, Refusal
from crm.calling.actions.claim import STALE, claim
from crm.calling.models import Call, QueueEntry
from crm.calling.queries import firms_of
from crm.calling.rules import RANK_CALL_BACK, RANK_RETRY, Outcome, checked, next_try
from crm.companies.actions import set_do_not_call

SAID_ON_THE_PHONE = N_("Sagt til phoneren i telefonen")


def finish(
    session: Session,
    actor: Any,
    now: datetime,
    entry: QueueEntry,
    outcome: str,
    *,
    reason: str | None = None,
    call_back_at: datetime | None = None,
    mine: bool = True,
    note: str = "",
    idempotency_key: str | None = None,
) -> Call:
    """Write the call and what it means for the entry; activity ``calling.finish``.

    mine: whether a call-back is the actor's own promise or anyone's. The same ``idempotency_key`` gives the first
    call again and changes nothing. Raises Invalid (a no without reason, a call-back without a time to come within
    calling hours) and Refusal ``stale`` (not the actor's live claim, or already finished).
    """
    lock_person(session, actor.id)
    entry = _locked(session, entry.id)
    if (before := _repeated(session, actor, entry, outcome, idempotency_key)) is not None:
        return before
    if not _may_finish(entry, actor, outcome, now):
        raise Refusal("stale", STALE)
    meaning = checked(entry.campaign, now, outcome, reason, call_back_at)
    call = Call(
        **_claimed(actor, entry, now),
        outcome=outcome,
        reason=reason if outcome == "declined" else None,
        note=note,
        call_back_at=call_back_at if outcome == "call_back" else None,
        idempotency_key=idempotency_key,
    )
    session.add(call)
    _settle(entry, call, meaning, mine)
    session.flush()
    _note(session, actor, entry, call)
    session.flush()
    return call


def _claimed(actor: Any, entry: QueueEntry, now: datetime) -> dict[str, Any]:
    """Who called whom, and from when: the claim, or now for a booking without one."""
    held = entry.claimed_by == actor.id and entry.claimed_at
    return {
        "entry_id": entry.id,
        "user_id": actor.id,
        "calling_firm_id": _firm(actor, entry),
        "started_at": held or now,
        "ended_at": now,
    }


def _note(session: Session, actor: Any, entry: QueueEntry, call: Call) -> None:
    """What other rooms read of the call: the wish not to be called, and the activity."""
    if call.outcome == "do_not_call":
        set_do_not_call(session, actor, call.ended_at, entry.workplace, call.note or SAID_ON_THE_PHONE)
    said: dict[str, Any] = {"outcome": call.outcome}
    if call.reason:
        said["reason"] = call.reason
    if call.call_back_at:
        said["call_back_at"] = call.call_back_at.isoformat()
    where = {"workplace_id": entry.workplace_id, "campaign_id": entry.campaign_id}
    activity.record(session, actor, call.ended_at, "calling.finish", entry, **where, **said)


def finish_and_next(
    session: Session,
    actor: Any,
    now: datetime,
    entry: QueueEntry,
    outcome: str,
    *,
    jobcentre_id: int | None = None,
    **details: Any,
) -> tuple[Call, QueueEntry | None]:
    """Finish, and claim the next entry of the same campaign in the same transaction."""
    call = finish(session, actor, now, entry, outcome, **details)
    return call, claim(session, actor, now, entry.campaign_id, jobcentre_id)


def _locked(session: Session, entry_id: int) -> QueueEntry:
    """The entry as it is now, held until the transaction ends."""
    return session.execute(
        select(QueueEntry)
        .where(QueueEntry.id == entry_id)
        .with_for_update(of=QueueEntry)
        .execution_options(populate_existing=True)
    ).scalar_one()


def _repeated(session: Session, actor: Any, entry: QueueEntry, outcome: str, key: str | None) -> Call | None:
    if not key:
        return None
    call = session.scalar(select(Call).where(Call.user_id == actor.id, Call.idempotency_key == key))
    if call and (call.entry_id, call.outcome) != (entry.id, outcome):
        raise Refusal(
            "idempotency_key", N_("Nøglen Idempotency-Key er brugt til et andet opkald. Send en ny."), status=422
        )
    return call


def _may_finish(entry: QueueEntry, actor: Any, outcome: str, now: datetime) -> bool:
    """A phoner answers for a live claim of their own. A jobcentre's own people book without a claim, also when the
    calling has ended (the company rang back), but never while a phoner holds the entry."""
    live = entry.claimed_until is not None and entry.claimed_until > now
    if live and entry.claimed_by == actor.id:
        return entry.state == "waiting"
    return outcome == "booked" and not firms_of(actor) and not live


def _firm(actor: Any, entry: QueueEntry) -> int | None:
    """The firm that is credited with the call: the entry's own, where the actor belongs to it."""
    firms = firms_of(actor)
    return entry.calling_firm_id if entry.calling_firm_id in firms else firms[0] if firms else None


def _settle(entry: QueueEntry, call: Call, meaning: Outcome, mine: bool) -> None:
    entry.attempts += 1
    entry.last_outcome, entry.last_called_at = meaning.key, call.ended_at
    entry.claimed_by = entry.claimed_at = entry.claimed_until = None
    entry.call_back_by = None
    entry.draft_note = ""
    if meaning.final:
        entry.state, entry.final_outcome, entry.final_at = "done", meaning.key, call.ended_at
        entry.final_by, entry.final_firm_id = call.user_id, call.calling_firm_id
    elif meaning.retry:
        entry.rank, entry.due_at = RANK_RETRY, next_try(entry.campaign, meaning.retry, call.ended_at)
    elif call.call_back_at:
        entry.rank, entry.due_at = RANK_CALL_BACK, call.call_back_at
        entry.call_back_by = call.user_id if mine else None
