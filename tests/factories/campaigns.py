"""Factories of campaigns beyond the backbone in core: lists, entries, saved segments, contact facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base.activity import Activity, record
from crm.campaigns.models import CallList, ListEntry, Participation, SavedSegment
from crm.campaigns.rules import Filters
from crm.companies.models import Workplace
from tests.conftest import NOW
from tests.factories.core import make_participation, make_workplace


def make_call_list(
    session: Session,
    *,
    participation: Participation | None = None,
    workplaces: Sequence[Workplace] | None = None,
    filters: Filters | None = None,
    **fields: Any,
) -> CallList:
    """A draft holding ``workplaces`` in this order (one made-up workplace when none are given)."""
    participation = participation or make_participation(session)
    values: dict[str, Any] = {"name": "Prøveliste", "seed": 4711, "created_at": NOW, **fields}
    made = CallList(participation_id=participation.id, filters=(filters or Filters()).to_json(), **values)
    session.add(made)
    session.flush()
    for position, workplace in enumerate([make_workplace(session)] if workplaces is None else workplaces, start=1):
        session.add(ListEntry(call_list_id=made.id, workplace_id=workplace.id, position=position))
    session.flush()
    return made


def make_saved_segment(session: Session, participation: Participation, **fields: Any) -> SavedSegment:
    values: dict[str, Any] = {"name": "Prøveudsnit", "filters": Filters().to_json(), "created_at": NOW, **fields}
    made = SavedSegment(participation_id=participation.id, **values)
    session.add(made)
    session.flush()
    return made


def make_fact(session: Session, workplace: Workplace, at: datetime, verb: str, **data: Any) -> Activity:
    """A fact of the activity log as calling and visits write it, such as calling.finish with an outcome."""
    made = record(session, None, at, verb, workplace, workplace_id=workplace.id, **data)
    session.flush()
    return made
