"""Booking by many at once: a worker who does in a jobcentre what people do, at random.

Shared by the races of this folder and by ``scripts/bench/operations``. What a worker is about to change it has read
before, as a page is read before its form is sent, so that it may be out of date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from crm.base.clock import at, danish_date
from crm.base.db import read_only_session
from crm.base.errors import NotFound, Refusal
from crm.calendars.actions import add_absence, remove_absence, set_bases, set_hours, set_profile
from crm.calendars.models import Absence
from crm.calendars.rules import Stretch
from crm.calling.models import Call, QueueEntry
from crm.people.models import User
from crm.visits.actions import book, cancel, check_day, hand_over, hold, move, prolong, release_hold, undo_booking
from crm.visits.actions.company import company_cancel, company_move
from crm.visits.actions.reassign import Choice, reassign
from crm.visits.models import SlotHold, Visit
from crm.visits.queries.reassign import proposals
from crm.visits.queries.slots import slots
from tests.conftest import NOW
from tests.factories.visits import METTE
from tests.visits.crowd import World

CODES = frozenset({"overlap", "travel", "hours", "capacity", "same", "stale", "too_late"})
"""What a person may be told; anything else that comes out is a fault."""
BASES = (("Hobro", "9500"), ("Aalborg", "9000"), ("Viborg", "8800"))


@dataclass(frozen=True)
class Seen:
    """A visit as a page showed it."""

    id: int
    entry: int
    consultant: int
    starts_at: datetime
    sequence: int


class Worker:
    """``booked``: the visits it was told are booked; ``undone``: those it has taken back; ``again``: how often it took
    a time that a refusal offered instead."""

    def __init__(self, sessions: sessionmaker[Session], world: World, number: int, seed: int = 0) -> None:
        self.sessions, self.world, self.chance = sessions, world, Random(seed * 1000 + number)
        self.lead, self.phoner = world.leads[number], world.phoners[number]
        self.booked: list[int] = []
        self.undone: list[int] = []
        self.again = 0

    def act(self, path: str) -> str:
        """What came of it: ``done``, ``nothing`` where there was nothing to do it with, ``gone``, or the refusal's code. Raises
        whatever is no refusal that a person may be given."""
        way: Callable[[], bool] = getattr(self, path)
        try:
            return "done" if way() else "nothing"
        except NotFound:
            return "gone"
        except Refusal as refusal:
            if refusal.code not in CODES:
                raise
            return refusal.code

    # the six paths

    def new(self, entry: int | None = None) -> bool:
        """A lead books; where the time is gone, one that the refusal offers."""
        entry, consultant, start = entry or self.chance.choice(self.world.entries), self.consultant(), self.start()
        try:
            return self.book(self.lead, entry, consultant, start)
        except Refusal as refusal:
            offered = (refusal.extra or {}).get("alternatives") or []
            if not offered or self.chance.random() < 0.7:
                raise
            self.again += 1
            one = self.chance.choice(offered)
            return self.book(self.lead, entry, one["consultant_id"], datetime.fromisoformat(one["starts_at"]))

    def confirm(self) -> bool:
        """A phoner holds a time, and books what is held: which cannot be refused while calendars stay as they are."""
        entry = self.in_hand()
        if entry is None:
            return False
        with self.sessions.begin() as db:
            held = hold(db, *self.company(db, self.phoner, entry), self.consultant(), self.start())
        try:
            return self.book(self.phoner, entry, held.consultant_id, held.starts_at)
        except Refusal as refusal:
            if not self.world.shifts:
                raise AssertionError(f"a held time was refused: {refusal.code}") from refusal
            raise

    def move(self) -> bool:
        seen = self.pick()
        if seen is None:
            return False
        to = self.chance.choice((seen.consultant, self.consultant()))
        with self.sessions.begin() as db:
            move(db, db.get_one(User, self.lead), NOW, self.visit(db, seen), self.start(), "Byttet", to)
        return True

    def reassign(self) -> bool:
        """What is proposed for a consultant's day, perhaps with the absence that is the reason for it."""
        seen = self.pick()
        if seen is None:
            return False
        day = danish_date(seen.starts_at)
        with read_only_session(self.sessions) as db:
            plan = proposals(db, NOW, seen.consultant, day, day)
        choices = [
            Choice(one.ref, one.chosen.consultant_id, one.chosen.starts_at, cancel=one.chosen.starts_at is None)
            for one in plan.proposals
        ]
        ill = self.world.shifts and self.chance.random() < 0.2
        away = (at(day, 0), at(day + timedelta(days=1), 0)) if ill else None
        if not choices:
            return False
        with self.sessions.begin() as db:
            reassign(db, db.get_one(User, self.lead), NOW, seen.consultant, choices, "Sygdom", away)
        return True

    def rebook(self) -> bool:
        """Cancel, and book the same company anew."""
        seen = self.pick()
        if seen is None:
            return False
        with self.sessions.begin() as db:
            cancel(db, db.get_one(User, self.lead), NOW, self.visit(db, seen), "jobcentre", "Syg")
        return self.new(seen.entry)

    def anybody(self) -> bool:
        """Whoever can come: the best time that is offered with any consultant; or the same time with a colleague."""
        seen = self.pick()
        if seen is not None and self.chance.random() < 0.5:
            with self.sessions.begin() as db:
                to, visit = self.consultant(), self.visit(db, seen)
                hand_over(db, db.get_one(User, self.lead), NOW, visit, to, "Ferie")
            return True
        entry, day = self.chance.choice(self.world.entries), self.chance.choice(self.world.days)
        with read_only_session(self.sessions) as db:
            found = slots(db, NOW, db.get_one(QueueEntry, entry), at(day, 0), at(day + timedelta(days=1), 0)).slots
        return bool(found) and self.book(self.lead, entry, found[0].consultant_id, found[0].starts_at)

    # what goes on beside them

    def company_moves(self) -> bool:
        seen = self.pick()
        if seen is None:
            return False
        with self.sessions.begin() as db:
            company_move(db, NOW, self.visit(db, seen), seen.sequence, self.consultant(), self.start())
        return True

    def company_cancels(self) -> bool:
        seen = self.pick()
        if seen is None:
            return False
        with self.sessions.begin() as db:
            company_cancel(db, NOW, self.visit(db, seen), seen.sequence, "other", "Syg")
        return True

    def holds(self) -> bool:
        """Hold a time, keep it longer, or let it go."""
        entry = self.in_hand()
        if entry is None:
            return False
        with self.sessions.begin() as db:
            actor, now, company = self.company(db, self.phoner, entry)
            what = self.chance.random()
            if what < 0.6:
                hold(db, actor, now, company, self.consultant(), self.start())
            elif what < 0.8:
                prolong(db, actor, now, company)
            else:
                return release_hold(db, actor, now, company)
        return True

    def takes_back(self) -> bool:
        """A phoner takes the last booking back at once."""
        with self.sessions.begin() as db:
            call = db.scalar(
                select(Call)
                .where(Call.user_id == self.phoner, Call.outcome == "booked")
                .order_by(Call.id.desc())
                .limit(1)
            )
            if call is None or call.undone_at is not None:
                return False
            live = Visit.queue_entry_id == call.entry_id, Visit.booked_by == self.phoner, Visit.state == "booked"
            number = db.scalar(select(Visit.id).where(*live))
            undo_booking(db, db.get_one(User, self.phoner), NOW, call)
        if number is not None:
            self.undone.append(number)
        return True

    def calendar(self) -> bool:
        """Base, hours or absence change under the visits."""
        with self.sessions.begin() as db:
            lead, consultant = db.get_one(User, self.lead), db.get_one(User, self.consultant())
            what, base = self.chance.randrange(5), self.chance.choice(BASES)
            if what == 0:
                set_profile(db, lead, NOW, consultant, base_name=base[0], base_postcode=base[1], max_visits_a_day=8)
            elif what == 1:
                set_bases(db, lead, NOW, consultant, {self.chance.randrange(5): base} if base != BASES[0] else {})
            elif what == 2:
                opens, closes = self.chance.choice((450, 480, 510)), self.chance.choice((900, 960, 990))
                set_hours(db, lead, NOW, consultant, [Stretch(weekday, opens, closes) for weekday in range(5)])
            elif what == 3:
                start = self.start()
                add_absence(db, lead, NOW, consultant, start, start + timedelta(hours=1), "Møde")
            else:
                for absence in db.scalars(select(Absence).where(Absence.consultant_id == consultant.id)).all():
                    remove_absence(db, lead, NOW, absence)
        return True

    def checks(self) -> bool:
        with self.sessions.begin() as db:
            check_day(db, NOW, self.consultant(), self.chance.choice(self.world.days))
        return True

    # how

    def book(self, actor: int, entry: int, consultant: int, start: datetime) -> bool:
        with self.sessions.begin() as db:
            visit = book(db, *self.company(db, actor, entry), consultant, start, METTE)
        self.booked.append(visit.id)
        return True

    def company(self, db: Session, actor: int, entry: int) -> tuple[User, datetime, QueueEntry]:
        return db.get_one(User, actor), NOW, db.get_one(QueueEntry, entry)

    def visit(self, db: Session, seen: Seen) -> Visit:
        """As a page loads it: not found when its booking was taken back."""
        found = db.get(Visit, seen.id)
        if found is None:
            raise NotFound
        return found

    def consultant(self) -> int:
        return self.chance.choice(self.world.consultants)

    def start(self) -> datetime:
        return at(self.chance.choice(self.world.days), self.chance.randrange(16, 31) * 30).astimezone(UTC)

    def pick(self) -> Seen | None:
        """One of the booked visits of a consultant, as a page shows it."""
        columns = Visit.id, Visit.queue_entry_id, Visit.consultant_id, Visit.starts_at, Visit.sequence
        with read_only_session(self.sessions) as db:
            found = db.execute(
                select(*columns).where(Visit.state == "booked", Visit.consultant_id == self.consultant())
            ).all()
        return Seen(*self.chance.choice(found)) if found else None

    def in_hand(self) -> int | None:
        """The company that the phoner talks with; another one that nobody has, once it is booked."""
        mine = select(QueueEntry.id).where(QueueEntry.claimed_by == self.phoner, QueueEntry.claimed_at.is_not(None))
        with self.sessions.begin() as db:
            held = db.scalar(mine.limit(1))
            if held is not None:
                return held
            entry = db.get_one(QueueEntry, self.chance.choice(self.world.entries), with_for_update={"of": QueueEntry})
            live = db.scalar(select(Visit.id).where(Visit.queue_entry_id == entry.id, Visit.state == "booked"))
            if live is not None or (entry.claimed_by is not None and entry.claimed_until is not None):
                return None
            for former in db.scalars(select(SlotHold).where(SlotHold.entry_id == entry.id)):
                db.delete(former)
            entry.state, entry.final_outcome, entry.claimed_by = "waiting", None, self.phoner
            entry.claimed_at, entry.claimed_until = NOW, NOW + timedelta(minutes=10)
            return entry.id


SIX = ("new", "confirm", "move", "reassign", "rebook", "anybody")
BESIDE = ("company_moves", "company_cancels", "holds", "takes_back", "checks")


def acknowledged(workers: Iterable[Worker]) -> list[int]:
    """The visits that must be there. A number that was taken back may have been given again (SQLite)."""
    count: Counter[int] = Counter()
    for one in workers:
        count.update(one.booked)
        count.subtract(one.undone)
    return sorted(count.elements())
