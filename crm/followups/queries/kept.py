"""Reads of how promises were kept."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from crm.base.days import danish_day
from crm.base.scope import Scope
from crm.followups.models import Answer, FollowUp
from crm.followups.rules import AGREED, Kept


def fulfilled() -> Any:
    """Done, and not only tried: whoever was not reached has not got what was promised."""
    return and_(FollowUp.done_at.is_not(None), func.coalesce(FollowUp.outcome_key, "") != "not_reached")


def in_time(session: Session) -> Any:
    """Fulfilled by the end of the Danish day first agreed on: what "kept" means wherever it is counted."""
    return and_(fulfilled(), danish_day(session, FollowUp.done_at) <= FollowUp.first_due_on)


def too_late(session: Session) -> Any:
    return and_(fulfilled(), danish_day(session, FollowUp.done_at) > FollowUp.first_due_on)


def due(today: date) -> Any:
    """Its first day has passed, or it was done on that day: while the day lasts, what is open is not decided."""
    first = FollowUp.first_due_on
    return or_(first < today, and_(first == today, fulfilled()))


def counted(session: Session) -> Any:
    """Whether it has a place in the figures. What was taken back has none, but for a promise of ours that was broken by
    then: nothing we write makes it kept. It stays not done until one that replaces it carries its first date on, or
    the company itself had written that it was theirs to do."""
    carrier, said = aliased(FollowUp), aliased(Answer)
    carried = exists().where(
        carrier.visit_id == FollowUp.visit_id,
        carrier.follows_id == FollowUp.id,
        carrier.from_report,
        carrier.owed_by == FollowUp.owed_by,
        carrier.first_due_on == FollowUp.first_due_on,
    )
    theirs = exists().where(
        said.follow_up_id == FollowUp.id,
        said.owed_by == "company",
        said.settled_as == "accepted",
        said.settled_at == FollowUp.voided_at,
    )
    broken = and_(
        FollowUp.owed_by == "jobcentre",
        FollowUp.kind.in_(AGREED),
        FollowUp.first_due_on < danish_day(session, FollowUp.voided_at),
    )
    return or_(FollowUp.voided_at.is_(None), and_(broken, ~carried, ~theirs))


def kept_rate(session: Session, scope: Scope, today: date, *, campaign_id: int | None = None) -> dict[str, Kept]:
    """By the side that owed (``jobcentre``, ``company``) and ``all``: promises ``due`` by ``today``, and how many were
    kept by their first date, of those ``counted``; the system's own tasks are not. One query, summed by the
    database."""
    wanted = (
        select(
            FollowUp.owed_by,
            func.count(),
            func.sum(case((in_time(session), 1), else_=0)),
            func.sum(case((too_late(session), 1), else_=0)),
        )
        .where(
            FollowUp.kind.in_(AGREED),
            due(today),
            counted(session),
            scope.clause(jobcentre=FollowUp.jobcentre_id, own=FollowUp.owner_id),
        )
        .group_by(FollowUp.owed_by)
    )
    if campaign_id is not None:
        wanted = wanted.where(FollowUp.campaign_id == campaign_id)
    sides = {"jobcentre": Kept(0, 0, 0), "company": Kept(0, 0, 0)}
    for owed_by, *numbers in session.execute(wanted):
        sides[owed_by] = Kept(*map(int, numbers))
    ours, theirs = sides["jobcentre"], sides["company"]
    return {**sides, "all": Kept(ours.due + theirs.due, ours.kept + theirs.kept, ours.late + theirs.late)}
