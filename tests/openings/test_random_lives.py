"""Random lives of candidates, placements and openings: whatever is done in whatever order, the stage is what the facts
say, no position is hired twice, nobody waits on what is closed, and the opening rate counts what was told."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.base.scope import Scope
from crm.openings import actions
from crm.openings.actions import answers, candidacies, candidates, erasing, offers, placements, sharing
from crm.openings.models import Candidacy, Opening, Placement
from crm.openings.rules import CLOSE_REASONS, Details, NewOpening, missing
from crm.openings.rules.candidates import RUNNING, NewCandidate, is_consented
from crm.reports.queries import rates
from tests.factories import make_jobcentre, make_visit
from tests.factories.candidates import make_candidate

EVERYTHING = Scope(everything=True)
FULL = Details("Kok", None, "Koge", 37, "", date(2027, 1, 4), "", (), "", 2, date(2026, 12, 1))
STARTS = (date(2026, 11, 2), date(2026, 11, 24), date(2026, 12, 1))
CONSENTS = (date(2026, 11, 20), date(2026, 11, 24))
STEPS = 90
EXPECTED = {
    "already", "closed", "consent", "erased", "filled", "hired", "mailed", "no_consent", "nothing", "offered", "open",
    "over", "presented", "retired", "sent", "under_way", "full", "active", "duplicate", "answered", "no_contact",
    "taken_back", "withdrawn", "running", "ended", "employed", "invalid",
}  # fmt: skip


class Life:
    """Two openings of one visit, some candidates of ours and one of a neighbour's, and a seeded choice of what is done
    to them."""

    def __init__(self, session: Session, now: datetime, seed: int) -> None:
        self.db, self.at, self.rng = session, now, random.Random(seed)
        self.visit = make_visit(session, state="held", starts_at=now, reported_at=now)
        home = self.visit.jobcentre_id
        told = [NewOpening("ordinary", 2), NewOpening("wage_subsidy", 1)]
        self.openings = [actions.log(session, None, now, self.visit, one) for one in told]
        for opening in self.openings:
            opening.contact_email, opening.contact_name = "chef@b.invalid", "Ida"
        self.people = [make_candidate(session, jobcentre_id=home) for _ in range(4)]
        neighbour = make_jobcentre(session, code="101", postcode="1550")
        self.theirs = make_candidate(session, jobcentre_id=neighbour.id)
        for opening in self.openings:
            sharing.share(session, None, now, opening, jobcentre_ids=[neighbour.id], partner_ids=[])
        self.beside: set[int] = set()
        self.refused: set[str] = set()
        self.done: set[str] = set()
        self.renamed = 0

    def step(self) -> str:
        moves: dict[str, Callable[[], Any]] = {
            name.removeprefix("do_"): getattr(self, name) for name in dir(self) if name.startswith("do_")
        }
        name = self.rng.choice(sorted(moves))
        self.at += timedelta(minutes=1)
        try:
            with self.db.begin_nested():
                if moves[name]() is not NotImplemented:
                    self.done.add(name)
        except Refusal as refusal:
            self.refused.add(refusal.code)
        self.db.expire_all()
        return name

    @property
    def opening(self) -> Opening:
        return self.rng.choice(self.openings)

    def candidacy(self) -> Candidacy | None:
        rows = self.db.scalars(select(Candidacy).order_by(Candidacy.id)).all()
        return self.rng.choice(rows) if rows else None

    def placement(self) -> Placement | None:
        rows = self.db.scalars(select(Placement).where(Placement.voided_at.is_(None)).order_by(Placement.id)).all()
        return self.rng.choice(rows) if rows else None

    def do_propose(self) -> Any:
        return candidacies.propose(self.db, None, self.at, self.opening, self.rng.choice(self.people))

    def do_propose_again(self) -> Any:
        return self.do_propose()

    def _of_one(self, act: Callable[..., Any], *rest: Any) -> Any:
        one = self.candidacy()
        return NotImplemented if one is None else act(self.db, None, self.at, one, *rest)

    def do_present(self) -> Any:
        return self._of_one(candidacies.present)

    def do_interview(self) -> Any:
        return self._agreed(self._of_one(candidacies.interview))

    def _agreed(self, *told_of: Any) -> Any:
        """What the company has just heard of had agreed to it."""
        for one in told_of:
            assert one is NotImplemented or is_consented(one.candidate, self.at)
        return told_of

    def do_undo(self) -> Any:
        return self._of_one(candidacies.undo)

    def do_unpresent(self) -> Any:
        return self._of_one(candidacies.unpresent)

    def do_end(self) -> Any:
        return self._of_one(candidacies.end, "company_declined")

    def do_send(self) -> Any:
        one = self.candidacy()
        by_mail = self.rng.random() < 0.5
        shown = [one.id] if one and self.rng.random() < 0.3 else []
        return one and self._agreed(
            *candidacies.send(self.db, None, self.at, one.opening, [one], by_mail=by_mail, shown=shown)
        )

    def do_hire(self) -> Any:
        one, draw, starts = self.candidacy(), self.rng.random(), self.rng.choice(STARTS)
        if one is None:
            return NotImplemented
        made = candidacies.hire(
            self.db,
            None,
            self.at,
            one,
            type="ordinary",
            starts_on=starts,
            ends_on=starts + timedelta(days=6) if draw < 0.5 else None,
            beside=draw < 0.1,
            ends_others=draw > 0.7,
        )
        if draw < 0.1:
            self.beside.add(made.id)
        return self._agreed(one)

    def do_hire_again(self) -> Any:
        return self.do_hire()

    def do_void(self) -> Any:
        one = self.placement()
        return one and placements.void(self.db, None, self.at, one)

    def do_finish(self) -> Any:
        one = self.placement()
        return one and placements.finish(self.db, None, self.at, one, ended_on=self.at.date())

    def do_close(self) -> Any:
        return actions.close(self.db, None, self.at, self.opening, self.rng.choice(sorted(CLOSE_REASONS)))

    def do_reopen(self) -> Any:
        return actions.reopen(self.db, None, self.at, self.opening)

    def do_correct(self) -> Any:
        opening = self.opening
        told = NewOpening(opening.type, self.rng.randint(1, 3))
        return actions.correct(self.db, None, self.at, opening, told)

    def do_details(self) -> Any:
        contact = {"contact_name": "Ida", "contact_email": "chef@b.invalid"}
        details = self.rng.choice([FULL, Details(occupation="Tjener")])
        return actions.set_details(
            self.db, None, self.at, self.opening, Details(**{**details.__dict__, **contact, "wishes": ""})
        )

    def do_withdraw(self) -> Any:
        return candidates.withdraw_consent(self.db, None, self.at, self.rng.choice(self.people))

    def do_consent(self) -> Any:
        who = self.rng.choice(self.people)
        return candidates.give_consent(self.db, None, self.at, who, self.rng.choice(CONSENTS))

    def do_change(self) -> Any:
        who = self.rng.choice(self.people)
        self.renamed += 1
        told = NewCandidate(f"N-{self.renamed}" if self.rng.random() < 0.5 else who.reference, "Kok", "9500")
        candidates.change(self.db, None, self.at, who, told)
        if told.reference.startswith("N-") and told.reference == f"N-{self.renamed}":
            assert who.consent_on is None
            assert (
                self.db.scalars(
                    select(Candidacy).where(Candidacy.candidate_id == who.id, Candidacy.state.in_(RUNNING))
                ).all()
                == []
            )

    def do_their_consent(self) -> Any:
        if self.rng.random() < 0.5:
            return candidates.withdraw_consent(self.db, None, self.at, self.theirs)
        return candidates.give_consent(self.db, None, self.at, self.theirs, self.at.date())

    def do_retire(self) -> Any:
        return candidates.retire(self.db, None, self.at, self.rng.choice(self.people))

    def do_activate(self) -> Any:
        return candidates.activate(self.db, None, self.at, self.rng.choice(self.people))

    def do_erase(self) -> Any:
        rarely = self.rng.random() < 0.15
        return erasing.erase(self.db, None, self.at, self.rng.choice(self.people)) if rarely else NotImplemented

    def do_offer(self) -> Any:
        return offers.offer(
            self.db, self.at, self.opening, candidate=self.theirs, jobcentre_id=self.theirs.jobcentre_id, words="Ja"
        )

    def do_answer(self) -> Any:
        return self._of_one(answers.answer, self.rng.random() < 0.7, "Tak")

    def do_take_back(self) -> Any:
        one = self.candidacy()
        return one and offers.withdraw_offer(self.db, self.at, one)


def stage_by_hand(opening: Opening, rows: list[Candidacy], hired: int) -> str:
    """Said once more, from the words of the issue and not from the rules."""
    there = [row for row in rows if row.state != "refused"]
    if hired:
        return "hired" if hired >= opening.positions else "part"
    if any(row.interview_at for row in there):
        return "interview"
    if any(row.presented_at for row in there):
        return "presented"
    return "told" if missing(opening) else "specified"


def overlap(one: Placement, other: Placement) -> bool:
    forever = date.max
    return one.starts_on <= (other.ends_on or forever) and other.starts_on <= (one.ends_on or forever)


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_steps_leaves_facts_that_agree(session: Session, now: datetime, seed: int) -> None:
    life = Life(session, now, seed)
    for number in range(STEPS):
        move = life.step()
        where = (seed, number, move)
        placed = session.scalars(select(Placement).where(Placement.voided_at.is_(None))).all()
        for opening in life.openings:
            rows = list(session.scalars(select(Candidacy).where(Candidacy.opening_id == opening.id)))
            hired = [one for one in placed if one.opening_id == opening.id]
            assert opening.stage == stage_by_hand(opening, rows, len(hired)), where
            assert len(hired) <= opening.positions, where
            assert (opening.state == "closed") == bool(opening.closed_reason) == bool(opening.closed_at), where
            if opening.stage == "hired":
                assert opening.state == "closed", where
            if opening.closed_reason == "filled_by_us":
                assert hired, where
            if opening.state == "closed":
                assert [row.state for row in rows if row.state in RUNNING] == [], where
            for row in rows:
                mine = [one for one in hired if one.candidacy_id == row.id]
                assert len(mine) == (row.state == "hired") == bool(row.hired_at), where
                assert (row.state == "ended") == bool(row.ended_at) == bool(row.ended_because), where
                if row.candidate.erased_at or not row.candidate.active:
                    assert row.state not in RUNNING, where
        today = danish_date(life.at)
        for one in placed:
            assert one.ended_on is None or one.starts_on <= one.ended_on <= today, where
            for other in placed:
                alone = one.id < other.id and not {one.id, other.id} & life.beside
                if (
                    alone
                    and one.state == other.state == "agreed"
                    and other.candidacy.candidate_id == (one.candidacy.candidate_id)
                ):
                    assert not overlap(one, other), where
        told = sum(opening.positions for opening in life.openings)
        rate = rates.opening(session, EVERYTHING, life.visit.campaign_id, now=life.at).total
        assert (rate.numerator, rate.denominator) == (told, 1), where
    assert life.refused <= EXPECTED


def test_the_lives_reach_every_step(session: Session, now: datetime) -> None:
    """The control of the one above: together its lives do everything at least once."""
    done: set[str] = set()
    for seed in range(12):
        life = Life(session, now, seed)
        with session.begin_nested() as part:
            for _ in range(STEPS):
                life.step()
            part.rollback()
        done |= life.done
    assert {name.removeprefix("do_") for name in dir(Life) if name.startswith("do_")} <= done
