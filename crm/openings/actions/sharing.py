"""Writes of the board: share an opening, withdraw it, offer a candidate for it, answer an offer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, NotFound, Refusal
from crm.openings.actions.answers import answer as answer
from crm.openings.actions.offers import offer as offer
from crm.openings.actions.offers import withdraw_offer as withdraw_offer
from crm.openings.models import Opening, OpeningShare
from crm.people.models import Jobcentre, Partner

CHOOSE = N_("Åbningen er ikke delt. Vælg mindst én modtager.")


def share(
    session: Session,
    actor: Any,
    now: datetime,
    opening: Opening,
    *,
    jobcentre_ids: Collection[int] = (),
    partner_ids: Collection[int] = (),
    names_company: bool | None = None,
) -> int:
    """Put an opening on the boards of other jobcentres and of partners; on how many it is new.

    One that was withdrawn comes back as new. names_company: whether boards show the company's name, None as it is.
    Raises NotFound for a receiver out of reach, Invalid when nobody is chosen, Refusal ``closed``.
    """
    session.refresh(opening, with_for_update={"of": Opening})
    if opening.state != "open" or opening.voided_at is not None:
        raise Refusal("closed", N_("Åbningen er lukket, så den kan ikke deles. Åbn den igen først."))
    there = {
        (known.jobcentre_id, known.partner_id): known
        for known in session.scalars(select(OpeningShare).where(OpeningShare.opening_id == opening.id))
    }
    wanted = _receivers(session, opening, set(jobcentre_ids), set(partner_ids))
    renamed = names_company is not None and names_company != opening.names_company
    if not wanted and not (renamed and any(known.withdrawn_at is None for known in there.values())):
        raise Invalid(CHOOSE, errors={"receivers": N_("Vælg mindst én modtager")})
    if names_company is not None:
        opening.names_company = names_company
    fresh = _put(session, actor, now, opening, there, wanted)
    if fresh or renamed:
        told = {
            "jobcentres": sorted(place for place, _ in fresh if place),
            "partners": sorted(p for _, p in fresh if p),
        }
        _note(session, actor, now, "openings.share", opening, **told, names_company=opening.names_company)
    session.flush()
    return len(fresh)


Receiver = tuple[int | None, int | None]


def _put(
    session: Session,
    actor: Any,
    now: datetime,
    opening: Opening,
    there: dict[Receiver, OpeningShare],
    wanted: list[Receiver],
) -> list[Receiver]:
    """Shares of those who do not have it; who they are."""
    fresh = [receiver for receiver in wanted if receiver not in there or there[receiver].withdrawn_at is not None]
    for jobcentre_id, partner_id in fresh:
        made = there.get((jobcentre_id, partner_id)) or OpeningShare(
            opening_id=opening.id, jobcentre_id=jobcentre_id, partner_id=partner_id
        )
        made.shared_at, made.shared_by = now, getattr(actor, "id", None)
        made.withdrawn_at, made.told_at = None, None
        session.add(made)
    return fresh


def _receivers(
    session: Session, opening: Opening, jobcentre_ids: set[int], partner_ids: set[int]
) -> list[tuple[int | None, int | None]]:
    """Jobcentre and partner of each share to be; raises NotFound for one that is not in reach."""
    home = session.get_one(Jobcentre, opening.jobcentre_id)
    places = set(session.scalars(select(Jobcentre.id).where(Jobcentre.id.in_(jobcentre_ids - {home.id}))))
    in_reach = or_(
        Partner.jobcentre_id == home.id,
        Partner.region_id == home.region_id,
        Partner.jobcentre_id.is_(None) & Partner.region_id.is_(None),
    )
    partners = set(session.scalars(select(Partner.id).where(Partner.id.in_(partner_ids), Partner.active, in_reach)))
    if places != jobcentre_ids or partners != partner_ids:
        raise NotFound
    return [*((place, None) for place in sorted(places)), *((None, partner) for partner in sorted(partners))]


def withdraw(session: Session, actor: Any, now: datetime, opening: Opening, share: OpeningShare) -> None:
    """Take an opening off a receiver's board; proposals already made stay and wait. Raises Refusal ``withdrawn``."""
    session.refresh(share, with_for_update={"of": OpeningShare})
    if share.withdrawn_at is not None:
        raise Refusal("withdrawn", N_("Åbningen er allerede trukket tilbage dér."))
    share.withdrawn_at = now
    _note(session, actor, now, "openings.unshare", opening, jobcentre=share.jobcentre_id, partner=share.partner_id)
    session.flush()


def _note(session: Session, actor: Any, now: datetime, verb: str, opening: Opening, **data: Any) -> None:
    activity.record(
        session, actor, now, verb, opening, workplace_id=opening.workplace_id, campaign_id=opening.campaign_id, **data
    )
