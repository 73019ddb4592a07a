"""Which corrections of companies have waited so long that they are reminded of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.campaigns.models import Campaign
from crm.followups.models import Answer, FollowUp, Nag
from crm.followups.queries.nags import Due
from crm.followups.rules import UNANSWERED, unanswered_steps


def due_answers(session: Session, day: date, *, only: int | None = None) -> list[Due]:
    """Open agreements whose company has waited for an answer to its correction so long that a step by its campaign's
    settings is reached on the working day ``day`` and not written yet; by id. ``Due.due_on`` is the day the company
    wrote. One or two queries."""
    wanted = (
        select(
            FollowUp.id,
            FollowUp.owner_id,
            FollowUp.jobcentre_id,
            Campaign.nag_overdue_days,
            Campaign.nag_lead_days,
            func.max(Answer.at),
        )
        .join(Answer, Answer.follow_up_id == FollowUp.id)
        .join(Campaign, Campaign.id == FollowUp.campaign_id)
        .where(
            Answer.kind == "corrected",
            Answer.settled_at.is_(None),
            FollowUp.state == "open",
            FollowUp.voided_at.is_(None),
        )
        .group_by(
            FollowUp.id, FollowUp.owner_id, FollowUp.jobcentre_id, Campaign.nag_overdue_days, Campaign.nag_lead_days
        )
        .order_by(FollowUp.id)
    )
    if only is not None:
        wanted = wanted.where(FollowUp.id == only)
    rows = session.execute(wanted).all()
    if not rows:
        return []
    written = _written(session, [row[0] for row in rows])
    found = []
    for number, owner_id, jobcentre_id, overdue, lead, said_at in rows:
        said = danish_date(said_at)
        steps = unanswered_steps(said, day, overdue, lead)
        there = [n for n, step in enumerate(steps) if (number, said, step.key) in written]
        if steps[max(there, default=-1) + 1 :]:
            found.append(Due(number, tuple(steps[max(there, default=-1) + 1 :]), said, owner_id, jobcentre_id))
    return found


def _written(session: Session, follow_up_ids: Collection[int]) -> set[tuple[int, date, str]]:
    """(agreement, day the company wrote, step) of the reminders there are."""
    wanted = select(Nag.follow_up_id, Nag.due_on, Nag.step)
    wanted = wanted.where(Nag.follow_up_id.in_(follow_up_ids), Nag.step.in_(UNANSWERED))
    return {(number, said, step) for number, said, step in session.execute(wanted)}
