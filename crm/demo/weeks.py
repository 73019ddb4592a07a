"""Working days of the small demo, played through the rooms' own actions in the order of the clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date, next_working_day
from crm.base.errors import Refusal
from crm.calling.actions import claim, finish
from crm.calling.models import QueueEntry
from crm.campaigns.models import Campaign
from crm.demo import names, texts
from crm.demo.matching import Matching
from crm.demo.people import People
from crm.demo.pile import Pile
from crm.demo.promising import Promising, morning
from crm.demo.timetable import moment
from crm.demo.visiting import Visiting
from crm.people.models import User
from crm.visits.actions import book
from crm.visits.queries import slots
from crm.visits.rules import ContactDetails, Slot

Event = tuple[datetime, Callable[[datetime], None]]


@dataclass
class Desk:
    """A phoner at work. ``rate``: bookings for each contact; ``calls``: on a usual day. ``for_key``: the jobcentre
    they are given, None for both of the firm's. ``away_days``: the last days of the demo without them."""

    user: User
    rate: float
    calls: int
    for_key: str | None
    away_days: int = 0
    credit: float = field(default=0.0)


# one line a phoner: booking rate, calls a day, jobcentre, days away at the end
DESKS = (
    (0.33, 13, "846", 0),
    (0.27, 9, "840", 0),
    (0.31, 9, None, 0),
    (0.44, 12, "730", 0),
    (0.29, 11, "791", 0),
    (0.20, 8, None, 5),
)
ANSWERS = (
    ("contact", 47),
    ("no_answer", 24),
    ("voicemail", 12),
    ("call_back", 8),
    ("busy", 5),
    ("wrong_number", 1.6),
    ("outside_target", 1.2),
    ("closed_down", 0.7),
    ("do_not_call", 0.5),
)


