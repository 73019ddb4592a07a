"""A person's reference out of the events of ours, here and, by the outbox, in consultants' own calendars.

Until a calendar has answered, the reference has to be kept to be found there: in the outbox row that asks for it, and
nowhere else. The row is emptied when the calendar is clean, and when it is disconnected.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.base.mentions import Mention
from crm.calendars.actions.copies import CHANNEL, want
from crm.calendars.models import BusySource, CalendarCopy, CalendarEvent
from crm.integrations.actions import send
from crm.integrations.models import OutboxMessage

_TITLE = "Ord, der skal ud af konsulentens egen kalender"
_NAME = "reference"


def take_out(
    session: Session,
    now: datetime,
    uids: Collection[str],
    mention: Mention,
    change: Callable[[str], str],
    *,
    key: str,
) -> int:
    """``change`` the words of these events, and ask every calendar they have come into to be without ``mention``: past
    ones, called off ones and ones with words of the owner's as well. How many calendars are asked.

    ``key`` names the erasing, so that each calendar is asked once for it.
    """
    for event in session.scalars(select(CalendarEvent).where(CalendarEvent.uid.in_(uids))):
        texts = event.summary, event.location, event.description
        changed = tuple(map(change, texts))
        if changed != texts:
            event.summary, event.location, event.description = changed[0][:300], changed[1][:400], changed[2]
            event.updated_at = now
            session.flush()
            want(session, now, event, moved=False)
    copies = session.scalars(
        select(CalendarCopy)
        .join(BusySource, BusySource.id == CalendarCopy.source_id)
        .where(CalendarCopy.uid.in_(uids), BusySource.kind == "caldav")
        .order_by(CalendarCopy.id)
    ).all()
    for copy in copies:
        send(
            session,
            now,
            channel=CHANNEL,
            dedupe_key=f"{_prefix(copy.id)}{key}",
            to=f"kalender {copy.source_id}",
            subject=_TITLE,
            text=f"copy {copy.id}",
            attachments=[{"name": _NAME, "mime": "text/plain", "text": mention.reference}],
        )
    return len({copy.source_id for copy in copies})


def _prefix(copy_id: int) -> str:
    return f"calendar-without:{copy_id}:"


def to_take_out(session: Session, copy_id: int) -> dict[int, Mention]:
    """Whom the copy is still to be without, by outbox row."""
    rows = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.dedupe_key.startswith(_prefix(copy_id)), OutboxMessage.channel == CHANNEL)
        .order_by(OutboxMessage.id)
    )
    return {row.id: Mention(one["text"]) for row in rows for one in row.attachments if one["name"] == _NAME}


def taken_out(session: Session, rows: Collection[int]) -> None:
    """The calendar is clean: the reference is kept no longer."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(rows))
        .values(attachments=[])
        .execution_options(synchronize_session="fetch")
    )


def forget_those_of(session: Session, source_id: int) -> None:
    """The calendar is being disconnected and cannot be reached any more."""
    copies: Sequence[int] = session.scalars(select(CalendarCopy.id).where(CalendarCopy.source_id == source_id)).all()
    taken_out(session, [row for copy_id in copies for row in to_take_out(session, copy_id)])
