"""What happens to a visit is written twice: in its own history and in the log that other rooms read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base import activity
from crm.visits.models import Visit, VisitEvent


def record(session: Session, actor: Any, now: datetime, visit: Visit, kind: str, **data: Any) -> None:
    """``kind``: a key of words.EVENTS; ``actor`` None: nobody was signed in. ``data`` must be JSON."""
    session.add(
        VisitEvent(
            visit_id=visit.id,
            at=now,
            kind=kind,
            actor_id=actor.id if actor else None,
            responsible_id=visit.responsible_id,
            data=data,
        )
    )
    activity.record(
        session,
        actor,
        now,
        f"visits.{kind}",
        visit,
        workplace_id=visit.workplace_id,
        campaign_id=visit.campaign_id,
        **data,
    )
