"""What a phoner is doing, for the live board."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, and_, case, or_, update
from sqlalchemy.orm import Session

from crm.base.db import insert_for
from crm.calling.models import Presence
from crm.calling.rules.presence import SILENT_CALLING, SILENT_PAUSED


def note_presence(
    session: Session,
    actor: Any,
    now: datetime,
    state: str,
    *,
    reason: str | None = None,
    campaign_id: int | None = None,
    jobcentre_id: int | None = None,
) -> None:
    """A sign of life of the phoner: ``calling``, ``paused`` (with a key of ``rules.PAUSES``) or ``away``.

    One upsert, safe to repeat with every heart-beat: ``since`` changes only when state or reason does. Without
    ``campaign_id`` the campaign and jobcentre last known are kept; with it ``jobcentre_id`` None means all of them.
    """
    session.flush()
    seen = {"state": state, "reason": reason, "seen_at": now}
    where = {"campaign_id": campaign_id, "jobcentre_id": jobcentre_id}
    statement = insert_for(session, Presence.__table__).values(user_id=actor.id, since=now, **seen, **where)
    same = and_(Presence.state == state, Presence.reason.is_not_distinct_from(reason))
    changed: dict[str, Any] = {**seen, "since": case((same, Presence.since), else_=now)}
    if campaign_id is not None:
        changed |= where
    session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=changed))


def mark_silent(session: Session, now: datetime) -> int:
    """Phoners who gave no sign of life for so long that they are away, since their last one; how many. A job."""
    silent = or_(
        and_(Presence.state == "calling", Presence.seen_at < now - SILENT_CALLING),
        and_(Presence.state == "paused", Presence.seen_at < now - SILENT_PAUSED),
    )
    values = {"state": "away", "reason": None, "since": Presence.seen_at}
    result = session.execute(
        update(Presence).where(silent).values(values).execution_options(synchronize_session=False),
        execution_options={"preserve_rowcount": True},
    )
    return int(result.rowcount) if isinstance(result, CursorResult) else 0
