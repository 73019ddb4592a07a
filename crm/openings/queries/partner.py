"""What a partner sees through its own link: the openings shared with it, and what became of its proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.openings.models import Candidacy, OpeningShare
from crm.openings.queries.sharing import on_board, proposals_by
from crm.openings.rules import board_link
from crm.openings.rules.board import Card, card, is_late
from crm.people.models import Jobcentre, Partner


@dataclass(frozen=True)
class Opened:
    """``old``: the link was right once, and can be used for nothing but to ask for a new one."""

    partner: Partner
    old: bool


def opened(session: Session, now: datetime, token: str) -> Opened:
    """The partner of a link. Raises NotFound for what we did not sign, for a key that was renewed since, and for a
    partner that was let go."""
    claim = board_link.read(token)
    partner = session.get(Partner, claim.number) if claim else None
    if claim is None or partner is None or not partner.active or not claim.is_for(partner.id, partner.link_key):
        raise NotFound
    return Opened(partner, claim.is_too_old(now))


@dataclass(frozen=True)
class PartnerBoard:
    shared: list[tuple[OpeningShare, Card]]
    proposals: list[tuple[Candidacy, Card]]


def partner_board(session: Session, partner_id: int, today: date) -> PartnerBoard:
    """Newest first, those whose day for CVs has passed last. ``today``: Danish date."""
    shares = sorted(on_board(session, partner_id=partner_id), key=lambda one: is_late(one.opening, today))
    made = proposals_by(session, partner_id=partner_id)
    names = jobcentre_names(
        session, [*(one.opening.jobcentre_id for one in shares), *(one.opening.jobcentre_id for one in made)]
    )
    return PartnerBoard(
        [(one, card(one.opening, names[one.opening.jobcentre_id], today=today)) for one in shares],
        [(one, card(one.opening, names[one.opening.jobcentre_id])) for one in made],
    )


def jobcentre_names(session: Session, ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(select(Jobcentre.id, Jobcentre.name).where(Jobcentre.id.in_(set(ids))))
    return dict(rows.all())
