"""Reads of notices: what a person is to know of follow-ups, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager

from crm.followups.models import FollowUp, Nag, Notice, ReminderWishes
from crm.followups.queries.digests import figures, unsettled
from crm.followups.rules.digest import Figure

PAGE = 30


@dataclass(frozen=True)
class Page:
    notices: Sequence[Notice]
    total: int
    unseen: int
    page: int
    pages: int


def _shown(user_id: int) -> Any:
    """What changed, of what is open the last step alone, and what still waits for an answer. The region's are
    figures."""
    later = aliased(Notice)
    overtaken = select(later.id).where(
        later.user_id == user_id, later.follow_up_id == Notice.follow_up_id, later.kind == "nag", later.id > Notice.id
    )
    current = and_(
        Notice.kind == "nag",
        FollowUp.state == "open",
        Nag.due_on == FollowUp.due_on,
        ~overtaken.correlate(Notice).exists(),
    )
    return and_(
        Notice.user_id == user_id,
        Notice.role != "region",
        FollowUp.voided_at.is_(None),
        or_(and_(Notice.kind != "nag", Notice.nag_id.is_(None)), current, and_(Notice.kind == "answer", unsettled())),
    )


def notices(session: Session, user_id: int, page: int = 1) -> Page:
    """Unseen ones first, then newest first."""
    join = (
        select(Notice)
        .join(FollowUp, FollowUp.id == Notice.follow_up_id)
        .outerjoin(Nag, Nag.id == Notice.nag_id)
        .where(_shown(user_id))
    )
    counted = join.with_only_columns(func.count(Notice.id), func.count(Notice.id).filter(Notice.seen_at.is_(None)))
    total, fresh = session.execute(counted).one()
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    rows = session.scalars(
        join.options(
            contains_eager(Notice.follow_up).joinedload(FollowUp.owner, innerjoin=True),
            contains_eager(Notice.nag),
            contains_eager(Notice.follow_up).joinedload(FollowUp.workplace, innerjoin=True),
            contains_eager(Notice.follow_up).joinedload(FollowUp.visit, innerjoin=True),
        )
        .order_by(Notice.seen_at.is_not(None), Notice.created_at.desc(), Notice.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    ).all()
    return Page(rows, total, fresh, page, pages)


def newest(session: Session, user_id: int) -> int:
    """The last notice there is now, of whatever role, so that marking as read takes no later one with it."""
    return session.scalar(select(func.max(Notice.id)).where(Notice.user_id == user_id)) or 0


def unseen(user_id: int) -> Any:
    """A scalar subquery for the navigation: how many notices the person has not seen."""
    return (
        select(func.count(Notice.id))
        .join(FollowUp, FollowUp.id == Notice.follow_up_id)
        .outerjoin(Nag, Nag.id == Notice.nag_id)
        .where(_shown(user_id), Notice.seen_at.is_(None))
        .scalar_subquery()
    )


def regional(session: Session, user_id: int, day: date) -> list[Figure]:
    """Of the jobcentres the person is told of as a figure: how many lie far over today; new are those not seen."""
    rows = session.execute(
        select(FollowUp.jobcentre_id, func.count(Notice.id).filter(Notice.seen_at.is_(None)))
        .select_from(Notice)
        .join(FollowUp, FollowUp.id == Notice.follow_up_id)
        .where(Notice.user_id == user_id, Notice.role == "region", FollowUp.state == "open")
        .group_by(FollowUp.jobcentre_id)
    )
    return figures(session, dict(rows.all()), day)


def wishes_of(session: Session, user_id: int) -> ReminderWishes:
    """How the person wants to be reminded; the standard (a mail, nothing else) where nothing was said."""
    found = session.get(ReminderWishes, user_id)
    return found or ReminderWishes(user_id=user_id, mail=True, sms=False, calendar="none")
