"""Promised call-backs: call one now, change its time, hand it on, move many when a phoner is away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.db import lock_person
from crm.base.errors import N_, Invalid, Refusal
from crm.calling.actions.dial import dial
from crm.calling.actions.undo import put_aside
from crm.calling.models import QueueEntry
from crm.calling.queries import firms_of, open_promises
from crm.calling.rules import LEASE, RANK_CALL_BACK, Shift, check_call_back, shifted
from crm.campaigns.models import Campaign

GONE = N_("Genopkaldet findes ikke længere: virksomheden er ringet op. Intet er ændret.")
HELD = N_("En anden har virksomheden i røret lige nu. Intet er ændret.")
NOT_MINE = N_("En anden phoner har lovet at ringe. Bed din leder om at flytte løftet. Intet er ændret.")
FULL = N_(
    "{name} har {count} genopkald i {campaign} og kan højst have {cap}; {more} mere er for mange. "
    "Vælg »Hvem som helst«, eller vælg færre. Intet er flyttet."
)
OTHER_FIRM = N_("{name} ringer ikke for det firma, der har genopkaldet. Vælg en anden, eller »Hvem som helst«.")


@dataclass(frozen=True)
class Moved:
    """How many were moved, and how many could not be: in somebody's hands, or called meanwhile."""

    moved: int
    left: int


def call_back_now(session: Session, actor: Any, now: datetime, entry: QueueEntry) -> QueueEntry:
    """Take exactly this call-back in hand, before or after its time; what the actor had in hand is the next one.

    Raises Refusal: ``gone`` (no call-back any more), ``not_mine`` (another's promise), ``stale`` (in somebody's
    hands), and whatever ``actions.dial`` refuses.
    """
    lock_person(session, actor.id)
    entry = _locked(session, [entry.id])[0]
    _check_mine(actor, now, entry)
    if entry.claimed_by != actor.id or entry.claimed_at is None or not _held(entry, now):
        entry.claimed_at = now
    entry.claimed_by, entry.claimed_until = actor.id, now + LEASE
    put_aside(session, actor.id, now, entry)
    dial(session, actor, now, entry)
    return entry


def change_call_back(
    session: Session, actor: Any, now: datetime, entry: QueueEntry, *, at: datetime | None = None, anyone: bool = False
) -> None:
    """Another time for a promise of the actor's own or anyone's, or the actor's handed to anyone; activity
    ``calling.move_call_back``. Raises Invalid (a time the campaign cannot keep), Refusal as ``call_back_now``."""
    entry = _locked(session, [entry.id])[0]
    _check_mine(actor, now, entry)
    if at is not None:
        check_call_back(entry.campaign, now, at)
    by = None if anyone else entry.call_back_by
    _move(session, actor, now, entry, by, at or entry.due_at)
    session.flush()


def move_call_backs(
    session: Session,
    actor: Any,
    now: datetime,
    entries: Sequence[QueueEntry],
    *,
    to: Any = None,
    keep: bool = False,
    shift: Shift | None = None,
) -> Moved:
    """Hand promises to the phoner ``to``, or (None) to anyone; ``keep``: they stay whose they are and only move in
    time. ``shift`` moves all by as much, into the next calling hours. Those somebody is calling are left, those kept
    as somebody's next are not; activity ``calling.move_call_back`` for each.

    Raises Invalid, and moves nothing, when ``to`` does not phone for an entry's firm, or would have more promises
    than the campaign's ``call_backs_each``.
    """
    if not entries:
        raise Invalid(N_("Vælg mindst ét genopkald at flytte."), errors={"entry": N_("Vælg mindst ét")})
    if to is not None:
        lock_person(session, to.id)
    found = _locked(session, [entry.id for entry in entries])
    free = [entry for entry in found if _is_promise(entry) and not (_held(entry, now) and entry.claimed_at)]
    if to is not None and not keep:
        _check_taker(session, to, free)
    for entry in free:
        due_at = shifted(entry.campaign, entry.due_at, shift, now) if shift else entry.due_at
        by = entry.call_back_by if keep else to.id if to is not None else None
        _move(session, actor, now, entry, by, due_at)
    session.flush()
    return Moved(len(free), len(found) - len(free))


def _locked(session: Session, entry_ids: Sequence[int]) -> Sequence[QueueEntry]:
    """The entries as they are now, held until the transaction ends; always in the same order."""
    return session.scalars(
        select(QueueEntry)
        .where(QueueEntry.id.in_(entry_ids))
        .order_by(QueueEntry.id)
        .with_for_update(of=QueueEntry)
        .execution_options(populate_existing=True)
    ).all()


def _is_promise(entry: QueueEntry) -> bool:
    return entry.state == "waiting" and entry.rank == RANK_CALL_BACK


def _held(entry: QueueEntry, now: datetime) -> bool:
    return entry.claimed_until is not None and entry.claimed_until > now


def _check_mine(actor: Any, now: datetime, entry: QueueEntry) -> None:
    if not _is_promise(entry):
        raise Refusal("gone", GONE)
    if entry.call_back_by not in (None, actor.id):
        raise Refusal("not_mine", NOT_MINE)
    if _held(entry, now) and entry.claimed_by != actor.id:
        raise Refusal("stale", HELD)


def _check_taker(session: Session, to: Any, entries: Sequence[QueueEntry]) -> None:
    firms = firms_of(to) if to.active else []
    if any(entry.calling_firm_id not in firms for entry in entries):
        raise Invalid(OTHER_FIRM, errors={"to": N_("Vælg en anden")}, name=to.name)
    for campaign_id, more in Counter(entry.campaign_id for entry in entries).items():
        campaign = session.get_one(Campaign, campaign_id)
        count = open_promises(session, to.id, campaign_id, but=[entry.id for entry in entries])
        if count + more > campaign.call_backs_each:
            said = {"name": to.name, "count": count, "campaign": campaign.name, "cap": campaign.call_backs_each}
            raise Invalid(FULL, errors={"to": N_("Vælg færre, eller »Hvem som helst«")}, more=more, **said)


def _move(session: Session, actor: Any, now: datetime, entry: QueueEntry, by: int | None, due_at: datetime) -> None:
    entry.call_back_by, entry.due_at, entry.awake = by, due_at, due_at <= now
    if entry.claimed_at is None:  # nobody's next any more
        entry.claimed_by = entry.claimed_until = None
    where = {"workplace_id": entry.workplace_id, "campaign_id": entry.campaign_id}
    said: dict[str, Any] = {"call_back_by": by, "call_back_at": due_at.isoformat()}
    activity.record(session, actor, now, "calling.move_call_back", entry, **where, **said)
