"""Take companies off a draft, with a reason, and put them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, NotFound
from crm.campaigns.actions.frozen import lock_draft
from crm.campaigns.models import CallList, ListEntry
from crm.campaigns.rules import PICKED_REASONS


def strike(
    session: Session, actor: Any, now: datetime, call_list: CallList, entry_ids: Sequence[int], reason: str
) -> int:
    """Strike out entries with a key of STRIKE_REASONS (again: change the reason); how many changed.

    Raises Invalid for a reason that cannot be picked, NotFound for another list's entry, Refusal ``frozen``.
    """
    if reason not in PICKED_REASONS:
        raise Invalid(N_("Vælg en grund. Ingen er streget ud."), errors={"reason": N_("Vælg en grund")})
    return _set(session, actor, now, call_list, entry_ids, reason)


def restore(session: Session, actor: Any, now: datetime, call_list: CallList, entry_ids: Sequence[int]) -> int:
    """Put struck entries back; how many changed. Raises NotFound, Refusal ``frozen``."""
    return _set(session, actor, now, call_list, entry_ids, None)


def _set(
    session: Session, actor: Any, now: datetime, call_list: CallList, entry_ids: Sequence[int], reason: str | None
) -> int:
    lock_draft(session, call_list)
    wanted = set(entry_ids)
    found = session.scalars(
        select(ListEntry).where(ListEntry.call_list_id == call_list.id, ListEntry.id.in_(wanted))
    ).all()
    if len(found) != len(wanted):
        raise NotFound
    changed = [entry for entry in found if entry.struck_reason != reason]
    for entry in changed:
        entry.struck_reason = reason
        activity.record(
            session,
            actor,
            now,
            "campaigns.strike" if reason else "campaigns.restore",
            entry,
            workplace_id=entry.workplace_id,
            campaign_id=call_list.participation.campaign_id,
            **({"reason": reason} if reason else {}),
            list=call_list.name,
        )
    session.flush()
    return len(changed)
