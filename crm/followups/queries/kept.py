"""Reads of how promises were kept."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from crm.base.days import danish_day
from crm.base.scope import Scope
from crm.followups.models import FollowUp
from crm.followups.rules import AGREED, Kept


def fulfilled() -> Any:
    """Done, and not only tried: whoever was not reached has not got what was promised."""
    return and_(FollowUp.done_at.is_not(None), func.coalesce(FollowUp.outcome_key, "") != "not_reached")


def in_time(session: Session) -> Any:
    """Fulfilled by the end of the Danish day first agreed on: what "kept" means wherever it is counted."""
    return and_(fulfilled(), danish_day(session, FollowUp.done_at) <= FollowUp.first_due_on)


def too_late(session: Session) -> Any:
    return and_(fulfilled(), danish_day(session, FollowUp.done_at) > FollowUp.first_due_on)


def kept_rate(session: Session, scope: Scope, today: date, *, campaign_id: int | None = None) -> dict[str, Kept]:
    """By the side that owed (``jobcentre``, ``company``) and ``all``: promises due by ``today``, and how many were kept
    by their first date. Voided ones and the system's own tasks count nowhere. One query, summed by the database."""
    wanted = (
        select(
            FollowUp.owed_by,
            func.count(),
            func.sum(case((in_time(session), 1), else_=0)),
            func.sum(case((too_late(session), 1), else_=0)),
        )
        .where(
            FollowUp.voided_at.is_(None),
            FollowUp.kind.in_(AGREED),
            FollowUp.first_due_on <= today,
            scope.clause(jobcentre=FollowUp.jobcentre_id, own=FollowUp.owner_id),
        )
        .group_by(FollowUp.owed_by)
    )
    if campaign_id is not None:
        wanted = wanted.where(FollowUp.campaign_id == campaign_id)
    sides = {"jobcentre": Kept(0, 0, 0), "company": Kept(0, 0, 0)}
    for owed_by, due, kept, late in session.execute(wanted):
        sides[owed_by] = Kept(int(due), int(kept), int(late))
    ours, theirs = sides["jobcentre"], sides["company"]
    return {**sides, "all": Kept(ours.due + theirs.due, ours.kept + theirs.kept, ours.late + theirs.late)}
