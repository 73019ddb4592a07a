"""Reads of partners: organisations outside the jobcentres that know candidates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.scope import Scope
from crm.people.models import Jobcentre, Partner, User


@dataclass(frozen=True)
class Homes:
    """Where a user may add and change partners; ``everything``: anywhere, country-wide ones too."""

    everything: bool
    jobcentres: frozenset[int]
    regions: frozenset[int]

    def hold(self, jobcentre_id: int | None, region_id: int | None) -> bool:
        """Whether a partner of this jobcentre, of this region, or of the whole country is theirs to change."""
        return self.everything or jobcentre_id in self.jobcentres or region_id in self.regions


def homes_of(user: User) -> Homes:
    """A lead's own jobcentres, a regional lead's own regions, everywhere for the campaign's manager."""
    return Homes(
        user.has_role("campaign_manager"),
        frozenset(r.jobcentre_id for r in user.roles if r.role == "jobcentre_lead" and r.jobcentre_id),
        frozenset(r.region_id for r in user.roles if r.role == "regional_lead" and r.region_id),
    )


def in_reach_of(jobcentre_ids: Collection[int]) -> ColumnElement[bool]:
    """Partners that work with one of these jobcentres: its own, its region's, the country's."""
    regions = select(Jobcentre.region_id).where(Jobcentre.id.in_(jobcentre_ids))
    return or_(
        Partner.jobcentre_id.in_(jobcentre_ids),
        Partner.region_id.in_(regions),
        Partner.jobcentre_id.is_(None) & Partner.region_id.is_(None),
    )


def _seen(scope: Scope) -> ColumnElement[bool]:
    return true() if scope.everything else in_reach_of(scope.jobcentres)


def partners(session: Session, scope: Scope, *, active: bool | None = None) -> Sequence[Partner]:
    """Those in reach, by name."""
    wanted = select(Partner).where(_seen(scope))
    if active is not None:
        wanted = wanted.where(Partner.active.is_(active))
    return session.scalars(wanted.order_by(Partner.name, Partner.id)).all()


def partner(session: Session, scope: Scope, partner_id: int) -> Partner:
    """Raises NotFound outside the scope."""
    found = session.scalar(select(Partner).where(Partner.id == partner_id, _seen(scope)))
    if found is None:
        raise NotFound
    return found


def partners_for(session: Session, jobcentre_id: int) -> Sequence[Partner]:
    """Active ones that work with a jobcentre, its own first, then its region's, then the country's."""
    return session.scalars(
        select(Partner)
        .where(Partner.active, in_reach_of([jobcentre_id]))
        .order_by(Partner.jobcentre_id.is_(None), Partner.region_id.is_(None), Partner.name)
    ).all()
