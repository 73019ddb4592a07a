"""What the small demo's people make of openings, by the rooms' actions: details, candidates, sharing, hires."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import add_working_days, at, danish_date, next_working_day
from crm.base.errors import Refusal
from crm.demo import cases, texts
from crm.demo.people import Centre, People
from crm.demo.timetable import moment
from crm.openings.actions import candidacies as steps
from crm.openings.actions import life, placements
from crm.openings.actions.candidates import give_consent
from crm.openings.actions.details import relax, set_details
from crm.openings.actions.sharing import answer, offer, share
from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare, Placement
from crm.openings.queries.employments import employments
from crm.openings.rules.candidates import is_consented
from crm.openings.rules.details import Details
from crm.openings.rules.life import missing
from crm.openings.rules.occupations import alike, code_of
from crm.people.models import Jobcentre, Partner, User

Event = tuple[datetime, Callable[[datetime], None]]
CANDIDATES = 14
CLOSED = (("filled_elsewhere", 40), ("withdrawn", 25), ("no_candidate", 20), ("lapsed", 15))
WEEKS = {"wage_subsidy": (13, 26), "work_placement": (1, 2, 2, 4, 8), "job_rotation": (12, 26)}


class Matching:
    """One working day after the other; what happens to an opening depends on how far it has come."""

    def __init__(self, session: Session, rng: Random, people: People, began: datetime, now: datetime) -> None:
        self.session, self.rng, self.people, self.now = session, rng, people, now
        self.users = {user.id: user for user in people.everyone}
        self.partners = cases.partners(session, rng, people, began)
        self.own = {
            centre.row.id: cases.candidates(session, rng, centre, CANDIDATES, began) for centre in people.centres
        }
        self._numbers, self._soon = 0, 2

    def events(self, day: date) -> list[Event]:
        """Most open openings are looked at on a day, offers are answered, placements end."""
        rng = self.rng
        before = at(day, 0)
        open_ = select(Opening).where(
            Opening.state == "open",
            Opening.voided_at.is_(None),
            Opening.created_at < before,
            Opening.created_at >= before - timedelta(days=45),
            Opening.jobcentre_id.in_(self.own),
        )
        found: list[Event] = []
        for opening in self.session.scalars(open_.order_by(Opening.id)).all():
            if rng.random() < 0.75:
                found.append((moment(rng, day), self._acting(self._look_at, opening)))
        waiting = select(Candidacy).where(Candidacy.state == "offered", Candidacy.offered_at < before)
        for candidacy in self.session.scalars(waiting.order_by(Candidacy.id)).all():
            if rng.random() < 0.4:
                found.append((moment(rng, day), self._acting(self._answer, candidacy)))
        running = select(Placement).where(
            Placement.state == "agreed", Placement.voided_at.is_(None), Placement.jobcentre_id.in_(self.own)
        )
        for placement in self.session.scalars(running.where(Placement.starts_on < day).order_by(Placement.id)).all():
            if placement.ends_on is not None and placement.ends_on <= day and rng.random() < 0.6:
                found.append((moment(rng, day), self._acting(self._run_out, placement)))
        return found

    def _acting(self, act: Callable[..., None], row: object) -> Callable[[datetime], None]:
        """What somebody else has settled meanwhile is refused, and then it stays as it is."""

        def run(when: datetime) -> None:
            with suppress(Refusal), self.session.begin_nested():
                act(row, when)

        return run

    def _look_at(self, opening: Opening, when: datetime) -> None:
        rng, by = self.rng, self.users[opening.consultant_id]
        days = (when - opening.created_at).days
        if missing(opening) and rng.random() < 0.3:
            set_details(self.session, by, when, opening, self._details(opening, when))
        if opening.wishes and rng.random() < 0.02:
            relax(
                self.session, by, when, opening, wishes="Gerne erfaring, men ikke et krav.", agreed_with="Daglig leder"
            )
        running = self._running(opening)
        if running:
            self._one_step(opening, rng.choice(running), by, when)
        if len(running) < 3 and rng.random() < 0.4:
            self._propose(opening, by, when)
        elif days >= 2 and rng.random() < 0.15:
            self._share(opening, by, when)
        elif days >= 8 and rng.random() < 0.05:
            life.close(self.session, by, when, opening, rng.choices(*zip(*CLOSED, strict=True))[0])  # type: ignore[arg-type]
        self._offered(opening, when)

    def _running(self, opening: Opening) -> Sequence[Candidacy]:
        states = ("proposed", "presented", "sent", "interview")
        wanted = select(Candidacy).where(Candidacy.opening_id == opening.id, Candidacy.state.in_(states))
        return self.session.scalars(wanted.order_by(Candidacy.id)).all()

    def _details(self, opening: Opening, when: datetime) -> Details:
        """All that lacks, or half of it."""
        rng, held = self.rng, Details.of(opening)
        starts = next_working_day(danish_date(when) + timedelta(days=rng.randint(7, 45)))
        new: dict[str, Any] = {
            "occupation": held.occupation or "Medarbejder til lageret",
            "tasks": held.tasks or rng.choice(texts.TASKS),
            "weekly_hours": held.weekly_hours or rng.choice((37.0, 30.0, 25.0, 15.0)),
            "starts_on": held.starts_on or starts,
            "cvs_wanted": held.cvs_wanted if held.cvs_wanted is not None else rng.randint(0, 4),
        }
        if new["cvs_wanted"] and held.cvs_by is None:
            new["cvs_by"] = next_working_day(danish_date(when) + timedelta(days=rng.randint(4, 15)))
        if rng.random() < 0.35:
            for name in ("weekly_hours", "starts_on"):
                new.pop(name)
        return replace(held, **new)

    def _propose(self, opening: Opening, by: User, when: datetime) -> None:
        """The likeliest of the jobcentre's own that is not on it yet."""
        taken = set(self.session.scalars(select(Candidacy.candidate_id).where(Candidacy.opening_id == opening.id)))
        ours = [one for one in self.own[opening.jobcentre_id] if one.id not in taken and one.active]
        in_work = employments(self.session, [one.id for one in ours], danish_date(when))
        free = [one for one in ours if one.id not in in_work]
        if not free:
            return
        code = opening.occupation_code or code_of(opening.occupation) or ""
        best = max(free, key=lambda one: (alike(code, one.occupation_code or ""), self.rng.random()))
        steps.propose(self.session, by, when, opening, best)

    def _one_step(self, opening: Opening, candidacy: Candidacy, by: User, when: datetime) -> None:
        rng, session = self.rng, self.session
        draw = rng.random()
        if candidacy.presented_at is None:
            steps.present(session, by, when, candidacy)
        elif candidacy.sent_at is None:
            if is_consented(candidacy.candidate, when):
                steps.send(session, by, when, opening, [candidacy], by_mail=bool(opening.visit.contact_email))
            elif draw < 0.3:
                give_consent(session, by, when, candidacy.candidate, danish_date(when))
            elif draw < 0.4:
                steps.end(session, by, when, candidacy, "candidate_declined")
        elif candidacy.interview_at is None:
            if draw < 0.6:
                talk = at(add_working_days(danish_date(when), rng.randint(1, 3)), rng.choice((540, 600, 780)))
                steps.interview(session, by, when, candidacy, talk)
            elif draw < 0.8:
                steps.end(session, by, when, candidacy, "company_declined")
        elif candidacy.interview_at < when:
            if draw < 0.7:
                self._hire(opening, candidacy, by, when)
            else:
                steps.end(session, by, when, candidacy, rng.choice(("company_declined", "candidate_declined")))

    def _hire(self, opening: Opening, candidacy: Candidacy, by: User, when: datetime) -> None:
        """Sometimes it becomes something else than what was told."""
        rng = self.rng
        kind = "wage_subsidy" if opening.type == "ordinary" and rng.random() < 0.15 else opening.type
        starts = next_working_day(danish_date(when) + timedelta(days=rng.choice((0, 1, 3, 7))))
        weeks = rng.choice(WEEKS[kind]) if kind in WEEKS else None
        ends = starts + timedelta(weeks=weeks, days=-3) if weeks else None
        soon = add_working_days(danish_date(self.now), 6)
        if ends and ends != soon and self._soon and starts < soon:  # the first ones end about now
            ends, self._soon = soon, self._soon - 1
        steps.hire(self.session, by, when, candidacy, type=kind, starts_on=starts, ends_on=ends, ends_others=True)

    def _run_out(self, placement: Placement, when: datetime) -> None:
        """Extended, or over: now and then into an ordinary job."""
        rng, by = self.rng, self.users[self.session.get_one(Opening, placement.opening_id).consultant_id]
        ends = placement.ends_on or danish_date(when)
        if rng.random() < 0.3:
            placements.extend(self.session, by, when, placement, ends + timedelta(weeks=4))
        else:
            permanent = rng.random() < 0.35
            placements.finish(self.session, by, when, placement, ended_on=ends, permanent=permanent)

    def _share(self, opening: Opening, by: User, when: datetime) -> None:
        """With the region's other jobcentres and with a partner."""
        home = self.people.of(opening.jobcentre_id)
        near = [one.row.id for one in self._neighbours(home)]
        reach = [one.id for one in self.partners if _works_with(one, home.row)]
        shared = select(OpeningShare.id).where(OpeningShare.opening_id == opening.id).limit(1)
        if self.session.scalar(shared) is None:
            names = self.rng.random() < 0.4
            share(self.session, by, when, opening, jobcentre_ids=near, partner_ids=reach[:2], names_company=names)

    def _neighbours(self, home: Centre) -> list[Centre]:
        return [one for one in self.people.centres if one.row.region_id == home.row.region_id and one is not home]

    def _offered(self, opening: Opening, when: datetime) -> None:
        """Who has it on the board proposes somebody."""
        wanted = select(OpeningShare).where(OpeningShare.opening_id == opening.id, OpeningShare.withdrawn_at.is_(None))
        for one in self.session.scalars(wanted.order_by(OpeningShare.id)).all():
            if opening.state == "open" and one.shared_at < when - timedelta(hours=8) and self.rng.random() < 0.2:
                self._offer(opening, one, when)

    def _offer(self, opening: Opening, one: OpeningShare, when: datetime) -> None:
        words = self.rng.choice(texts.OFFERS)
        if one.partner_id is None and one.jobcentre_id is not None:
            centre = self.people.of(one.jobcentre_id)
            mine = self._free(self.own[one.jobcentre_id], when)
            if mine is not None:
                offer(
                    self.session,
                    when,
                    opening,
                    candidate=mine,
                    words=words,
                    user=centre.consultants[0],
                    jobcentre_id=one.jobcentre_id,
                )
            return
        self._numbers += 1
        home = self.people.of(opening.jobcentre_id)
        told = replace(
            cases.told(self.rng, home, 900, when),
            reference=f"P{one.partner_id}-{self._numbers:03d}",
            consent_on=danish_date(when),
        )
        partner = self.session.get_one(Partner, one.partner_id)
        offer(self.session, when, opening, told=told, agreed=True, words=words, partner=partner)

    def _free(self, candidates: Sequence[Candidate], when: datetime) -> Candidate | None:
        able = [one for one in candidates if one.active and is_consented(one, when)]
        return self.rng.choice(able) if able else None

    def _answer(self, candidacy: Candidacy, when: datetime) -> None:
        accept = self.rng.random() < 0.65
        words = "" if accept else self.rng.choice(texts.OFFERS_REFUSED)
        by = self.users[candidacy.opening.consultant_id]
        answer(self.session, by, when, candidacy, accept, words)


def _works_with(partner: Partner, home: Jobcentre) -> bool:
    if partner.jobcentre_id is not None:
        return partner.jobcentre_id == home.id
    return partner.region_id in (None, home.region_id)
