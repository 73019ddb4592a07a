"""Factories of booking: a jobcentre with consultants, and an entry in a phoner's hands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.calling.models import QueueEntry
from crm.campaigns.models import Participation
from crm.people.models import Jobcentre, User
from crm.visits.rules import ContactDetails
from tests.conftest import NOW
from tests.factories.calendars import make_consultant
from tests.factories.core import (
    make_campaign,
    make_firm,
    make_jobcentre,
    make_participation,
    make_queue_entry,
    make_user,
    make_workplace,
)

HADSUND = (56.7146, 10.1168)
AARS = (56.8040, 9.5144)
AALBORG = (57.0482, 9.9194)
METTE = ContactDetails("Mette Prøvesen", "Daglig leder", "+4520123456", "mette@eksempel.invalid")


@dataclass
class Scene:
    """A jobcentre in Hobro with consultants, a phoner of the firm that calls for it."""

    session: Session
    jobcentre: Jobcentre
    participation: Participation
    phoner: User
    consultants: list[User] = field(default_factory=list)

    @property
    def consultant(self) -> User:
        return self.consultants[0]

    def entry(self, *, at: tuple[float, float] | None = None, held: bool = True, **workplace: Any) -> QueueEntry:
        """A company in the queue, by default in the phoner's hands."""
        where: dict[str, Any] = {"lat": at[0], "lon": at[1]} if at else {}
        made = make_queue_entry(
            self.session, participation=self.participation, workplace=make_workplace(self.session, **where, **workplace)
        )
        if held:
            for other in self.session.query(QueueEntry).filter_by(claimed_by=self.phoner.id):
                other.claimed_by = other.claimed_until = None
            made.claimed_by, made.claimed_at = self.phoner.id, NOW
            made.claimed_until = NOW + timedelta(minutes=10)
        self.session.flush()
        return made


def make_scene(session: Session, *, consultants: int = 1, max_visits: int = 4, **campaign: Any) -> Scene:
    jobcentre = make_jobcentre(session)
    firm = make_firm(session)
    participation = make_participation(
        session, campaign=make_campaign(session, **campaign), jobcentre=jobcentre, firm=firm
    )
    people = [
        make_consultant(session, jobcentre=jobcentre, max_visits_a_day=max_visits, phone="+4530303030")
        for _ in range(consultants)
    ]
    return Scene(session, jobcentre, participation, make_user(session, "phoner", firm=firm), people)
