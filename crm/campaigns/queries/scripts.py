"""Which script a jobcentre's calls follow, and the versions there have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.campaigns.models import Participation, Script
from crm.people.models import Jobcentre, User


def script_for(
    session: Session, campaign_id: int, jobcentre_id: int | None, at: datetime | None = None
) -> Script | None:
    """The newest published one: the jobcentre's own, else the campaign's; None = ``rules.DEFAULT_SCRIPT``.

    A version without steps says that the next one up is used again. at: as it was at that moment (UTC), so that a
    call keeps the version it began with.
    """
    own = _published(session, campaign_id, jobcentre_id, at) if jobcentre_id is not None else None
    found = own if own and own.steps else _published(session, campaign_id, None, at)
    return found if found and found.steps else None


def _published(session: Session, campaign_id: int, jobcentre_id: int | None, at: datetime | None) -> Script | None:
    """The newest version published by ``at``, with or without steps; by the index of versions from the end."""
    whose = Script.jobcentre_id.is_(None) if jobcentre_id is None else Script.jobcentre_id == jobcentre_id
    by_then = Script.published_at.is_not(None) if at is None else Script.published_at <= at
    return session.scalar(
        select(Script).where(Script.campaign_id == campaign_id, whose, by_then).order_by(Script.version.desc()).limit(1)
    )


def latest_script(session: Session, campaign_id: int, jobcentre_id: int | None) -> Script | None:
    """The newest version, published or not; an unpublished one is the draft."""
    return session.scalar(
        select(Script)
        .where(Script.campaign_id == campaign_id, Script.jobcentre_id.is_not_distinct_from(jobcentre_id))
        .order_by(Script.version.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


@dataclass(frozen=True)
class Version:
    """A line of the history. author: "" when the machine wrote it. live: phoners follow it now."""

    script: Script
    author: str
    live: bool


def script_versions(session: Session, campaign_id: int, jobcentre_id: int | None) -> list[Version]:
    """Newest first, one query."""
    rows = session.execute(
        select(Script, User.name)
        .outerjoin(User, User.id == Script.created_by)
        .where(Script.campaign_id == campaign_id, Script.jobcentre_id.is_not_distinct_from(jobcentre_id))
        .order_by(Script.version.desc())
    ).all()
    live = next((script.id for script, _name in rows if script.published_at), None)
    return [Version(script, name or "", script.id == live) for script, name in rows]


def script_version(session: Session, scope: Scope, campaign_id: int, script_id: int) -> Script:
    """A version; the campaign's own one may be read by everybody who may edit a jobcentre's of that campaign.

    Raises NotFound outside the scope.
    """
    found = session.get(Script, script_id)
    if found is None or found.campaign_id != campaign_id:
        raise NotFound
    centres = {centre.id for centre in script_centres(session, scope, campaign_id)}
    if scope.everything or (centres if found.jobcentre_id is None else found.jobcentre_id in centres):
        return found
    raise NotFound


def script_centres(session: Session, scope: Scope, campaign_id: int) -> Sequence[Jobcentre]:
    """Jobcentres of the campaign whose script the scope may edit, by name."""
    return session.scalars(
        select(Jobcentre)
        .join(Participation, Participation.jobcentre_id == Jobcentre.id)
        .where(Participation.campaign_id == campaign_id, scope.clause(jobcentre=Participation.jobcentre_id))
        .order_by(Jobcentre.name)
    ).all()


def own_scripts(session: Session, campaign_id: int) -> frozenset[int]:
    """Jobcentres that follow a script of their own now."""
    newest = (
        select(Script.jobcentre_id, func.max(Script.version).label("version"))
        .where(Script.campaign_id == campaign_id, Script.jobcentre_id.is_not(None), Script.published_at.is_not(None))
        .group_by(Script.jobcentre_id)
        .subquery()
    )
    same = (Script.jobcentre_id == newest.c.jobcentre_id) & (Script.version == newest.c.version)
    rows = session.execute(
        select(Script.jobcentre_id, Script.steps).join(newest, same).where(Script.campaign_id == campaign_id)
    )
    return frozenset(jobcentre_id for jobcentre_id, steps in rows if steps and jobcentre_id)
