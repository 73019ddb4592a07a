"""How a jobcentre weighs its times."""

from __future__ import annotations

from sqlalchemy.orm import Session

from crm.visits.models import SlotWeights
from crm.visits.rules.weights import EVEN, Weights


def weights_of(session: Session, jobcentre_id: int) -> Weights:
    """Both 0 where nothing has been set."""
    found = session.get(SlotWeights, jobcentre_id)
    return Weights(found.fairness_min, found.earliness_min) if found else EVEN
