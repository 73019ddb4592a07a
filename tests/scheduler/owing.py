"""Agreements that come due while schedulers are killed, and what is to be found afterwards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from crm.base.clock import danish_date
from crm.followups.models import Digest, FollowUp, Nag
from crm.integrations.actions import LEASE, deliver_due
from crm.integrations.models import OutboxMessage
from crm.people.models import User
from crm.recurring.actions import ask
from crm.scheduler import run_job
from tests.conftest import NOW
from tests.factories.core import make_participation, make_queue_entry, make_user, make_visit
from tests.factories.followups import make_follow_up
from tests.scheduler.crew import Crew

EACH = 3


class Owing:
    """Called again and again: one more consultant with agreements due today, and the jobs asked for."""

    def __init__(self, app: Flask, pause: float = 0.1) -> None:
        self.app = app
        self.pause = pause
        self.owners: set[str] = set()
        with app.extensions["crm.sessions"].begin() as db:
            self.asker: User = make_user(db)
            self.participation_id = make_participation(db).id

    def __call__(self) -> None:
        from crm.campaigns.models import Participation

        with self.app.extensions["crm.sessions"].begin() as db:
            participation = db.get_one(Participation, self.participation_id)
            entry = make_queue_entry(
                db, participation=participation, state="done", final_outcome="booked", final_at=NOW
            )
            visit = make_visit(db, entry=entry, state="held", starts_at=NOW - timedelta(days=3), reported_at=NOW)
            for number in range(EACH):
                make_follow_up(db, visit=visit, due_on=danish_date(NOW), promise=f"Aftale {number}")
            self.owners.add(visit.consultant.email)
            ask(db, self.asker, NOW, "nag")
            ask(db, self.asker, NOW, "deliver")
        time.sleep(self.pause)

    def nags(self) -> int:
        with self.app.extensions["crm.sessions"]() as db:
            return db.scalar(select(func.count()).select_from(Nag)) or 0


@dataclass(frozen=True)
class Found:
    """``agreements``, ``nags`` and how many of them stand twice; ``owners`` and their ``digests``; ``lost``: mails that
    did not leave; ``repeated``: mails that were delivered again."""

    agreements: int
    nags: int
    doubled: int
    owners: int
    digests: int
    mails: int
    lost: int
    repeated: int


def settle(app: Flask, owing: Owing, crew: Crew, repeated: Callable[[], int]) -> Found:
    """What was in flight is taken up again after its lease, and the last agreements are nagged."""
    crew.bury()
    run_job(app, "nag")
    ways = {"mail": app.extensions["crm.adapters"]["mail"], "sms": app.extensions["crm.adapters"]["sms"]}
    while deliver_due(app.extensions["crm.sessions"], ways, crew.product_now() + LEASE + timedelta(days=2)):
        pass
    with app.extensions["crm.sessions"]() as db:
        nags = Counter(tuple(row) for row in db.execute(select(Nag.follow_up_id, Nag.step, Nag.due_on)))
        mails = Counter(db.scalars(select(OutboxMessage.recipient)))
        states = dict(db.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)).all())
        return Found(
            agreements=db.scalar(select(func.count()).select_from(FollowUp)) or 0,
            nags=len(nags),
            doubled=sum(nags.values()) - len(nags),
            owners=len(owing.owners),
            digests=db.scalar(select(func.count()).select_from(Digest)) or 0,
            mails=sum(mails[owner] for owner in owing.owners),
            lost=sum(count for state, count in states.items() if state != "sent"),
            repeated=repeated(),
        )
