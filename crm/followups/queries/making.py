"""Reads for the follow-ups that the system makes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload

from crm.base.activity import Activity
from crm.base.clock import danish_date
from crm.base.db import among
from crm.campaigns.models import Campaign
from crm.followups.models import FollowUp
from crm.followups.rules.making import LATE, details_todo, reaches
from crm.openings.models import Opening, Placement
from crm.visits.models import Visit, VisitEvent


def ending_placements(session: Session, today: date) -> Sequence[int]:
    """Placements that end soon, or have an open follow-up already: whatever may have to be made, moved or closed."""
    followed = (
        select(FollowUp.placement_id)
        .where(FollowUp.kind == "placement_ending", FollowUp.state == "open", FollowUp.voided_at.is_(None))
        .scalar_subquery()
    )
    longest = session.scalar(select(Campaign.ending_days).order_by(Campaign.ending_days.desc()).limit(1)) or 0
    soon = and_(
        Placement.state == "agreed",
        Placement.voided_at.is_(None),
        Placement.ends_on.between(today - LATE, reaches(today, longest)),
    )
    wanted = select(Placement.id).where(or_(soon, Placement.id.in_(followed))).order_by(Placement.id)
    return session.scalars(wanted).all()


def told_openings(session: Session, now: datetime) -> Sequence[int]:
    """Of the open openings of the last month, and those whose details are still being asked for, the ones for which
    something is to be done; by id. Two queries and a look at each."""
    asked = (
        select(FollowUp.opening_id)
        .where(FollowUp.kind == "data_missing", FollowUp.state == "open", FollowUp.voided_at.is_(None))
        .scalar_subquery()
    )
    fresh = and_(Opening.state == "open", Opening.voided_at.is_(None), Opening.created_at >= now - LATE)
    contact = joinedload(Opening.visit, innerjoin=True).load_only(Visit.contact_name).lazyload(Visit.workplace)
    wanted = select(Opening).where(or_(fresh, Opening.id.in_(asked))).options(lazyload(Opening.workplace), contact)
    openings = session.scalars(wanted).all()
    columns = (FollowUp.opening_id, FollowUp.state, FollowUp.promise, FollowUp.done_at, FollowUp.outcome_key)
    before = select(*columns).where(
        FollowUp.kind == "data_missing",
        FollowUp.voided_at.is_(None),
        among(session, FollowUp.opening_id, [one.id for one in openings]),
    )
    made: dict[int | None, list[Any]] = {}
    for row in session.execute(before.order_by(FollowUp.id)):
        made.setdefault(row.opening_id, []).append(row)
    today = danish_date(now)
    return sorted(one.id for one in openings if details_todo(one, made.get(one.id, ()), today))


def left_behind(session: Session) -> Sequence[int]:
    """Open agreements whose visit went to another consultant after they were made, and that nobody has handed over
    by hand since: they follow their visit."""
    moves = (
        select(FollowUp.id, FollowUp.owner_id, VisitEvent.at, VisitEvent.data)
        .join(Visit, Visit.id == FollowUp.visit_id)
        .join(VisitEvent, VisitEvent.visit_id == Visit.id)
        .where(
            FollowUp.state == "open",
            FollowUp.voided_at.is_(None),
            FollowUp.owner_id != Visit.consultant_id,
            VisitEvent.kind.in_(("move", "hand_over")),
            VisitEvent.at >= FollowUp.created_at,
        )
    )
    went: dict[int, datetime] = {}
    for number, owner_id, at, data in session.execute(moves):
        if data.get("former_id") == owner_id and data.get("consultant_id") != owner_id:
            went[number] = max(at, went.get(number, at))
    by_hand = select(Activity.subject_id, Activity.at).where(
        Activity.verb == "followups.hand_over", Activity.subject_type == "follow_ups", Activity.subject_id.in_(went)
    )
    kept = {number for number, at in session.execute(by_hand) if at >= went[number]} if went else set()
    return sorted(set(went) - kept)


def others_of(
    session: Session, kind: str, *, opening_id: int | None = None, placement_id: int | None = None
) -> Sequence[FollowUp]:
    """What was made before of this kind for an opening or a placement, oldest first, locked."""
    wanted = select(FollowUp).where(FollowUp.kind == kind, FollowUp.voided_at.is_(None))
    if opening_id is not None:
        wanted = wanted.where(FollowUp.opening_id == opening_id)
    if placement_id is not None:
        wanted = wanted.where(FollowUp.placement_id == placement_id)
    return session.scalars(
        wanted.order_by(FollowUp.id).with_for_update(of=FollowUp).execution_options(populate_existing=True)
    ).all()


def about_placement(session: Session, placement_id: int) -> Sequence[FollowUp]:
    """What was agreed about how a placement ends, the newest first."""
    wanted = select(FollowUp).where(FollowUp.placement_id == placement_id, FollowUp.voided_at.is_(None))
    return session.scalars(wanted.where(FollowUp.kind == "placement_ending").order_by(FollowUp.id.desc())).all()
