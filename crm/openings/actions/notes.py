"""One way to write down what happened to an opening."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.openings.models import Opening


def note(session: Session, actor: Any, now: datetime, verb: str, opening: Opening, **data: Any) -> None:
    activity.record(
        session,
        actor,
        now,
        verb,
        opening,
        workplace_id=opening.workplace_id,
        campaign_id=opening.campaign_id,
        type=opening.type,
        own_type=opening.own_type.name if opening.own_type else None,
        positions=opening.positions,
        visit_id=opening.visit_id,
        **data,
    )
