"""The order of the queue, written in bulk: how well each workplace fits, and what its tier is ordered by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Float, Integer, column, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from crm.base.db import unpacked, whole
from crm.base.errors import NotFound
from crm.calling.models import QueueEntry
from crm.calling.rules import LAST, UNKNOWN_FIT
from crm.campaigns.models import Campaign

BATCH = 2000
"""So many entries are moved at a time: until the transaction ends, claims pass them over."""


def behind(session: Session, weight: float, fit: Any, turn: Any) -> ColumnElement[int]:
    """``rules.behind_of`` in the database, for a fit and a turn between 0 and 1."""
    known = func.coalesce(fit, UNKNOWN_FIT)
    exact = literal(weight, Float) * (1.0 - known) + literal(1.0 - weight, Float) * (1.0 - turn)
    return cast("ColumnElement[int]", whole(session, float(LAST) * exact))


def weight_of(campaign: Campaign) -> float:
    """The weight the campaign's queue is ordered by now."""
    return campaign.fit_weight if campaign.ranked_weight is None else campaign.ranked_weight


def set_fit(session: Session, now: datetime, campaign_id: int, rows: Iterable[tuple[int, float | None]]) -> int:
    """Write how well waiting entries of the campaign fit (id, 0 to 1 or None), and their order by it; how many changed.

    One statement however many rows. Give them in portions, each in a transaction of its own: claims pass over what is
    being written. Raises NotFound for an unknown campaign.
    """
    given = [(number, None if fit is None else min(1.0, max(0.0, fit))) for number, fit in rows]
    campaign = _locked(session, campaign_id)
    if not given:
        return 0
    columns = unpacked(session, [column("id", Integer), column("fit", Float)], given)
    told = select(*columns).subquery("told")
    q = QueueEntry
    place = behind(session, weight_of(campaign), told.c.fit, q.turn)
    # "+ 0": SQLite would go through all of the campaign's entries and look for each of them in the list; this way it
    # goes through the list and finds each entry by its id.
    statement = (
        update(q)
        .where(q.id == told.c.id, q.campaign_id + 0 == campaign_id, q.state == "waiting")
        .where(or_(q.fit.is_distinct_from(told.c.fit), q.behind != place))
        .values(fit=told.c.fit, behind=place)
    )
    return _count(session, statement)


def reweighed(session: Session) -> Sequence[int]:
    """Campaigns whose weight has changed since their queue was ordered."""
    changed = or_(Campaign.ranked_weight.is_(None), Campaign.ranked_weight != Campaign.fit_weight)
    return session.scalars(select(Campaign.id).where(changed).order_by(Campaign.id)).all()


def rerank(session: Session, now: datetime, campaigns: Sequence[int] | None = None) -> int:
    """Put campaigns whose weight has changed in the new order, at most ``BATCH`` entries; how many moved.

    ``BATCH`` moved means that there may be more: call it again, in a transaction of its own. ``ranked_weight`` notes a
    new weight when it is in force for all of the campaign's entries. ``campaigns``: only these of ``reweighed``.
    """
    moved = 0
    for campaign_id in reweighed(session) if campaigns is None else campaigns:
        campaign = _locked(session, campaign_id)
        moved += _move(session, campaign, BATCH - moved)
        if moved >= BATCH:
            return moved
        campaign.ranked_weight = campaign.fit_weight
        session.flush()
    return moved


def _move(session: Session, campaign: Campaign, limit: int) -> int:
    q: Any = aliased(QueueEntry)
    place = behind(session, campaign.fit_weight, q.fit, q.turn)
    misplaced = select(q.id).where(q.campaign_id == campaign.id, q.state == "waiting", q.behind != place)
    chosen = QueueEntry.id.in_(misplaced.order_by(place, q.id).limit(limit))
    there = behind(session, campaign.fit_weight, QueueEntry.fit, QueueEntry.turn)
    return _count(session, update(QueueEntry).where(chosen).values(behind=there))


def _locked(session: Session, campaign_id: int) -> Campaign:
    """The campaign as it is now; one at a time writes its order, while entries may come in."""
    statement = select(Campaign).where(Campaign.id == campaign_id).with_for_update(key_share=True)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def _count(session: Session, statement: Any) -> int:
    session.flush()
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount
