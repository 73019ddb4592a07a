"""What went wrong in the ordinary course and has a state of its own, beside the job that met it: messages that could
not be sent, calendars that do not answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from crm.base.errors import N_
from crm.calendars.models import BusySource
from crm.integrations.models import OutboxMessage
from crm.recurring.rules import Named

SAID = {
    "failed": N_("Kunne ikke sendes: {count}"),
    "unknown": N_("Uvist, om de er sendt: {count}"),
    "pending": N_("Prøves igen efter en fejl: {count}"),
}
READERS = {"caldav": "caldav", "ics": "links"}


def troubles(session: Session) -> Mapping[str, Sequence[Named]]:
    """By job; two queries."""
    found: dict[str, list[Named]] = defaultdict(list)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for channel, state, count in session.execute(_stuck()):
        counts["calendars" if channel == "calendar" else "deliver", state] += count
    for (job, state), count in sorted(counts.items()):
        found[job].append(Named(SAID[state], {"count": count}, "integrations.outbox", {"state": state}))
    silent = select(BusySource.kind, func.count()).where(BusySource.failing_since.is_not(None))
    for kind, count in session.execute(silent.group_by(BusySource.kind)):
        found[READERS[kind]].append(Named(N_("Kalendere, der ikke kan læses lige nu: {count}"), {"count": count}))
    return found


def _stuck() -> Any:
    again = and_(OutboxMessage.state == "pending", OutboxMessage.attempts > 0)
    return (
        select(OutboxMessage.channel, OutboxMessage.state, func.count())
        .where(or_(OutboxMessage.state.in_(("failed", "unknown")), again))
        .group_by(OutboxMessage.channel, OutboxMessage.state)
    )
