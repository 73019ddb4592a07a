"""What is written about visits, held against each other: the visits, their history, calendars, entries, reminders.

An update that was lost shows here: every change leaves an event that says what was before it and after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from crm.calendars.models import CalendarEvent
from crm.calling.models import QueueEntry
from crm.integrations.models import OutboxMessage
from crm.visits.models import Visit, VisitEvent
from crm.visits.rules import OCCUPYING_STATES


class Row(NamedTuple):
    id: int
    entry: int
    consultant: int
    responsible: int
    starts_at: datetime
    ends_at: datetime
    state: str
    sequence: int

    @property
    def occupies(self) -> bool:
        return self.state in OCCUPYING_STATES


def wrong(session: Session, booked: Collection[int] | None = None) -> list[str]:
    """One line for each thing that does not agree. ``booked``: the visits that were acknowledged, each to be there
    and no other."""
    columns = ("id", "queue_entry_id", "consultant_id", "responsible_id", "starts_at", "ends_at", "state", "sequence")
    visits = [Row(*row) for row in _rows(session, Visit, *columns)]
    lines = list(_lost(visits, booked)) if booked is not None else []
    live = [visit for visit in visits if visit.state == "booked"]
    lines += [f"responsible: visit {one.id}" for one in live if one.responsible != one.consultant]
    twice = [entry for entry, count in Counter(one.entry for one in live).items() if count > 1]
    lines += [f"entry {entry}: more than one live visit" for entry in twice]
    lines += _entries(session, live)
    lines += _calendars(session, visits)
    lines += _histories(session, visits)
    return lines + list(_reminders(session, {one.id: one for one in live}))


def _rows(session: Session, model: Any, *names: str) -> Sequence[Any]:
    columns = inspect(model).local_table.c
    return session.execute(select(*(columns[name] for name in names)).order_by(columns.id)).all()


def _lost(visits: Iterable[Row], booked: Collection[int]) -> Iterator[str]:
    there = {visit.id for visit in visits}
    yield from (f"lost: visit {one}" for one in sorted(set(booked) - there))
    yield from (f"unknown: visit {one} was acknowledged to nobody" for one in sorted(there - set(booked)))


def _entries(session: Session, live: Iterable[Row]) -> Iterator[str]:
    states = dict(map(tuple, _rows(session, QueueEntry, "id", "state")))
    yield from (f"entry {one.entry}: waits, with a live visit" for one in live if states[one.entry] != "done")


def _calendars(session: Session, visits: Iterable[Row]) -> Iterator[str]:
    """The consultant's calendar shows the visit where it is, and nobody else's does."""
    shown: dict[str, list[tuple[int, datetime, datetime]]] = {}
    for uid, who, start, end, status in _rows(
        session, CalendarEvent, "uid", "consultant_id", "starts_at", "ends_at", "status"
    ):
        shown.setdefault(uid, [])
        if status == "CONFIRMED":
            shown[uid].append((who, start, end))
    for one in visits:
        due = [(one.consultant, one.starts_at, one.ends_at)] if one.occupies else []
        if shown.pop(f"visit-{one.id}@jobaabner", None) != due:
            yield f"calendar: visit {one.id} is not shown as it is"
    yield from (f"calendar: {uid} is no visit" for uid in shown)


def _histories(session: Session, visits: Iterable[Row]) -> Iterator[str]:
    told: dict[int, list[tuple[str, dict[str, Any]]]] = {}
    for number, kind, data in _rows(session, VisitEvent, "visit_id", "kind", "data"):
        told.setdefault(number, []).append((kind, data))
    for one in visits:
        yield from (f"history: visit {one.id}: {line}" for line in _history(one, told.get(one.id, [])))


def _history(visit: Row, events: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """From the booking on, each change begins where the one before has ended, and the last one left the row."""
    who, start, changes, over = 0, "", 0, False
    for number, (kind, data) in enumerate(events):
        if (kind == "book") != (number == 0):
            yield f"{kind} as event {number}"
        if kind == "book":
            who, start = data["consultant_id"], data["starts_at"]
        elif kind in ("move", "hand_over", "cancel"):
            if (data.get("former_id", who), data["was"]) != (who, start) or over:
                yield f"{kind} from {data['was']}, but it lay at {start}"
            changes, over = changes + 1, kind == "cancel"
            who, start = data.get("consultant_id", who), data.get("to", start)
    if not events or (who, start) != (visit.consultant, visit.starts_at.isoformat()):
        yield "the row is not where the last event left it"
    if changes != visit.sequence or over != visit.state.startswith("cancelled"):
        yield f"{changes} changes, SEQUENCE {visit.sequence}, {visit.state}"


def _reminders(session: Session, live: dict[int, Row]) -> Iterator[str]:
    """Nobody is reminded of a time that no longer holds."""
    columns = inspect(OutboxMessage).local_table.c
    for key in session.scalars(
        select(columns.dedupe_key).where(columns.dedupe_key.like("visit:%:reminder:%"), columns.state == "pending")
    ):
        number, sequence = int(key.split(":")[1]), int(key.split(":")[3])
        if number not in live or live[number].sequence != sequence:
            yield f"reminder: {key} is of a time that no longer holds"
