"""Factories of leave."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from crm.people.models import Leave, User
from tests.conftest import NOW


def make_leave(
    session: Session, user: User, from_on: date, until_on: date, substitute: User | None = None, **fields: Any
) -> Leave:
    """Away on these Danish days, both included."""
    made = Leave(
        user_id=user.id,
        from_on=from_on,
        until_on=until_on,
        substitute_id=substitute.id if substitute else None,
        **{"created_at": NOW, "created_by": user.id, **fields},
    )
    session.add(made)
    session.flush()
    return made
