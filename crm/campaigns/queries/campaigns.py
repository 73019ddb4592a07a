"""Campaigns and who takes part in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select, true
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.campaigns.models import (
    CallList,
    Campaign,
    CampaignExtract,
    ListEntry,
    Participation,
    SavedSegment,
)
from crm.companies.models import ImportBatch
from crm.people.models import Jobcentre


def _reach(scope: Scope) -> ColumnElement[bool]:
    """Campaigns in which one of the scope's jobcentres or calling firms takes part."""
    if scope.everything:
        return true()
    inside = scope.clause(jobcentre=Participation.jobcentre_id, firm=Participation.calling_firm_id)
    return exists().where(Participation.campaign_id == Campaign.id, inside)


def campaigns(session: Session, scope: Scope) -> Sequence[Campaign]:
    """Open ones first, the latest start first."""
    return session.scalars(
        select(Campaign)
        .where(_reach(scope))
        .order_by(Campaign.state.desc(), Campaign.starts_on.desc(), Campaign.id.desc())
    ).all()


def campaign(session: Session, scope: Scope, campaign_id: int) -> Campaign:
    """Raises NotFound outside the scope."""
    found = session.scalar(select(Campaign).where(Campaign.id == campaign_id, _reach(scope)))
    if found is None:
        raise NotFound
    return found


def participations(session: Session, campaign_id: int, scope: Scope | None = None) -> Sequence[Participation]:
    """By the jobcentre's name; within ``scope`` when it is given."""
    statement = (
        select(Participation)
        .join(Jobcentre, Jobcentre.id == Participation.jobcentre_id)
        .where(Participation.campaign_id == campaign_id)
        .order_by(Jobcentre.name)
    )
    if scope is not None:
        statement = statement.where(
            scope.clause(jobcentre=Participation.jobcentre_id, firm=Participation.calling_firm_id)
        )
    return session.scalars(statement).all()


def participation(session: Session, scope: Scope, campaign_id: int, jobcentre_id: int) -> Participation:
    """Raises NotFound outside the scope."""
    found = session.scalar(
        select(Participation).where(
            Participation.campaign_id == campaign_id,
            Participation.jobcentre_id == jobcentre_id,
            scope.clause(jobcentre=Participation.jobcentre_id),
        )
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Standing:
    """How far a campaign is: lists in draft, lists approved, workplaces on the approved ones."""

    drafts: int = 0
    approved: int = 0
    workplaces: int = 0
    jobcentres: int = 0


def overview(session: Session, scope: Scope) -> dict[int, Standing]:
    """Campaign id -> standing of the jobcentres in reach; three queries whatever the number of campaigns."""
    inside = scope.clause(jobcentre=Participation.jobcentre_id, firm=Participation.calling_firm_id)
    taking = dict(
        session.execute(
            select(Participation.campaign_id, func.count()).where(inside).group_by(Participation.campaign_id)
        ).all()
    )
    lists = session.execute(
        select(Participation.campaign_id, CallList.state, func.count())
        .join(CallList.participation)
        .where(inside)
        .group_by(Participation.campaign_id, CallList.state)
    ).all()
    states = {(campaign_id, state): count for campaign_id, state, count in lists}
    workplaces = dict(
        session.execute(
            select(Participation.campaign_id, func.count())
            .select_from(ListEntry)
            .join(CallList, CallList.id == ListEntry.call_list_id)
            .join(CallList.participation)
            .where(inside, CallList.state == "approved", ListEntry.struck_reason.is_(None))
            .group_by(Participation.campaign_id)
        ).all()
    )
    return {
        campaign_id: Standing(
            states.get((campaign_id, "draft"), 0),
            states.get((campaign_id, "approved"), 0),
            workplaces.get(campaign_id, 0),
            count,
        )
        for campaign_id, count in taking.items()
    }


def extracts(session: Session, campaign_id: int) -> Sequence[ImportBatch]:
    """The import batches the campaign draws on, oldest first; none: the whole register."""
    return session.scalars(
        select(ImportBatch)
        .join(CampaignExtract, CampaignExtract.batch_id == ImportBatch.id)
        .where(CampaignExtract.campaign_id == campaign_id)
        .order_by(ImportBatch.id)
    ).all()


def saved_segments(session: Session, participation_id: int) -> Sequence[SavedSegment]:
    return session.scalars(
        select(SavedSegment).where(SavedSegment.participation_id == participation_id).order_by(SavedSegment.name)
    ).all()


def participation_counts(session: Session, campaign_id: int) -> dict[int, Standing]:
    """Participation id -> standing; two queries."""
    rows = session.execute(
        select(CallList.participation_id, CallList.state, func.count())
        .join(CallList.participation)
        .where(Participation.campaign_id == campaign_id)
        .group_by(CallList.participation_id, CallList.state)
    )
    lists = {(part_id, state): count for part_id, state, count in rows}
    live = session.execute(
        select(CallList.participation_id, func.count())
        .select_from(ListEntry)
        .join(CallList, CallList.id == ListEntry.call_list_id)
        .join(CallList.participation)
        .where(
            Participation.campaign_id == campaign_id, CallList.state == "approved", ListEntry.struck_reason.is_(None)
        )
        .group_by(CallList.participation_id)
    )
    workplaces = dict(live.all())
    return {
        part_id: Standing(
            lists.get((part_id, "draft"), 0), lists.get((part_id, "approved"), 0), workplaces.get(part_id, 0)
        )
        for part_id in {key[0] for key in lists}
    }


def latest_batches(session: Session, limit: int = 100) -> Sequence[ImportBatch]:
    """Finished register imports, newest first."""
    return session.scalars(
        select(ImportBatch).where(ImportBatch.finished_at.is_not(None)).order_by(ImportBatch.id.desc()).limit(limit)
    ).all()
