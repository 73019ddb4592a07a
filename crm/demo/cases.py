"""Candidates and partners of the demo: references, never names; organisations that do not exist."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.demo import texts
from crm.demo.people import Centre, People
from crm.demo.places import seat
from crm.openings.actions.candidates import add
from crm.openings.models import Candidate
from crm.openings.rules.candidates import NewCandidate
from crm.people.actions.partners import PartnerDetails, add_partner
from crm.people.models import Partner

# name, kind, whom it works with: everybody, the first jobcentre's region, the third jobcentre
PARTNERS = (
    ("A-kassen Eksempel", "unemployment_fund", ""),
    ("Faglig a-kasse Prøve", "unemployment_fund", "region"),
    ("Seniornetværket Opdigtet", "network", "region"),
    ("Jobnetværket Påfund", "network", "jobcentre"),
)
OCCUPATIONS = tuple(
    sorted({word for words in texts.OCCUPATIONS.values() for word in words if word and "Praktik" not in word})
)
LANGUAGES = (("da",), ("da",), ("da", "en"), ("da", "uk"), ("en", "pl"), ("da", "en", "de"))
HOURS = (None, None, 37.0, 37.0, 30.0, 20.0, 15.0)


def partners(session: Session, rng: Random, people: People, when: datetime) -> list[Partner]:
    """Their links' keys are drawn, so that two runs are equal."""
    made = []
    for number, (name, kind, reach) in enumerate(PARTNERS):
        details = PartnerDetails(
            name,
            kind,
            f"kontakt{number + 1}@partner.invalid",
            ("Berit Eksempelsen", "Torben Prøvesen", "Lis Mønstersen", "Poul Skitsesen")[number],
            region_id=people.centres[0].row.region_id if reach == "region" else None,
            jobcentre_id=people.centres[2].row.id if reach == "jobcentre" else None,
        )
        partner = add_partner(session, people.manager, when, details)
        partner.link_key = f"{rng.getrandbits(128):032x}"
        made.append(partner)
    session.flush()
    return made


def told(rng: Random, centre: Centre, number: int, when: datetime) -> NewCandidate:
    """Somebody who looks for work; three of four have agreed that companies are told of them."""
    agreed = danish_date(when) - timedelta(days=rng.randint(0, 20)) if rng.random() < 0.75 else None
    return NewCandidate(
        f"{centre.demo.key}-S{number:03d}",
        rng.choice(OCCUPATIONS),
        seat(centre.demo).postcode,
        rng.choice((30, 45, 45, 60)),
        rng.choice(LANGUAGES),
        rng.choice(HOURS),
        consent_on=agreed,
    )


def candidates(session: Session, rng: Random, centre: Centre, count: int, when: datetime) -> list[Candidate]:
    """A jobcentre's own, kept by its consultants in turn."""
    return [
        add(
            session,
            centre.consultants[number % len(centre.consultants)],
            when,
            centre.row.id,
            told(rng, centre, number, when),
        )
        for number in range(1, count + 1)
    ]
