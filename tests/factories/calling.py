"""Factories of calling."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.calling.models import Call, QueueEntry
from crm.calling.rules import CONTACTED
from crm.campaigns.models import CallList, ListEntry, Participation
from crm.companies.models import Workplace
from crm.people.models import CallingFirm, User
from tests.conftest import NOW
from tests.factories.core import make_participation, make_queue_entry, make_user


def make_phoner(session: Session, participation: Participation, name: str = "") -> User:
    """A phoner of the firm that calls for the participation."""
    return make_user(session, "phoner", firm=session.get_one(CallingFirm, participation.calling_firm_id), name=name)


def make_call(
    session: Session,
    *,
    entry: QueueEntry | None = None,
    user: User | None = None,
    outcome: str = "no_answer",
    ended_at: datetime = NOW - timedelta(days=3),
    **fields: Any,
) -> Call:
    """A call as it stands in the history; the entry is left alone."""
    entry = entry or make_queue_entry(session)
    user = user or make_user(session, "phoner")
    made = Call(
        entry_id=entry.id,
        user_id=user.id,
        outcome=outcome,
        started_at=ended_at - timedelta(minutes=2),
        ended_at=ended_at,
        **{
            "calling_firm_id": entry.calling_firm_id,
            "answer": outcome if outcome in CONTACTED else None,
            **fields,
        },
    )
    session.add(made)
    session.flush()
    return made


def make_call_list(
    session: Session,
    workplaces: list[Workplace],
    *,
    participation: Participation | None = None,
    state: str = "approved",
    struck: tuple[int, ...] = (),
) -> CallList:
    """A list with these workplaces; ``struck``: positions in it that are struck out."""
    participation = participation or make_participation(session)
    made = CallList(participation_id=participation.id, name="Prøveliste", seed=1, state=state, created_at=NOW)
    session.add(made)
    session.flush()
    session.add_all(
        ListEntry(
            call_list_id=made.id,
            workplace_id=workplace.id,
            position=number,
            struck_reason="other" if number in struck else None,
        )
        for number, workplace in enumerate(workplaces)
    )
    session.flush()
    return made
