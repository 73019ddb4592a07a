"""Openings whose CVs have a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.followups.models import FollowUp
from crm.followups.rules.making import LATE
from crm.openings.models import Opening


def openings_wanting_cvs(session: Session, now: datetime) -> Sequence[int]:
    """Open ones whose day is to come or has just passed, and whatever is being followed up already."""
    followed = (
        select(FollowUp.opening_id)
        .where(
            FollowUp.kind == "we_owe",
            FollowUp.created_by.is_(None),
            FollowUp.opening_id.is_not(None),
            FollowUp.state == "open",
            FollowUp.voided_at.is_(None),
        )
        .scalar_subquery()
    )
    wanting = and_(
        Opening.state == "open",
        Opening.voided_at.is_(None),
        Opening.cvs_by >= danish_date(now) - LATE,
        or_(Opening.cvs_wanted.is_(None), Opening.cvs_wanted > 0),
    )
    return session.scalars(select(Opening.id).where(or_(wanting, Opening.id.in_(followed))).order_by(Opening.id)).all()
