"""What the tests of reminders share: mornings, nags, notices and digests as they stand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at
from crm.followups.models import Nag, Notice
from crm.integrations.models import OutboxMessage
from crm.people.models import User
from tests.factories import make_jobcentre, make_user

DUE = date(2026, 12, 1)


def morning(count: int, due: date = DUE) -> datetime:
    """07.30 Danish time, ``count`` working days after the due date."""
    return at(add_working_days(due, count), 450)


def lead_of(session: Session, **fields: str) -> User:
    return make_user(session, "jobcentre_lead", jobcentre=make_jobcentre(session), **{"name": "Lea Leder", **fields})


def steps(session: Session) -> list[tuple[str, int]]:
    return [(row.step, row.recipient_id) for row in session.scalars(select(Nag).order_by(Nag.id))]


def told(session: Session, user: User) -> list[tuple[str, str]]:
    """(step or kind, role) of the person's notices, in order."""
    rows = session.scalars(select(Notice).where(Notice.user_id == user.id).order_by(Notice.id))
    return [(row.nag.step if row.nag else row.kind, row.role) for row in rows]


def digests(session: Session, user: User | None = None, channel: str = "mail") -> list[OutboxMessage]:
    """The digests in the outbox, in order."""
    rows = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.dedupe_key.like("digest:%"), OutboxMessage.channel == channel)
        .order_by(OutboxMessage.id)
    ).all()
    wanted = None if user is None else user.email if channel == "mail" else user.phone
    return [row for row in rows if wanted is None or row.recipient == wanted]


def subjects(session: Session, user: User) -> list[str]:
    return [mail.subject for mail in digests(session, user)]


def together(count: int, act: Callable[[], object]) -> list[object]:
    """What each of so many threads, let go at once, returned or raised."""
    gate, got = threading.Barrier(count), []

    def go() -> None:
        gate.wait()
        try:
            got.append(act())
        except Exception as exc:
            got.append(exc)

    threads = [threading.Thread(target=go) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got
