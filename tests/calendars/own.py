"""A consultant with a calendar of their own on a real server, and the product's jobs around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from crm.base.clock import at, danish
from crm.base.db import CrmSession
from crm.base.seal import Vault
from crm.base.settings import Settings
from crm.calendars.actions.caldav import Draft, connect
from crm.calendars.jobs import read_due, write_copy
from crm.calendars.models import BusySource, BusyTime, CalendarCopy
from crm.integrations.actions import deliver_due
from crm.integrations.caldav import Open, opener
from crm.integrations.caldav_wire import Account
from crm.integrations.calendar_out import CalendarOut
from crm.people.models import User
from crm.visits.actions import book
from crm.visits.actions.proposals import take_up
from crm.visits.models import MoveProposal, Visit
from crm.visits.queries.proposals import out_of_step
from tests.calendars.radicale import PASSWORD, Own, Server
from tests.conftest import NOW
from tests.factories.visits import METTE, Scene, make_scene

DAY = danish(NOW).date() + timedelta(days=2)
TEN, ONE = at(DAY, 600), at(DAY, 780)  # Thursday 26 November 2026, 10.00 and 13.00
HOUR = timedelta(hours=1)
VAULT = Vault.of(Settings(secret_key="test"))


def uid(visit: Visit) -> str:
    return f"visit-{visit.id}@jobaabner"


@dataclass
class World:
    """``own``: the calendar of the scene's first consultant. Time goes on with every job."""

    session: Session
    scene: Scene
    own: Own
    sessions: sessionmaker[Session]
    open: Open = field(default_factory=lambda: opener(True))
    now: datetime = NOW

    @property
    def consultant(self) -> User:
        return self.scene.consultant

    @property
    def source(self) -> BusySource:
        return self.session.scalars(
            select(BusySource).where(BusySource.consultant_id == self.consultant.id).order_by(BusySource.id.desc())
        ).first()  # type: ignore[return-value]

    def connect(self, own: Own | None = None, consultant: User | None = None, **use: bool) -> BusySource:
        own, who = own or self.own, consultant or self.consultant
        account = Account(own.server, own.user, PASSWORD)
        with self.open(account) as dav:
            draft = Draft(account, dav.calendars())
        made = connect(
            self.session, VAULT, who, self.now, who, draft, own.url, **{"writes": True, "reads": True, **use}
        )
        self.session.commit()
        return made

    def book(self, starts_at: datetime = TEN, **workplace: Any) -> Visit:
        entry = self.scene.entry(held=False, **workplace)
        made = book(self.session, self.consultant, self.now, entry, self.consultant.id, starts_at, METTE, "Ring på")
        self.session.commit()
        return made

    def later(self, step: timedelta = timedelta(minutes=6)) -> datetime:
        self.now += step
        return self.now

    def deliver(self) -> int:
        self.session.commit()
        way = CalendarOut(lambda number: write_copy(self.sessions, VAULT, self.open, self.now, number))
        self.later(timedelta(minutes=1))
        try:
            return deliver_due(self.sessions, {"calendar": way}, self.now)
        finally:
            self.session.expire_all()

    def read(self) -> int:
        """Read what is due, six minutes later, and make the proposals."""
        self.session.commit()
        count = read_due(self.sessions, VAULT, self.open, self.later())
        self.session.expire_all()
        for visit_id in out_of_step(self.session, self.now):
            take_up(self.session, self.now, visit_id)
        self.session.commit()
        return count

    def written(self, starts_at: datetime = TEN) -> Visit:
        """A visit that stands in the calendar, with all read."""
        visit = self.book(starts_at)
        assert self.deliver() == 1
        self.read()
        return visit

    def busy(self) -> list[tuple[datetime, datetime, str]]:
        rows = self.session.scalars(
            select(BusyTime).where(BusyTime.consultant_id == self.consultant.id).order_by(BusyTime.starts_at)
        )
        return [(row.starts_at, row.ends_at, row.kind) for row in rows]

    def copy(self, visit: Visit) -> CalendarCopy:
        return self.session.scalars(select(CalendarCopy).where(CalendarCopy.uid == uid(visit))).one()

    def proposals(self, state: str = "open") -> Sequence[MoveProposal]:
        return self.session.scalars(select(MoveProposal).where(MoveProposal.state == state)).all()


def world(session: Session, radicale: Server, *, consultants: int = 1, connected: bool = True, **use: bool) -> World:
    """On the test's rolled-back session: the jobs' own transactions are savepoints of it."""
    own_sessions = sessionmaker(
        bind=session.get_bind(), class_=CrmSession, join_transaction_mode="create_savepoint", expire_on_commit=False
    )
    made = World(session, make_scene(session, consultants=consultants), radicale.calendar(), own_sessions)
    session.commit()
    if connected:
        made.connect(**use)
    return made


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)
