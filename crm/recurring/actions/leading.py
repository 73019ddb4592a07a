"""The leader's row: taken with the lock, and renewed through the connection that holds it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CursorResult, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from crm.base.db import is_sqlite
from crm.recurring.models import Leader

Bind = Session | Connection


def take_lead(bind: Bind, now: datetime, name: str) -> None:
    """``name`` leads from now on; every change of leader is counted."""
    insert = sqlite.insert(Leader) if is_sqlite(bind) else postgresql.insert(Leader)
    row = {"name": name[:120], "since": now, "beat_at": now}
    bind.execute(
        insert.values(id=1, handovers=0, **row).on_conflict_do_update(
            index_elements=["id"], set_={**row, "handovers": Leader.__table__.c.handovers + 1}
        )
    )


def beat(bind: Bind, now: datetime, name: str) -> bool:
    """A sign of life; False when somebody else leads by now."""
    done = bind.execute(update(Leader).where(Leader.name == name[:120]).values(beat_at=now))
    return isinstance(done, CursorResult) and done.rowcount == 1
