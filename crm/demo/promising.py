"""Agreements of the small demo: kept, put off or left lying; what the companies answer; the morning's jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date, next_working_day
from crm.base.errors import Refusal
from crm.demo import texts
from crm.demo.aftermath import Habits
from crm.demo.people import People
from crm.demo.timetable import moment
from crm.followups.actions import fulfil, nag, snooze
from crm.followups.actions.answers import confirm, correct, say_kept
from crm.followups.actions.asking import ask_company
from crm.followups.actions.making import follow, make_ending, make_missing
from crm.followups.actions.notices import mark_seen
from crm.followups.actions.settling import accept, decline, take_note
from crm.followups.models import Answer, FollowUp, Notice
from crm.followups.queries.answers import correction_of, stamp_of
from crm.followups.queries.asking import to_ask
from crm.followups.queries.making import ending_placements, left_behind, told_openings
from crm.followups.rules import AGREED, FITTING, FollowUpDecision, NoFollowUp
from crm.openings.actions.digests import write_partner_digest
from crm.openings.queries.digests import partners_with_news

Event = tuple[datetime, Callable[[datetime], None]]


def morning(session: Session, day: date, now: datetime) -> None:
    """What the scheduler does on a working day, in its order and at its times (crm.scheduler.jobs)."""
    if at(day, 8 * 60 + 31) >= now:
        return
    early = at(day, 6 * 60 + 30)
    for number in ending_placements(session, day):
        make_ending(session, early, number)
    early = at(day, 6 * 60 + 40)
    for number in told_openings(session, early):
        make_missing(session, early, number)
    for number in left_behind(session):
        follow(session, at(day, 6 * 60 + 50), number)
    half_past = at(day, 7 * 60 + 31)
    nag(session, half_past)
    for number in partners_with_news(session):
        write_partner_digest(session, half_past, number)
    for number in to_ask(session, day):
        ask_company(session, at(day, 8 * 60 + 30), number)


class Promising:
    """One working day after the other."""

    def __init__(
        self, session: Session, rng: Random, people: People, habits: Mapping[int, Habits], now: datetime
    ) -> None:
        self.session, self.rng, self.habits, self.now = session, rng, habits, now
        self.users = {user.id: user for user in people.everyone}

    def events(self, day: date) -> list[Event]:
        return [*self._promises(day), *self._companies(day), *self._read(day)]

    def _promises(self, day: date) -> list[Event]:
        """What is due: done today, put off once, or left lying; some overdue ones are caught up with."""
        rng = self.rng
        due = select(FollowUp).where(FollowUp.state == "open", FollowUp.voided_at.is_(None))
        events: list[Event] = []
        for one in self.session.scalars(due.where(FollowUp.due_on <= add_working_days(day, 8)).order_by(FollowUp.id)):
            habits, draw = self.habits[one.jobcentre_id], rng.random()
            willing = habits.on_time * 0.6 if one.due_on >= day else habits.late * 0.6
            if one.due_on > add_working_days(day, 1):
                willing, draw = 0.05, min(draw, 0.97)
            if draw < willing:
                events.append((moment(rng, day), self._acting(self._fulfil, one)))
            elif draw > 0.97 and one.snoozes == 0:
                events.append((moment(rng, day), self._acting(self._snooze, one)))
        return events

    def _companies(self, day: date) -> list[Event]:
        """Some confirm what they got in writing, a few correct it; of those asked, some say whether it happened."""
        rng, start = self.rng, at(day, 0)
        told = select(FollowUp).where(
            FollowUp.voided_at.is_(None), FollowUp.told_at < start, FollowUp.told_at >= start - timedelta(days=4)
        )
        events: list[Event] = []
        for one in self.session.scalars(told.where(FollowUp.state == "open").order_by(FollowUp.id)).all():
            draw = rng.random()
            if draw < 0.2 and one.confirmed_at is None:
                act = self._correct if draw < 0.045 else self._confirm
                events.append((moment(rng, day), self._acting(act, one)))
        asked = select(FollowUp).where(FollowUp.asked_at < start, FollowUp.company_kept.is_(None))
        for one in self.session.scalars(asked.where(FollowUp.voided_at.is_(None)).order_by(FollowUp.id)).all():
            if rng.random() < 0.45:
                events.append((moment(rng, day), self._acting(self._say, one)))
        waiting = select(Answer).where(
            Answer.kind.in_(("corrected", "not_kept")), Answer.settled_at.is_(None), Answer.at < start
        )
        for said in self.session.scalars(waiting.order_by(Answer.id)).all():
            if rng.random() < 0.35:
                events.append((moment(rng, day), self._acting(self._settle, said)))
        return events

    def _read(self, day: date) -> list[Event]:
        """Most people read their notices; some let them lie for days."""
        last: dict[int, int] = {}
        for notice in self.session.scalars(select(Notice).where(Notice.seen_at.is_(None)).order_by(Notice.id)):
            last[notice.user_id] = notice.id
        return [
            (moment(self.rng, day), lambda when, who=who, until=until: self._seen(when, who, until))  # type: ignore[misc]
            for who, until in sorted(last.items())
            if self.rng.random() < 0.5
        ]

    def _seen(self, when: datetime, who: int, until: int) -> None:
        mark_seen(self.session, when, who, until)

    def _acting(self, act: Callable[..., None], row: object) -> Callable[[datetime], None]:
        def run(when: datetime) -> None:
            with suppress(Refusal), self.session.begin_nested():
                act(row, when)

        return run

    def _fulfil(self, one: FollowUp, when: datetime) -> None:
        rng = self.rng
        outcome = FITTING[one.kind][0] if rng.random() < 0.8 else rng.choice(FITTING[one.kind])
        words = rng.choice(texts.OUTCOMES) if one.kind in AGREED else ""
        fulfil(
            self.session,
            self.users[one.owner_id],
            when,
            one,
            words,
            outcome_key=outcome,
            then=self._next(one, when),
        )

    def _next(self, one: FollowUp, when: datetime) -> FollowUpDecision | NoFollowUp | None:
        """A company we keep warm has a next contact, or a reason for none; others now and then."""
        rng = self.rng
        if one.kind != "care" and (one.kind not in AGREED or rng.random() > 0.12):
            return None
        if rng.random() < 0.25:
            return NoFollowUp(rng.choice(texts.NO_FOLLOW_UP))
        day = next_working_day(danish_date(when) + timedelta(days=rng.randint(10, 150)))
        return FollowUpDecision("jobcentre", day, rng.choice(texts.PROMISES["care"]), "care")

    def _snooze(self, one: FollowUp, when: datetime) -> None:
        until = add_working_days(danish_date(when), 5)
        snooze(self.session, self.users[one.owner_id], when, one, until, self.rng.choice(texts.SNOOZE))

    def _confirm(self, one: FollowUp, when: datetime) -> None:
        confirm(self.session, when, one, self._shown(one))

    def _shown(self, one: FollowUp) -> str:
        return stamp_of(one, correction_of(self.session, one))

    def _correct(self, one: FollowUp, when: datetime) -> None:
        later = add_working_days(max(one.due_on, danish_date(when)), 5) if self.rng.random() < 0.5 else None
        correct(self.session, when, one, self._shown(one), self.rng.choice(texts.CORRECTIONS), later)

    def _say(self, one: FollowUp, when: datetime) -> None:
        """Not everything that we call done has happened in their eyes."""
        kept = self.rng.random() < (0.78 if one.state == "done" else 0.15)
        say_kept(self.session, when, one, kept, "" if kept else self.rng.choice(texts.NOT_KEPT))

    def _settle(self, said: Answer, when: datetime) -> None:
        owner = self.users[said.follow_up.owner_id]
        if said.kind == "not_kept":
            take_note(self.session, owner, when, said)
        elif self.rng.random() < 0.7:
            accept(self.session, owner, when, said)
        else:
            decline(self.session, owner, when, said, texts.DECLINED_CORRECTION)
