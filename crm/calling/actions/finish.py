"""Finish a call with its outcome, once, however often the same answer arrives."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.db import lock_person
from crm.base.errors import N_, Invalid, Refusal
from crm.calling.actions.claim import STALE, claim
from crm.calling.actions.phone import link_phone
from crm.calling.models import Call, QueueEntry
from crm.calling.queries import decline_reasons, firms_of, open_promises, outcomes
from crm.calling.rules import (
    BOOKED,
    CALL_BACK,
    OUTCOMES,
    RANK_CALL_BACK,
    RANK_RETRY,
    Outcome,
    calls_today,
    checked,
    next_try,
)
from crm.companies.actions import set_do_not_call

SAID_ON_THE_PHONE = N_("Sagt til phoneren i telefonen")
UNDONE = N_("Opkaldet er fortrudt og afventer et nyt udfald. Hent siden igen; dine noter er bevaret.")
TOO_MANY = N_(
    "Du har allerede lovet {count} genopkald i kampagnen og kan højst have {cap}. "
    "Vælg »Hvem som helst«, eller giv nogle af dine videre. Intet er gemt; det skrevne står her endnu."
)
SETTLED = (
    "state",
    "rank",
    "due_at",
    "awake",
    "attempts",
    "day_attempts",
    "last_outcome",
    "last_called_at",
    "call_back_by",
    "draft_note",
    "claimed_by",
    "claimed_at",
    "final_outcome",
    "final_at",
    "final_by",
    "final_firm_id",
)
"""Columns of an entry that a finished call changes, apart from the claim's end."""


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

    outcome, reason: keys of the campaign's sets. mine: whether a call-back is the actor's own promise or anyone's. The
    same ``idempotency_key`` gives the first call again and changes nothing. Raises Invalid (unknown key, a no without
    reason, a call-back at no time the campaign keeps, too many promises) and Refusal ``stale`` (not the actor's live
    claim, or finished). ``actions.undo`` takes it back.
    """
    lock_person(session, actor.id)
    entry = _locked(session, entry.id)
    if before := _repeated(session, actor, entry, outcome, idempotency_key):
        return before
    if not _may_finish(entry, actor, outcome, now):
        raise Refusal("stale", STALE)
    meaning = _meaning(session, actor, now, entry, outcome, reason, call_back_at, mine)
    call = Call(
        **_claimed(actor, entry, now),
        outcome=outcome,
        answer=meaning.answer,
        reason=reason if meaning.needs == "reason" else None,
        note=note,
        call_back_at=call_back_at if outcome == CALL_BACK else None,
        before={name: _json(getattr(entry, name)) for name in SETTLED},
        idempotency_key=idempotency_key,
    )
    _settle(entry, call, meaning, mine, _tries(session, entry))
    _note(session, actor, entry, call, meaning)
    return call


def _meaning(
    session: Session,
    actor: Any,
    now: datetime,
    entry: QueueEntry,
    outcome: str,
    reason: str | None,
    call_back_at: datetime | None,
    mine: bool,
) -> Outcome:
    """What the outcome is in the entry's campaign, checked. Raises Invalid."""
    known = outcomes(session, entry.campaign_id, every=True)
    reasons = decline_reasons(session, entry.campaign_id)
    meaning = checked(entry.campaign, now, outcome, reason, call_back_at, known, reasons)
    if outcome == CALL_BACK and mine:
        _check_promises(session, actor, entry)
    return meaning


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _check_promises(session: Session, actor: Any, entry: QueueEntry) -> None:
    """Raises Invalid when the actor has promised as much as the campaign lets one person keep."""
    cap = entry.campaign.call_backs_each
    count = open_promises(session, actor.id, entry.campaign_id, but=entry.id)
    if count >= cap:
        raise Invalid(TOO_MANY, errors={"mine": N_("Vælg »Hvem som helst«")}, count=count, cap=cap)


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


def _note(session: Session, actor: Any, entry: QueueEntry, call: Call, meaning: Outcome) -> None:
    """Save the call with its telephone calls, and what other rooms read of it: the wish not to be called, and the
    activity. ``human``: somebody was spoken to, where the outcome is the campaign's own."""
    session.add(call)
    session.flush()
    link_phone(session, call)
    if meaning.do_not_call:
        set_do_not_call(session, actor, call.ended_at, entry.workplace, call.note or SAID_ON_THE_PHONE)
    said: dict[str, Any] = {"outcome": call.outcome}
    if call.outcome not in OUTCOMES and meaning.human:
        said["human"] = True
    if call.reason:
        said["reason"] = call.reason
    if call.call_back_at:
        said["call_back_at"] = call.call_back_at.isoformat()
    where = {"workplace_id": entry.workplace_id, "campaign_id": entry.campaign_id}
    activity.record(session, actor, call.ended_at, "calling.finish", entry, **where, **said)
    session.flush()


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
    if call and call.undone_at is not None:
        raise Refusal("stale", UNDONE)
    return call


def _may_finish(entry: QueueEntry, actor: Any, outcome: str, now: datetime) -> bool:
    """A phoner answers for a live claim of their own. A jobcentre's own people book without a claim, also when the
    calling has ended (the company rang back), but never while a phoner holds the entry."""
    live = entry.claimed_until is not None and entry.claimed_until > now
    if live and entry.claimed_by == actor.id:
        return entry.state == "waiting"
    return outcome == BOOKED and not firms_of(actor) and not live


def _firm(actor: Any, entry: QueueEntry) -> int | None:
    """The firm that is credited with the call: the entry's own, where the actor belongs to it."""
    firms = firms_of(actor)
    return entry.calling_firm_id if entry.calling_firm_id in firms else firms[0] if firms else None


def _tries(session: Session, entry: QueueEntry) -> list[tuple[str, datetime]]:
    """(outcome, end) of the calls to the entry so far, without those taken back."""
    if not entry.attempts:
        return []
    statement = select(Call.outcome, Call.ended_at).where(Call.entry_id == entry.id, Call.undone_at.is_(None))
    return [(outcome, ended_at) for outcome, ended_at in session.execute(statement)]


def _settle(entry: QueueEntry, call: Call, meaning: Outcome, mine: bool, tries: list[tuple[str, datetime]]) -> None:
    """What the call means for its entry: done, tried again, or called back."""
    entry.day_attempts = calls_today(entry.day_attempts, entry.last_called_at, call.ended_at) + 1
    entry.attempts += 1
    entry.last_outcome, entry.last_called_at = meaning.key, call.ended_at
    entry.claimed_by = entry.claimed_at = entry.claimed_until = None
    entry.call_back_by = None
    entry.draft_note = ""
    same = sum(outcome == meaning.key for outcome, _ended_at in tries) + 1
    if meaning.final or (meaning.max_tries is not None and same >= meaning.max_tries):
        entry.state, entry.final_outcome, entry.final_at = "done", meaning.final_key, call.ended_at
        entry.final_by, entry.final_firm_id = call.user_id, call.calling_firm_id
    elif call.call_back_at:
        entry.rank, entry.due_at = RANK_CALL_BACK, call.call_back_at
        entry.call_back_by = call.user_id if mine else None
    elif meaning.retry:
        full = entry.day_attempts >= entry.campaign.max_attempts_a_day
        earlier = [ended_at for _outcome, ended_at in tries]
        entry.rank = RANK_RETRY
        entry.due_at = next_try(entry.campaign, meaning.retry, call.ended_at, earlier, day_full=full)
    entry.awake = entry.due_at <= call.ended_at
