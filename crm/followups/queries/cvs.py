"""Openings whose CVs have a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, lazyload

from crm.base.clock import danish_date
from crm.base.db import among
from crm.followups.models import FollowUp
from crm.followups.rules.making import LATE, cvs_todo
from crm.openings.models import Candidacy, Opening


def openings_wanting_cvs(session: Session, now: datetime) -> Sequence[int]:
    """Of the open ones whose day is to come or has just passed, and those being followed up already, the ones for
    which something is to be done; by id. Four queries and a look at each."""
    ours = (
        FollowUp.kind == "we_owe",
        FollowUp.created_by.is_(None),
        FollowUp.opening_id.is_not(None),
        FollowUp.voided_at.is_(None),
    )
    followed = select(FollowUp.opening_id).where(*ours, FollowUp.state == "open").scalar_subquery()
    wanting = and_(
        Opening.state == "open",
        Opening.voided_at.is_(None),
        Opening.cvs_by >= danish_date(now) - LATE,
        or_(Opening.cvs_wanted.is_(None), Opening.cvs_wanted > 0),
    )
    openings = session.scalars(
        select(Opening).where(or_(wanting, Opening.id.in_(followed))).options(lazyload(Opening.workplace))
    ).all()
    columns = (FollowUp.opening_id, FollowUp.state, FollowUp.promise, FollowUp.due_on, FollowUp.snoozes)
    made: dict[int | None, list[Any]] = {}
    theirs = among(session, FollowUp.opening_id, [one.id for one in openings])
    for row in session.execute(select(*columns).where(*ours, theirs).order_by(FollowUp.id)):
        made.setdefault(row.opening_id, []).append(row)
    sent = cvs_sent(session, [one.id for one in openings])
    promised = promised_at_visits(session, [one.visit_id for one in openings])
    today = danish_date(now)
    return sorted(
        one.id
        for one in openings
        if cvs_todo(one, made.get(one.id, ()), sent.get(one.id, 0), promised.get(one.visit_id, ()), today)
    )


def cvs_sent(session: Session, opening_ids: Collection[int]) -> dict[int, int]:
    """Opening -> candidates the company has been told of, or has met; those without any left out."""
    told = func.coalesce(Candidacy.sent_at, Candidacy.interview_at).is_not(None)
    counted = select(Candidacy.opening_id, func.count()).where(among(session, Candidacy.opening_id, opening_ids), told)
    rows = session.execute(counted.group_by(Candidacy.opening_id))
    return {row[0]: row[1] for row in rows}


def promised_at_visits(session: Session, visit_ids: Collection[int]) -> dict[int, list[date]]:
    """Visit -> the first dates of what was promised to the company there."""
    rows = session.execute(
        select(FollowUp.visit_id, FollowUp.first_due_on).where(
            among(session, FollowUp.visit_id, set(visit_ids)),
            FollowUp.kind == "we_owe",
            FollowUp.created_by.is_not(None),
            FollowUp.voided_at.is_(None),
        )
    )
    found: dict[int, list[date]] = {}
    for visit_id, day in rows:
        found.setdefault(visit_id, []).append(day)
    return found
