"""From a frozen list to queue entries; and a phoner's pause."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, and_, literal, or_, select, update
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.db import insert_for
from crm.base.errors import N_, Invalid, Refusal
from crm.calling.actions.claim import let_go
from crm.calling.models import QueueEntry
from crm.calling.rules import PAUSES
from crm.campaigns.models import CallList, ListEntry, Participation
from crm.companies.models import Workplace

_COLUMNS = ("campaign_id", "jobcentre_id", "calling_firm_id", "workplace_id", "list_entry_id", "phone", "due_at")


def enqueue(session: Session, actor: Any, now: datetime, call_list: CallList) -> int:
    """Queue the list's workplaces that are not struck out; how many are new in the campaign's queue.

    One INSERT … SELECT. A workplace that the campaign's queue already holds (from another list) is passed over.
    Raises Refusal ``not_approved`` for a list that is not frozen.
    """
    if call_list.state != "approved":
        raise Refusal("not_approved", N_("Listen er ikke godkendt. Godkend den, før den lægges i køen."))
    rows = (
        select(
            Participation.campaign_id,
            Participation.jobcentre_id,
            Participation.calling_firm_id,
            ListEntry.workplace_id,
            ListEntry.id,
            Workplace.phone,
            literal(now, QueueEntry.due_at.type),
        )
        .select_from(ListEntry)
        .join(CallList, CallList.id == ListEntry.call_list_id)
        .join(Participation, Participation.id == CallList.participation_id)
        .join(Workplace, Workplace.id == ListEntry.workplace_id)
        .where(ListEntry.call_list_id == call_list.id, ListEntry.struck_reason.is_(None))
        .order_by(ListEntry.position, ListEntry.id)
    )
    statement = insert_for(session, QueueEntry.__table__).from_select(_COLUMNS, rows)
    statement = statement.on_conflict_do_nothing(index_elements=["campaign_id", "workplace_id"])
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    count = int(result.rowcount) if isinstance(result, CursorResult) else 0
    activity.record(
        session,
        actor,
        now,
        "calling.enqueue",
        call_list,
        campaign_id=call_list.participation.campaign_id,
        entries=count,
    )
    session.flush()
    return count


def pause(session: Session, actor: Any, now: datetime, reason: str) -> None:
    """Give back what the phoner holds, and log why and when. Raises Invalid for an unknown reason."""
    if reason not in PAUSES:
        raise Invalid(N_("Vælg en grund til pausen."), errors={"reason": N_("Vælg en grund")})
    let_go(session, actor.id)
    activity.record(session, actor, now, "calling.pause", actor, reason=reason)
    session.flush()


def follow_firms(session: Session, now: datetime) -> int:
    """Give waiting entries to the firm that calls for their jobcentre now; how many changed hands.

    A campaign manager changes the firm in ``campaigns``, which knows no queue; a job brings the entries along. An
    entry in somebody's hands stays theirs until they finish it or their claim runs out.
    """
    firm = (
        select(Participation.calling_firm_id)
        .where(
            Participation.campaign_id == QueueEntry.campaign_id, Participation.jobcentre_id == QueueEntry.jobcentre_id
        )
        .scalar_subquery()
    )
    other = or_(
        QueueEntry.calling_firm_id != firm,
        and_(QueueEntry.calling_firm_id.is_(None), firm.is_not(None)),
        and_(QueueEntry.calling_firm_id.is_not(None), firm.is_(None)),
    )
    free = or_(QueueEntry.claimed_until.is_(None), QueueEntry.claimed_until <= now)
    statement = update(QueueEntry).where(QueueEntry.state == "waiting", free, other)
    values = {"calling_firm_id": firm, "call_back_by": None}
    result = session.execute(
        statement.values(values), execution_options={"synchronize_session": False, "preserve_rowcount": True}
    )
    return int(result.rowcount) if isinstance(result, CursorResult) else 0
