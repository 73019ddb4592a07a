"""Fresh entries whose due time is not what their letter says."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from crm.base.clock import danish_date
from crm.calling.models import QueueEntry
from crm.calling.rules import RANK_FRESH
from crm.campaigns.models import CallList, Campaign, Letter, LetterBatch, ListEntry, Participation
from crm.campaigns.rules import letter_opens

UNDER_WAY = and_(Letter.left_out.is_(None), Letter.returned_at.is_(None))


def fresh(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Waiting, never called, in nobody's hands."""
    return (
        QueueEntry.state == "waiting",
        QueueEntry.rank == RANK_FRESH,
        QueueEntry.attempts == 0,
        or_(QueueEntry.claimed_until.is_(None), QueueEntry.claimed_until <= now),
    )


def off_letters(session: Session, now: datetime) -> dict[datetime, list[int]]:
    """The moment entries should be due -> those that are due at another, in open campaigns; ``now`` for those that
    wait though no letter of theirs is on its way. Nothing of a letter whose calling has opened."""
    held = _held(session, now)
    found: dict[datetime, list[int]] = defaultdict(list)
    waiting = [batch for batches in held.values() for batch in batches]
    if released := session.scalars(_waiting_for_nothing(now, waiting)).all():
        found[now] += released
    for (campaign_id, opens), batches in held.items():
        late = (
            select(QueueEntry.id)
            .select_from(Letter)
            .join(ListEntry, ListEntry.id == Letter.list_entry_id)
            .join(
                QueueEntry,  # by its unique key
                and_(
                    QueueEntry.campaign_id == campaign_id,
                    QueueEntry.workplace_id == ListEntry.workplace_id,
                    QueueEntry.list_entry_id == ListEntry.id,
                ),
            )
            .where(Letter.batch_id.in_(batches), UNDER_WAY, *fresh(now), QueueEntry.due_at != opens)
        )
        if ids := session.scalars(late).all():
            found[opens] += ids
    return dict(found)


def _held(session: Session, now: datetime) -> dict[tuple[int, datetime], list[int]]:
    """(campaign, the moment its calling opens) -> batches whose companies wait for it."""
    batches = session.scalars(
        select(LetterBatch)
        .join(LetterBatch.call_list)
        .join(CallList.participation)
        .join(Participation.campaign)
        .options(
            joinedload(LetterBatch.call_list).joinedload(CallList.participation).joinedload(Participation.campaign)
        )
        .where(Campaign.state == "open", Campaign.ends_on >= danish_date(now))
        .order_by(LetterBatch.id)
    )
    found: dict[tuple[int, datetime], list[int]] = defaultdict(list)
    for batch in batches:
        campaign = batch.call_list.participation.campaign
        opens = letter_opens(campaign, batch.mailed_on)
        if opens is not None and opens > now:
            found[campaign.id, opens].append(batch.id)
    return found


def _waiting_for_nothing(now: datetime, batches: list[int]) -> Select[int]:
    """A fresh entry is due later for no other reason than its letter."""
    its = exists().where(Letter.list_entry_id == QueueEntry.list_entry_id, Letter.batch_id.in_(batches), UNDER_WAY)
    running = select(Campaign.id).where(Campaign.state == "open")
    return select(QueueEntry.id).where(
        QueueEntry.campaign_id.in_(running), ~QueueEntry.awake, *fresh(now), QueueEntry.due_at > now, ~its
    )
