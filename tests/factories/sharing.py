"""Factories of partners, shares, candidates on the board."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare
from crm.people.models import Jobcentre, Partner
from tests.conftest import NOW


def make_partner(session: Session, name: str = "3F Odense", **fields: Any) -> Partner:
    """Country-wide, an unemployment fund."""
    values = {"kind": "unemployment_fund", "email": "akasse@example.dk", "created_at": NOW, **fields}
    made = Partner(name=name, **values)
    session.add(made)
    session.flush()
    return made


def make_share(session: Session, opening: Opening, to: Jobcentre | Partner, **fields: Any) -> OpeningShare:
    receiver = {"partner_id": to.id} if isinstance(to, Partner) else {"jobcentre_id": to.id}
    made = OpeningShare(opening_id=opening.id, **receiver, **{"shared_at": NOW, **fields})
    session.add(made)
    session.flush()
    return made


def make_board_candidate(
    session: Session, home: Jobcentre | Partner, reference: str = "A-17", **fields: Any
) -> Candidate:
    """A welder in Odense who agreed to be told of."""
    place = {"partner_id": home.id} if isinstance(home, Partner) else {"jobcentre_id": home.id}
    values: dict[str, Any] = {
        "occupation": "Smed",
        "occupation_code": "7221",
        "postcode": "5000",
        "languages": ["da"],
        "consent_on": date(2026, 11, 2),
        "created_at": NOW,
        **fields,
    }
    made = Candidate(reference=reference, **place, **values)
    session.add(made)
    session.flush()
    return made


def make_offer(session: Session, opening: Opening, candidate: Candidate, **fields: Any) -> Candidacy:
    """It waits for the owner's answer."""
    made = Candidacy(opening=opening, candidate=candidate, **{"state": "offered", "offered_at": NOW, **fields})
    session.add(made)
    session.flush()
    return made
