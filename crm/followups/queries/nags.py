"""Reads of what is to be reminded of, and who is to know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Date, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from crm.campaigns.models import Campaign
from crm.followups.models import FollowUp, Nag
from crm.followups.queries.away import away_with_substitutes
from crm.followups.queries.owning import answering
from crm.followups.rules import ORDER, Ladder, Step, missed, reached_until
from crm.followups.rules.recipients import People
from crm.people.models import Jobcentre, User, UserRole


@dataclass(frozen=True)
class Due:
    """A follow-up with the nag it is due for: ``steps`` lowest first, the last one is written, the others are those
    it stands for as well, because nobody wrote them when it was their time."""

    id: int
    steps: tuple[Step, ...]
    due_on: date
    owner_id: int
    jobcentre_id: int

    @property
    def step(self) -> Step:
        return self.steps[-1]


def due_nags(
    session: Session, day: date, *, ids: Collection[int] | None = None, after_id: int = 0, limit: int = 500
) -> list[Due]:
    """Open follow-ups whose highest step reached on the working day ``day``, by their campaign's own settings, has no
    nag yet and no higher one has; by id. Two queries, whatever the number of campaigns."""
    ladders = _ladders(session)
    if not ladders:
        return []
    rank, earliest = _reached(ladders, day)
    written = (
        select(func.max(case({key: number for number, key in enumerate(ORDER)}, value=Nag.step)))
        .where(Nag.follow_up_id == FollowUp.id, Nag.due_on == FollowUp.due_on)
        .correlate(FollowUp)
        .scalar_subquery()
    )
    wanted = (
        select(FollowUp.id, rank, written, FollowUp.due_on, FollowUp.owner_id, FollowUp.jobcentre_id, *SETTINGS)
        .join(Campaign, Campaign.id == FollowUp.campaign_id)
        .where(
            FollowUp.state == "open",
            FollowUp.voided_at.is_(None),
            FollowUp.id > after_id,
            FollowUp.due_on <= earliest,
            func.coalesce(written, -1) < rank,
        )
        .order_by(FollowUp.id)
        .limit(limit)
    )
    if ids is not None:
        wanted = wanted.where(FollowUp.id.in_(set(ids)))
    return [_due(*row) for row in session.execute(wanted)]


SETTINGS = (
    Campaign.nag_before_days,
    Campaign.nag_overdue_days,
    Campaign.nag_lead_days,
    Campaign.nag_region_days,
)


def _ladders(session: Session) -> list[Ladder]:
    """The few different settings of all campaigns."""
    return [Ladder(*row) for row in session.execute(select(*SETTINGS).distinct())]


def _reached(ladders: list[Ladder], day: date) -> tuple[Any, date]:
    """The rank in ORDER of the highest step a follow-up has reached (-1: none), and the latest due date of any."""

    def until(column: Any, days: set[int], sign: int) -> Any:
        """The latest due date that has reached this step, by the campaign's own number of days."""
        dates = {number: literal(reached_until(day, sign * number), Date) for number in sorted(days)}
        return case(dates, value=column) if dates else literal(None, Date)

    before = {ladder.before for ladder in ladders if ladder.before}
    columns = (
        (4, until(Campaign.nag_region_days, {ladder.region for ladder in ladders}, 1)),
        (3, until(Campaign.nag_lead_days, {ladder.lead for ladder in ladders}, 1)),
        (2, until(Campaign.nag_overdue_days, {ladder.overdue for ladder in ladders}, 1)),
        (1, literal(day, Date)),
        (0, until(Campaign.nag_before_days, before, -1)),
    )
    rank = case(*((FollowUp.due_on <= limit, number) for number, limit in columns), else_=-1)
    return rank, reached_until(day, -max(before, default=0))


def _due(
    number: int, rank: int, written: int | None, due_on: date, owner_id: int, jobcentre_id: int, *settings: int
) -> Due:
    steps = missed(Ladder(*settings), ORDER[rank], None if written is None else ORDER[written])
    return Due(number, steps, due_on, owner_id, jobcentre_id)


def people_of(session: Session, owners: Collection[int], jobcentres: Collection[int], day: date) -> People:
    """Everybody who may have to know: owners, leads, regional leads, and who stands in for those who are away. Who has
    lost the role that lets them see it is as good as gone."""
    answers = or_(
        and_(UserRole.role == "jobcentre_lead", UserRole.jobcentre_id == Jobcentre.id),
        and_(UserRole.role == "regional_lead", UserRole.region_id == Jobcentre.region_id),
    )
    wanted = (
        select(Jobcentre.id, UserRole.role, User.id)
        .join(UserRole, answers)
        .join(User, User.id == UserRole.user_id)
        .where(Jobcentre.id.in_(set(jobcentres)), User.active)
        .order_by(User.id)
    )
    held: dict[str, dict[int, list[int]]] = {"jobcentre_lead": {}, "regional_lead": {}}
    for jobcentre_id, role, user_id in session.execute(wanted):
        held[role].setdefault(jobcentre_id, []).append(user_id)
    everybody = set(owners) | {who for places in held.values() for leads in places.values() for who in leads}
    absent = away_with_substitutes(session, everybody, day)
    everybody |= {who for who in absent.values() if who is not None}
    active = set(session.scalars(answering("regional_lead").where(User.id.in_(everybody))))
    return People(active, absent, held["jobcentre_lead"], held["regional_lead"])
