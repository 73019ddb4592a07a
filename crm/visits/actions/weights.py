"""Set how a jobcentre weighs its times."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid
from crm.people.models import Jobcentre, User
from crm.visits.models import SlotWeights
from crm.visits.rules.weights import LARGEST, Weights


def weigh(session: Session, actor: User, now: datetime, jobcentre: Jobcentre, weights: Weights) -> SlotWeights:
    """Rank the jobcentre's times by these weights from now on. Nothing is recorded where nothing changes.

    Raises Invalid for minutes outside 0 to ``LARGEST``.
    """
    given = {"fairness_min": weights.fairness_min, "earliness_min": weights.earliness_min}
    errors = {name: N_("Skriv et helt tal fra 0 til 240") for name, value in given.items() if not 0 <= value <= LARGEST}
    if errors:
        raise Invalid(N_("Vægtene er ikke ændret. Ret felterne og prøv igen."), errors=errors)
    found = session.get(SlotWeights, jobcentre.id)
    before = {name: getattr(found, name) for name in given} if found else dict.fromkeys(given, 0)
    if found is None:
        found = SlotWeights(jobcentre_id=jobcentre.id)
        session.add(found)
    found.fairness_min, found.earliness_min = weights.fairness_min, weights.earliness_min
    session.flush()
    if before != given:
        activity.record(session, actor, now, "visits.weigh", jobcentre, **given, before=before)
    return found
