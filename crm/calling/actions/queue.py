"""From a frozen list to queue entries; and a phoner's pause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Select, and_, case, func, literal, null, or_, select, update
from sqlalchemy.orm import Session, aliased

from crm.base import activity
from crm.base.bulk import refresh_statistics
from crm.base.db import insert_for, lock_name, lock_person
from crm.base.errors import N_, Invalid, Refusal
from crm.calling.actions.keep import let_go
from crm.calling.actions.order import behind, weight_of
from crm.calling.models import QueueEntry
from crm.calling.queries.allotment import out_of_step
from crm.calling.rules import PAUSES
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from crm.companies.models import Workplace

MANY = 1_000  # new entries from which the planner is told of them
_COLUMNS = (
    "campaign_id",
    "jobcentre_id",
    "calling_firm_id",
    "workplace_id",
    "list_entry_id",
    "phone",
    "due_at",
    "turn",
    "behind",
)


def enqueue(session: Session, actor: Any, now: datetime, call_list: CallList) -> int:
    """Queue the list's workplaces that are not struck out; how many are new in the campaign's queue.

    One INSERT … SELECT. A workplace that the campaign's queue already holds (from another list) is passed over. Each
    entry's ``turn`` is its place in the list; a number that stands on another entry too, in whatever campaign, is
    marked on both. Raises Refusal ``not_approved`` for a list that is not frozen.
    """
    if call_list.state != "approved":
        raise Refusal("not_approved", N_("Listen er ikke godkendt. Godkend den, før den lægges i køen."))
    lock_name(session, "enqueue")  # two lists at a time would not see each other's numbers
    campaign = session.get_one(Campaign, call_list.participation.campaign_id)
    statement = insert_for(session, QueueEntry.__table__).from_select(
        _COLUMNS, _listed(session, call_list, now, weight_of(campaign))
    )
    statement = statement.on_conflict_do_nothing(index_elements=["campaign_id", "workplace_id"])
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    count = int(result.rowcount) if isinstance(result, CursorResult) else 0
    _mark_shared(session, call_list.id)
    if count > MANY:
        refresh_statistics(session, (QueueEntry,))
    activity.record(session, actor, now, "calling.enqueue", call_list, campaign_id=campaign.id, entries=count)
    session.flush()
    return count


def _listed(session: Session, call_list: CallList, now: datetime, weight: float) -> Select[Any]:
    """The rows of the list, in its order."""
    order = (ListEntry.position, ListEntry.id)
    place, count = func.row_number().over(order_by=order), func.count().over()
    turn = case((count > 1, 1.0 - (place - 1) * 1.0 / (count - 1)), else_=1.0)
    rows = (
        select(
            Participation.campaign_id,
            Participation.jobcentre_id,
            Participation.calling_firm_id,
            ListEntry.workplace_id,
            ListEntry.id.label("list_entry_id"),
            Workplace.phone,
            turn.label("turn"),
        )
        .select_from(ListEntry)
        .join(CallList, CallList.id == ListEntry.call_list_id)
        .join(Participation, Participation.id == CallList.participation_id)
        .join(Workplace, Workplace.id == ListEntry.workplace_id)
        .where(ListEntry.call_list_id == call_list.id, ListEntry.struck_reason.is_(None))
        .order_by(*order)
    ).subquery("listed")
    c = rows.c
    columns = [c[name] for name in _COLUMNS[:6]]
    due_at = literal(now, QueueEntry.due_at.type)
    return select(*columns, due_at, c.turn, behind(session, weight, null(), c.turn)).order_by(c.turn.desc())


def _mark_shared(session: Session, call_list_id: int) -> None:
    """Mark the numbers of the list that stand on more than one entry, on each of them."""
    new: Any = aliased(QueueEntry, name="new")
    other: Any = aliased(QueueEntry, name="other")
    twice = (
        select(new.phone)
        .join(ListEntry, ListEntry.id == new.list_entry_id)
        .join(other, and_(other.phone == new.phone, other.id != new.id))
        .where(ListEntry.call_list_id == call_list_id, new.phone != "")
    )
    session.execute(
        update(QueueEntry)
        .where(QueueEntry.phone.in_(twice), ~QueueEntry.shared_phone)
        .values(shared_phone=True)
        .execution_options(synchronize_session=False)
    )


def pause(session: Session, actor: Any, now: datetime, reason: str) -> None:
    """Give back what the phoner holds, and log why and when. Raises Invalid for an unknown reason."""
    if reason not in PAUSES:
        raise Invalid(N_("Vælg en grund til pausen."), errors={"reason": N_("Vælg en grund")})
    let_go(session, actor.id)
    activity.record(session, actor, now, "calling.pause", actor, reason=reason)
    session.flush()


def follow_firms(session: Session, now: datetime, lists: Sequence[int] | None = None) -> int:
    """Give entries to the firm that may call their list now, and the list's priority; how many changed.

    The firm is the allotment's, else the participation's, and only while the contract runs: outside it, and when the
    list is released, nobody's, so that a firm no longer sees what it called for (``final_firm_id`` keeps the credit).
    A campaign manager changes firms in ``campaigns``, which knows no queue; a job brings the entries along, and
    ``lists`` applies a change at once. An entry in somebody's hands stays theirs until they finish it or their claim
    runs out; another firm keeps no promise to call back.
    """
    lagging, count = out_of_step(session, now, lists), 0
    if lagging:
        lock_person(session, 0)  # nobody's number: one at a time, or two would wait for each other's rows
    for due in lagging:
        q = aliased(QueueEntry)
        listed = (
            select(q.id)
            .join(ListEntry, and_(ListEntry.workplace_id == q.workplace_id, ListEntry.id == q.list_entry_id))
            .where(q.campaign_id == due.campaign_id, ListEntry.call_list_id.in_(due.lists))
        )
        moved = QueueEntry.calling_firm_id.is_distinct_from(due.firm_id)
        free = or_(QueueEntry.claimed_until.is_(None), QueueEntry.claimed_until <= now)
        statement = update(QueueEntry).where(
            QueueEntry.id.in_(listed), free, or_(moved, QueueEntry.priority != due.priority)
        )
        values = {
            "calling_firm_id": due.firm_id,
            "priority": due.priority,
            "call_back_by": case((moved, null()), else_=QueueEntry.call_back_by),
        }
        result = session.execute(
            statement.values(values), execution_options={"synchronize_session": False, "preserve_rowcount": True}
        )
        count += int(result.rowcount) if isinstance(result, CursorResult) else 0
    return count
