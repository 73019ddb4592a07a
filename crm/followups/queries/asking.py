"""Which companies are to be asked whether what we promised has happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at
from crm.campaigns.models import Campaign
from crm.companies.models import Workplace
from crm.followups.models import FollowUp
from crm.visits.models import Visit

TOO_LATE = 15
"""Working days after the day of the question: after that nobody remembers, and a late start makes no flood."""
ANSWERED = ("done", "opening_told")
"""Outcomes with which we say that we did it."""


def to_ask(session: Session, today: date, *, only: int | None = None) -> Sequence[int]:
    """Ids of the agreements whose company is asked on ``today``, by id: what we owed and it was told, which nobody has
    asked for and it has not answered, where it can be written to and has not asked to be left alone.

    We owed it and say that it is done: the working day after. Else the campaign's days after it was due. ``only``:
    look at this one alone.
    """
    asking = _due_days(session, today)
    if not asking:
        return []
    wanted = select(FollowUp.id).where(or_(_done(today, asking), _due(asking)), *_may_be_asked(today))
    wanted = wanted.join(Visit, Visit.id == FollowUp.visit_id).join(Workplace, Workplace.id == FollowUp.workplace_id)
    if only is not None:
        wanted = wanted.where(FollowUp.id == only)
    return session.scalars(wanted.order_by(FollowUp.id)).all()


def _done(today: date, asking: Mapping[int, tuple[date, date]]) -> ColumnElement[bool]:
    return and_(
        FollowUp.kind == "we_owe",
        FollowUp.state == "done",
        FollowUp.outcome_key.in_(ANSWERED),
        FollowUp.done_at < at(today, 0),
        FollowUp.done_at >= at(add_working_days(today, -TOO_LATE), 0),
        FollowUp.campaign_id.in_(list(asking)),
    )


def _due(asking: Mapping[int, tuple[date, date]]) -> ColumnElement[bool]:
    days = (
        and_(FollowUp.campaign_id == campaign_id, FollowUp.due_on.between(first, last))
        for campaign_id, (first, last) in asking.items()
    )
    return and_(or_(false(), *days), or_(FollowUp.state == "open", FollowUp.outcome_key.in_(ANSWERED)))


def _may_be_asked(today: date) -> tuple[ColumnElement[bool], ...]:
    return (
        FollowUp.owed_by == "jobcentre",
        FollowUp.voided_at.is_(None),
        FollowUp.asked_at.is_(None),
        FollowUp.company_kept.is_(None),
        FollowUp.told_at < at(today, 0),
        Visit.contact_email.is_not(None),
        Workplace.do_not_call_at.is_(None),
    )


def _due_days(session: Session, today: date) -> dict[int, tuple[date, date]]:
    """Campaign id -> the first and the last due date whose company is asked on ``today``."""
    wanted = select(Campaign.id, Campaign.ask_company_days).where(Campaign.ask_company_days > 0)
    return {
        campaign_id: (add_working_days(today, -days - TOO_LATE), add_working_days(today, -days))
        for campaign_id, days in session.execute(wanted)
    }
