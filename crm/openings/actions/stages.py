"""A candidacy's step, and the opening's stage after it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.openings.actions import steps
from crm.openings.actions.life import refresh_stage
from crm.openings.models import Candidacy, Opening


def settle(
    session: Session,
    actor: Any,
    now: datetime,
    candidacy: Candidacy,
    verb: str,
    *,
    opening: Opening | None = None,
    **data: Any,
) -> Candidacy:
    """Note the step of a held candidacy, and let the opening's stage follow."""
    steps.settle(session, actor, now, candidacy, verb, opening=opening, **data)
    refresh_stage(session, actor, now, opening or candidacy.opening)
    return candidacy


def close(session: Session, actor: Any, now: datetime, candidacy: Candidacy, because: str) -> Candidacy:
    """End a held candidacy, and let the opening's stage follow."""
    steps.close(session, actor, now, candidacy, because)
    refresh_stage(session, actor, now, candidacy.opening)
    return candidacy
