"""Phoners who work a queue down as fast as they can, in threads or in processes of their own.

``python -m tests.calling.hammer URL CAMPAIGN_ID USER_ID [sabotaged]`` prints the ids of the entries it was given.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from crm.base.db import make_engine, session_factory
from crm.base.models import load_all
from crm.calling.actions import claim, finish
from crm.calling.models import QueueEntry
from crm.people.models import User

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # as in conftest, which would bring the whole application along
Take = Callable[[sessionmaker[Session], int, int], int | None]


def take(sessions: sessionmaker[Session], campaign_id: int, user_id: int) -> int | None:
    """Claim and finish one entry as the product does; its id, None when the queue is empty."""
    with sessions.begin() as session:
        user = session.get_one(User, user_id)
        entry = claim(session, user, NOW, campaign_id)
    if entry is None:
        return None
    with sessions.begin() as session:
        finish(
            session,
            session.get_one(User, user_id),
            NOW,
            session.get_one(QueueEntry, entry.id),
            "declined",
            reason="no_need",
        )
    return entry.id


def take_sabotaged(sessions: sessionmaker[Session], campaign_id: int, user_id: int) -> int | None:
    """The control: look first, claim after. Two who look at once get the same entry."""
    with sessions() as session:
        found = session.scalar(
            select(QueueEntry.id)
            .where(QueueEntry.campaign_id == campaign_id, QueueEntry.state == "waiting")
            .order_by(QueueEntry.id)
            .limit(1)
        )
    time.sleep(0.002)  # the phoner's network: without it the control fails too seldom to be believed
    if found is not None:
        with sessions.begin() as session:
            session.execute(update(QueueEntry).where(QueueEntry.id == found).values(state="done", claimed_by=user_id))
    return found


def work(sessions: sessionmaker[Session], campaign_id: int, user_id: int, how: Take) -> list[int]:
    """Until the queue is empty."""
    taken: list[int] = []
    while (number := how(sessions, campaign_id, user_id)) is not None:
        taken.append(number)
    return taken


if __name__ == "__main__":
    load_all()
    engine = make_engine(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    how = take_sabotaged if "sabotaged" in sys.argv else take
    print(*work(session_factory(engine), int(sys.argv[2]), int(sys.argv[3]), how), flush=True)