class Weeks:
    """Plays one working day after the other, up to the product clock's now."""

    def __init__(
        self, session: Session, rng: Random, people: People, campaign: Campaign, began: datetime, now: datetime
    ) -> None:
        self.session, self.rng, self.campaign, self.now = session, rng, campaign, now
        phoners = [phoner for firm in people.firms for phoner in firm.phoners]
        self.desks = [Desk(user, *line, credit=rng.random()) for user, line in zip(phoners, DESKS, strict=True)]
        self.given = {
            desk.user.id: [
                centre.row.id
                for centre in people.centres
                if desk.user in centre.firm.phoners and desk.for_key in (None, centre.demo.key)
            ]
            for desk in self.desks
        }
        self.first = {user.id for user in people.centres[0].consultants}
        self._rare = ["wrong_number", "outside_target", "closed_down", "do_not_call"]  # each comes at least once
        self.pile = Pile(session, campaign)
        self.visiting = Visiting(session, rng, people, now)
        self.matching = Matching(session, Random(f"{rng.random()}:matching"), people, began, now)
        self.promising = Promising(session, Random(f"{rng.random()}:promising"), people, self.visiting.habits, now)
        self.today = danish_date(now)
        self.focus = next_working_day(self.today)
        self.booked: Counter[tuple[int, date]] = Counter()

    def day(self, day: date) -> None:
        """The morning's jobs, then calls, visits and promises as the clock goes."""
        morning(self.session, day, self.now)
        events: list[Event] = [event for desk in self.desks for event in self._calls(desk, day)]
        for part in (self.visiting, self.matching, self.promising):
            events += part.events(day)
        for when, act in sorted(events, key=lambda event: event[0]):
            if when < self.now - timedelta(minutes=4):
                act(when)

    def _calls(self, desk: Desk, day: date) -> list[Event]:
        if day > add_working_days(self.today, -desk.away_days - 1) and desk.away_days:
            return []
        count = max(3, round(desk.calls * self.rng.uniform(0.7, 1.3)))
        return [
            (moment(self.rng, day), lambda when, desk=desk: self._call(desk, when))  # type: ignore[misc]
            for _ in range(count)
        ]

    def _call(self, desk: Desk, when: datetime) -> None:
        entry = self._next(desk, when)
        if entry is None:
            return
        rng = self.rng
        outcome = str(rng.choices([key for key, _ in ANSWERS], [weight for _, weight in ANSWERS])[0])
        if self._rare and rng.random() < 0.05:
            outcome = self._rare.pop()
        ended = when + timedelta(seconds=rng.randint(20, 90) if outcome != "contact" else rng.randint(70, 420))
        if outcome == "contact":
            self._offer(desk, entry, ended)
        elif outcome == "call_back":
            back = self._later(ended)
            mine, note = rng.random() < 0.7, rng.choice(texts.CALL_BACK_NOTES)
            self._finish(desk, ended, entry, outcome, call_back_at=back, mine=mine, note=note)
        else:
            note = rng.choice(texts.VOICEMAIL_NOTES) if outcome == "voicemail" else ""
            self._finish(desk, ended, entry, outcome, note=note)

    def _next(self, desk: Desk, when: datetime) -> QueueEntry | None:
        given = self.given[desk.user.id]
        if danish_date(when) < self.today:
            return self.pile.take(desk.user, when, given)
        return claim(self.session, desk.user, when, self.campaign.id, given[0] if desk.for_key else None)

    def _finish(self, desk: Desk, when: datetime, entry: QueueEntry, outcome: str, **details: Any) -> None:
        """Past calls through the pile; what means more than the call itself, and today's, through the action."""
        if danish_date(when) < self.today and outcome != "do_not_call":
            self.pile.finish(desk.user, when, entry, outcome, **details)
        else:
            finish(self.session, desk.user, when, entry, outcome, **details)

    def _later(self, when: datetime) -> datetime:
        """Tomorrow or some days on, at a quarter of an hour; never now or before."""
        day = add_working_days(danish_date(when), self.rng.choice((1, 1, 2, 4)))
        return at(day, self.rng.randrange(9 * 60, 15 * 60 + 30, 15))

    def _offer(self, desk: Desk, entry: QueueEntry, when: datetime) -> None:
        """Somebody answers the offer: yes when the phoner's rate is due for one and a time fits, else no."""
        rng = self.rng
        desk.credit += desk.rate * rng.uniform(0.6, 1.4)
        if desk.credit >= 1 and self._book(desk, entry, when):
            desk.credit -= 1
            return
        reason, note = texts.decline_reason(rng), rng.choice(texts.DECLINE_NOTES)
        self._finish(desk, when, entry, "declined", reason=reason, note=note)

    def _book(self, desk: Desk, entry: QueueEntry, when: datetime) -> bool:
        """Book one of the times the product offers; False where it offers none."""
        try:
            offer = slots(self.session, when, entry, when, when + timedelta(days=15)).slots
        except Refusal:
            return False
        chosen = self._choose(offer)
        if chosen is None:
            return False
        visit = book(
            self.session,
            desk.user,
            when,
            entry,
            chosen.consultant_id,
            chosen.starts_at,
            self.contact(entry),
            self.rng.choice(texts.BOOK_NOTES),
        )
        self.booked[visit.consultant_id, danish_date(visit.starts_at)] += 1
        return True

    def _choose(self, offer: Sequence[Slot]) -> Slot | None:
        """The company picks a day, the phoner one of its best times; towards the end of the demo so that everybody has
        visits on its day and the next."""
        wanted = [
            slot for slot in offer if self.booked[slot.consultant_id, danish_date(slot.starts_at)] < self._wished(slot)
        ]
        if wanted and self.rng.random() < 0.75:
            return self.rng.choice(wanted[:6])
        days = sorted({danish_date(slot.starts_at) for slot in offer})
        if not days:
            return None
        day = self.rng.choice(days[:8])
        return self.rng.choice([slot for slot in offer if danish_date(slot.starts_at) == day][:4])

    def _wished(self, slot: Slot) -> int:
        """How many visits the consultant should have on the demo's day and the next: the first jobcentre most."""
        day = danish_date(slot.starts_at)
        if day == self.focus:
            return 3 if slot.consultant_id in self.first else 2
        return int(day == add_working_days(self.focus, 1))

    def contact(self, entry: QueueEntry) -> ContactDetails:
        """The register's person mostly; some have neither number nor address of their own."""
        rng, known = self.rng, entry.workplace.contacts
        name = known[0].name if known and rng.random() < 0.8 else names.person(rng)
        phone = "+45" + names.phone(rng).replace(" ", "") if rng.random() < 0.55 else entry.workplace.phone
        mailbox = f"{names.slug(name.split(' ')[0])}@{names.slug(entry.workplace.name)[:40]}.example"
        return ContactDetails(
            name,
            rng.choice(names.TITLES),
            phone if rng.random() < 0.9 else None,
            mailbox if rng.random() < 0.75 else None,
        )
