"""Fresh entries whose due time is not what their letter says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, case, literal, or_, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.calling.models import QueueEntry
from crm.calling.rules import RANK_FRESH
from crm.campaigns.models import CallList, Campaign, Letter, LetterBatch, Participation
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


def open_campaigns(session: Session) -> Sequence[int]:
    return session.scalars(select(Campaign.id).where(Campaign.state == "open").order_by(Campaign.id)).all()


def off_letters(session: Session, now: datetime, campaign_id: int | None = None) -> dict[datetime, list[int]]:
    """The moment entries should be due -> those that are due at another, in open campaigns (in one with
    ``campaign_id``); ``now`` for those that wait though no letter of theirs is on its way (a fresh entry is due later
    for no other reason). Two queries and one a campaign; entries whose calling has opened are as they should be."""
    found: dict[datetime, list[int]] = defaultdict(list)
    campaigns = open_campaigns(session) if campaign_id is None else [campaign_id]
    held = _held(session, now, campaigns)
    for number in campaigns:
        days = held.get(number, {})
        for entry_id, mailed_on in session.execute(_off(number, days, now)):
            found[days.get(mailed_on, now) if mailed_on else now].append(entry_id)
    return dict(found)


def _held(session: Session, now: datetime, campaigns: Sequence[int]) -> dict[int, dict[date, datetime]]:
    """Campaign -> the days of letters whose calling has not opened -> when it does."""
    rows = session.execute(
        select(Campaign, LetterBatch.mailed_on)
        .distinct()
        .join(Participation, Participation.campaign_id == Campaign.id)
        .join(CallList, CallList.participation_id == Participation.id)
        .join(LetterBatch, LetterBatch.call_list_id == CallList.id)
        .where(Campaign.id.in_(campaigns), Campaign.state == "open", Campaign.ends_on >= danish_date(now))
        .order_by(Campaign.id, LetterBatch.mailed_on)
    )
    found: dict[int, dict[date, datetime]] = defaultdict(dict)
    for campaign, mailed_on in rows:
        opens = letter_opens(campaign, mailed_on)
        if opens is not None and opens > now:
            found[campaign.id][mailed_on] = opens
    return found


def _off(campaign_id: int, days: dict[date, datetime], now: datetime) -> Select[int, date | None]:
    """(entry, day of its letter) of the campaign. An entry has at most one letter under way, by a unique index."""
    waiting = (QueueEntry.campaign_id == campaign_id, *fresh(now))
    letter = and_(Letter.list_entry_id == QueueEntry.list_entry_id, UNDER_WAY)
    found = (
        select(QueueEntry.id, LetterBatch.mailed_on)
        .outerjoin(Letter, letter)
        .outerjoin(LetterBatch, LetterBatch.id == Letter.batch_id)
        .where(*waiting)
    )
    if not days:  # only those that sleep can be wrong: along the index of sleepers
        return found.where(~QueueEntry.awake, QueueEntry.due_at > now)
    moments = QueueEntry.due_at.type
    opens = case(*((LetterBatch.mailed_on == day, literal(moment, moments)) for day, moment in days.items()))
    return found.where(or_(QueueEntry.due_at != opens, and_(opens.is_(None), QueueEntry.due_at > now)))
