"""The demo's rows in memory, and their insertion at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.bulk import continue_ids
from crm.calendars.models import CalendarEvent
from crm.calling.actions.finish import SETTLED
from crm.calling.models import Call, QueueEntry
from crm.campaigns.models import Campaign
from crm.companies.models import Contact, Workplace
from crm.followups.models import Answer, Digest, FollowUp, Nag, Notice
from crm.openings.models import Candidacy, Candidate, Opening, Placement
from crm.people.models import User
from crm.visits.models import Visit, VisitEvent

Row = dict[str, Any]
MODELS = (
    *(Contact, Call, Visit, VisitEvent, CalendarEvent, Opening, Candidate, Candidacy, Placement),
    *(FollowUp, Answer, Nag, Digest, Notice, Activity),
)


@dataclass(slots=True)
class Entry:
    """A queue entry with what the events need of its workplace.

    ``state``: the columns of queue_entries that calls change (``STATE``). ``contacts``: rows by name, case folded.
    ``calls``: ends of its calls so far.
    """

    id: int
    jobcentre_id: int
    calling_firm_id: int | None
    workplace_id: int
    name: str
    address: str
    lat: float
    lon: float
    state: Row
    contacts: dict[str, Row] = field(default_factory=dict)
    calls: list[datetime] = field(default_factory=list)


class Rows:
    """Collects rows; ``write`` inserts them. Ids go on from the largest one in each table."""

    def __init__(self, session: Session, campaign: Campaign) -> None:
        self.session, self.campaign = session, campaign
        self.rows: dict[type, list[Row]] = {model: [] for model in MODELS}
        self.changed: dict[type, dict[int, Row]] = {QueueEntry: {}, Contact: {}, Workplace: {}}
        self._next = {model: (session.scalar(select(func.max(model.id))) or 0) + 1 for model in MODELS}

    def _add(self, model: Any, **row: Any) -> Row:
        row["id"] = self._next[model]
        self._next[model] += 1
        self.rows[model].append(row)
        return row

    def _note(
        self,
        actor: User | None,
        now: datetime,
        verb: str,
        model: Any,
        number: int,
        workplace_id: int,
        data: Row,
        campaign: bool = True,
    ) -> None:
        self.rows[Activity].append(
            {
                "at": now,
                "actor_id": actor.id if actor else None,
                "actor_name": actor.name if actor else "",
                "verb": verb,
                "subject_type": model.__tablename__,
                "subject_id": number,
                "workplace_id": workplace_id,
                "campaign_id": self.campaign.id if campaign else None,
                "data": data,
            }
        )

    def _event(self, visit: Row, actor: User, now: datetime, kind: str, data: Row) -> None:
        self._add(
            VisitEvent,
            visit_id=visit["id"],
            at=now,
            kind=kind,
            actor_id=actor.id,
            responsible_id=visit["responsible_id"],
            data=data,
        )
        self._note(actor, now, f"visits.{kind}", Visit, visit["id"], visit["workplace_id"], data)

    def _withdraw(self, visit: Row, now: datetime) -> None:
        """The visit no longer takes up time; its calendar event stays, cancelled."""
        visit["sequence"] += 1
        event = self.rows[CalendarEvent][visit["id"] - self.rows[Visit][0]["id"]]
        event |= {"status": "CANCELLED", "sequence": event["sequence"] + 1, "updated_at": now}

    def write(self) -> None:
        """Insert everything; the activity log in the order of time. The collected rows are let go."""
        log = sorted(self.rows[Activity], key=lambda row: row["at"])
        for number, row in enumerate(log, self._next[Activity]):
            row["id"] = number
        self.rows[Activity] = log
        for model, changes in self.changed.items():
            _update(self.session, model, changes)
        for model in MODELS:
            _insert(self.session, model, self.rows[model])
        continue_ids(self.session, [_table(model) for model in MODELS])
        self.rows = {model: [] for model in MODELS}
        self.changed = {model: {} for model in self.changed}


# The demo's calls leave no note half typed and nothing in anybody's hands.
STATE = tuple(name for name in SETTLED if name not in ("draft_note", "claimed_by", "claimed_at"))


def of_visit(visit: Row) -> Row:
    return {
        "visit_id": visit["id"],
        "campaign_id": visit["campaign_id"],
        "jobcentre_id": visit["jobcentre_id"],
        "workplace_id": visit["workplace_id"],
    }


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


def _insert(session: Session, model: Any, rows: Iterable[Row], chunk: int = 10_000) -> None:
    """Core inserts: one statement for each chunk."""
    rows = list(rows)
    for start in range(0, len(rows), chunk):
        session.connection().execute(insert(_table(model)), rows[start : start + chunk])


def _update(session: Session, model: Any, changes: dict[int, Row]) -> None:
    """One UPDATE for all changed rows of a table; they change the same columns."""
    if changes:
        table = _table(model)
        values: Row = {name: bindparam(f"new_{name}") for name in next(iter(changes.values()))}
        rows = [
            {"row": number, **{f"new_{name}": value for name, value in row.items()}} for number, row in changes.items()
        ]
        session.connection().execute(update(table).where(table.c.id == bindparam("row")).values(values), rows)
